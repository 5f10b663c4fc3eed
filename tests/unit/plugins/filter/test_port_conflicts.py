# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter port_conflicts, fed with what /proc/net/tcp and `docker ps` show on real nodes."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.igrafx.liveconnect.plugins.filter.port_conflicts import listening, port_conflicts, published

HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
TAIL = " 00000000:00000000 00:00000000 00000000     0        0 19434 1 0000000000000000 100 0 0 10 0\n"
EVERYWHERE_80 = f"   0: 00000000:0050 00000000:0000 0A{TAIL}"
LOCAL_8083 = f"   1: 0100007F:1F93 00000000:0000 0A{TAIL}"
CONNECTED_2222 = f"   2: 0100007F:08AE 0100007F:D431 01{TAIL}"
EVERYWHERE_6_443 = f"   3: {'0' * 32}:01BB {'0' * 32}:0000 0A{TAIL}"
MAPPED_LOCAL_5432 = f"   4: 0000000000000000FFFF00000100007F:1538 {'0' * 32}:0000 0A{TAIL}"
SOCKETS = HEADING + EVERYWHERE_80 + LOCAL_8083 + CONNECTED_2222 + HEADING + EVERYWHERE_6_443 + MAPPED_LOCAL_5432

OURS = [
    "liveconnect\tnginx\t0.0.0.0:80->80/tcp, :::80->80/tcp, 0.0.0.0:443->443/tcp, [::]:443->443/tcp",
    "liveconnect\tconnect\t127.0.0.1:8083->8083/tcp, 9092/tcp",
]


def conflicts(port: int, address: str | None = None, containers: list[str] | None = None) -> list[str]:
    return port_conflicts(
        [{"port": port, "address": address, "used_by": "wanter"}], SOCKETS, containers or [], "liveconnect"
    )


def test_listening_sockets_are_read_in_both_families() -> None:
    assert {(str(each.address), each.port) for each in listening(SOCKETS)} == {
        ("0.0.0.0", 80),  # noqa: S104
        ("127.0.0.1", 8083),
        ("::", 443),
        ("127.0.0.1", 5432),
    }


def test_published_ports_are_read_in_every_notation() -> None:
    column = (
        "0.0.0.0:80->80/tcp, :::80->80/tcp, [::]:81->80/tcp, 127.0.0.1:7000-7001->7000-7001/tcp, 53->53/udp, 8443/tcp"
    )
    assert {(str(each.address), each.port) for each in published(column)} == {
        ("0.0.0.0", 80),  # noqa: S104
        ("::", 80),
        ("::", 81),
        ("127.0.0.1", 7000),
        ("127.0.0.1", 7001),
    }


@pytest.mark.parametrize(
    ("port", "address"),
    [
        (80, None),
        (80, "192.168.1.128"),
        (443, "127.0.0.1"),
        (443, "0.0.0.0"),  # noqa: S104
        (8083, "127.0.0.1"),
        (8083, "0.0.0.0"),  # noqa: S104
        (5432, None),
    ],
)
def test_a_port_of_another_program_is_refused(port: int, address: str | None) -> None:
    (sentence,) = conflicts(port, address)
    assert sentence.startswith(f"Port {port}, wanted by wanter, is taken by another program")
    assert f"sport = :{port}" in sentence


@pytest.mark.parametrize(
    ("port", "address"), [(81, None), (8083, "192.168.1.128"), (80, "::1"), (2222, None), (5432, "192.168.1.128")]
)
def test_a_free_port_passes(port: int, address: str | None) -> None:
    assert conflicts(port, address) == []


@pytest.mark.parametrize(("port", "address"), [(80, None), (443, None), (8083, "127.0.0.1")])
def test_a_port_of_our_own_containers_passes(port: int, address: str | None) -> None:
    assert conflicts(port, address, OURS) == []


def test_a_program_beside_our_container_is_still_seen() -> None:
    sockets = HEADING + EVERYWHERE_80
    ours = ["liveconnect\tconnect\t127.0.0.1:80->8083/tcp"]
    assert port_conflicts([{"port": 80}], sockets, ours, "liveconnect")


def test_a_foreign_container_is_named_even_without_a_listening_socket() -> None:
    (sentence,) = port_conflicts(
        [{"port": 9000, "used_by": "nginx"}], HEADING, ["\tportainer\t0.0.0.0:9000->9000/tcp"], "liveconnect"
    )
    assert "is taken by the container 'portainer'" in sentence


def test_a_port_that_is_wanted_twice_is_refused() -> None:
    wanted = [
        {"port": 9001, "address": "127.0.0.1", "used_by": "connect"},
        {"port": 9001, "used_by": "sftp"},
        {"port": 9002, "address": "127.0.0.1", "used_by": "one"},
        {"port": 9002, "address": "127.0.0.2", "used_by": "two"},
    ]
    assert port_conflicts(wanted, HEADING, [], "liveconnect") == [
        "Port 9001 is wanted by connect and by sftp: give one of them another port."
    ]


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="'everywhere'"):
        port_conflicts([{"port": 80, "address": "everywhere"}], HEADING, [], "liveconnect")
