# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command in a container prints arrives whole, however late the client reads."""

from __future__ import annotations

import http.server
import json
import struct
import sys
import threading
import typing as t
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

sys.path.append(str(Path(__file__).resolve().parents[3]))
from lab.execute import execute


class Engine(http.server.BaseHTTPRequestHandler):
    """An engine with one command, that has printed and ended by the time the client reads: all comes in one packet."""

    PRINTED = ((1, b"ssh-ed25519 "), (2, b"a word on stderr\n"), (1, b"AAAA\n"))
    EXIT_CODE = 3

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/containers/machine/exec"):
            self.server.asked = asked  # type: ignore[attr-defined]
            self._say({"Id": "run"})
        else:
            frames = b"".join(struct.pack(">BxxxL", stream, len(text)) + text for stream, text in self.PRINTED)
            kind = b"Content-Type: application/vnd.docker.raw-stream"
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + kind + b"\r\n\r\n" + frames)

    def do_GET(self) -> None:
        self._say({"ExitCode": self.EXIT_CODE})

    def _say(self, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def engine() -> t.Iterator[http.server.ThreadingHTTPServer]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Engine) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def test_nothing_is_lost_of_what_came_together_with_the_header(engine: http.server.ThreadingHTTPServer) -> None:
    client = docker.DockerClient(base_url=f"tcp://127.0.0.1:{engine.server_port}", version="1.41")
    machine = Container({"Id": "machine"}, client)

    found = execute(machine, ["cat", "key.pub"], user="root", environment={"A": "b"})

    assert found == (3, "ssh-ed25519 a word on stderr\nAAAA")
    asked = engine.asked  # type: ignore[attr-defined]
    assert (asked["Cmd"], asked["User"], asked["Env"]) == (["cat", "key.pub"], "root", ["A=b"])
