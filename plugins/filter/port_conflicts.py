# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the ports that we want are taken by others."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: port_conflicts
short_description: Ports that are taken by something else than our own containers
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Holds the ports that we want to publish against the node's listening sockets and its running containers.
  - Gives one sentence for each port that is wanted twice, or that something else than a container of our own Compose
    project has.
positional: _input, sockets, containers, project
options:
  _input:
    description: >-
      The ports that are wanted; C(port), C(address) (every address when empty) and C(used_by), the service's name.
    type: list
    elements: dict
    required: true
  sockets:
    description: The text of C(/proc/net/tcp) and C(/proc/net/tcp6), one after the other.
    type: str
    required: true
  containers:
    description: >-
      One line for each running container, its Compose project, its name and its ports as C(docker ps) prints them,
      separated by tabs.
    type: list
    elements: str
    required: true
  project:
    description: Our own Compose project.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the ports that are taken
  ansible.builtin.debug:
    msg: "{{ wanted | igrafx.liveconnect.port_conflicts(sockets.stdout, containers.stdout_lines, 'liveconnect') }}"
  vars:
    wanted:
      - {port: 443, used_by: nginx}
"""

RETURN = r"""
_value:
  description: The sentences; empty when every port is free.
  type: list
  elements: str
"""

Address = IPv4Address | IPv6Address

LISTEN = "0A"
# 0.0.0.0:80->80/tcp, [::]:80->80/tcp (older: :::80->80/tcp), 127.0.0.1:7000-7001->7000-7001/tcp
PUBLISHED = re.compile(r"(?P<address>\S+):(?P<first>\d+)(?:-(?P<last>\d+))?->\S+/tcp")


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


def listening(sockets: str) -> set[Endpoint]:
    """The listening endpoints in the text of ``/proc/net/tcp`` and ``/proc/net/tcp6``."""
    rows = (line.split() for line in sockets.splitlines())
    return {_endpoint(row[1]) for row in rows if len(row) > 3 and row[3] == LISTEN}  # noqa: PLR2004


def _endpoint(text: str) -> Endpoint:
    """``0100007F:1F90``: the address in words of four bytes, each in the machine's (little-endian) order."""
    digits, port = text.split(":")
    raw = bytes.fromhex(digits)
    address: Address = ip_address(b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4)))
    return Endpoint(getattr(address, "ipv4_mapped", None) or address, int(port, 16))


def published(ports: str) -> set[Endpoint]:
    """The endpoints in the ports column of ``docker ps``."""
    return {
        Endpoint(ip_address(match["address"].strip("[]")), port)
        for match in PUBLISHED.finditer(ports)
        for port in range(int(match["first"]), int(match["last"] or match["first"]) + 1)
    }


def port_conflicts(
    ports: t.Sequence[t.Mapping[str, t.Any]], sockets: str, containers: t.Sequence[str], project: str
) -> list[str]:
    """One sentence for each port that is wanted twice or taken by something that is not ``project``."""
    ours: set[Endpoint] = set()
    foreign: dict[Endpoint, str] = {}
    for line in containers:
        owner, name, column = line.split("\t")
        if owner == project:
            ours |= published(column)
        else:
            foreign |= dict.fromkeys(published(column), name)
    others = listening(sockets) - ours

    problems = []
    wanted: list[tuple[Endpoint, str]] = []
    for entry in ports:
        endpoint, user = _wanted(entry), entry.get("used_by") or "a service"
        twin = next((other for seen, other in wanted if endpoint.meets(seen)), None)
        holder = next((name for taken, name in foreign.items() if endpoint.meets(taken)), None)
        if twin:
            problems.append(f"Port {endpoint.port} is wanted by {twin} and by {user}: give one of them another port.")
        elif holder:
            problems.append(
                f"Port {endpoint.port}, wanted by {user}, is taken by the container '{holder}':"
                f" stop it, or give {user} another port."
            )
        elif any(endpoint.meets(taken) for taken in others):
            problems.append(
                f"Port {endpoint.port}, wanted by {user}, is taken by another program"
                f" (on the node, `ss -ltnp sport = :{endpoint.port}` names it): stop it, or give {user} another port."
            )
        wanted.append((endpoint, user))
    return problems


def _wanted(entry: t.Mapping[str, t.Any]) -> Endpoint:
    try:
        return Endpoint(ip_address(entry.get("address") or "::"), int(entry["port"]))
    except ValueError as error:
        raise AnsibleFilterError(f"port_conflicts: {error}; write the address as an IP address.") from error


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"port_conflicts": port_conflicts}
