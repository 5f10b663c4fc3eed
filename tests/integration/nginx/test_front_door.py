# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real nginx with what the roles write: which name leads where, behind which login, and what arrives there."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from lab import build, engine  # noqa: E402

PASSWORD = "sixteen-letters:and-more"
CONSOLE, BATCH = "liveconnect-wk1.pf1.example.com", "liveconnect-batch-wk1.pf1.example.com"
# As long as DNS allows.
LONGEST = ".".join(["a" * 63] * 3 + ["b" * 61])
UPSTREAMS = {"kafka-ui": 8080, "ksqldb-server": 8088, "jupyter": 8888}
SITE = {
    "liveconnect_host": "pf1.example.com",
    "liveconnect_workgroup_id": "wk1",
    "liveconnect_advertised_address": "192.0.2.1",
    "liveconnect_components": ["ksqldb", "kafka_ui", "jupyter"],
    "liveconnect_console_aliases": ["liveconnect-wk2.{{ liveconnect_host }}", LONGEST],
    "liveconnect_batch_aliases": ["notebooks.example.org"],
    "liveconnect_expose_ksqldb": True,
    "liveconnect_ksqldb_password": PASSWORD,
    "nginx_templates": ["nginx"],
}
OWN = """server {
    listen 443 ssl;
    server_name more.${NGINX_HOST};
    location / {
        return 200 "more of ${WORKGROUP_ID} for $host\\n";
    }
}
"""
SECONDS_TO_START = 30

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to groups")


def run(*command: str | Path, **options: t.Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def basic(password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"liveconnect:{password}".encode()).decode()}


@dataclass(frozen=True)
class Front:
    """The files of a node, its running nginx, and what stands behind it."""

    folder: Path
    containers: dict[str, t.Any]

    def play(self) -> str:
        """Run the role, and render what others write for nginx; returns what Ansible says."""
        command = [Path(sys.executable).with_name("ansible-playbook"), "-i", self.folder / "hosts", "play.yml"]
        done = run(*command, cwd=self.folder, env={**os.environ, "ANSIBLE_PYTHON_INTERPRETER": sys.executable})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def port(self, port: int) -> int:
        """Where a port of nginx is on this machine."""
        self.containers["nginx"].reload()
        return int(self.containers["nginx"].ports[f"{port}/tcp"][0]["HostPort"])

    def wire(self, name: str) -> ssl.SSLSocket:
        """A connection to nginx by TLS, which proves that its certificate is for this name."""
        trusted = ssl.create_default_context(cafile=self.folder / "node/conf/certificates/docker-star.crt")
        return trusted.wrap_socket(socket.create_connection(("127.0.0.1", self.port(443)), 10), server_hostname=name)

    def get(self, name: str, path: str, headers: dict[str, str] | None = None) -> tuple[HTTPResponse, str]:
        connection = HTTPSConnection(name)
        connection.sock = self.wire(name)
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer, answer.read().decode()

    def arrived(self) -> list[tuple[int, str, dict[str, str]]]:
        """Status, first line and headers of what ksqlDB was asked so far."""
        lines = self.containers["ksqldb-server"].logs().decode().splitlines()
        return [(status, line, dict(headers)) for status, line, headers in map(json.loads, lines[1:])]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Front]:
    folder = tmp_path_factory.mktemp("nginx")
    client = engine.client()
    images = build.ensure(client, ["nginx", "ksqldb-server"])
    roles = [
        str(ROOT / f"roles/{role}/{kind}/main.yml")
        for kind in ("defaults", "vars")
        for role in ("liveconnect", "compose")
    ]
    (folder / "nginx").mkdir()
    (folder / "nginx/more.conf.template").write_text(OWN)
    (folder / "hosts").write_text("localhost ansible_connection=local\n")
    (folder / "site.json").write_text(json.dumps({**SITE, "liveconnect_directory": str(folder / "node")}))
    (folder / "files.json.j2").write_text(
        "{{ {'names': _liveconnect_names, 'environment': {'HOST': liveconnect_host}} | to_json }}"
    )
    rendered = {
        "files.json": folder / "files.json.j2",
        "compose.yml": ROOT / "roles/compose/templates/docker-compose.yml.j2",
    }
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [*roles, str(folder / "site.json")],
        "tasks": [
            {"ansible.builtin.import_role": {"name": "igrafx.liveconnect.nginx"}},
            {
                "igrafx.liveconnect.file_tree": {
                    "root": str(folder / "node"),
                    "entries": "{{ _compose_ksqldb_entries }}",
                }
            },
            *(
                {"ansible.builtin.template": {"src": str(source), "dest": str(folder / name), "mode": "0600"}}
                for name, source in rendered.items()
            ),
        ],
    }
    # The password's file is rendered from the role's own templates.
    (folder / "templates").symlink_to(ROOT / "roles/compose/templates")
    (folder / "play.yml").write_text(json.dumps([play]))
    front = Front(folder, {})
    front.play()
    certify(folder)
    network = client.networks.create(folder.name)
    try:
        for name, port in UPSTREAMS.items():
            front.containers[name] = client.containers.run(
                images["ksqldb-server"],
                detach=True,
                network=network.name,
                name=f"{folder.name}-{name}",
                hostname=name,
                environment={"KSQL_LISTENERS": f"http://0.0.0.0:{port}", "KSQL_KSQL_SERVICE_ID": f"{name}_"},
                networking_config={network.name: client.api.create_endpoint_config(aliases=[name])},
            )
        nginx = yaml.safe_load((folder / "compose.yml").read_text())["services"]["nginx"]
        front.containers["nginx"] = client.containers.run(
            images["nginx"],
            detach=True,
            network=network.name,
            ports={"80/tcp": ("127.0.0.1", 0), "443/tcp": ("127.0.0.1", 0)},
            # What the role writes, as there is nobody here who tests it first.
            volumes=[f"{folder}/node/{mount[2:].replace('conf/served/', 'conf/')}" for mount in nginx["volumes"]],
            environment={
                "NGINX_HOST": "pf1.example.com",
                "WORKGROUP_ID": "wk1",
                "NGINX_ENVSUBST_FILTER": nginx["environment"]["NGINX_ENVSUBST_FILTER"].replace("$$", "$"),
            },
        )
        wait(front)
        yield front
    finally:
        for container in front.containers.values():
            container.remove(force=True, v=True)
        network.remove()


def certify(folder: Path) -> None:
    """A certificate for the names that the certificate's role would ask for, and for that of the own template."""
    names = [*json.loads((folder / "files.json").read_text())["names"], "more.pf1.example.com"]
    directory = folder / "node/conf/certificates"
    directory.mkdir()
    files = ["-keyout", directory / "docker-star.key", "-out", directory / "docker-star.crt"]
    extension = ["-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)]
    done = run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=front", *files, *extension)
    assert done.returncode == 0, done.stderr


def wait(front: Front) -> None:
    """Wait until nginx reaches all that stands behind it."""
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            answers = [front.get(CONSOLE, "/info"), front.get(BATCH, "/info")]
            answers.append(front.get(CONSOLE, "/ksqldb-server/info", basic()))
            if all(answer.status == 200 for answer, _ in answers):
                return
        except OSError:
            answers = []
        assert time.monotonic() < deadline, front.containers["nginx"].logs().decode()
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("name", "upstream"),
    [
        (CONSOLE, "kafka-ui"),
        ("liveconnect-wk2.pf1.example.com", "kafka-ui"),
        (LONGEST, "kafka-ui"),
        (BATCH, "jupyter"),
        ("notebooks.example.org", "jupyter"),
    ],
)
def test_every_name_leads_to_its_place_by_https(front: Front, name: str, upstream: str) -> None:
    answer, body = front.get(name, "/info")
    assert (answer.status, json.loads(body)["KsqlServerInfo"]["ksqlServiceId"]) == (200, f"{upstream}_")

    connection = HTTPConnection("127.0.0.1", front.port(80), timeout=10)
    connection.request("GET", "/some?where=1", headers={"Host": name})
    redirect = connection.getresponse()
    assert (redirect.status, redirect.headers["Location"]) == (301, f"https://{name}/some?where=1")


def test_an_unknown_name_is_refused(front: Front) -> None:
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        front.wire("unknown.example.com")


@pytest.mark.parametrize("headers", [{}, basic("wrong"), {"Authorization": "Bearer x"}])
@pytest.mark.parametrize("path", ["info", "ws/query", "query-stream"])
def test_nothing_reaches_ksqldb_without_the_password(front: Front, path: str, headers: dict[str, str]) -> None:
    answer, _ = front.get(CONSOLE, f"/ksqldb-server/{path}?unknown", headers)

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="LiveConnect ksqlDB"'
    assert [line for _, line, _ in front.arrived() if "unknown" in line] == []


def test_ksqldb_gets_path_and_query_and_no_password(front: Front) -> None:
    answer, _ = front.get(CONSOLE, "/ksqldb-server/is_valid_property/a%20b?x=%2F&y=1+2", basic())

    ((status, line, headers),) = [entry for entry in front.arrived() if "is_valid_property" in entry[1]]
    assert status == answer.status
    assert line == "GET /is_valid_property/a%20b?x=%2F&y=1+2 HTTP/1.1"
    assert headers["Host"] == CONSOLE
    assert headers["X-Forwarded-Proto"] == "https"
    assert "Authorization" not in headers


def test_the_websocket_of_queries_opens_through_the_prefix_with_the_password(front: Front) -> None:
    lines = [
        "GET /ksqldb-server/ws/query?request=%7B%22ksql%22%3A%22SELECT%22%7D HTTP/1.1",
        f"Host: {CONSOLE}",
        f"Origin: https://{CONSOLE}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *(f"{name}: {value}" for name, value in basic().items()),
    ]
    with front.wire(CONSOLE) as wire:
        wire.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = b"".join(iter(lambda: wire.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 101 ")
    # The example of RFC 6455, and then the first frame.
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
    assert b"moves no data" in answer
    ((_, line, headers),) = [entry for entry in front.arrived() if entry[0] == 101]
    assert line == "GET /ws/query?request=%7B%22ksql%22%3A%22SELECT%22%7D HTTP/1.1"
    assert (headers["Upgrade"], headers["Connection"]) == ("websocket", "upgrade")
    assert "Authorization" not in headers


def http2(front: Front, path: str) -> tuple[str, str]:
    """Version of HTTP and body of the answer to a POST by HTTP/2."""
    command = ["curl", "-sS", "--http2", "--resolve", f"{CONSOLE}:443:127.0.0.1", "--cacert"]
    command += ["/etc/ssl/docker/docker-star.crt", "-u", f"liveconnect:{PASSWORD}", "-w", "\n%{http_version}"]
    done = front.containers["nginx"].exec_run([*command, "-d", '{"sql":"SELECT 1;"}', f"https://{CONSOLE}{path}"])
    assert done.exit_code == 0, done.output
    body, _, version = done.output.decode().rpartition("\n")
    return version, body


def test_streams_of_queries_are_asked_by_http_2(front: Front) -> None:
    version, body = http2(front, "/ksqldb-server/query-stream")

    # Not refused for the version that nginx speaks to ksqlDB: it only has no rows.
    assert (version, json.loads(body)["error_code"]) == ("2", 40000)
    assert "moves no data" in body
    assert "POST /query-stream HTTP/1.1" in [line for _, line, _ in front.arrived()]


def test_inserts_need_a_connection_without_nginx(front: Front) -> None:
    assert json.loads(http2(front, "/ksqldb-server/inserts-stream")[1])["error_code"] == 40004


def test_a_template_of_the_operators_own_is_served_until_it_is_no_longer_declared(front: Front) -> None:
    assert front.get("more.pf1.example.com", "/")[1] == "more of wk1 for more.pf1.example.com\n"
    assert re.search(r"localhost +: ok=\d+ +changed=0 ", front.play())

    site = json.loads((front.folder / "site.json").read_text())
    (front.folder / "site.json").write_text(json.dumps(site | {"nginx_templates": []}))
    by_hand = front.folder / "node/conf/nginx/templates/liveconnect-more.conf.template"
    by_hand.write_text("# As an operator put it there.\n")
    front.play()
    own = front.folder / "node/conf/nginx/templates/own"
    assert list(own.iterdir()) == []
    assert by_hand.exists()
