# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What names mean on a node, who listens there, and whether an image registry answers to it."""

from __future__ import annotations

import http.client
import socket
import typing as t
import urllib.error
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path

from .._http.access import Access
from .._http.opener import opener

_LISTEN = "0A"
_STATE_COLUMN, _INODE_COLUMN = 3, 9


def meaning(name: str) -> dict[str, t.Any]:
    """``addresses`` of a name (an address stands for itself; none when unknown), ``loopback``, and ``own``.

    ``own``: whether one of them is an address of this node, which it can bind to.
    """
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    addresses = sorted({str(each[4][0]) for each in found})
    return {
        "addresses": addresses,
        "loopback": any(ip_address(each).is_loopback or ip_address(each).is_unspecified for each in addresses),
        "own": any(_is_own(each) for each in addresses),
    }


def _is_own(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def listening(proc: Path = Path("/proc")) -> list[dict[str, t.Any]]:
    """``address``, ``port`` and ``process`` (empty when it is not to be seen) of the TCP sockets that listen."""
    sockets = []
    for table in (proc / "net/tcp", proc / "net/tcp6"):
        # A node without IPv6 has no second file.
        if table.exists():
            sockets += parse_sockets(table.read_text(encoding="ascii"))
    holders = _holders({socket[2] for socket in sockets}, proc)
    return [
        {"address": address, "port": port, "process": holders.get(inode, "")}
        for address, port, inode in sorted(set(sockets))
    ]


def parse_sockets(table: str) -> list[tuple[str, int, str]]:
    """Address, port and inode of the listening sockets in the text of ``/proc/net/tcp`` or ``tcp6``."""
    rows = (line.split() for line in table.splitlines())
    return [
        (*_endpoint(row[1]), row[_INODE_COLUMN])
        for row in rows
        if len(row) > _INODE_COLUMN and row[_STATE_COLUMN] == _LISTEN
    ]


def _endpoint(text: str) -> tuple[str, int]:
    """``0100007F:1F90``: the address in words of four bytes, each in the machine's (little-endian) order."""
    digits, port = text.split(":")
    raw = bytes.fromhex(digits)
    address = ip_address(b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4)))
    return str(getattr(address, "ipv4_mapped", None) or address), int(port, 16)


def _holders(inodes: t.Collection[str], proc: Path) -> dict[str, str]:
    """The names of the programs that hold these sockets, by inode; processes that end meanwhile are left out."""
    found: dict[str, str] = {}
    for process in proc.glob("[0-9]*"):
        if len(found) == len(inodes):
            break
        try:
            links = [str(link.readlink()) for link in (process / "fd").iterdir()]
            held = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")} & set(inodes)
            if held:
                found |= dict.fromkeys(held, (process / "comm").read_text(encoding="utf-8").strip())
        except OSError:
            continue
    return found


def registry(address: str, timeout: float) -> dict[str, t.Any]:
    """Whether an OCI registry ``answers`` at ``host:port[/path]``, by HTTPS or HTTP; else the ``error``.

    Nothing secret is sent, and certificates are not verified: which are accepted is decided by the engine's own
    configuration. 401 asks for a login, which is an answer too.
    """
    access = Access(url=address, validate_certs=False)
    errors = []
    for scheme in ("https", "http"):
        url = f"{scheme}://{address.partition('/')[0]}/v2/"
        try:
            with opener(access, url).open(url, timeout=timeout):
                return {"answers": True, "error": ""}
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == HTTPStatus.UNAUTHORIZED:
                return {"answers": True, "error": ""}
            errors.append(f"{scheme}: HTTP {error.code}")
        except (OSError, ValueError, http.client.HTTPException) as error:
            errors.append(f"{scheme}: {getattr(error, 'reason', error)}")
    return {"answers": False, "error": "; ".join(errors)}
