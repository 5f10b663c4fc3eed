# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node as an operator and as browsers reach it, and certificates of an authority that these trust."""

from __future__ import annotations

import datetime
import hashlib
import http.client
import json
import os
import re
import shlex
import socket
import ssl
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))
# Behind, for there is a conftest too.
sys.path.append(str(ROOT / "tests/unit/plugins/site"))

from certificate_maker import authority, certificate, key_text  # noqa: E402 -- found by the line above

from lab import access  # noqa: E402

SITE = os.environ.get("LAB_NAME", "certificates")
FOLDER = ROOT / ".lab" / SITE
WORKGROUP = "325151bf-2007-4308-b94d-b436a61a35c5"
CONSOLE = f"liveconnect-{WORKGROUP}.pf1.example.com"
NAMES = ["DNS:*.pf1.example.com"]
PYTHON = "registry.lab:5000/igrafx/api:lab"
NOW = datetime.datetime.now(datetime.UTC)
SECONDS_TO_LOAD = 60
DAY = datetime.timedelta(days=1)
AUTHORITY_KEY = ec.generate_private_key(ec.SECP256R1())
AUTHORITY = authority("authority", key=AUTHORITY_KEY, issuer_key=AUTHORITY_KEY, first=NOW - DAY, last=NOW + 99 * DAY)

DECLARED = {
    "liveconnect_components": ["nginx"],
    "liveconnect_advertised_address": "192.0.2.1",
    "nginx_upstreams": ["kafka_ui", "jupyter"],
    "project": "{{ lookup('ansible.builtin.template', 'docker-compose.yml.j2') | from_yaml }}",
    "_compose_file": "{{ project | combine({'services': {'nginx': project.services.nginx}}) | to_nice_yaml }}",
}
# Answers at once, but for /slow, which says something and goes on when /go was asked for.
CONSOLE_STAND_IN = """
import http.server, threading
gone = threading.Event()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"first ")
        self.wfile.flush()
        if self.path == "/go":
            gone.set()
        if self.path == "/slow":
            gone.wait(300)
        self.wfile.write(b"last")
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""


@dataclass(frozen=True)
class Pair:
    """A certificate of the authority with its key, as files."""

    certificate: Path
    key: Path

    @property
    def declared(self) -> dict[str, t.Any]:
        return {
            "certificates_source": "files",
            "certificates_certificate": str(self.certificate),
            "certificates_key": str(self.key),
        }

    @property
    def fingerprint(self) -> str:
        return fingerprint(ssl.PEM_cert_to_DER_cert(self.certificate.read_text()))


def fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()


def made(folder: Path, names: t.Sequence[str] = NAMES) -> Pair:
    """A new certificate for the names, and a new key."""
    folder.mkdir(parents=True)
    key = ec.generate_private_key(ec.SECP256R1())
    issued = certificate(names=names, key=key, issuer_key=AUTHORITY_KEY, first=NOW - DAY, last=NOW + 60 * DAY)
    pair = Pair(folder / "front.crt", folder / "front.key")
    pair.certificate.write_text(issued)
    pair.key.write_text(key_text(key))
    return pair


@dataclass(frozen=True)
class Played:
    """How a run of the play ended."""

    code: int
    output: str

    @property
    def changed(self) -> int:
        """How many tasks changed something, or would; the run must have gone through."""
        assert self.code == 0, self.output[-4000:]
        return int(re.findall(r"changed=(\d+)", self.output)[-1])


@dataclass(frozen=True)
class Front:
    """The node, reached as an operator and as a browser reach it."""

    address: str

    def run(self, command: str, text: str = "", machine: str = "liveconnect-vm") -> str:
        """What a shell command prints that root runs on a machine; LabError when it fails."""
        return access.run(FOLDER, machine, f"sudo sh -euc {shlex.quote(command)}", text).strip()

    def play(self, declared: t.Mapping[str, t.Any], *arguments: str) -> Played:
        """Run the roles for the node."""
        command = ["ansible-playbook", "-i", "inventories/lab/hosts.yml", "-l", "liveconnect-vm"]
        command += ["tests/integration/certificates/front.yml", "-e", json.dumps({**DECLARED, **declared}), *arguments]
        environment = os.environ | {
            "LAB_NAME": SITE,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": f"{ROOT / '.build/ws'}{os.pathsep}{ROOT / '.build/deps'}",
        }
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=180
        )
        return Played(done.returncode, done.stdout + done.stderr)

    @property
    def container(self) -> str:
        """Which container of nginx runs since when."""
        return self.run("docker inspect --format '{{.Id}} {{.State.StartedAt}} {{.RestartCount}}' nginx")

    def connect(self, name: str = CONSOLE, authority: str = AUTHORITY) -> Connection:
        """A new connection by TLS, whose certificate is verified."""
        return Connection(self.address, name, authority)

    def served(self) -> str:
        """The fingerprint of the certificate that a new connection is shown."""
        with self.connect() as connection:
            return connection.fingerprint

    def wait_until_served(self, fingerprint: str) -> None:
        """Wait until new connections are shown this certificate."""
        deadline = time.monotonic() + SECONDS_TO_LOAD
        while self.served() != fingerprint:
            assert time.monotonic() < deadline, f"{self.served()} is served, and not {fingerprint}"
            time.sleep(0.1)


class Connection(http.client.HTTPConnection):
    """One connection by TLS to the node under one of its names."""

    def __init__(self, address: str, name: str, authority: str) -> None:
        super().__init__(name, 443, timeout=60)
        context = ssl.create_default_context(cadata=authority)
        plain = socket.create_connection((address, 443), timeout=60)
        self.sock = secured = context.wrap_socket(plain, server_hostname=name)
        self.fingerprint = fingerprint(secured.getpeercert(binary_form=True) or b"")

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of an answer."""
        self.request("GET", path)
        answer = self.getresponse()
        return answer.status, answer.read().decode()


def lab(*arguments: str) -> None:
    """Run one of the lab's commands."""
    subprocess.run([sys.executable, "-m", "lab", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
