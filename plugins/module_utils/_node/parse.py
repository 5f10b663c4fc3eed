# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Reads the texts that a node answers with; pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

_LISTEN = "0A"
_COLUMNS_OF_A_SOCKET = 10
_COLUMNS_OF_IF_INET6 = 6
_CONTAINER_ID = re.compile(r"[0-9a-f]{64}")
# An address, and the lines that say what it is: several where routes of other lengths begin with it.
_ADDRESS = re.compile(r"\|-- (\S+)\n((?:\s+/\d+ .*\n)+)")
_VERSION = re.compile(r"\d+(\.\d+)+")


@dataclass(frozen=True)
class Socket:
    """A listening TCP socket; ``inode`` leads to the process that has it."""

    address: str
    port: int
    inode: int


@dataclass(frozen=True)
class Container:
    """A container; ``ports`` are the addresses and TCP ports of the node that it has."""

    id: str
    name: str
    project: str | None
    service: str | None
    state: str
    ports: tuple[tuple[str, int], ...]


def os_release(text: str) -> dict[str, str]:
    """``/etc/os-release``: values without their quotes."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#") and "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _equals, value in pairs}


def meminfo(text: str) -> dict[str, int]:
    """``/proc/meminfo`` in MiB, by its own names."""
    rows = (line.split() for line in text.splitlines())
    return {row[0].rstrip(":"): int(row[1]) // 1024 for row in rows if row[2:] == ["kB"]}


def listening(text: str) -> list[Socket]:
    """The listening sockets in ``/proc/net/tcp``, ``/proc/net/tcp6`` or both after each other."""
    rows = (line.split() for line in text.splitlines())
    return [
        Socket(*_endpoint(row[1]), int(row[9]))
        for row in rows
        if len(row) >= _COLUMNS_OF_A_SOCKET and row[3] == _LISTEN
    ]


def _endpoint(text: str) -> tuple[str, int]:
    """``0100007F:1F90``: the address in words of four bytes, each in the machine's (little-endian) order."""
    digits, port = text.split(":")
    raw = bytes.fromhex(digits)
    address: IPv4Address | IPv6Address = ip_address(b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4)))
    return str(getattr(address, "ipv4_mapped", None) or address), int(port, 16)


def own_ipv4(text: str) -> list[str]:
    """The node's own addresses in ``/proc/net/fib_trie``."""
    found = {address for address, routes in _ADDRESS.findall(text) if "/32 host LOCAL" in routes}
    return sorted(found, key=lambda address: int(ip_address(address)))


def own_ipv6(text: str) -> list[str]:
    """The node's own addresses in ``/proc/net/if_inet6``."""
    rows = (line.split() for line in text.splitlines())
    found = {ip_address(bytes.fromhex(row[0])) for row in rows if len(row) == _COLUMNS_OF_IF_INET6}
    return [str(address) for address in sorted(found, key=int)]


def meaning(addresses: t.Iterable[str], own: t.Collection[str]) -> dict[str, t.Any]:
    """What a name stands for: its addresses, whether one only leads to the asker itself, whether one is in ``own``."""
    # An address within one link has its interface behind a percent sign.
    found = sorted({str(address).partition("%")[0] for address in addresses})
    parsed = [ip_address(address) for address in found]
    loopback = any(address.is_loopback or address.is_unspecified for address in parsed)
    return {
        "addresses": found,
        "loopback": loopback,
        "own": any(address.is_loopback or str(address) in own for address in parsed),
    }


def installed(text: str) -> dict[str, str]:
    """The versions in lines ``<status> <package> <version>`` of dpkg-query, of what is installed."""
    rows = (line.split() for line in text.splitlines())
    return {row[1]: row[2] for row in rows if len(row) == 3 and row[0] == "installed"}  # noqa: PLR2004


def units(names: t.Sequence[str], text: str) -> dict[str, dict[str, str]]:
    """The answer of ``systemctl show`` for ``names``: one block for each, in their order."""
    blocks = [
        dict(line.partition("=")[::2] for line in block.splitlines() if "=" in line) for block in text.split("\n\n")
    ]
    return {
        name: {
            "load": block.get("LoadState", ""),
            "active": block.get("ActiveState", ""),
            "sub": block.get("SubState", ""),
            "enabled": block.get("UnitFileState", ""),
        }
        for name, block in zip(names, blocks, strict=False)
        if block
    }


def version(text: str | None) -> str | None:
    """The first version number in a text, ``Docker version 20.10.24+dfsg1, build …``; without what follows it."""
    found = _VERSION.search(text or "")
    return found[0] if found else None


def container(answer: t.Mapping[str, t.Any]) -> Container:
    """One container from the engine's ``/containers/<id>/json``.

    A container that is just being restarted publishes no port; then those count that are declared for it.
    """
    labels = answer["Config"].get("Labels") or {}
    declared = answer["HostConfig"].get("PortBindings") or {}
    published = answer["NetworkSettings"].get("Ports") or {}
    ports = [
        (address, int(binding["HostPort"]))
        for port in declared | published
        if port.endswith("/tcp")
        for binding in published.get(port) or declared.get(port) or []
        if binding["HostPort"].isdigit()  # empty, or a range, for one that the engine chooses
        for address in ([binding["HostIp"]] if binding.get("HostIp") else ["0.0.0.0", "::"])  # noqa: S104
    ]
    return Container(
        id=answer["Id"],
        name=answer["Name"].removeprefix("/"),
        project=labels.get("com.docker.compose.project"),
        service=labels.get("com.docker.compose.service"),
        state=answer["State"]["Status"],
        ports=tuple(ports),
    )


def container_id(cgroup: str) -> str | None:
    """The innermost container that a process is in, from its ``/proc/<pid>/cgroup``."""
    found = _CONTAINER_ID.findall(cgroup)
    return found[-1] if found else None


def publisher(socket: Socket, containers: t.Iterable[Container]) -> Container | None:
    """The container that the engine holds this socket for."""
    return next((one for one in containers if (socket.address, socket.port) in one.ports), None)
