# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare Connect cluster for tests and benchmarks: a broker, two workers and a database, without a node around them.

The engine sees it as a site of its own, so that ``python -m lab status`` and ``down --name NAME`` know it too.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from lab import build, engine, labels, lock, network, nodes, site
from lab.nodes import Node
from lab.report import LabError, step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import docker
    from docker.models.containers import Container

BROKER, DATABASE, WORKERS = "broker", "database", ("connect-1", "connect-2")
# A folder that both workers have in common: what connectors read and write.
DATA = "/data"
PORT = 8083
START_SECONDS = 120
PLUGINS = "/usr/share/confluent-hub-components"
FILE_CONNECTORS = "/usr/share/filestream-connectors"
JDBC_SINK = "/plugins/maven2/io/debezium/debezium-connector-jdbc/*/debezium-connector-jdbc-*-plugin.tar.gz"
CSV_SOURCE = "/plugins/hub/lab/kafka-connect-csv/*/archive.zip"
FILL = f"""
tar -xzf {JDBC_SINK} -C /mnt/plugins
python3 -m zipfile -e {CSV_SOURCE} /mnt/plugins
chmod 1777 /mnt/data
"""
DATABASE_USER = DATABASE_NAME = "transform"
DATABASE_PASSWORD = "transform-of-the-lab"  # noqa: S105 -- a database that lives as long as a test

BROKER_SETTINGS = {
    "CLUSTER_ID": "bGFiLWNvbm5lY3QtY2x1cw",
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_LISTENERS": "PLAINTEXT://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093",
    "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{BROKER}:9092",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
}
WORKER_SETTINGS = {
    "CONNECT_BOOTSTRAP_SERVERS": f"{BROKER}:9092",
    "CONNECT_GROUP_ID": "connect",
    **{f"CONNECT_{kind}_STORAGE_TOPIC": f"connect-{kind.lower()}" for kind in ("CONFIG", "OFFSET", "STATUS")},
    **{f"CONNECT_{kind}_STORAGE_REPLICATION_FACTOR": "1" for kind in ("CONFIG", "OFFSET", "STATUS")},
    "CONNECT_OFFSET_STORAGE_PARTITIONS": "1",
    "CONNECT_STATUS_STORAGE_PARTITIONS": "1",
    "CONNECT_OFFSET_FLUSH_INTERVAL_MS": "1000",
    "CONNECT_KEY_CONVERTER": "org.apache.kafka.connect.storage.StringConverter",
    "CONNECT_VALUE_CONVERTER": "org.apache.kafka.connect.storage.StringConverter",
    # A worker that is killed is missed after six seconds, the least that a broker allows, and its tasks go to others
    # two seconds later, not after five minutes.
    "CONNECT_SESSION_TIMEOUT_MS": "6000",
    "CONNECT_HEARTBEAT_INTERVAL_MS": "2000",
    "CONNECT_SCHEDULED_REBALANCE_MAX_DELAY_MS": "2000",
    "CONNECT_PLUGIN_PATH": f"{FILE_CONNECTORS},{PLUGINS}",
    # Plugins by their manifests: reading every class of every jar takes ten seconds.
    "CONNECT_PLUGIN_DISCOVERY": "service_load",
}


@dataclass(frozen=True)
class Cluster:
    """A running cluster: its containers by name, and their addresses, which survive a restart."""

    containers: Mapping[str, Container]

    @property
    def urls(self) -> list[str]:
        """The REST addresses of the workers."""
        return [f"http://{self.containers[name].labels[labels.ADDRESS]}:{PORT}" for name in WORKERS]

    def shell(self, container: str, script: str) -> str:
        """Run a script as root in a container and return what it printed; LabError when it fails."""
        code, text = engine.execute(self.containers[container], ["sh", "-euc", script], user="root")
        if code != 0:
            raise LabError(f"{container}: the script failed with code {code}: {text}")
        return text

    def psql(self, statement: str) -> str:
        """What the database answers to a statement, columns separated by ``|``."""
        options = f"--no-psqlrc --tuples-only --no-align --username={DATABASE_USER} --dbname={DATABASE_NAME}"
        return self.shell(DATABASE, f"psql {options} <<'END'\n{statement}\nEND\n")

    def requests(self, worker: str, action: Callable[[], object]) -> int:
        """How many requests the worker got while ``action`` was done.

        Counted between two requests of ours, as a worker writes its log a little later than it answers.
        """
        url = self.urls[WORKERS.index(worker)]
        marks = [f"mark-{secrets.token_hex(8)}" for _ in range(2)]
        self._mark(worker, url, marks[0])
        action()
        log = self._mark(worker, url, marks[1])
        return log.partition(marks[0])[2].partition(marks[1])[0].count('HTTP/1.1"') - 1

    def _mark(self, worker: str, url: str, mark: str) -> str:
        requests.get(f"{url}/connectors/{mark}", timeout=60)
        deadline = time.monotonic() + START_SECONDS
        while mark not in (log := self.containers[worker].logs(tail=10000).decode(errors="replace")):
            if time.monotonic() > deadline:
                raise LabError(f"The worker {worker} did not log a request within {START_SECONDS} s.")
            time.sleep(0.1)
        return log

    def wait_until_ready(self) -> None:
        """Wait until every worker answers and all of them know each other; LabError after ``START_SECONDS``."""
        deadline = time.monotonic() + START_SECONDS
        for worker, url in zip(WORKERS, self.urls, strict=True):
            while not _answers(url):
                if time.monotonic() > deadline:
                    log = self.containers[worker].logs(tail=20).decode(errors="replace").strip()
                    raise LabError(f"{log}\nThe worker {worker} did not answer within {START_SECONDS} s.")
                time.sleep(0.2)


@contextlib.contextmanager
def cluster(name: str) -> Iterator[Cluster]:
    """The cluster ``name``, removed at the end.

    While somebody works on its tests it may stay: with ``LAB_KEEP=1`` it is left, and the next one finds it there.
    """
    client = engine.client()
    try:
        yield ensure(client, name)
    finally:
        if os.environ.get("LAB_KEEP") != "1":
            site.down(client, name)


def ensure(client: docker.DockerClient, name: str) -> Cluster:
    """Have the cluster run; what is there is left as it is."""
    with step("images"):
        tags = build.ensure(client, ["kafka", "kafka-connect", "postgres", "plugins"])
    present = nodes.present(client, name)
    if not present:
        with step("cluster"):
            present = _create(client, name, tags)
    running = Cluster(present)
    with step("workers"):
        for container in present.values():
            container.start()
        running.wait_until_ready()
    return running


def _create(client: docker.DockerClient, name: str, tags: Mapping[str, str]) -> dict[str, Container]:
    with lock.exclusively("sites"):
        net, subnet = site.ensure_network(client, name)
    addresses = network.assign(subnet, [BROKER, DATABASE, *WORKERS])
    volumes = {folder: f"lc-{name}-{folder}" for folder in ("plugins", "data")}
    for volume in volumes.values():
        client.volumes.create(volume, labels={labels.SITE: name})
    client.containers.run(
        tags["plugins"],
        ["sh", "-euc", FILL],
        volumes=[f"{volume}:/mnt/{folder}" for folder, volume in volumes.items()],
        remove=True,
    )
    shared = [f"{volumes['plugins']}:{PLUGINS}:ro", f"{volumes['data']}:{DATA}"]
    database = {
        "POSTGRES_USER": DATABASE_USER,
        "POSTGRES_PASSWORD": DATABASE_PASSWORD,
        "POSTGRES_DB": DATABASE_NAME,
    }

    wanted = {
        Node(BROKER, "kafka"): BROKER_SETTINGS,
        Node(DATABASE, "postgres"): database,
        **{
            Node(worker, "kafka-connect"): {
                **WORKER_SETTINGS,
                "CONNECT_REST_ADVERTISED_HOST_NAME": addresses[worker],
            }
            for worker in WORKERS
        },
    }
    return {
        node.name: nodes.create(
            client,
            name,
            node,
            image=tags[node.kind],
            network=str(net.name),
            address=addresses[node.name],
            environment=environment,
            volumes=shared if node.name in WORKERS else [],
            # The image's own check would be among the requests that a benchmark counts.
            healthcheck={"test": ["NONE"]},
        )
        for node, environment in wanted.items()
    }


def _answers(url: str) -> bool:
    try:
        answer = requests.get(f"{url}/connectors", timeout=5)
        return answer.ok and isinstance(answer.json(), list)
    except requests.RequestException:
        return False
