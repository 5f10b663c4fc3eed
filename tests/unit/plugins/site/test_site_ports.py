# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports that a site wants, held against what listens on the node and what containers publish."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.ports import port_problems

ANY = "0.0.0.0"  # noqa: S104


def socket(address: str, port: int, process: str = "", container: str = "", project: str = "") -> dict[str, Any]:
    return {"address": address, "port": port, "process": process, "container": container, "project": project}


SOCKETS = [
    socket(ANY, 80, "apache2"),
    socket("127.0.0.1", 8083),
    socket("::", 443, "haproxy"),
    socket("::ffff:127.0.0.1", 5432),
]


def problems(port: int, address: str | None = None, sockets: list[dict[str, Any]] | None = None) -> list[str]:
    wanted = [{"port": port, "address": address, "used_by": "wanter"}]
    return port_problems(wanted, SOCKETS if sockets is None else sockets, "liveconnect")


@pytest.mark.parametrize(
    ("port", "address"),
    [
        (80, None),
        (80, "192.168.1.128"),
        (443, "127.0.0.1"),
        (443, ANY),
        (8083, "127.0.0.1"),
        (8083, ANY),
        (5432, None),
    ],
)
def test_a_port_of_another_program_is_refused(port: int, address: str | None) -> None:
    (sentence,) = problems(port, address)
    assert sentence.startswith(f"Port {port}, wanted by wanter, is taken by ")
    assert f"sport = :{port}" in sentence


def test_the_program_is_named_where_the_node_knows_it() -> None:
    assert "the program 'apache2'" in problems(80)[0]
    assert "another program" in problems(8083)[0]


@pytest.mark.parametrize(
    ("port", "address"), [(81, None), (8083, "192.168.1.128"), (80, "::1"), (2222, None), (5432, "192.168.1.128")]
)
def test_a_free_port_passes(port: int, address: str | None) -> None:
    assert problems(port, address) == []


def test_a_port_of_our_own_containers_passes() -> None:
    ours = [socket(ANY, 80, container="nginx", project="liveconnect"), socket(ANY, 80, "docker-proxy")]
    assert problems(80, sockets=ours) == []


def test_a_program_beside_our_container_is_still_seen() -> None:
    sockets = [socket(ANY, 80), socket("127.0.0.1", 80, container="connect", project="liveconnect")]
    assert problems(80, sockets=sockets)


def test_a_container_of_somebody_else_is_named() -> None:
    (sentence,) = problems(9000, sockets=[socket(ANY, 9000, container="portainer")])
    assert "is taken by the container 'portainer'" in sentence


def test_a_port_that_is_wanted_twice_is_refused() -> None:
    wanted = [
        {"port": 9001, "address": "127.0.0.1", "used_by": "connect"},
        {"port": 9001, "used_by": "sftp"},
        {"port": 9002, "address": "127.0.0.1", "used_by": "one"},
        {"port": 9002, "address": "127.0.0.2", "used_by": "two"},
    ]
    assert port_problems(wanted, [], "liveconnect") == [
        "Port 9001 is wanted by connect and by sftp: give one of them another port."
    ]
