# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens a connection to the broker and reads the registry's subjects, from wherever it is run.

Arguments: broker (host:port), registry (host:port or URL), seconds per step. Prints one JSON object whose ``problems``
is a list of sentences, empty when both are reached. Standard library only: it runs on the platform's host.
"""

from __future__ import annotations

import errno
import json
import socket
import sys
import urllib.error
import urllib.request
from http.client import HTTPException
from urllib.parse import urlsplit

REMEDIES = {
    "unknown": "Give an address, or a name that the platform's name server knows.",
    "refused": "Start the stack on the node, and check that this port is published on that address.",
    "timed out": "Open the port in the firewalls between the platform and the node.",
    "no route": "Check the routes and firewalls between the platform and the node.",
}


def why(error: BaseException) -> str:
    """What went wrong, in a few words, and what to do about it."""
    if isinstance(error, socket.gaierror):
        return f"its name is unknown there ({error.strerror}). {REMEDIES['unknown']}"
    if isinstance(error, TimeoutError):
        return f"the connection timed out. {REMEDIES['timed out']}"
    if isinstance(error, ConnectionRefusedError):
        return f"the connection was refused. {REMEDIES['refused']}"
    if isinstance(error, OSError) and error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return f"there is no route to it. {REMEDIES['no route']}"
    return f"{error}."


def broker_problem(address: str, timeout: float) -> str | None:
    """Why no connection to the broker can be opened, or None."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or port is None:
        return f"{address} is not a broker's address. Write workgroup_broker as host:port."
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError as error:
        return f"The broker {host}:{port} cannot be reached: {why(error)}"
    return None


def registry_problem(address: str, timeout: float) -> str | None:
    """Why the registry does not list its subjects, or None."""
    url = (address if address.startswith(("http://", "https://")) else f"http://{address}").rstrip("/") + "/subjects"
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310 -- the scheme is one of the two above
            subjects = json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return f"The registry answered {url} with status {error.code}. Check that this is the address of its API."
    except (ValueError, HTTPException):
        subjects = None
    except OSError as error:
        return f"The registry {url} cannot be reached: {why(getattr(error, 'reason', None) or error)}"
    if not isinstance(subjects, list):
        return f"What answers at {url} is not a schema registry. Check the host and port in workgroup_registry."
    return None


if __name__ == "__main__":
    broker, registry, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    found = [broker_problem(broker, seconds), registry_problem(registry, seconds)]
    print(json.dumps({"problems": [problem for problem in found if problem]}))
