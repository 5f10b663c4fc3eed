# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter data_transform_problems."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.data_transform import data_transform_problems

DOCUMENTATION = r"""
name: data_transform_problems
short_description: What is wrong with the scripts of the auxiliary database
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each thing that is wrong with the scripts of the role
    P(igrafx.liveconnect.data_transform#role), and for each file that is not on the control machine.
positional: _input
options:
  _input:
    description: The option C(data_transform_init_scripts) of the role, its files with their paths.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ [{'name': 'tables.txt', 'content': 'SELECT 1'}] | igrafx.liveconnect.data_transform_problems }}"
"""

RETURN = r"""
_value:
  description: The sentences; empty when nothing is wrong.
  type: list
  elements: str
"""


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"data_transform_problems": data_transform_problems}
