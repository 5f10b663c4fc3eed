# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot stand in a packet filter as an address or a network."""

from __future__ import annotations

import ipaddress
import typing as t

DOCUMENTATION = r"""
name: not_networks
short_description: Entries that are no IP address and no IP network
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Keeps the entries that are neither an IPv4 or IPv6 address nor a network such as C(192.168.1.0/24).
  - A network whose address is not its first one (C(192.168.1.5/24)) is kept too, because it may mean either.
positional: _input
options:
  _input:
    description: Addresses and networks.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is not an address
  ansible.builtin.debug:
    msg: "{{ ['192.168.1.20', '2001:db8::/64', 'platform.example.com'] | igrafx.liveconnect.not_networks }}"
"""

RETURN = r"""
_value:
  description: The entries that are none, in their order.
  type: list
  elements: str
"""


def not_networks(entries: t.Sequence[str]) -> list[str]:
    """The ``entries`` that are no IP address and no IP network."""
    return [entry for entry in entries if not _is_network(entry)]


def _is_network(entry: object) -> bool:
    # A number would be taken for an address, too.
    if not isinstance(entry, str):
        return False
    try:
        ipaddress.ip_network(entry)
    except ValueError:
        return False
    return True


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"not_networks": not_networks}
