# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter site_problems."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.site import site_problems

DOCUMENTATION = r"""
name: site_problems
short_description: What is wrong with a site as a whole, compared with its node
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each thing that is wrong with system, names, address, ports, disk space, memory and image
    registry.
  - Those of the roles' own checks follow, without those about a variable of which one is given already.
positional: _input, node, names, ports, of_roles
options:
  _input:
    description: The variables that begin with C(liveconnect_), and their values.
    type: dict
    required: true
  node:
    description: The facts that M(igrafx.liveconnect.node_info) returns.
    type: dict
    required: true
  names:
    description: The DNS names of the site, a list for each variable that declares some.
    type: dict
    required: true
  ports:
    description: What it publishes; C(port), C(address) (every address when empty) and C(used_by).
    type: list
    elements: dict
    required: true
  of_roles:
    description: The sentences of the roles' own checks.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ declared | igrafx.liveconnect.site_problems(_node_facts, names, ports) }}"
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
        return {"site_problems": site_problems}
