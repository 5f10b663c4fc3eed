# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter hosts_file_problems."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.dns import hosts_file_problems

DOCUMENTATION = r"""
name: hosts_file_problems
short_description: What is wrong with the declared hosts files
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each host that the inventory does not have, and for each that would get no address.
positional: _input, target, hosts
options:
  _input:
    description: The entries, as C(nginx_hosts_file) of the role P(igrafx.liveconnect.nginx#role) takes them.
    type: list
    elements: dict
    required: true
  target:
    description: What the names lead to where an entry has no address.
    type: str
    required: true
  hosts:
    description: The hosts of the inventory.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ [{'host': 'localhost'}] | igrafx.liveconnect.hosts_file_problems('192.0.2.1', groups['all']) }}"
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
        return {"hosts_file_problems": lambda *given: list(hosts_file_problems(*given))}
