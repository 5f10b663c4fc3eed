# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands on the node after site.yml."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from testinfra.host import Host

from liveconnect_node import Node

SERVICES = (
    "broker",
    "schema-registry",
    "connect",
    "ksqldb-server",
    "kafka-ui",
    "data-transform",
    "sftp",
    "nginx",
    "jupyter",
)
PRIVATE = (
    "conf/connect/secrets.properties",
    "conf/data-transform/password",
    "conf/dbt/profiles/profiles.yml",
    "conf/kafka-ui/spring.security.user.password",
    ".env",
)


def inspect(vm: Host, name: str) -> dict:
    return json.loads(vm.check_output(f"docker inspect {name}"))[0]


@pytest.mark.parametrize("service", SERVICES)
def test_service_is_healthy(vm: Host, service: str) -> None:
    state = inspect(vm, service)["State"]
    logs = vm.run(f"docker logs --tail 30 {service}")
    assert state["Health"]["Status"] == "healthy", logs.stdout + logs.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_service_has_a_memory_limit_and_comes_back(vm: Host, service: str) -> None:
    host_config = inspect(vm, service)["HostConfig"]
    assert host_config["Memory"] > 0
    assert host_config["RestartPolicy"]["Name"] == "unless-stopped"


@pytest.mark.parametrize("path", PRIVATE)
def test_secrets_are_not_readable_by_others(vm: Host, path: str) -> None:
    assert vm.file(f"/opt/liveconnect/{path}").mode & 0o007 == 0


@pytest.mark.parametrize("service", SERVICES)
def test_docker_shows_no_password(vm: Host, service: str) -> None:
    shown = json.dumps(inspect(vm, service), ensure_ascii=False)
    for path in ("data-transform/password", "kafka-ui/spring.security.user.password"):
        assert vm.file(f"/opt/liveconnect/conf/{path}").content_string not in shown


def test_published_ports_are_bound_as_declared(vm: Host, node: Node) -> None:
    bound = {
        (service, port.partition("/")[0]): {binding["HostIp"] for binding in bindings}
        for service in SERVICES
        for port, bindings in inspect(vm, service)["NetworkSettings"]["Ports"].items()
        if bindings
    }
    assert bound.pop(("broker", "19092")) == {node.address}
    assert bound.pop(("schema-registry", "8081")) == {node.address}
    for loopback in (("connect", "8083"), ("ksqldb-server", "8088"), ("data-transform", "5432")):
        assert bound.pop(loopback) == {"127.0.0.1"}
    assert set(bound) == {("sftp", "22"), ("nginx", "80"), ("nginx", "443")}


@pytest.mark.parametrize("port", [8081, 19092])
def test_only_the_platform_reaches_broker_and_registry(vm: Host, platform: Host, node: Node, port: int) -> None:
    probe = f"python3 -c 'import socket; socket.create_connection((\"{node.address}\", {port}), 2)'"
    assert platform.run(f"docker exec api {probe}").rc == 0
    assert vm.run(probe).rc == 0
    # This machine, and a container on the node.
    with pytest.raises(TimeoutError):
        socket.create_connection((node.address, port), 2)
    assert "timed out" in vm.run(f"docker exec connect curl --max-time 2 {node.address}:{port}").stderr


def test_connect_runs_unprivileged(vm: Host) -> None:
    assert vm.check_output("docker exec connect id -u") == "1000"


def test_log_rotation_is_on(vm: Host) -> None:
    assert inspect(vm, "broker")["HostConfig"]["LogConfig"]["Config"]["max-size"] == "10m"


def test_the_makefile_works_by_hand(vm: Host) -> None:
    assert "broker" in vm.check_output("make -s -C /opt/liveconnect status")


def test_the_guides_command_opens_ksqldb(vm: Host) -> None:
    command = "docker compose exec -T ksqldb-cli ksql http://ksqldb-server:8088"
    assert "KsqlServerInfo" in vm.check_output(f"cd /opt/liveconnect && echo exit | {command}")


def test_kafka_ui_asks_for_a_login_behind_nginx(vm: Host) -> None:
    name = "liveconnect-325151bf-2007-4308-b94d-b436a61a35c5.pf1.example.com"
    curl = f"docker exec nginx curl --silent --insecure --resolve {name}:443:127.0.0.1 --resolve {name}:80:127.0.0.1"
    assert vm.check_output(f"{curl} -o /dev/null -w '%{{http_code}}' http://{name}/") == "301"
    assert "assword" in vm.check_output(f"{curl} --location https://{name}/")


def test_an_unknown_name_gets_nothing(vm: Host) -> None:
    status = vm.run(
        "docker exec nginx curl --silent --insecure -o /dev/null -w '%{http_code}' https://127.0.0.1/"
    ).stdout
    assert status in ("000", "444")


def test_the_workgroup_is_registered(platform: Host, node: Node) -> None:
    row = platform.check_output(
        "sudo -u postgres psql --no-align --tuples-only --dbname=platform --command="
        '"SELECT \\"KAFKA_BROKER\\", \\"KAFKA_REGISTRY\\" FROM public.\\"WORKGROUPS\\" '
        'WHERE \\"ID\\"::text = \'325151bf-2007-4308-b94d-b436a61a35c5\'"'
    )
    assert row == f"http://{node.address}:19092|http://{node.address}:8081"


def test_no_secret_was_printed_by_any_run(site: Path) -> None:
    printed = (Path(__file__).parents[3] / ".build" / "logs" / f"{site.name}-ansible.log").read_text(errors="replace")
    secrets = [file.read_text().strip() for file in (site / "secrets").iterdir()]
    assert len(secrets) >= 4
    assert "changed=" in printed
    assert [secret[:3] + "…" for secret in secrets if secret in printed] == []
