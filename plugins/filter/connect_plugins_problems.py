# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter connect_plugins_problems."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.connect_plugins import connect_plugins_problems

DOCUMENTATION = r"""
name: connect_plugins_problems
short_description: What is wrong with the declared plugins and functions
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each file that is to come from the control machine and is not there.
positional: _input, files
options:
  _input:
    description: The plugins and functions, as the role P(igrafx.liveconnect.connect_plugins#role) takes them.
    type: list
    elements: dict
    required: true
  files:
    description: Those of their files that are on the control machine.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ [{'src': '/srv/a.jar'}] | igrafx.liveconnect.connect_plugins_problems([]) }}"
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
        return {"connect_plugins_problems": connect_plugins_problems}
