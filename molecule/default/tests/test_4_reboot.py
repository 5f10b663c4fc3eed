# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A power cycle of the VM brings everything back with its data, and the pipeline goes on."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from testinfra.host import Host

from liveconnect_node import EVENTS, Node

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 240
STATES = "docker ps --all --format '{{.Names}} {{.Status}}'"


@pytest.fixture(scope="module")
def before(node: Node, site: Path) -> list[dict[str, str]]:
    """Reboot, and wait until every container is healthy again; the rows that were there before."""
    rows = node.rows(EVENTS)
    subprocess.run([sys.executable, "-m", "lab", "reboot", "--name", site.name, "liveconnect-vm"], cwd=ROOT, check=True)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and "(" in (states := node.run(STATES)):
        if all("(healthy)" in line for line in states.splitlines()):
            break
        time.sleep(2)
    return rows


@pytest.mark.usefixtures("before")
def test_only_the_platform_gets_in_again(vm: Host, node: Node) -> None:
    assert vm.service("liveconnect-firewall").is_running
    with pytest.raises(TimeoutError):
        socket.create_connection((node.address, 19092), 2)


@pytest.mark.usefixtures("before")
def test_everything_is_healthy_again(vm: Host) -> None:
    states = vm.check_output(STATES).splitlines()
    assert len(states) >= 9
    assert [line for line in states if "(healthy)" not in line] == []


def test_the_rows_are_still_there(node: Node, before: list[dict[str, str]]) -> None:
    assert before
    assert node.rows(EVENTS) == before


def test_a_file_goes_through_after_the_reboot(node: Node, before: list[dict[str, str]], tmp_path: Path) -> None:
    file = tmp_path / "incidents-3.csv"
    file.write_text(
        "INCIDENT,ACTIVITY,DATE,ASSIGNEE,COMMENT\nINC-009,Opened,2026-04-01 08:00:00,Maël,après\n", encoding="utf-8"
    )
    node.upload(file)
    rows = node.wait_for_rows(EVENTS, len(before) + 1)
    assert [row for row in rows if row not in before] == [
        {
            "INCIDENT": "INC-009",
            "cnt": "1",
            "ACTIVITY": "Opened",
            "DATE": "2026-04-01 08:00:00",
            "ASSIGNEE": "Maël",
            "COMMENT": "après",
        }
    ]
