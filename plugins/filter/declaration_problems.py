# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter declaration_problems."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.site import declaration_problems

DOCUMENTATION = r"""
name: declaration_problems
short_description: What is wrong with a site's variables by themselves
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each variable that is unknown, and for each value, at any depth, that is not as specified.
  - Secrets are judged, and never shown.
positional: _input, specifications
options:
  _input:
    description: The variables that begin with C(liveconnect_), and their values.
    type: dict
    required: true
  specifications:
    description: The argument specifications of the roles, by their names; V(site) has the entry point C(variables).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ {'liveconnect_hosts': 'pf1.example.com'} | igrafx.liveconnect.declaration_problems(specifications) }}"
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
        return {"declaration_problems": declaration_problems}
