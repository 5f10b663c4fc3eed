# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site of the lab with a real broker, a registry's answer, and a machine that is not to get in. LAB_NAME names it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from lab import access  # noqa: E402 -- found by the line above

SITE = os.environ.get("LAB_NAME", "workgroup")
FOLDER = ROOT / ".lab" / SITE
# Debian 12's Docker 20.10 is there already, and lets most through: what holds with it holds with later ones.
NODES = "liveconnect-vm:bookworm,stranger:trixie"
KAFKA = "registry.lab:5000/confluentinc/cp-kafka:7.9.9"
PYTHON = "registry.lab:5000/igrafx/api:lab"
SECONDS_TO_START = 90

BROKER = """docker run --detach --restart always --network kafka-network --name {name} \\
    --publish {address}:{port}:{port} \\
    --env CLUSTER_ID={cluster} --env KAFKA_NODE_ID=1 --env KAFKA_PROCESS_ROLES=broker,controller \\
    --env KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:29093 --env KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER \\
    --env KAFKA_LISTENERS=INTERNAL://0.0.0.0:29092,CONTROLLER://0.0.0.0:29093,EXTERNAL://0.0.0.0:{port} \\
    --env KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT \\
    --env KAFKA_ADVERTISED_LISTENERS=INTERNAL://{name}:29092,EXTERNAL://{advertised} \\
    --env KAFKA_INTER_BROKER_LISTENER_NAME=INTERNAL --env KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1 \\
    --env 'KAFKA_HEAP_OPTS=-Xms128m -Xmx256m' {image}
"""
REGISTRY = """docker run --detach --restart always --network kafka-network --name schema-registry --init \\
    --publish {address}:8081:8081 {image} \\
    sh -c 'mkdir -p /tmp/served && cd /tmp/served && echo [] > subjects && exec python3 -m http.server 8081'
"""


@dataclass(frozen=True)
class Site:
    """The machines, reached as an operator reaches them."""

    # Says what comes of a connection to the host and the port that it is given.
    PROBE: t.ClassVar[str] = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).close()
except TimeoutError:
    print("timed out")
except OSError as error:
    print(error.strerror)
else:
    print("open")
"""

    node: str

    def run(self, machine: str, command: str, text: str = "") -> str:
        """What a shell command prints that root runs on a machine; LabError when it fails."""
        return access.run(FOLDER, machine, f"sudo sh -euc {shlex.quote(command)}", text).strip()

    def probe(self, machine: str, address: str, port: int, *, container: str = "") -> str:
        """What comes of a connection from a machine, or from a container on it."""
        command = f"docker exec --interactive {container} python3" if container else "python3"
        return self.run(machine, f"{command} - {address} {port}", self.PROBE)

    def wait_until_open(self, machine: str, address: str, port: int) -> None:
        """Wait for a service to listen."""
        deadline = time.monotonic() + SECONDS_TO_START
        while (found := self.probe(machine, address, port)) != "open":
            assert time.monotonic() < deadline, f"{address}:{port} from {machine}: {found}"
            time.sleep(0.5)

    def play(self, playbook: str, *arguments: str) -> Played:
        """Run one of the collection's playbooks for the node."""
        command = ["ansible-playbook", "-i", "inventories/lab/hosts.yml", "-l", "liveconnect-vm", playbook, *arguments]
        environment = os.environ | {
            "LAB_NAME": SITE,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": f"{ROOT / '.build/ws'}{os.pathsep}{ROOT / '.build/deps'}",
        }
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=180
        )
        return Played(done.returncode, done.stdout)

    def reboot(self) -> None:
        """Switch the node off and on."""
        lab("reboot", "--name", SITE, "liveconnect-vm")

    def row(self) -> list[str]:
        """The two columns of the workgroup; empty where they are NULL."""
        query = (
            'SELECT "KAFKA_BROKER", "KAFKA_REGISTRY" FROM public."WORKGROUPS"'
            " WHERE \"ID\" = '325151bf-2007-4308-b94d-b436a61a35c5'"
        )
        psql = "cd / && sudo -u postgres psql --no-psqlrc --no-align --tuples-only --dbname=platform"
        return self.run("platform-vm", psql, query).split("|")


@dataclass(frozen=True)
class Played:
    """How a run of a playbook ended."""

    code: int
    output: str

    @property
    def changed(self) -> int:
        """How many tasks changed something, or would; the run must have gone through."""
        assert self.code == 0, self.output[-4000:]
        return int(re.findall(r"changed=(\d+)", self.output)[-1])


def lab(*arguments: str) -> None:
    """Run one of the lab's commands."""
    subprocess.run([sys.executable, "-m", "lab", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def site() -> t.Iterator[Site]:
    """The site, its broker and registry started, no rule of ours loaded."""
    lab("up", "--name", SITE, "--nodes", NODES, "--images", "kafka", "python")
    try:
        address = access.address(FOLDER, "liveconnect-vm")
        started = Site(address)
        broker = {"address": address, "image": KAFKA}
        started.run(
            "liveconnect-vm", "docker network create --opt com.docker.network.bridge.name=kafka-network kafka-network"
        )
        started.run(
            "liveconnect-vm",
            BROKER.format(
                name="broker", port=19092, advertised=f"{address}:19092", cluster="MkU3OEVBNTcwNTJENDM2Qg", **broker
            )
            # The usual mistake: a listener that is published, but advertised under a name of the node's own network.
            + BROKER.format(
                name="mistaken", port=19093, advertised="broker:29092", cluster="q1Sh-9_ISia_zwGINzRvyQ", **broker
            )
            + REGISTRY.format(address=address, image=PYTHON)
            + f"docker run --detach --restart always --init --name third {PYTHON} sleep infinity",
        )
        for port in (8081, 19092, 19093):
            started.wait_until_open("platform-vm", address, port)
        yield started
    finally:
        lab("down", "--name", SITE)
