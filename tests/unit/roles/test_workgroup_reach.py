# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reachability proof names the hop that fails, against real sockets."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import typing as t
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.component

SCRIPT = Path(__file__).resolve().parents[3] / "roles" / "workgroup" / "files" / "reach.py"

ANSWERS = {
    "/subjects": (200, b'["incidents-value"]'),
    "/html/subjects": (200, b"<html>"),
    "/locked/subjects": (401, b"{}"),
}


class Registry(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = ANSWERS.get(self.path, (404, b"{}"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002 -- the name is the base class's
        """Keep quiet."""


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """An address where nothing listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        return f"127.0.0.1:{listening.getsockname()[1]}"


def problems(broker: str, registry: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, broker, registry, "0.5"], capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(done.stdout)["problems"]
    return found


@pytest.mark.parametrize("prefix", ["", "http://"])
def test_both_reached_is_no_problem(broker: str, registry: str, prefix: str) -> None:
    assert problems(prefix + broker, prefix + registry) == []


def test_a_closed_port_is_told_for_each_hop(closed: str) -> None:
    told = problems(closed, closed)

    assert told[0].startswith(f"The broker {closed} cannot be reached: the connection was refused.")
    assert told[1].startswith(f"The registry http://{closed}/subjects cannot be reached: the connection was refused.")


def test_an_unknown_name_is_told(registry: str) -> None:
    assert "its name is unknown there" in problems("no-such-host.invalid:1", registry)[0]


def test_an_address_without_a_port_is_told(registry: str) -> None:
    assert problems("192.168.1.128", registry) == [
        "192.168.1.128 is not a broker's address. Write workgroup_broker as host:port."
    ]


@pytest.mark.parametrize(
    ("path", "said"), [("/nothing", "status 404"), ("/locked", "status 401"), ("/html", "not a schema registry")]
)
def test_a_server_that_is_not_the_registry_is_told(broker: str, registry: str, path: str, said: str) -> None:
    (told,) = problems(broker, f"http://{registry}{path}")

    assert said in told


def test_a_silent_server_ends_in_a_time_out(broker: str) -> None:
    (told,) = problems(broker, broker)

    assert "timed out" in told
