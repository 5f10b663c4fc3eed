# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter docker_options."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.docker import docker_options

DOCUMENTATION = r"""
name: docker_options
short_description: The options that a Docker engine is to have
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Merges the options that a node has, those that are declared, and this collection's own where neither says otherwise.
  - A declared null takes an option out. Options of one log driver do not go to another.
positional: _input, declared, own, swarm
options:
  _input:
    description: The options in the node's file daemon.json.
    type: dict
    required: true
  declared:
    description: The options that the operator declares.
    type: dict
    required: true
  own:
    description: The options for where nothing else is said.
    type: dict
    required: true
  swarm:
    description: Whether the node is one of a swarm, where C(live-restore) cannot be.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the options
  ansible.builtin.debug:
    msg: "{{ {'log-driver': 'syslog'} | igrafx.liveconnect.docker_options({'debug': true}, {'live-restore': true}) }}"
"""

RETURN = r"""
_value:
  description: The options for the file daemon.json.
  type: dict
"""


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"docker_options": docker_options}
