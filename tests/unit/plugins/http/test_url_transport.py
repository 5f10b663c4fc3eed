# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError, RefusedError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import Access, checked_url
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.servers import UrlTransport
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.transport import (
    ConnectionFailedError,
    Response,
)


@pytest.fixture
def server():
    """A server that answers ``answer`` and keeps the ``requests``, each as method, path, headers and body."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.server.requests.append((self.command, self.path, self.headers, body))
            status, headers, sent = self.server.answer
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(sent))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = _answer  # noqa: N815 -- names of http.server

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.requests, server.answer = [], (200, {"X-Told": "Yes"}, b"{}")
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH", "DELETE"])
def test_sends_what_it_is_given(server, method):
    body = b'{"a": 1}' if method in ("PUT", "PATCH") else None
    answer = UrlTransport(Access(server.url)).request(method, "/a%2Fb?c=d", body=body, headers={"Accept": "text/json"})
    assert (answer.status, answer.body, answer.headers["x-told"]) == (200, b"{}", "Yes")
    ((sent, path, headers, received),) = server.requests
    assert (sent, path, received) == (method, "/a%2Fb?c=d", body or b"")
    assert (headers["Accept"], headers["User-Agent"]) == ("text/json", "igrafx.liveconnect")
    assert headers["Authorization"] is None


@pytest.mark.parametrize(
    ("credentials", "sent"),
    [
        ({"username": "ann", "password": "p:ü"}, "Basic " + base64.b64encode("ann:p:ü".encode()).decode()),
        ({"bearer_token": "abc"}, "Bearer abc"),
    ],
)
def test_credentials_go_with_the_first_request(server, credentials, sent):
    UrlTransport(Access(server.url, **credentials)).request("GET", "/")
    assert [headers["Authorization"] for _method, _path, headers, _body in server.requests] == [sent]


def test_a_refusal_is_an_answer(server):
    server.answer = (409, {}, b"busy")
    answer = UrlTransport(Access(server.url)).request("PUT", "/x")
    assert (answer.status, answer.text, answer.ok) == (409, "busy", False)


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_redirect_is_told_and_not_followed(server, method):
    server.answer = (308, {"Location": "https://elsewhere.example/api?token=1"}, b"")
    with pytest.raises(RefusedError, match=r"sends on to https://elsewhere.example/api\. Give the address") as caught:
        UrlTransport(Access(server.url, bearer_token="abc")).request(method, "/x")
    assert "token" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["http://[?token=1", "file:///etc/passwd"])
def test_a_redirect_to_no_web_address_is_told_as_well(server, status, location):
    server.answer = (status, {"Location": location}, b"")
    with pytest.raises(RefusedError) as caught:
        UrlTransport(Access(server.url)).request("GET", "/x")
    assert caught.value.message == f"{server.url} sends on to {location.partition('?')[0]}."


def test_nobody_there(server):
    server.shutdown()
    server.server_close()
    with pytest.raises(ConnectionFailedError, match=r"does not answer: .*refused") as caught:
        UrlTransport(Access(server.url)).request("GET", "/")
    assert (caught.value.certain, caught.value.permanent) == (True, False)


def test_an_answer_that_takes_too_long(server):
    class Silent(BaseHTTPRequestHandler):
        def do_GET(self):
            silent.wait(5)

    silent = threading.Event()
    server.RequestHandlerClass = Silent
    try:
        with pytest.raises(ConnectionFailedError, match="timed out") as caught:
            UrlTransport(Access(server.url, timeout=30)).request("GET", "/", timeout=0.05)
    finally:
        silent.set()
    # It may still be at it.
    assert (caught.value.certain, caught.value.slow) == (False, True)


def test_a_server_that_never_got_the_request():
    # It lets anybody in, and says nothing while the encryption is to be agreed on.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        access = Access(f"https://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(ConnectionFailedError, match="timed out") as caught:
            UrlTransport(access).request("PUT", "/", body=b"x", timeout=0.05)
    assert (caught.value.certain, caught.value.slow) == (True, False)


def test_goes_through_the_proxy_of_the_environment(server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    UrlTransport(Access("http://worker.example:8083")).request("GET", "/connectors")
    assert [path for _method, path, _headers, _body in server.requests] == ["http://worker.example:8083/connectors"]
    server.answer = (407, {}, b"")
    answer = UrlTransport(Access("http://worker.example:8083")).request("GET", "/")
    port = server.server_port
    assert answer.proxy_hint.startswith(f"It is asked through the proxy 127.0.0.1:{port}, which http_proxy in the env")
    assert "add worker.example to no_proxy" in answer.proxy_hint
    monkeypatch.setenv("no_proxy", "worker.example")
    assert UrlTransport(Access("http://worker.example:8083"))._proxy_hint == ""


@pytest.fixture
def proxied(server, monkeypatch):
    """The server as the proxy of the environment, with credentials in its address."""
    address = server.url.replace("//", "//ann:hidden@")
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, address)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return server


def test_a_proxy_that_does_not_connect_us(proxied):
    proxied.RequestHandlerClass.do_CONNECT = lambda handler: handler.send_error(407)
    with pytest.raises(ConnectionFailedError, match="407") as caught:
        UrlTransport(Access("https://worker.example:8083")).request("GET", "/")
    assert caught.value.permanent
    assert "which https_proxy in the environment names: add worker.example" in caught.value.remedy
    assert "hidden" not in str(caught.value)


def test_a_proxys_page_for_signing_in(proxied):
    proxied.answer = (302, {"Location": "http://sign-in.example/"}, b"")
    with pytest.raises(RefusedError, match=r"http://sign-in.example/\. It is asked through the proxy"):
        UrlTransport(Access("http://worker-2.example:8083")).request("GET", "/")


def test_an_answer_that_breaks_off(server):
    server.answer = (500, {}, b"abc")
    send_header = BaseHTTPRequestHandler.send_header

    def longer(handler, name, value):
        send_header(handler, name, "10" if name == "Content-Length" else value)

    server.RequestHandlerClass.send_header = longer
    server.RequestHandlerClass.protocol_version = "HTTP/1.0"
    with pytest.raises(ConnectionFailedError, match="does not answer"):
        UrlTransport(Access(server.url)).request("GET", "/")


@pytest.mark.parametrize("url", ["http://h:port", "http://[::1", "http://h:99999", "ftp://h", "http://", "h:8083"])
def test_an_address_that_is_none(url):
    with pytest.raises(InvalidInputError, match="is not a web address"):
        checked_url(url, "http://host:port")


def test_a_host_that_cannot_be_one():
    with pytest.raises(ConnectionFailedError, match="Check the host in url") as caught:
        UrlTransport(Access(f"http://{'a' * 70}.example:8083")).request("GET", "/")
    assert caught.value.permanent


@pytest.mark.parametrize("body", [b"[" * 100_000, b"{", b"\xff", b""])
def test_what_is_no_json(body):
    assert Response(200, body).json() is None
