# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter docker_problems."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.docker import docker_problems

DOCUMENTATION = r"""
name: docker_problems
short_description: What is wrong with the Docker engine of a node
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each thing that is wrong with the options of the role P(igrafx.liveconnect.docker#role), or
    with the engine that the node has and keeps.
positional: _input, node, packaged, minimum_engine, minimum_compose
options:
  _input:
    description: >-
      The option C(source) of the role, C(configuration), the text of the file daemon.json, and C(interrupted), whether
      an earlier run was, before the engine had started with new options, and C(rules_are_gone), whether the engine
      runs without its packet filter rules.
    type: dict
    required: true
  node:
    description: The facts that M(igrafx.liveconnect.node_info) returns.
    type: dict
    required: true
  packaged:
    description: The systems whose packages of engine and Compose plugin are known.
    type: list
    elements: str
    required: true
  minimum_engine:
    description: The oldest version of the engine that will do.
    type: str
    required: true
  minimum_compose:
    description: The oldest version of the Compose plugin that will do.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: >-
      {{ {'source': 'existing', 'configuration': '{}', 'interrupted': false, 'rules_are_gone': false}
         | igrafx.liveconnect.docker_problems(_node_facts, ['Debian 13'], '20.10', '2.18') }}
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
        return {"docker_problems": docker_problems}
