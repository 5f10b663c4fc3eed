# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of a site: one network for each, with fixed addresses, because a node's must survive its restart."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING

from lab.report import LabError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Nodes may run Docker engines themselves, which take 172.17.0.0/16 and up: stay away from those.
POOL = ipaddress.IPv4Network("10.86.0.0/16")
PREFIX_LENGTH = 24

# Host numbers inside a site's network; the engine itself is 1.
REGISTRY = 2
HUB = 3
FIRST_NODE = 11


def free_subnet(taken: Iterable[ipaddress.IPv4Network]) -> ipaddress.IPv4Network:
    """The first network of the pool that overlaps with none of ``taken``."""
    avoided = list(taken)
    for candidate in POOL.subnets(new_prefix=PREFIX_LENGTH):
        if not any(candidate.overlaps(network) for network in avoided):
            return candidate
    raise LabError(f"All networks of {POOL} are in use; remove a site with 'python -m lab down --name NAME'.")


def assign(
    subnet: ipaddress.IPv4Network, nodes: Iterable[str], present: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Node name -> address. Nodes in ``present`` keep theirs; the others get the next free ones, in their order."""
    addresses = dict(present or {})
    free = (str(subnet[number]) for number in range(FIRST_NODE, subnet.num_addresses - 1))
    used = set(addresses.values())
    for node in nodes:
        if node not in addresses:
            addresses[node] = next(address for address in free if address not in used)
    return addresses


def routed(table: Path = Path("/proc/net/route")) -> list[ipaddress.IPv4Network]:
    """The networks that this machine already has a route to (none where there is no such table)."""
    if not table.exists():
        return []
    networks = []
    for line in table.read_text(encoding="ascii").splitlines()[1:]:
        _, destination, _, _, _, _, _, mask, *_ = line.split()
        # The kernel prints addresses in memory order, least significant byte first.
        address, netmask = (ipaddress.IPv4Address(int(part, 16).to_bytes(4, "little")) for part in (destination, mask))
        if int(netmask):
            networks.append(ipaddress.IPv4Network(f"{address}/{netmask}"))
    return networks
