# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts that nodes answer with, as recorded from real ones."""

from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._node import parse
from ansible_collections.igrafx.liveconnect.plugins.module_utils._node.parse import Socket

EVERYWHERE = "0.0.0.0"  # noqa: S104
OS_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
# a comment = nothing
VERSION_CODENAME=bookworm
ID=debian
"""
MEMINFO = """\
MemTotal:       24683652 kB
MemAvailable:   20760576 kB
SwapTotal:             0 kB
HugePages_Total:       0
"""
HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
TCP = f"""\
{HEADING}   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 19434 1 0 100 0 0
   1: 0100007F:1F93 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 19435 1 0 100 0 0 10 0
   2: 0100007F:08AE 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 19436 1 0 100 0 0 10 0
"""
TCP6 = f"""\
{HEADING}   0: {"0" * 32}:01BB {"0" * 32}:0000 0A 00000000:00000000 00:00000000 00000000     0        0 19437 1 0 100 0
   1: 0000000000000000FFFF00000100007F:1538 {"0" * 32}:0000 0A 00000000:00000000 00:00000000 00000000  0 0 19438 1
   2: 000080FE00000000FF00FC02010000FE:0016 {"0" * 32}:0000 0A 00000000:00000000 00:00000000 00000000  0 0 19439 1
"""
FIB_TRIE = """\
Main:
  +-- 0.0.0.0/0 3 0 4
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.86.0.0/23 3 0 4
        +-- 10.86.0.0/31 1 0 0
           |-- 10.86.0.0
              /24 link UNICAST
           |-- 10.86.0.1
              /31 link UNICAST
              /32 host LOCAL
        |-- 10.86.0.255
           /32 link BROADCAST
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
Local:
     |-- 10.86.0.1
        /32 host LOCAL
     |-- 9.1.1.1
        /32 host LOCAL
"""
IF_INET6 = """\
fe80000000000000084a21fffe494336 4c 40 20 80 vethd26684f
00000000000000000000000000000001 01 80 10 80       lo
"""


def test_os_release() -> None:
    found = parse.os_release(OS_RELEASE)
    assert found["NAME"] == "Debian GNU/Linux"
    assert (found["ID"], found["VERSION_ID"], found["VERSION_CODENAME"]) == ("debian", "12", "bookworm")
    assert len(found) == 5


def test_memory_is_in_mib() -> None:
    assert parse.meminfo(MEMINFO) == {
        "MemTotal": 24105,
        "MemAvailable": 20274,
        "SwapTotal": 0,
    }


def test_listening_sockets_of_both_families() -> None:
    assert parse.listening(TCP + TCP6) == [
        Socket(EVERYWHERE, 80, 19434),
        Socket("127.0.0.1", 8083, 19435),
        Socket("::", 443, 19437),
        Socket("127.0.0.1", 5432, 19438),
        Socket("fe80::2fc:ff:fe00:1", 22, 19439),
    ]
    assert parse.listening("") == []


def test_own_addresses() -> None:
    assert parse.own_ipv4(FIB_TRIE) == ["9.1.1.1", "10.86.0.1", "127.0.0.1"]
    assert parse.own_ipv6(IF_INET6) == ["::1", "fe80::84a:21ff:fe49:4336"]


@pytest.mark.parametrize(
    ("addresses", "loopback", "own"),
    [
        ([], False, False),
        (["192.0.2.1"], False, False),
        (["192.0.2.1", "10.86.0.1"], False, True),
        (["127.0.1.1"], True, True),
        (["::1"], True, True),
        ([EVERYWHERE], True, False),
        (["fe80::1%eth0"], False, True),
    ],
)
def test_what_a_name_means(addresses: list[str], loopback: bool, own: bool) -> None:
    found = parse.meaning(addresses, {"10.86.0.1", "fe80::1"})
    assert (found["loopback"], found["own"]) == (loopback, own)
    assert found["addresses"] == sorted(address.partition("%")[0] for address in addresses)


def test_packages_that_are_installed() -> None:
    text = "installed bash 5.2.15-2+b8\nconfig-files nginx 1.22.1-9\nnot-installed docker-ce \ninstalled acl 2.3.1-3\n"
    assert parse.installed(text) == {"bash": "5.2.15-2+b8", "acl": "2.3.1-3"}


def test_units_in_the_order_in_which_they_were_asked_for() -> None:
    text = """\
Id=ssh.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled

Id=missing.service
LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=
"""
    assert parse.units(["sshd.service", "missing.service"], text) == {
        "sshd.service": {"load": "loaded", "active": "active", "sub": "running", "enabled": "enabled"},
        "missing.service": {"load": "not-found", "active": "inactive", "sub": "dead", "enabled": ""},
    }
    assert parse.units(["a.service"], "") == {}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Docker version 20.10.24+dfsg1, build 297e128", "20.10.24"),
        ("v2.26.1-4\n", "2.26.1"),
        ("28.0.4", "28.0.4"),
        ("", None),
        (None, None),
    ],
)
def test_version_numbers(text: str | None, number: str | None) -> None:
    assert parse.version(text) == number


def inspected(declared: object, published: object, labels: object = None) -> dict[str, object]:
    return {
        "Id": "f" * 64,
        "Name": "/nginx",
        "Config": {"Labels": labels},
        "State": {"Status": "running"},
        "HostConfig": {"PortBindings": declared},
        "NetworkSettings": {"Ports": published},
    }


@pytest.mark.parametrize(
    ("declared", "published", "ports"),
    [
        (None, None, []),
        ({"80/tcp": None}, {"80/tcp": None, "443/tcp": None}, []),
        # Recorded: the engine chose the port.
        ({"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "0"}]},
         {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32769"}]}, [("127.0.0.1", 32769)]),
        ({"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
         {"80/tcp": [{"HostIp": EVERYWHERE, "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}]},
         [(EVERYWHERE, 8080), ("::", 8080)]),
        # While it is being restarted.
        ({"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}, {}, [(EVERYWHERE, 8080), ("::", 8080)]),
        ({"80/tcp": [{"HostIp": "", "HostPort": ""}], "81/tcp": [{"HostIp": "", "HostPort": "90-95"}]}, {}, []),
        ({"53/udp": [{"HostIp": "", "HostPort": "53"}]}, {}, []),
    ],
)  # fmt: skip
def test_ports_of_a_container(declared: object, published: object, ports: list[tuple[str, int]]) -> None:
    assert list(parse.container(inspected(declared, published)).ports) == ports


def test_project_and_service_of_a_container() -> None:
    labels = {"com.docker.compose.project": "liveconnect", "com.docker.compose.service": "nginx"}
    one = parse.container(inspected(None, None, labels))
    assert (one.name, one.project, one.service, one.state) == ("nginx", "liveconnect", "nginx", "running")


def test_the_container_that_a_process_is_in() -> None:
    assert parse.container_id(f"0::/system.slice/docker-{'a' * 64}.scope\n") == "a" * 64
    assert parse.container_id(f"4:memory:/docker/{'a' * 64}/docker/{'b' * 64}\n") == "b" * 64
    assert parse.container_id("0::/init.scope\n") is None
