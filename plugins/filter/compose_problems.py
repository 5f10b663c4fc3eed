# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter compose_problems."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.compose import compose_problems

DOCUMENTATION = r"""
name: compose_problems
short_description: What is wrong with the declaration of the role compose
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each thing that is wrong with the options of the role P(igrafx.liveconnect.compose#role).
  - Secrets are checked, and never shown.
positional: _input, memory_limits, heap_sizes, services
options:
  _input:
    description: The options of the role, by their names without C(compose_).
    type: dict
    required: true
  memory_limits:
    description: The default memory limit of each service that has one.
    type: dict
    required: true
  heap_sizes:
    description: The default Java heap of each service that has one.
    type: dict
    required: true
  services:
    description: The services that there are.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ declared | igrafx.liveconnect.compose_problems({'connect': '2048m'}, {'connect': '1024m'}, ['connect']) }}"
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
        return {"compose_problems": compose_problems}
