# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same on Debian 12 with an engine that was already there, ZooKeeper, and the fewest components."""

from __future__ import annotations

from testinfra.host import Host

from liveconnect_node import DATA, EVENTS, Node

# nginx for the registry alone.
SERVICES = {"zookeeper", "broker", "schema-registry", "connect", "data-transform", "sftp", "nginx"}


def test_exactly_the_declared_services_run_and_are_healthy(vm: Host) -> None:
    lines = vm.check_output("docker ps --all --format '{{.Names}} {{.Status}}'").splitlines()
    assert {line.split()[0] for line in lines} == SERVICES
    assert [line for line in lines if "(healthy)" not in line] == []


def test_the_broker_keeps_its_metadata_in_zookeeper(vm: Host) -> None:
    assert "KAFKA_ZOOKEEPER_CONNECT" in vm.check_output("docker inspect broker")
    assert vm.file("/opt/liveconnect/data/zookeeper-data-volume/version-2").is_directory


def test_the_engine_was_left_alone(vm: Host) -> None:
    assert vm.check_output("docker version --format '{{.Server.Version}}'").startswith("20.10")


def test_a_file_goes_through(node: Node) -> None:
    node.upload(DATA)
    assert len(node.wait_for_rows(EVENTS, 7)) == 7, node.evidence()
