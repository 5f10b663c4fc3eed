# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's HTTP server."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from .engine import Engine
from .request import known_property

HEALTH = {
    "isHealthy": True,
    "details": {part: {"isHealthy": True} for part in ("metastore", "kafka", "commandRunner")},
    "serverState": "READY",
}
WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
NO_DATA = "This is the lab's emulator of ksqlDB: it moves no data, so there is nothing to query."


def serve(engine: Engine, host: str, port: int) -> ThreadingHTTPServer:
    """A server bound to ``host:port`` (0 for any port), not yet serving."""

    class Handler(_Handler):
        pass

    Handler.engine = engine
    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    engine: Engine
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body in one packet

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- signature of the base class
        """Say nothing but what ``log_request`` says."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 -- as above
        """One line for each request, with its headers, as they arrive."""
        print(json.dumps([int(code), self.requestline, self.headers.items()]), file=sys.stderr, flush=True)

    def do_GET(self) -> None:
        path = unquote(self.path.split("?")[0])
        accept = self.headers.get("Accept", "*/*")
        if "json" not in accept and "*/*" not in accept:
            self._answer(HTTPStatus.NOT_ACCEPTABLE)
        elif path == "/":
            self._answer(HTTPStatus.TEMPORARY_REDIRECT, location="/info")
        elif path == "/info":
            self._answer(200, self.engine.info())
        elif path == "/healthcheck":
            self._answer(200, HEALTH)
        elif path == "/ws/query":
            self._websocket()
        elif path == "/status":
            statuses = {name: status["status"] for name, status in self.engine.catalogue.statuses.items()}
            self._answer(200, {"commandStatuses": statuses})
        elif path.startswith("/status/") and path.count("/") == 4:  # noqa: PLR2004 -- type, entity, action
            status = self.engine.catalogue.statuses.get(path.removeprefix("/status/"))
            self._answer(200, status) if status else self._error(40400, "Command not found")
        elif path.startswith("/is_valid_property/"):
            name = path.removeprefix("/is_valid_property/")
            if known_property(name):
                self._answer(200, True)
            else:
                self._error(40000, f"Not recognizable as ksql, streams, consumer, or producer property: '{name}'")
        elif path == "/ksql":
            self._answer(HTTPStatus.METHOD_NOT_ALLOWED)
        else:
            self._not_found()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        accept = self.headers.get("Accept", "*/*")
        if self.path.rstrip("/") in ("/query", "/query-stream", "/inserts-stream"):
            self._stream(self.path.rstrip("/"))
        elif self.path.rstrip("/") != "/ksql":
            self._not_found()
        elif "json" not in accept and "*/*" not in accept:
            self._answer(HTTPStatus.NOT_ACCEPTABLE)
        else:
            try:
                request = json.loads(body)
            except ValueError as error:
                self._error(40000, f"Invalid JSON in request: {error}")
                return
            if isinstance(request, dict):
                self._answer(*self.engine.post(request))
            else:
                self._error(40000, "Invalid JSON in request: Cannot deserialize value of type KsqlRequest")

    def _stream(self, path: str) -> None:
        # As a server of 7.x: only /query answers to HTTP/1.0, and /inserts-stream not even to HTTP/1.1.
        if path == "/inserts-stream":
            self._error(40004, "This endpoint is only available when using HTTP2")
        elif path == "/query-stream" and self.request_version != "HTTP/1.1":
            self._error(40000, "This endpoint is only available when using HTTP1.1 or HTTP2")
        else:
            self._error(40000, NO_DATA)

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(HTTPStatus.METHOD_NOT_ALLOWED)

    def _error(self, code: int, message: str) -> None:
        self._answer(code // 100, {"@type": "generic_error", "error_code": code, "message": message})

    def _not_found(self) -> None:
        page = b"<html><body><h1>Resource not found</h1></body></html>"
        self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def _answer(self, status: int, content: Any = None, *, location: str | None = None) -> None:
        body = b"" if content is None else json.dumps(content, separators=(",", ":")).encode()
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _websocket(self) -> None:
        key = self.headers.get("Sec-WebSocket-Key")
        asked = [self.headers.get(name, "").lower() for name in ("Upgrade", "Connection")]
        if not key or asked != ["websocket", "upgrade"] or self.headers.get("Sec-WebSocket-Version") != "13":
            self._error(40000, 'Can "Upgrade" only to "WebSocket".')
            return
        digest = hashlib.sha1((key + WEBSOCKET_GUID).encode(), usedforsecurity=False).digest()
        self.send_response(HTTPStatus.SWITCHING_PROTOCOLS)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(digest).decode())
        self.end_headers()
        message = json.dumps({"error": NO_DATA}).encode()
        self.wfile.write(bytes([0x81, len(message)]) + message)  # one text frame, then a close frame
        self.wfile.write(bytes([0x88, 0]))
        self.close_connection = True
