# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""Which of the ports that are wanted on a node are taken. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Endpoint:
    """A TCP port at an address of the node; the unspecified address stands for all of its kind, ``::`` for all."""

    address: Address
    port: int

    def meets(self, other: Endpoint) -> bool:
        """True when one socket cannot have this while another has ``other``."""
        return self.port == other.port and (
            _covers(self.address, other.address) or _covers(other.address, self.address)
        )


def _covers(wide: Address, narrow: Address) -> bool:
    return wide == narrow or (wide.is_unspecified and (wide.version == 6 or narrow.version == 4))  # noqa: PLR2004


def port_problems(
    wanted: t.Iterable[t.Mapping[str, t.Any]], sockets: t.Sequence[t.Mapping[str, t.Any]], project: str
) -> list[str]:
    """One sentence for each port that is wanted twice, or taken by something that is not of the Compose ``project``.

    ``wanted``: ``port``, ``address`` (every address when it is not given) and ``used_by``, the service's name;
    ``sockets``: the listening sockets and published ports as node_info tells them.
    """
    ours = {_endpoint(socket) for socket in sockets if socket["project"] == project}
    others = [socket for socket in sockets if _endpoint(socket) not in ours]
    problems = []
    seen: list[tuple[Endpoint, str]] = []
    for entry in wanted:
        endpoint, user = Endpoint(ip_address(entry.get("address") or "::"), int(entry["port"])), entry["used_by"]
        twin = next((other for one, other in seen if endpoint.meets(one)), None)
        taken = [socket for socket in others if endpoint.meets(_endpoint(socket))]
        if twin:
            problems.append(f"Port {endpoint.port} is wanted by {twin} and by {user}: give one of them another port.")
        elif taken:
            problems.append(
                f"Port {endpoint.port}, wanted by {user}, is taken by {_holder(endpoint.port, taken)}:"
                f" stop it, or give {user} another port."
            )
        seen.append((endpoint, user))
    return problems


def _endpoint(socket: t.Mapping[str, t.Any]) -> Endpoint:
    address = ip_address(socket["address"])
    return Endpoint(getattr(address, "ipv4_mapped", None) or address, socket["port"])


def _holder(port: int, sockets: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    container = next((socket["container"] for socket in sockets if socket["container"]), None)
    if container:
        return f"the container '{container}'"
    process = next((socket["process"] for socket in sockets if socket["process"]), None)
    name = f"the program '{process}'" if process else "another program"
    return f"{name} (on the node, `ss -ltnp sport = :{port}` shows it)"
