# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what an address or a host name means on this machine: ``{"addresses": [...], "loopback": bool, "own": bool}``.

``addresses`` is empty when the name is not known. Standard library only: it runs on a bare node.
"""

from __future__ import annotations

import json
import socket
import sys
from ipaddress import ip_address


def addresses_of(name: str) -> list[str]:
    """The IP addresses of ``name`` (an address stands for itself), sorted; empty when it is not known."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return sorted({str(entry[4][0]) for entry in found})


def is_own(address: str) -> bool:
    """True when ``address`` is one of this machine's: only such an address can be bound to."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def describe(name: str) -> dict[str, object]:
    """What ``name`` means here."""
    addresses = addresses_of(name)
    return {
        "addresses": addresses,
        "loopback": any(ip_address(each).is_loopback or ip_address(each).is_unspecified for each in addresses),
        "own": any(is_own(each) for each in addresses),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(describe(sys.argv[1])))
