# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has name, password and the authority's certificate reaches broker and registry from outside; nobody else does."""

from __future__ import annotations

import shlex
import socket
import ssl
import struct
import subprocess
import typing as t
from pathlib import Path

import pytest
import requests
from testinfra.host import Host

from lab import build
from liveconnect_node import Node
from site_play import changed, play

CONF = "/opt/liveconnect/conf"
TOPIC = "from-outside"
ROTATED = "r0tated-for-the-platform"


class Given(t.NamedTuple):
    """What the operator of the node hands over to the platform."""

    user: str
    password: str
    authority: str

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.authority)


@pytest.fixture(scope="module")
def given(vm: Host) -> Given:
    lines = vm.file(f"{CONF}/external/credentials.env").content_string.splitlines()
    values = dict(line.split("=", 1) for line in lines)
    return Given(
        shlex.split(values["EXTERNAL_USER"])[0],
        shlex.split(values["EXTERNAL_PASSWORD"])[0],
        vm.file(f"{CONF}/certificates-authority/ca.crt").content_string,
    )


@pytest.fixture
def kcat(tmp_path: Path, node: Node, given: Given) -> t.Callable[..., subprocess.CompletedProcess[str]]:
    """A Kafka client in a container of this machine, which has nothing of the node but what was handed over."""

    def run(*arguments: str, password: str = given.password, stdin: str = "") -> subprocess.CompletedProcess[str]:
        settings = {
            "bootstrap.servers": f"{node.address}:19092",
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.username": given.user,
            "sasl.password": password,
            "ssl.ca.location": "/client/ca.crt",
        }
        (tmp_path / "ca.crt").write_text(given.authority)
        (tmp_path / "kcat.conf").write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        command = ["docker", "run", "--rm", "--interactive", "--network=host", f"--volume={tmp_path}:/client:ro"]
        command += [build.tags(["kcat"])["kcat"], "-F", "/client/kcat.conf", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)

    return run


def test_a_client_with_the_credentials_writes_and_reads(
    kcat: t.Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    written = kcat("-P", "-t", TOPIC, stdin="hello\n")
    read = kcat("-C", "-t", TOPIC, "-o", "beginning", "-c", "1", "-q")

    assert written.returncode == 0, written.stderr
    assert (read.returncode, read.stdout) == (0, "hello\n"), read.stderr


def test_a_wrong_password_is_refused(kcat: t.Callable[..., subprocess.CompletedProcess[str]]) -> None:
    refused = kcat("-L", "-m", "8", password="a-wrong-password")

    assert refused.returncode != 0
    assert "Invalid username or password" in refused.stderr


def test_the_broker_does_not_answer_plain_text(node: Node) -> None:
    # ApiVersions is API 18, version 0; it needs no login where TLS is not asked for.
    request = struct.pack(">hhih", 18, 0, 7, -1)
    with socket.create_connection((node.address, 19092), timeout=20) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        try:
            answer = connection.recv(8)
        except ConnectionResetError:
            answer = b""
    assert answer[4:] != struct.pack(">i", 7)


@pytest.mark.parametrize("port", [19092, 8081])
def test_the_certificate_is_for_the_advertised_address_and_its_authority_is_needed(
    node: Node, given: Given, port: int
) -> None:
    with (
        socket.create_connection((node.address, port), timeout=20) as connection,
        given.context().wrap_socket(connection, server_hostname=node.address) as secured,
    ):
        assert secured.version() in ("TLSv1.2", "TLSv1.3")
    with (
        socket.create_connection((node.address, port), timeout=20) as connection,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(connection, server_hostname=node.address)


@pytest.mark.parametrize(("password", "status"), [("", 401), ("a-wrong-password", 401), (None, 200)])
def test_the_registry_asks_for_the_password(
    node: Node, given: Given, tmp_path: Path, password: str | None, status: int
) -> None:
    authority = tmp_path / "ca.crt"
    authority.write_text(given.authority)
    login = None if password == "" else (given.user, given.password if password is None else password)
    answer = requests.get(f"https://{node.address}:8081/subjects", auth=login, verify=str(authority), timeout=20)

    assert answer.status_code == status
    if answer.ok:
        assert isinstance(answer.json(), list)


def test_the_registry_answers_nobody_over_plain_http(node: Node) -> None:
    answer = requests.get(f"http://{node.address}:8081/subjects", timeout=20)
    assert answer.status_code == requests.codes.bad_request


def test_only_the_platforms_ports_and_sftp_are_published(vm: Host, node: Node) -> None:
    published = vm.check_output("docker ps --format '{{.Names}} {{.Ports}}'")
    assert f"{node.address}:8081->8081/tcp" in published
    assert [port for port in (":80->", ":443->") if port in published] == []


def test_the_password_is_in_the_files_of_those_who_need_it_alone(vm: Host, site: Path, given: Given) -> None:
    modes = {
        path: (vm.file(f"{CONF}/{path}").gid, oct(vm.file(f"{CONF}/{path}").mode))
        for path in ("external/credentials.env", "broker/external.jaas", "schema-registry/htpasswd")
    }
    assert modes == {
        "external/credentials.env": (0, "0o600"),
        "broker/external.jaas": (1000, "0o640"),
        "schema-registry/htpasswd": (101, "0o640"),
    }
    shown = vm.check_output("docker inspect $(docker ps --all --quiet)") + vm.run("docker logs broker").stdout
    log = Path(__file__).parents[3] / ".build" / "logs" / f"{site.name}-ansible.log"
    printed = log.read_text(errors="replace") if log.exists() else ""
    assert len(given.password) == 32
    assert given.password not in shown + printed, "the password was shown"


def test_the_platform_was_told_after_it_had_logged_in(platform: Host, node: Node) -> None:
    query = 'SELECT "KAFKA_BROKER", "KAFKA_REGISTRY" FROM "WORKGROUPS" WHERE "KAFKA_BROKER" IS NOT NULL'
    psql = f"cd / && sudo -u postgres psql --no-psqlrc -At --dbname=platform --command={shlex.quote(query)}"
    assert platform.check_output(psql) == f"http://{node.address}:19092|https://{node.address}:8081"


def test_another_password_is_what_all_of_them_ask_for_after_one_run(
    kcat: t.Callable[..., subprocess.CompletedProcess[str]], node: Node, given: Given, tmp_path: Path
) -> None:
    # The last of this file: `given` is what was before. The run itself proves that the platform logs in.
    # Molecule's own connection, by which its runs held the node, is kept for a minute.
    declared = ("-e", f"liveconnect_external_password={ROTATED}", "-e", "liveconnect_lock_timeout=90")
    done = play(*declared, playbook="molecule/bookworm/converge.yml")
    assert done.returncode == 0, done.stdout[-3000:]
    assert ROTATED not in done.stdout

    old, new = kcat("-L", "-m", "8"), kcat("-L", "-m", "20", password=ROTATED)
    assert old.returncode != 0
    assert new.returncode == 0, new.stderr
    authority = tmp_path / "authority.crt"
    authority.write_text(given.authority)
    answers = [
        requests.get(
            f"https://{node.address}:8081/subjects", auth=(given.user, word), verify=str(authority), timeout=20
        )
        for word in (given.password, ROTATED)
    ]
    assert [answer.status_code for answer in answers] == [requests.codes.unauthorized, requests.codes.ok]

    again = play(*declared, playbook="molecule/bookworm/converge.yml")
    assert (again.returncode, changed(again)) == (0, 0), again.stdout[-3000:]
