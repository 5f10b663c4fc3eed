# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hub over HTTP, with the paths of the public one, and a Maven repository beside it."""

from __future__ import annotations

import json
import re
import shutil
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote, urlsplit

from .catalogue import Catalogue

if TYPE_CHECKING:
    from pathlib import Path

_PLUGIN = re.compile(r"/api/plugins/(?P<owner>[^/]+)/(?P<name>[^/]+)(?P<rest>/.*)?")
_VERSION = re.compile(r"/versions/(?P<version>[^/]+)(?P<file>/[^/]+)?")
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def serve(root: Path, host: str, port: int) -> ThreadingHTTPServer:
    """A server for the plugins below ``root``, listening but not yet serving; port 0 picks a free one."""
    handler = type("BoundHandler", (Handler,), {"catalogue": Catalogue(root), "root": root})
    return ThreadingHTTPServer((host, port), handler)


class Handler(BaseHTTPRequestHandler):
    """One request; ``catalogue`` and ``root`` are bound by serve()."""

    protocol_version = "HTTP/1.1"
    catalogue: ClassVar[Catalogue]
    root: ClassVar[Path]

    def do_GET(self) -> None:
        """Answer by path."""
        path = unquote(urlsplit(self.path).path).rstrip("/")
        if path in ("", "/health"):
            self._json({"status": "ok"})
        elif path.startswith("/maven2/"):
            self._static(path.removeprefix("/maven2/"))
        elif match := _PLUGIN.fullmatch(path):
            self._plugin(match["owner"], match["name"], match["rest"] or "")
        else:
            self._not_found()

    do_HEAD = do_GET  # noqa: N815 -- http.server's name; bodies are left out below

    def _plugin(self, owner: str, name: str, rest: str) -> None:
        base = f"http://{self.headers.get('Host', '')}"
        if rest == "":
            self._json(self.catalogue.manifest(owner, name, None, base))
        elif rest == "/versions":
            versions = self.catalogue.versions(owner, name)
            url = f"{base}/api/plugins/{owner}/{name}/versions"
            self._json(versions and [{"version": entry, "manifest_url": f"{url}/{entry}"} for entry in versions])
        elif match := _VERSION.fullmatch(rest):
            self._version(owner, name, match["version"], match["file"] or "", base)
        else:
            self._not_found()

    def _version(self, owner: str, name: str, version: str, file: str, base: str) -> None:
        manifest = self.catalogue.manifest(owner, name, version, base)
        archive = self.catalogue.archive(owner, name, version)
        if manifest is None or archive is None:
            self._not_found()
        elif file == "":
            self._json(manifest)
        elif file == "/archive":
            self._redirect(manifest["archive"]["url"])
        elif file == f"/{manifest['archive']['name']}":
            self._file(archive, "application/zip")
        else:
            self._not_found()

    def _static(self, relative: str) -> None:
        root = (self.root / "maven2").resolve()
        path = (root / relative).resolve()
        if path.is_relative_to(root) and path.is_file():
            self._file(path, "application/octet-stream")
        else:
            self._not_found()

    def _file(self, path: Path, content_type: str) -> None:
        found = path.stat()
        size, tag = found.st_size, f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
        first, last, status = 0, size - 1, HTTPStatus.OK
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        if asked and self.headers.get("If-Range", tag) == tag:
            first, status = int(asked[1]), HTTPStatus.PARTIAL_CONTENT
            last = min(int(asked[2] or last), last)
            if first > last:
                self._answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, content_range=f"bytes */{size}")
                return
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", tag)
        self.send_header("Last-Modified", formatdate(found.st_mtime, usegmt=True))
        if status is HTTPStatus.PARTIAL_CONTENT:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        if self.command == "HEAD":
            return
        with path.open("rb") as stream:
            stream.seek(first)
            if last == size - 1:
                shutil.copyfileobj(stream, self.wfile, 1024 * 1024)
            else:
                self.wfile.write(stream.read(last - first + 1))

    def _json(self, payload: Any) -> None:
        if payload is None:
            self._not_found()
        else:
            self._answer(HTTPStatus.OK, json.dumps(payload).encode())

    def _redirect(self, location: str) -> None:
        self._answer(HTTPStatus.FOUND, location=location)

    def _not_found(self) -> None:
        self._answer(HTTPStatus.NOT_FOUND, json.dumps({"message": f"Not found: {self.path}"}).encode())

    def _answer(self, status: HTTPStatus, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-").title(), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
