# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what an earlier run made, as one JSON object.

It has ``authority`` and ``served``, each with ``certificate`` (its text, empty when there is none), ``has_key``,
``fits`` (whether key and certificate belong together) and ``is_pkcs8``; and ``directory``, that of the ACME server
which issued what is served (empty when none did).

Arguments: the authority's certificate and key, the served certificate and key, the file that names the ACME server. A
key never leaves the node. Standard library only.
"""

from __future__ import annotations

import json
import ssl
import sys
import typing as t
from pathlib import Path


def look(certificate: Path, key: Path) -> dict[str, t.Any]:
    """What there is of a certificate and its key."""
    return {
        "certificate": certificate.read_text("utf-8", "replace") if certificate.is_file() else "",
        "has_key": key.is_file(),
        "fits": fits(certificate, key),
        "is_pkcs8": key.is_file() and key.read_bytes().lstrip().startswith(b"-----BEGIN PRIVATE KEY-----"),
    }


def fits(certificate: Path, key: Path) -> bool:
    """Whether both are there, can be read, and belong together."""
    try:
        # Without a password it would ask for one on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except OSError:
        return False
    return True


if __name__ == "__main__":
    authority_certificate, authority_key, served_certificate, served_key, issuer = map(Path, sys.argv[1:])
    authority, served = look(authority_certificate, authority_key), look(served_certificate, served_key)
    directory = issuer.read_text("utf-8", "replace") if issuer.is_file() else ""
    print(json.dumps({"authority": authority, "served": served, "directory": directory}))
