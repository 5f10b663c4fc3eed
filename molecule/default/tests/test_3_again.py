# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Further runs on the converged node: nothing to do, a dry run that tells the truth, a failure that explains itself."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import zipfile
from pathlib import Path

import yaml
from testinfra.host import Host

from liveconnect_node import Node
from site_play import ROOT, changed, containers, play


def test_a_dry_run_of_what_is_there_changes_nothing() -> None:
    done = play("--check", "--diff")
    assert done.returncode == 0, done.stdout[-3000:]
    assert changed(done) == 0, done.stdout[-3000:]


def test_a_run_that_changes_nothing_is_of_few_tasks() -> None:
    done = play()
    assert changed(done) == 0, done.stdout[-3000:]
    assert int(re.search(r"ok=(\d+)", done.stdout).group(1)) <= 40


def test_a_dry_run_shows_what_would_change_and_does_not(node: Node) -> None:
    before = node.connect("/connectors/incidents-sink/config")
    done = play("--check", "--diff", "-e", "incidents_batch_size=77", "--tags", "preflight,pipelines")
    assert done.returncode == 0, done.stdout[-3000:]
    assert changed(done) == 1
    assert "77" in done.stdout
    assert node.connect("/connectors/incidents-sink/config") == before


def test_a_dry_run_by_a_tag_names_the_services_that_would_be_recreated(vm: Host) -> None:
    before = containers(vm)
    done = play("--check", "--diff", "-e", '{"nginx_read_timeout": 1700}', "--tags", "nginx")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "1700" in done.stdout
    assert "NGINX_CONFIG=another" in done.stdout
    said = done.stdout[done.stdout.index("Report what Compose would do") :]
    assert "nginx" in said, said
    assert "sftp" not in said, said
    assert containers(vm) == before
    assert not vm.run("ls /tmp/ansible.*/docker-compose.yml").stdout


def test_a_service_that_does_not_start_is_named_with_its_last_lines_and_its_data_stays(vm: Host) -> None:
    broken = (
        '{"compose_environment": {"schema-registry": {"SCHEMA_REGISTRY_HOST_NAME": ""}}, "compose_start_timeout": 45}'
    )
    done = play("-e", broken, "--tags", "preflight,compose")
    assert done.returncode != 0
    message = done.stdout[done.stdout.index("Report what failed") :]
    assert "schema-registry" in message, message
    assert "SCHEMA_REGISTRY_HOST_NAME" in message, message
    assert vm.file("/opt/liveconnect/data/kafka-data-volume").is_directory
    assert play("--tags", "preflight,compose").returncode == 0


def test_plugins_that_come_and_go_restart_the_worker_and_are_served(vm: Host, node: Node, tmp_path: Path) -> None:
    # From before plugins declared their classes, so these are found by reading them.
    camel = {"maven": "org.apache.camel.kafkaconnector:camel-kafka-connector:0.11.0:package@tar.gz"}
    functions = tmp_path / "igrafx-udfs-0.0.1.jar"
    with zipfile.ZipFile(functions, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
    site = yaml.safe_load((ROOT / "inventories/lab/host_vars/liveconnect-vm.yml").read_text())
    tags = ("--tags", "preflight,connect_plugins")
    source = "org.apache.camel.kafkaconnector.CamelSourceConnector"
    # Compose takes along what depends on a service that it recreates.
    with_the_worker = {"connect", "ksqldb-server", "kafka-ui"}

    before = containers(vm)
    plugins = {"liveconnect_plugins": [*site["liveconnect_plugins"], camel]}
    arguments = ("-e", json.dumps({**plugins, "liveconnect_udfs": [{"src": str(functions)}]}), *tags)
    done = play(*arguments)
    assert done.returncode == 0, done.stdout[-3000:]
    during = containers(vm)
    assert {name for name in before if before[name] != during[name]} == with_the_worker
    assert source in {plugin["class"] for plugin in node.connect("/connector-plugins")}
    sent = hashlib.sha256(functions.read_bytes()).hexdigest()
    assert vm.file(f"/opt/liveconnect/extensions/{functions.name}").sha256sum == sent
    assert changed(play(*arguments)) == 0

    gone = {"liveconnect_plugins_purge": True, "liveconnect_udfs": [{"src": str(functions), "state": "absent"}]}
    done = play("-e", json.dumps(gone), *tags)
    assert done.returncode == 0, done.stdout[-3000:]
    after = containers(vm)
    assert {name for name in during if during[name] != after[name]} == with_the_worker
    assert source not in {plugin["class"] for plugin in node.connect("/connector-plugins")}
    assert not vm.run("cd /opt/liveconnect; ls -A connect-plugins extensions | grep -iE 'camel|udfs'").stdout


def test_containers_have_their_network_again_after_nftables_was_restarted(vm: Host, node: Node) -> None:
    before = containers(vm)
    # More often in a row than systemd lets Docker start in a minute.
    for _ in range(4):
        made = "iptables --wait --table nat --list-rules DOCKER && iptables --wait --list-rules DOCKER"
        done = vm.run(f"systemctl restart nftables; timeout 120 sh -c 'until {made}; do sleep 0.2; done'")
        assert done.rc == 0, vm.run("journalctl -u docker -u liveconnect-docker-rules -n 50").stdout
    vm.check_output("timeout 120 sh -c 'until docker info; do sleep 0.2; done'")
    assert containers(vm) == before
    assert node.connect("/connectors/incidents-sink/status")["connector"]["state"] == "RUNNING"


# The last one: a later run would give the database the password of the inventory again.
def test_a_new_password_is_given_to_the_database_that_is_there(vm: Host, node: Node) -> None:
    arguments = (
        "-e",
        '{"liveconnect_postgres_password": "another one: its $new"}',
        "--tags",
        "preflight,compose,data_transform,pipelines",
    )
    done = play(*arguments)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "another one" not in done.stdout
    server = '-h "$(hostname)" -U "$POSTGRES_USER" "$POSTGRES_DB"'
    sign_in = f'PGPASSWORD="$(cat /etc/data-transform/password)" psql -w {server} -c "SELECT 1"'
    assert vm.run(f"docker exec data-transform sh -c {shlex.quote(sign_in)}").rc == 0
    assert node.connect("/connectors/incidents-sink/status")["tasks"][0]["state"] == "RUNNING"
    assert changed(play(*arguments)) == 0
