# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The users of the SFTP server with their defaults."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import sftp

DOCUMENTATION = r"""
name: sftp_users
short_description: The users of the SFTP server with their defaults
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Fills in the defaults of what users leave out, those of C(sftp_users), which Ansible
    checks and documents but does not fill in.
  - What is not a user is left out; P(igrafx.liveconnect.sftp_problems#filter) reports it.
positional: _input
options:
  _input:
    description: The users.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show the directories of all users
  ansible.builtin.debug:
    msg: "{{ sftp_users | igrafx.liveconnect.sftp_users | map(attribute='directories') }}"
"""

RETURN = r"""
_value:
  description: The users, each with all that the role's specification names.
  type: list
  elements: dict
"""


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"sftp_users": sftp.users}
