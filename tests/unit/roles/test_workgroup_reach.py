# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reachability proof speaks Kafka's protocol to the byte, and names the hop that fails, against real sockets."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import json
import os
import socket
import ssl
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

SCRIPT = Path(__file__).resolve().parents[3] / "roles" / "workgroup" / "files" / "reach.py"

# What a Kafka 3.9 broker and a client exchange, byte for byte; the host and port of the broker are put in.
CLIENT = b"\x00\x12igrafx.liveconnect"
API_VERSIONS_REQUEST = b"\x00\x00\x00\x1c" + b"\x00\x12\x00\x00" + b"\x00\x00\x00\x01" + CLIENT
METADATA_REQUEST = b"\x00\x00\x00\x20" + b"\x00\x03\x00\x02" + b"\x00\x00\x00\x02" + CLIENT + b"\x00\x00\x00\x00"
API_VERSIONS_ANSWER = (
    b"\x00\x00\x00\x16" + b"\x00\x00\x00\x01" + b"\x00\x00" + b"\x00\x00\x00\x02"
    b"\x00\x03\x00\x00\x00\x0c" + b"\x00\x12\x00\x00\x00\x04"
)  # fmt: skip
OLD_API_VERSIONS_ANSWER = (
    b"\x00\x00\x00\x10" + b"\x00\x00\x00\x01" + b"\x00\x00" + b"\x00\x00\x00\x01" + b"\x00\x03\x00\x00\x00\x01"
)


# With a login: SaslHandshake for PLAIN, SaslAuthenticate with an empty identity, user and password.
HANDSHAKE_REQUEST = b"\x00\x00\x00\x23" + b"\x00\x11\x00\x01" + b"\x00\x00\x00\x03" + CLIENT + b"\x00\x05PLAIN"
HANDSHAKE_ANSWER = b"\x00\x00\x00\x11" + b"\x00\x00\x00\x03" + b"\x00\x00" + b"\x00\x00\x00\x01\x00\x05PLAIN"
AUTHENTICATE_REQUEST = (
    b"\x00\x00\x00\x30" + b"\x00\x24\x00\x00" + b"\x00\x00\x00\x04" + CLIENT
    + b"\x00\x00\x00\x10" + b"\x00platform\x00p4sswd"
)  # fmt: skip
AUTHENTICATED_ANSWER = b"\x00\x00\x00\x0c" + b"\x00\x00\x00\x04" + b"\x00\x00" + b"\xff\xff" + b"\x00\x00\x00\x00"
REFUSED_ANSWER = b"\x00\x00\x00\x13" + b"\x00\x00\x00\x04" + b"\x00\x3a" + b"\x00\x07Go away" + b"\x00\x00\x00\x00"


def metadata_answer(host: str, port: int, cluster: str = "Y2x1c3Rlcg") -> bytes:
    body = (
        b"\x00\x00\x00\x02"
        + b"\x00\x00\x00\x01" + b"\x00\x00\x00\x01"
        + len(host).to_bytes(2, "big") + host.encode() + port.to_bytes(4, "big") + b"\xff\xff"
        + len(cluster).to_bytes(2, "big") + cluster.encode()
        + b"\x00\x00\x00\x01" + b"\x00\x00\x00\x00"
    )  # fmt: skip
    return len(body).to_bytes(4, "big") + body


BASIC = "Basic cGxhdGZvcm06cDRzc3dk"

_SPEC = importlib.util.spec_from_file_location("rubbish_answers", Path(__file__).parents[1] / "plugins/rubbish.py")
RUBBISH: t.Any = importlib.util.module_from_spec(_SPEC)  # type: ignore[arg-type]
_SPEC.loader.exec_module(RUBBISH)  # type: ignore[union-attr]

ANSWERS = {
    "/subjects": (200, b'["incidents-value"]'),
    "/html/subjects": (200, b"<html>"),
    "/locked/subjects": (401, b"{}"),
}


class Registry(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = ANSWERS.get(self.path, (404, b"{}"))
        if isinstance(self.connection, ssl.SSLSocket) and self.headers["Authorization"] != BASIC:
            status = 401
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


class Broker:
    """Answers every connection's requests one by one with these bytes, and closes it after the last."""

    def __init__(self, *answers: bytes, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.answers = list(answers)
        self.received: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection, contextlib.suppress(ssl.SSLError), self._secured(connection) as talking:
                for answer in self.answers:
                    self.received.append(talking.recv(1024))
                    talking.sendall(answer)

    def _secured(self, connection: socket.socket) -> socket.socket:
        return self._context.wrap_socket(connection, server_side=True) if self._context else connection

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def broker() -> Iterator[Broker]:
    """A broker that advertises the address at which it listens."""
    with closing(Broker(API_VERSIONS_ANSWER)) as started:
        started.answers.append(metadata_answer("127.0.0.1", started.port))
        yield started


@pytest.fixture
def closed() -> str:
    """An address where nothing listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        return f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture(scope="module")
def reach() -> t.Any:
    """The script as a module."""
    specification = importlib.util.spec_from_file_location("reach", SCRIPT)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules["reach"] = module
    specification.loader.exec_module(module)
    return module


@pytest.mark.component
def test_the_script_as_it_is_run_prints_what_it_found(broker: Broker, registry: str) -> None:
    given = {"broker": f"http://{broker.address}", "registry": f"http://{registry}", "timeout": "5", "security": {}}
    done = subprocess.run(
        [sys.executable, "-I", "-c", SCRIPT.read_text(encoding="utf-8")],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout) == {"problems": [], "advertised": [broker.address]}


@pytest.fixture
def ask(tmp_path: Path) -> t.Any:
    """Runs the script as the role does; docker is a stand-in that knows the containers ``own`` and ``other``."""
    command = ["unshare", "--net", "sh", "-c", "echo it is another network; exec sleep 60"]
    other = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert other.stdout
    other.stdout.readline()
    script = f"""#!/bin/sh
    [ "$#:$1:$2" = '3:inspect:--format={{{{.State.Pid}}}}' ] || exit 64
    case "$3" in
        own) echo {os.getpid()} ;;
        other) echo {other.pid} ;;
        stopped) echo 0 ;;
        *) echo "Error: No such object: $3" >&2; exit 1 ;;
    esac
    """
    (tmp_path / "docker").write_text(script)
    (tmp_path / "docker").chmod(0o755)

    def run(question: dict[str, t.Any]) -> dict[str, t.Any]:
        path = f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = os.environ | {"PATH": path, "LIVECONNECT_REACH": SCRIPT.read_text(encoding="utf-8")}
        command = ["sh", "-c", 'exec python3 -c "$LIVECONNECT_REACH"']
        text = json.dumps(question)
        done = subprocess.run(command, input=text, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    yield run
    other.kill()
    other.communicate()


@pytest.mark.component
@pytest.mark.skipif(os.geteuid() != 0, reason="only root enters the network of a container")
def test_the_questions_are_asked_from_the_network_of_the_container(ask: t.Any, broker: Broker, registry: str) -> None:
    question = {"broker": broker.address, "registry": registry, "timeout": 5, "security": {}}
    here, there = ask({"container": "own", **question}), ask({"container": "other", **question})

    assert {**here, "has_driver": True} == {
        "problems": [],
        "advertised": [broker.address],
        "no_container": "",
        "has_driver": True,
    }
    assert [problem[: problem.index("cannot be")] for problem in there["problems"]] == [
        f"The broker {broker.address} ",
        f"The registry http://{registry}/subjects ",
    ]


@pytest.mark.component
@pytest.mark.parametrize(
    ("container", "reason"), [("gone", "Error: No such object: gone"), ("stopped", "it is stopped")]
)
def test_a_container_that_does_not_run_is_told(ask: t.Any, container: str, reason: str) -> None:
    found = ask({"container": container, "broker": "x:1", "registry": "x:1", "timeout": 5, "security": {}})

    assert (found["no_container"], found["problems"]) == (reason, [])


@pytest.mark.component
def test_an_empty_question_asks_for_the_driver_alone(ask: t.Any) -> None:
    has_driver = any(map(importlib.util.find_spec, ("psycopg", "psycopg2")))

    assert ask({}) == {"problems": [], "advertised": [], "no_container": "", "has_driver": has_driver}


def test_the_requests_are_those_of_the_protocol_byte_for_byte(reach: t.Any, broker: Broker) -> None:
    cluster = reach.cluster_at(("127.0.0.1", broker.port), 5)

    assert broker.received == [API_VERSIONS_REQUEST, METADATA_REQUEST]
    assert cluster == reach.Cluster("Y2x1c3Rlcg", (("127.0.0.1", broker.port),))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file."""
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file]
    names = ["-subj", "/CN=node", "-addext", "subjectAltName=IP:127.0.0.1"]
    done = subprocess.run(["openssl", "req", "-x509", "-days", "2", *key, *names], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + done.stdout)
    return file


@pytest.fixture
def context(certificate: Path) -> ssl.SSLContext:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    return server


@pytest.fixture
def security(reach: t.Any, certificate: Path) -> t.Any:
    """The login that is right, with the authority that is."""
    pem = certificate.read_text()
    return reach.Security("platform", "p4sswd", "# une autorité\n" + pem[pem.index("-----BEGIN CERTIFICATE") :])


@pytest.mark.component
def test_a_broker_that_asks_for_a_login_gets_it_over_tls_byte_for_byte(
    reach: t.Any, context: ssl.SSLContext, security: t.Any
) -> None:
    answers = [API_VERSIONS_ANSWER, HANDSHAKE_ANSWER, AUTHENTICATED_ANSWER]
    with closing(Broker(*answers, context=context)) as broker:
        broker.answers.append(metadata_answer("127.0.0.1", broker.port))

        assert reach.broker_problems(broker.address, 5, security) == ([], [broker.address])

    assert broker.received == [API_VERSIONS_REQUEST, HANDSHAKE_REQUEST, AUTHENTICATE_REQUEST, METADATA_REQUEST]


@pytest.mark.component
def test_a_login_that_is_refused_an_authority_that_is_unknown_and_no_tls_are_told_apart(
    reach: t.Any, context: ssl.SSLContext, security: t.Any
) -> None:
    with closing(Broker(API_VERSIONS_ANSWER, HANDSHAKE_ANSWER, REFUSED_ANSWER, context=context)) as broker:
        (refused,), _ = reach.broker_problems(broker.address, 5, security)
        (unknown,), _ = reach.broker_problems(broker.address, 5, reach.Security("platform", "p4sswd"))
    with closing(Broker(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as plain:
        (no_tls,), _ = reach.broker_problems(plain.address, 5, security)

    assert "refuses the login (Go away)" in refused
    assert "p4sswd" not in refused
    assert "is not trusted: self-signed certificate" in unknown
    assert "does not speak TLS" in no_tls


@pytest.mark.component
def test_what_to_do_is_said_in_the_words_that_are_given(ask: t.Any, closed: str) -> None:
    question = {"container": "own", "broker": closed, "registry": closed, "timeout": 5, "security": {}}

    told = ask({**question, "remedies": {"refused": "Run site.yml."}})["problems"]

    assert [sentence.partition("refused. ")[2] for sentence in told] == ["Run site.yml."] * 2


@pytest.mark.component
def test_a_registry_behind_https_is_asked_with_name_and_password(
    reach: t.Any, context: ssl.SSLContext, security: t.Any
) -> None:
    with HTTPServer(("127.0.0.1", 0), Registry) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        address = f"127.0.0.1:{server.server_port}"
        assert reach.registry_problem(address, 5, security) is None
        assert "status 401" in reach.registry_problem(address, 5, reach.Security("x", "y", security.ca_cert))
        assert "is not trusted" in reach.registry_problem(address, 5, reach.Security("platform", "p4sswd"))
        assert "would go in clear" in reach.registry_problem(f"http://{address}", 5, security)
        server.shutdown()


def test_a_closed_port_is_told_for_each_hop(reach: t.Any, closed: str) -> None:
    told = reach.report(closed, closed, 5)["problems"]

    assert told[0].startswith(f"The broker {closed} cannot be reached: the connection was refused.")
    assert told[1].startswith(f"The registry http://{closed}/subjects cannot be reached: the connection was refused.")


def test_a_firewall_that_drops_and_a_missing_route_are_told_apart_from_a_closed_port(reach: t.Any) -> None:
    assert "timed out. A firewall" in reach.why(TimeoutError())
    assert "no route to it" in reach.why(OSError(errno.EHOSTUNREACH, "No route to host"))


def test_an_unknown_name_is_told(reach: t.Any, registry: str) -> None:
    assert "its name is unknown there" in reach.report("no-such-host.invalid:1", registry, 5)["problems"][0]


@pytest.mark.parametrize("text", ["192.168.1.128", "192.168.1.128:x", ":1", "[::1:1"])
def test_an_address_without_a_port_is_told(reach: t.Any, text: str) -> None:
    (told,), _ = reach.broker_problems(text, 5)

    assert told == f"{text} is not a broker's address. Write workgroup_broker as host:port."


def test_a_listener_that_is_advertised_elsewhere_is_named_with_the_hop_that_fails(reach: t.Any, closed: str) -> None:
    port = int(closed.rpartition(":")[2])
    for host, said in (("127.0.0.1", "the connection was refused"), ("broker.invalid", "its name is unknown there")):
        with closing(Broker(API_VERSIONS_ANSWER, metadata_answer(host, port))) as broker:
            (told,), advertised = reach.broker_problems(broker.address, 5)

        assert f"it sends clients to {host}:{port}, which cannot be reached: {said}" in told
        assert advertised == [f"{host}:{port}"]


def test_a_listener_advertised_under_another_address_that_leads_to_the_same_cluster_is_fine(
    reach: t.Any, broker: Broker
) -> None:
    with closing(Broker(API_VERSIONS_ANSWER, metadata_answer("127.0.0.1", broker.port))) as bootstrap:
        assert reach.broker_problems(bootstrap.address, 5) == ([], [broker.address])


def test_an_advertised_address_where_another_cluster_answers_is_told(reach: t.Any, broker: Broker) -> None:
    answers = (API_VERSIONS_ANSWER, metadata_answer("127.0.0.1", broker.port, cluster="b3RoZXI"))
    with closing(Broker(*answers)) as bootstrap:
        (told,), _ = reach.broker_problems(bootstrap.address, 5)

    assert f"{broker.address}, which is another Kafka cluster there." in told


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "is not a Kafka broker"),
        ([b"\x15\x03\x03\x00\x02\x02\x50"], "wants TLS"),
        ([], "closes the connection instead of answering"),
        ([b"\x00\x00\x00\x04\x00\x00\x00\x09"], "is not a Kafka broker"),
        ([b"\x00\x00\x00\x06\x00\x00\x00\x01\x00\x00"], "is not a Kafka broker"),
        ([API_VERSIONS_ANSWER, b"\x00\x00\x00\x08\x00\x00\x00\x02\x00\x00\x00\x05"], "is not a Kafka broker"),
        ([OLD_API_VERSIONS_ANSWER], "is a Kafka broker of a version that cannot be asked"),
        ([API_VERSIONS_ANSWER], "closes the connection instead of answering"),
    ],
)
def test_what_does_not_answer_as_a_broker_is_told(reach: t.Any, answers: list[bytes], said: str) -> None:
    with closing(Broker(*answers)) as broker:
        (told,), _ = reach.broker_problems(broker.address, 5)

    assert told.startswith(f"The broker {broker.address} {said}")


@pytest.mark.parametrize(
    ("path", "said"), [("/nothing", "status 404"), ("/locked", "status 401"), ("/html", "not a schema registry")]
)
def test_a_server_that_is_not_the_registry_is_told(reach: t.Any, registry: str, path: str, said: str) -> None:
    assert said in reach.registry_problem(f"http://{registry}{path}", 5)


@pytest.mark.parametrize("kind", RUBBISH.WHOLE)
def test_rubbish_instead_of_the_registry_is_told(
    reach: t.Any, registry: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    status, body, _content_type = RUBBISH.WHOLE[kind]
    monkeypatch.setitem(ANSWERS, "/subjects", (status, body))
    problem = reach.registry_problem(registry, 5)
    # A list, even one of nulls, may be that of a registry's subjects.
    expected = None if kind.startswith("list") else f"status {status}" if status >= 400 else "not a schema registry"
    assert problem is None if expected is None else expected in problem


def test_silent_servers_end_in_a_time_out(reach: t.Any) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        told = reach.report(address, address, 0.05)["problems"]

    assert "accepts the connection, but does not answer" in told[0]
    assert "timed out" in told[1]
