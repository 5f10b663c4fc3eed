# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with what the packet filter is to do. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

_LAST_PORT = 65535


def firewall_problems(declared: t.Mapping[str, t.Any], unit: t.Mapping[str, str]) -> list[str]:
    """Sentences about ``state``, ``addresses`` and ``ports`` of the role; none when it is to open the ports.

    ``unit``: ``active`` and ``enabled`` of the unit that loads the rules, as node_info tells them.
    """
    if declared["state"] == "undeclared" and (unit["active"] == "active" or unit["enabled"] == "enabled"):
        closed = " and ".join(str(port) for port in sorted(declared["ports"]))
        return [
            f"liveconnect_platform.addresses is not set, but an earlier run closed ports {closed} of this node to all"
            " but some addresses: give the platform's addresses, or set firewall_state to absent, which opens them to"
            " everybody."
        ]
    if declared["state"] != "present":
        return []
    problems = []
    addresses = declared["addresses"]
    if not addresses:
        problems.append("firewall_addresses is empty: give the platform's addresses, or set firewall_state to absent.")
    wrong = [str(entry) for entry in addresses if not _is_network(entry)]
    if wrong:
        problems.append(
            f"liveconnect_platform.addresses (firewall_addresses): {', '.join(wrong)}: write IP addresses, or networks"
            " such as 192.168.1.0/24; names are not resolved."
        )
    ports = [str(port) for port in declared["ports"]]
    if not ports or not all(port.isdecimal() and 1 <= int(port) <= _LAST_PORT for port in ports):
        problems.append(f"firewall_ports: {', '.join(ports)}: give one port or more, each from 1 to {_LAST_PORT}.")
    return problems


def _is_network(entry: object) -> bool:
    # A number would be taken for an address, too.
    if not isinstance(entry, str):
        return False
    try:
        ipaddress.ip_network(entry)
    except ValueError:
        return False
    return True
