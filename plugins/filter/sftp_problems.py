# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the users of the SFTP server."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import sftp

DOCUMENTATION = r"""
name: sftp_problems
short_description: What is wrong with the users of the SFTP server
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Checks names, numeric ids, password hashes, public keys and directories of the role P(igrafx.liveconnect.sftp#role),
    and gives one sentence for each problem.
positional: _input, key_files
options:
  _input:
    description: The users, as C(sftp_users) takes them.
    type: raw
    required: true
  key_files:
    description: The text of every file of public keys that is on the control machine, by the name that the users give.
    type: dict
    required: true
  variable:
    description: The variable that the sentences name.
    type: str
    default: sftp_users
"""

EXAMPLES = r"""
- name: Show what is wrong with a user
  ansible.builtin.debug:
    msg: "{{ [{'name': 'acme', 'uid': 12}] | igrafx.liveconnect.sftp_problems({}) }}"
"""

RETURN = r"""
_value:
  description: The sentences; empty when nothing is wrong.
  type: list
  elements: str
"""


def sftp_problems(declared: object, key_files: t.Mapping[str, str], variable: str = "sftp_users") -> list[str]:
    """See DOCUMENTATION."""
    return sftp.problems(declared, key_files, variable)


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"sftp_problems": sftp_problems}
