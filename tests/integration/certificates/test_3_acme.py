# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An ACME server issues the certificate, by what nginx answers or by records, and is not asked while it lasts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from front import AUTHORITY, CONSOLE, WORKGROUP, Front, made

PEBBLE = "registry.lab:5000/letsencrypt/pebble:lab"
BATCH = f"liveconnect-batch-{WORKGROUP}.pf1.example.com"
CONFIG = {
    "listenAddress": "0.0.0.0:14000",
    "managementListenAddress": "0.0.0.0:15000",
    "certificate": "/etc/pebble/server.crt",
    "privateKey": "/etc/pebble/server.key",
    "httpPort": 80,
    "tlsPort": 443,
    "ocspResponderURL": "",
    "externalAccountBindingRequired": False,
}
ACME = {
    "certificates_source": "acme",
    "certificates_acme_directory": "https://platform-vm:14000/dir",
    "certificates_acme_terms_agreed": True,
    "certificates_acme_email": "operator@example.com",
    "certificates_acme_ca": AUTHORITY,
}
DNS = {
    "certificates_acme_challenge": "dns-01",
    "certificates_acme_dns_tasks": str(Path(__file__).with_name("dns.yml")),
    "certificates_names": ["*.pf1.example.com"],
}


class Server:
    """The ACME server and its name server, on a machine of their own."""

    def __init__(self, front: Front) -> None:
        self.front = front

    def run(self, command: str, text: str = "") -> str:
        return self.front.run(command, text, machine="platform-vm")

    @property
    def root(self) -> str:
        """The authority of what it issues."""
        return (
            self.run("docker exec pebble curl -sS --cacert /etc/pebble/ca.crt https://platform-vm:15000/roots/0") + "\n"
        )

    def log(self, container: str = "pebble") -> str:
        return self.run(f"docker logs {container} 2>&1")

    def served(self, *names: str) -> str:
        """The fingerprint of the one certificate that is served under all these names."""
        fingerprints = set()
        for name in names:
            with self.front.connect(name, self.root) as connection:
                fingerprints.add(connection.fingerprint)
        (fingerprint,) = fingerprints
        return fingerprint


@pytest.fixture(scope="module")
def server(front: Front, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A name server that knows the node alone, and an ACME server that asks it."""
    own = made(tmp_path_factory.mktemp("pebble") / "pair", ["DNS:platform-vm"])
    files = {
        "ca.crt": AUTHORITY,
        "server.crt": own.certificate.read_text(),
        "server.key": own.key.read_text(),
        "config.json": json.dumps({"pebble": CONFIG}),
    }
    server = Server(front)
    server.run("mkdir -p /etc/pebble")
    for name, text in files.items():
        server.run(f"cat > /etc/pebble/{name}", text)
    run = "docker run --detach --network host --volume /etc/pebble:/etc/pebble:ro"
    listen = f"-dns01 :8053 -defaultIPv4 {front.address} -defaultIPv6 '' -doh '' -http01 '' -https01 '' -tlsalpn01 ''"
    asked = "docker exec pebble curl -fsS --cacert /etc/pebble/ca.crt https://platform-vm:14000/dir"
    server.run(
        "docker rm --force names pebble;"
        f"{run} --name names {PEBBLE} pebble-challtestsrv {listen};"
        f"{run} --name pebble --env PEBBLE_VA_NOSLEEP=1 {PEBBLE}"
        " pebble -config /etc/pebble/config.json -dnsserver 127.0.0.1:8053 -strict;"
        f"timeout 60 sh -c 'until {asked}; do sleep 0.2; done'"
    )
    # As the role packages does.
    front.run(
        "python3 -c 'import cryptography' || { apt-get update -qq; apt-get install -y -qq python3-cryptography; }"
    )
    return server


def test_nginx_starts_without_a_certificate_and_answers_the_server(front: Front, server: Server) -> None:
    # As on a new node.
    front.run("docker rm --force nginx; rm -rf /opt/liveconnect/conf/certificates* /opt/liveconnect/conf/served")

    assert front.play(ACME).changed > 0

    assert server.served(CONSOLE, BATCH)
    assert front.run("ls -A /opt/liveconnect/data/acme") == ""
    assert server.log().count("Issued certificate") == 1


def test_it_is_not_asked_again_while_the_certificate_lasts(front: Front, server: Server) -> None:
    log = server.log()

    assert front.play(ACME).changed == 0
    assert server.log() == log


def test_renewal_is_a_reload(front: Front, server: Server) -> None:
    container, served = front.container, server.served(CONSOLE)

    assert front.play({**ACME, "certificates_renew_before": "+99999d"}).changed > 0

    assert server.served(CONSOLE, BATCH) != served
    assert front.container == container


def test_what_is_not_issued_replaces_nothing(front: Front, server: Server) -> None:
    served = server.served(CONSOLE)
    elsewhere = json.dumps({"host": "elsewhere.example.com", "addresses": ["127.0.0.1"]})
    server.run("docker exec --interactive names curl -fsS --data @- http://127.0.0.1:8055/add-a", elsewhere)

    names = [CONSOLE, BATCH, "elsewhere.example.com"]
    refused = front.play({**ACME, "certificates_names": names})

    assert refused.code != 0
    assert "https://platform-vm:14000/dir issues no certificate for" in refused.output
    assert "connection refused" in refused.output
    assert server.served(CONSOLE) == served
    assert front.run("ls -A /opt/liveconnect/data/acme") == ""


def test_records_are_written_and_removed_by_the_operators_tasks(front: Front, server: Server) -> None:
    container = front.container

    assert front.play({**ACME, **DNS}).changed > 0

    assert server.served(CONSOLE, BATCH)
    record = "_acme-challenge.pf1.example.com."
    log = server.log("names")
    assert log.count(f'Added DNS-01 TXT challenge for Host "{record}"') == 1
    assert log.count(f'Removed DNS-01 TXT challenge for Host "{record}"') == 1
    assert front.container == container
    assert front.play({**ACME, **DNS}, "--check", "--diff").changed == 0
