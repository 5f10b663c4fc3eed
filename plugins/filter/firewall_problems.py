# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter firewall_problems."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.firewall import firewall_problems

DOCUMENTATION = r"""
name: firewall_problems
short_description: What is wrong with the declaration of the role firewall
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each thing that is wrong with the options of the role P(igrafx.liveconnect.firewall#role).
positional: _input, unit
options:
  _input:
    description: The options C(state), C(addresses) and C(ports) of the role.
    type: dict
    required: true
  unit:
    description: State of the unit that loads the rules, as M(igrafx.liveconnect.node_info) returns it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: >-
      {{ {'state': 'present', 'addresses': [], 'ports': [8081]}
         | igrafx.liveconnect.firewall_problems(_node_facts.units['liveconnect-firewall.service']) }}
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
        return {"firewall_problems": firewall_problems}
