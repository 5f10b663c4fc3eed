# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter dns_report."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.dns import dns_report

DOCUMENTATION = r"""
name: dns_report
short_description: Which names of a site do not lead to its node, and which DNS records make them do so
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives a sentence for each name that is not known, that leads elsewhere or that could not be looked up, and then the
    records to create as lines of a zone.
positional: _input, names, target, refused
options:
  _input:
    description:
      - What P(igrafx.liveconnect.known_addresses#lookup) returns for the names, and for the target where it is a name.
    type: dict
    required: true
  names:
    description: The names.
    type: list
    elements: str
    required: true
  target:
    description: The address, or the name, that they are to lead to.
    type: str
    required: true
  refused:
    description: Whether to leave out the names that could not be looked up.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ known | igrafx.liveconnect.dns_report(['a.example.com'], '192.0.2.1') }}"
  vars:
    known: "{{ lookup('igrafx.liveconnect.known_addresses', 'a.example.com') }}"
"""

RETURN = r"""
_value:
  description: The lines; empty when all names lead to the target.
  type: list
  elements: str
"""


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"dns_report": dns_report}
