# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter workgroup_problems."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.workgroup import workgroup_problems

DOCUMENTATION = r"""
name: workgroup_problems
short_description: What is wrong with what is to be registered with the platform
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each thing that is wrong with the options of the role
    P(igrafx.liveconnect.workgroup#role).
  - The addresses are checked as M(igrafx.liveconnect.workgroup_kafka_registration) does, without a database.
positional: _input, hosts
options:
  _input:
    description: >-
      The role's options C(id), C(broker), C(registry), C(state), C(url_prefix), C(allow_internal_address), C(postgres),
      C(api) and C(security), C(advertised_address) of the site, and in C(ca_cert) the platform's file of authorities
      with its text in C(ca_cert_text).
    type: dict
    required: true
  hosts:
    description: The hosts of the inventory.
    type: list
    elements: str
    required: true
  site:
    description: Whether the sentences name the variables of a site, and not the role's own.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show what is wrong with an address
  ansible.builtin.debug:
    msg: "{{ declared | igrafx.liveconnect.workgroup_problems(groups['all']) }}"
  vars:
    declared:
      id: wk1
      broker: localhost:19092
      registry: 192.168.1.128:8081
      advertised_address: 192.168.1.128
      state: present
      url_prefix: http://
      allow_internal_address: false
      postgres: {host: platform.example.com, user: liveconnect, password: "{{ vault_platform_password }}"}
      api: {host: platform-vm}
      security: {}
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
        return {"workgroup_problems": workgroup_problems}
