# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an image registry answers, asked of a server in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._node import network


@contextmanager
def serving(status: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/v2/" else 404)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize("path", ["", "/mirror"])
def test_an_answer_and_a_request_for_a_login_are_answers(status: int, path: str) -> None:
    with serving(status) as address:
        assert network.registry(address + path, 5) == {"answers": True, "error": ""}


@pytest.mark.parametrize("status", [302, 404, 500])
def test_another_server_is_none(status: int) -> None:
    with serving(status) as address:
        found = network.registry(address, 5)
    assert not found["answers"]
    assert f"http: HTTP {status}" in found["error"]


@pytest.mark.parametrize("address", ["127.0.0.1:9", "nowhere.invalid", "a b"])
def test_nobody_there_says_why(address: str) -> None:
    found = network.registry(address, 5)
    assert not found["answers"]
    assert found["error"]
