# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads against servers that break off, redirect, lie and refuse."""

from __future__ import annotations

import errno
import hashlib
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import (
    InvalidInputError,
    RefusedError,
    StorageError,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import Access
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.transport import ConnectionFailedError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins import download
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.download import Web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Peer:
    """A server whose answers a test writes; remembers the headers of every request."""

    def __init__(self) -> None:
        self.answer: Callable[[BaseHTTPRequestHandler, int], None] = lambda handler, _: send(handler, 200, CONTENT)
        self.seen: list[dict[str, str]] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                peer.seen.append({name.lower(): value for name, value in self.headers.items()})
                peer.answer(self, len(peer.seen))

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}/file.zip"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A server that answers with the content until a test tells it otherwise."""
    peer = Peer()
    yield peer
    peer.close()


another_peer = peer


def send(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    *,
    cut: int | None = None,
    length: str = "",
    **headers: str,
) -> None:
    """Answer; ``cut`` closes the connection after so many bytes, ``length`` "none" leaves the length out."""
    handler.send_response(status)
    if length != "none":
        handler.send_header("Content-Length", length or str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body[:cut])
    handler.close_connection = True


def web(*hosts: str, retries: int = 2, **access: Any) -> Web:
    return Web(Access(url="", timeout=5, **access), hosts, retries=retries, pause=0)


def fetch(client: Web, url: str, tmp_path: Path, limit: int = 10_000_000) -> str:
    return client.download(url, tmp_path / "part", {"sha256"}, limit).digests["sha256"]


def test_goes_on_where_it_stopped(peer: Peer, tmp_path: Path) -> None:
    def answer(handler: BaseHTTPRequestHandler, number: int) -> None:
        if number == 1:
            send(handler, 200, CONTENT, cut=300_000, ETag='"one"')
        else:
            go_on(handler, number)

    peer.answer = answer
    assert fetch(web(), peer.url, tmp_path) == SHA256
    assert peer.seen[1]["range"] == "bytes=300000-"
    assert peer.seen[1]["if-range"] == '"one"'
    assert (tmp_path / "part").read_bytes() == CONTENT


@pytest.mark.parametrize("again", ["changed", "unsatisfiable", "wrong range", "no validator"])
def test_starts_anew_when_it_cannot_go_on(peer: Peer, tmp_path: Path, again: str) -> None:
    def answer(handler: BaseHTTPRequestHandler, number: int) -> None:
        tag = {} if again == "no validator" else {"ETag": f'"{number}"'}
        if number == 1:
            send(handler, 200, CONTENT[::-1], cut=300_000, **tag)
        elif number == 2 and again == "unsatisfiable":
            send(handler, 416, b"")
        elif number == 2 and again == "wrong range":
            send(handler, 206, CONTENT, Content_Range=f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}")
        else:
            send(handler, 200, CONTENT, **tag)

    peer.answer = answer
    assert fetch(web(), peer.url, tmp_path) == SHA256
    assert ("range" in peer.seen[1]) == (again != "no validator")


def test_a_server_in_trouble_is_asked_again(peer: Peer, tmp_path: Path) -> None:
    peer.answer = lambda handler, number: send(handler, 503 if number < 3 else 200, CONTENT)
    assert fetch(web(), peer.url, tmp_path) == SHA256
    peer.answer = lambda handler, _: send(handler, 503, b"")
    with pytest.raises(ConnectionFailedError, match=r"could not be fetched in 3 tries: it answered 503\."):
        fetch(web(), peer.url, tmp_path)


def test_a_refusal_is_not_repeated(peer: Peer, tmp_path: Path) -> None:
    peer.answer = lambda handler, _: send(handler, 403, b"")
    with pytest.raises(RefusedError, match=r"answered 403 Forbidden\. Check the address"):
        fetch(web(), peer.url, tmp_path)
    assert len(peer.seen) == 1


@pytest.mark.parametrize("declared", [True, False])
def test_too_large_is_cut(peer: Peer, tmp_path: Path, declared: bool) -> None:
    length = "" if declared else "none"
    peer.answer = lambda handler, _: send(handler, 200, CONTENT, length=length, Connection="close")
    with pytest.raises(RefusedError, match="more than the 500000 bytes that max_size allows"):
        fetch(web(), peer.url, tmp_path, 500_000)


@pytest.mark.parametrize("access", [{"username": "u", "password": "p"}, {"bearer_token": "t"}])
def test_credentials_stay_with_their_host(
    peer: Peer, another_peer: Peer, tmp_path: Path, access: dict[str, str]
) -> None:
    peer.answer = lambda handler, number: send(
        handler, 302, b"", Location="/again" if number == 1 else another_peer.url + "?signature=s"
    )
    assert fetch(web(peer.host, **access), peer.url, tmp_path) == SHA256
    assert ["authorization" in headers for headers in peer.seen] == [True, True]
    assert ["authorization" in headers for headers in another_peer.seen] == [False]


def test_the_proxy_of_the_environment_is_taken(peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://{peer.host}")
    client = Web(Access(url="", timeout=4), retries=0)  # another time-out than elsewhere, so that the opener is new
    assert fetch(client, "http://mirror.invalid/file.zip", tmp_path) == SHA256
    assert peer.seen[0]["host"] == "mirror.invalid"


def test_no_credentials_without_a_host(peer: Peer, tmp_path: Path) -> None:
    fetch(web("elsewhere", bearer_token="t"), peer.url, tmp_path)
    assert "authorization" not in peer.seen[0]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "/file.zip"])
def test_redirects_that_are_not_followed(peer: Peer, tmp_path: Path, location: str) -> None:
    peer.answer = lambda handler, _: send(handler, 302, b"", Location=location)
    with pytest.raises(RefusedError, match="redirect"):
        fetch(web(), peer.url, tmp_path)


def test_no_server(tmp_path: Path) -> None:
    with pytest.raises(ConnectionFailedError, match=r"could not be fetched in 1 tries: .*Connection refused"):
        fetch(web(retries=0), "http://127.0.0.1:1/x.zip", tmp_path)


def test_a_full_disk_is_not_tried_again(peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    class Full:
        def __enter__(self) -> object:
            return self

        def __exit__(self, *_args: object) -> None:
            pass

        def write(self, _chunk: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(tmp_path), "open", lambda *_args, **_named: Full())
    with pytest.raises(StorageError, match=r"part: No space left on device\. Free some space on its file system\."):
        fetch(web(), peer.url, tmp_path)
    assert len(peer.seen) == 1


def test_no_room_is_seen_before(peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 1000}))
    with pytest.raises(RefusedError, match=r"has 1024000 bytes, but .* has only 1000 bytes free"):
        fetch(web(), peer.url, tmp_path)


def start_and_fail(peer: Peer, tmp_path: Path) -> None:
    """A first run that gets 300 000 bytes and no second try."""
    peer.answer = lambda handler, _: send(handler, 200, CONTENT, cut=300_000, ETag='"one"')
    with pytest.raises(ConnectionFailedError):
        fetch(web(retries=0), peer.url, tmp_path)
    peer.seen.clear()


def go_on(handler: BaseHTTPRequestHandler, _number: int) -> None:
    start = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
    if start == len(CONTENT):
        send(handler, 416, b"", Content_Range=f"bytes */{start}")
    else:
        span = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
        send(handler, 206 if start else 200, CONTENT[start:], Content_Range=span, ETag='"one"')


@pytest.mark.parametrize("resume", [True, False])
def test_a_later_run_goes_on_where_one_stopped(peer: Peer, tmp_path: Path, resume: bool) -> None:
    start_and_fail(peer, tmp_path)
    peer.answer = go_on
    done = web(retries=0).download(peer.url, tmp_path / "part", {"sha256"}, 10_000_000, resume=resume)
    assert done.digests == {"sha256": SHA256}
    assert peer.seen[0].get("range") == ("bytes=300000-" if resume else None)
    # What is complete already is not sent again.
    again = web(retries=0).download(peer.url, tmp_path / "part", {"sha256"}, 10_000_000, resume=True)
    assert again == done
    assert peer.seen[1]["range"] == f"bytes={len(CONTENT)}-"


@pytest.mark.parametrize("wrong", ["another address", "no note", "half a note", "changed", "shorter"])
def test_a_later_run_starts_anew_when_it_cannot_go_on(peer: Peer, tmp_path: Path, wrong: str) -> None:
    start_and_fail(peer, tmp_path)
    note = tmp_path / ".part"
    url = peer.url
    if wrong == "another address":
        url = peer.url.replace("file", "other")
    elif wrong == "no note":
        note.unlink()
    elif wrong == "half a note":
        note.write_bytes(note.read_bytes()[:20])
    if wrong == "shorter":
        peer.answer = lambda handler, number: (
            send(handler, 416, b"", Content_Range="bytes */5") if number == 1 else send(handler, 200, CONTENT)
        )
    else:
        peer.answer = lambda handler, _: send(handler, 200, CONTENT, ETag='"two"')
    done = web(retries=0).download(url, tmp_path / "part", {"sha256"}, 10_000_000, resume=True)
    assert done.digests == {"sha256": SHA256}
    assert ("range" in peer.seen[0]) == (wrong in ("changed", "shorter"))


def test_a_part_that_nobody_asked_for_is_not_put_behind_another(peer: Peer, tmp_path: Path) -> None:
    start_and_fail(peer, tmp_path)
    span = f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}"
    peer.answer = lambda handler, _: send(handler, 206, CONTENT, Content_Range=span)
    assert fetch(web(), peer.url, tmp_path) == SHA256
    assert (tmp_path / "part").read_bytes() == CONTENT


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "many", "\xb2"])
def test_a_length_that_is_none_is_no_python_error(peer: Peer, tmp_path: Path, length: str) -> None:
    peer.answer = lambda handler, _: send(handler, 206, CONTENT, length=length, Content_Range=f"bytes {length}-")
    assert fetch(web(), peer.url, tmp_path) == SHA256


@pytest.fixture
def tls_peer(peer: Peer, tmp_path: Path) -> Peer:
    """A server behind https, whose certificate is its own authority in certificate.pem."""
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "certificate.pem")]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(["openssl", "req", "-x509", "-days", "2", *key, *names, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    peer.server.socket = context.wrap_socket(peer.server.socket, server_side=True)
    peer.url = peer.url.replace("http:", "https:")
    return peer


@pytest.mark.component
def test_who_is_trusted(tls_peer: Peer, tmp_path: Path) -> None:
    with pytest.raises(ConnectionFailedError, match=r"certificate is not trusted: .* in ca_path\."):
        fetch(web(), tls_peer.url, tmp_path)
    assert tls_peer.seen == []
    assert fetch(web(ca_path=str(tmp_path / "certificate.pem")), tls_peer.url, tmp_path) == SHA256
    assert fetch(web(validate_certs=False), tls_peer.url, tmp_path) == SHA256
    files = {"client_cert": str(tmp_path / "certificate.pem"), "client_key": str(tmp_path / "key.pem")}
    assert fetch(web(tls_peer.host, validate_certs=False, **files), tls_peer.url, tmp_path) == SHA256


def test_tls_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="Check ca_path, client_cert and client_key"):
        fetch(web(ca_path="/nonexistent.pem"), "https://127.0.0.1:1/x.zip", tmp_path)


@pytest.mark.parametrize("length", [True, False], ids=["length told", "length unknown"])
def test_progress_is_reported(peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: bool) -> None:
    peer.answer = lambda handler, _: send(handler, 200, CONTENT, length="" if length else "none", Connection="close")
    monkeypatch.setattr(download, "REPORTED", 300_000)
    monkeypatch.setattr(download, "CHUNK", 100_000)
    heard: list[tuple[int, int | None]] = []
    Web(Access("")).download(
        peer.url, tmp_path / "part", ["sha256"], len(CONTENT), report=lambda *progress: heard.append(progress)
    )
    total = len(CONTENT) if length else None
    assert heard == [(size, total) for size in (300_000, 600_000, 900_000)]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/a.zip", "data:,jar"])
def test_what_is_no_web_address_is_not_opened(tmp_path: Path, url: str) -> None:
    """A hub's manifest says where its archive is; it may not name a file of the node."""
    with pytest.raises(RefusedError, match=r"is not a web address\. Check what the source names\."):
        Web(Access("")).download(url, tmp_path / "part", ["sha256"], 1_000_000)
    assert not (tmp_path / "part").exists()
