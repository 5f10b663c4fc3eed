# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's plugin hub answers as the public one does."""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# In its container the package lab/hub is called hub.
LAB = Path(__file__).resolve().parents[3] / "lab"
sys.path.append(str(LAB))
from hub.server import serve  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENT = bytes(range(256))


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """``host:port`` of a hub with three versions of one plugin and one Maven file."""
    for version in ("0.9.0", "0.10.0", "0.10.0-rc1"):
        place = tmp_path / "hub" / "acme" / "csv" / version
        place.mkdir(parents=True)
        (place / "archive.zip").write_bytes(CONTENT)
        text = {"name": "csv", "version": version, "owner": {"username": "acme"}, "license": [{"name": "EULA"}]}
        (place / "manifest.json").write_text(json.dumps(text))
    maven = tmp_path / "maven2" / "g" / "a"
    maven.mkdir(parents=True)
    (maven / "a.jar").write_bytes(CONTENT)
    (tmp_path / "secret").write_text("secret")
    server = serve(tmp_path, "127.0.0.1", 0)
    server.RequestHandlerClass.log_message = lambda *_args: None  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def ask(address: str, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body."""
    connection = http.client.HTTPConnection(address, timeout=5)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.headers), body


def ask_json(address: str, path: str) -> Any:
    status, _headers, body = ask(address, path)
    assert status == 200
    return json.loads(body)


@pytest.mark.parametrize("path", ["/", "/health"])
def test_health(address: str, path: str) -> None:
    assert ask_json(address, path) == {"status": "ok"}


@pytest.mark.parametrize("path", ["", "/versions/0.10.0"])
def test_manifest(address: str, path: str) -> None:
    found = ask_json(address, f"/api/plugins/acme/csv{path}")
    assert found["version"] == "0.10.0"
    assert found["owner"]["username"] == "acme"
    assert found["license"] == [{"name": "EULA"}]
    assert found["archive"] == {
        "name": "acme-csv-0.10.0.zip",
        "mime_type": "application/zip",
        "url": f"http://{address}/api/plugins/acme/csv/versions/0.10.0/acme-csv-0.10.0.zip",
        "md5": hashlib.md5(CONTENT, usedforsecurity=False).hexdigest(),
        "sha1": hashlib.sha1(CONTENT, usedforsecurity=False).hexdigest(),
    }


def test_versions(address: str) -> None:
    found = ask_json(address, "/api/plugins/acme/csv/versions")
    assert [entry["version"] for entry in found] == ["0.9.0", "0.10.0-rc1", "0.10.0"]
    assert found[0]["manifest_url"] == f"http://{address}/api/plugins/acme/csv/versions/0.9.0"


def test_archive(address: str) -> None:
    status, headers, _body = ask(address, "/api/plugins/acme/csv/versions/0.9.0/archive")
    assert status == 302
    path = headers["Location"].removeprefix(f"http://{address}")
    assert ask(address, path)[2] == CONTENT


@pytest.mark.parametrize(
    ("span", "status", "body"),
    [
        ("bytes=0-", 206, CONTENT),
        ("bytes=250-", 206, CONTENT[250:]),
        ("bytes=5-9", 206, CONTENT[5:10]),
        ("bytes=5-9999", 206, CONTENT[5:]),
        ("bytes=256-", 416, b""),
        ("lines=1-", 200, CONTENT),
    ],
)
def test_ranges(address: str, span: str, status: int, body: bytes) -> None:
    found = ask(address, "/maven2/g/a/a.jar", Range=span)
    assert (found[0], found[2]) == (status, body)


def test_a_range_of_another_file_is_not_given(address: str) -> None:
    headers = ask(address, "/maven2/g/a/a.jar", method="HEAD")[1]
    assert headers["Content-Length"] == "256"
    assert ask(address, "/maven2/g/a/a.jar", **{"Range": "bytes=5-", "If-Range": headers["ETag"]})[0] == 206
    assert ask(address, "/maven2/g/a/a.jar", **{"Range": "bytes=5-", "If-Range": '"other"'})[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/other",
        "/api/plugins/acme/other",
        "/api/plugins/../../secret",
        "/api/plugins/acme/csv/versions/1.0",
        "/api/plugins/acme/csv/versions/0.9.0/other.zip",
        "/api/plugins/acme/csv/extras",
        "/maven2/g/a",
        "/maven2/g/a/b.jar",
        "/maven2/../secret",
        "/maven2/%2e%2e/secret",
    ],
)
def test_not_found(address: str, path: str) -> None:
    status, _headers, body = ask(address, path)
    assert status == 404
    assert "Not found" in json.loads(body)["message"]


def test_runs_as_a_command(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "hub", "--root", str(tmp_path), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, cwd=LAB, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                try:
                    assert ask_json(f"127.0.0.1:{port}", "/health") == {"status": "ok"}
                    break
                except ConnectionRefusedError:
                    time.sleep(0.02)
            else:
                pytest.fail("the hub did not start")
        finally:
            process.terminate()
