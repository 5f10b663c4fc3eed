# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node's files and programs say, read from recorded texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._node import docker, network, packages, system

HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
TAIL = " 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0000000000000000 100 0 0 10 0\n"
TCP = (
    HEADING
    + f"   0: 00000000:0050 00000000:0000 0A{TAIL.format(inode=11)}"
    + f"   1: 0100007F:1F93 00000000:0000 0A{TAIL.format(inode=12)}"
    + f"   2: 0100007F:08AE 0100007F:D431 01{TAIL.format(inode=13)}"
)
TCP6 = (
    HEADING
    + f"   0: {'0' * 32}:01BB {'0' * 32}:0000 0A{TAIL.format(inode=14)}"
    + f"   1: 0000000000000000FFFF00000100007F:1538 {'0' * 32}:0000 0A{TAIL.format(inode=15)}"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('NAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n', ("Debian", "13", "trixie")),
        ('NAME="Ubuntu"\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\n', ("Ubuntu", "24.04", "noble")),
        ("# nothing\n", ("", "", "")),
    ],
)
def test_the_system_is_read_from_os_release(tmp_path: Path, text: str, expected: tuple[str, str, str]) -> None:
    (tmp_path / "os-release").write_text(text)
    found = system.system(tmp_path / "os-release")
    assert (found["distribution"], found["release"], found["codename"]) == expected


def test_memory_is_in_mb(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:        8129536 kB\nMemFree:          1 kB\n")
    assert system.memory_mb(tmp_path / "meminfo") == 7939


def test_a_disk_is_that_of_the_nearest_directory_that_exists(tmp_path: Path) -> None:
    later, now = system.disk(str(tmp_path / "not/made/yet")), system.disk(str(tmp_path))
    assert later["mount"] == now["mount"]
    assert Path(later["mount"]).is_mount()
    assert later["free_mb"] > 0


def test_paths_tell_what_they_are_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("abc")
    (tmp_path / "file").chmod(0o640)
    (tmp_path / "link").symlink_to("file")
    told = system.entry(str(tmp_path / "file"))
    assert (told["type"], told["mode"], told["size"]) == ("file", "0640", 3)
    assert system.entry(str(tmp_path / "link"))["type"] == "link"
    assert system.entry(str(tmp_path))["type"] == "directory"
    assert system.entry(str(tmp_path / "none")) == {"exists": False}


def test_contents_that_are_no_text_or_too_large_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("é")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"a" * (system.LARGEST_CONTENT + 1))
    assert system.content(str(tmp_path / "text")) == {"exists": True, "content": "é"}
    assert system.content(str(tmp_path / "bytes")) == {"exists": True, "content": None}
    assert system.content(str(tmp_path / "large")) == {"exists": True, "content": None}
    assert system.content(str(tmp_path / "none")) == {"exists": False, "content": None}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("127.0.0.1", {"addresses": ["127.0.0.1"], "loopback": True, "own": True}),
        ("192.0.2.1", {"addresses": ["192.0.2.1"], "loopback": False, "own": False}),
        ("a..b", {"addresses": [], "loopback": False, "own": False}),
    ],
)
def test_what_a_name_means(name: str, expected: dict[str, object]) -> None:
    assert network.meaning(name) == expected


def test_listening_sockets_of_both_families_are_told_with_their_program(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net/tcp").write_text(TCP)
    (tmp_path / "net/tcp6").write_text(TCP6)
    (tmp_path / "7/fd").mkdir(parents=True)
    (tmp_path / "7/comm").write_text("nginx\n")
    (tmp_path / "7/fd/3").symlink_to("socket:[11]")
    (tmp_path / "7/fd/4").symlink_to("socket:[14]")
    # A process that ended while it was looked at.
    (tmp_path / "8").mkdir()

    assert network.listening(tmp_path) == [
        {"address": "0.0.0.0", "port": 80, "process": "nginx"},  # noqa: S104
        {"address": "127.0.0.1", "port": 5432, "process": ""},
        {"address": "127.0.0.1", "port": 8083, "process": ""},
        {"address": "::", "port": 443, "process": "nginx"},
    ]


def test_a_node_without_ipv6_has_one_table(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net/tcp").write_text(TCP)
    assert {one["port"] for one in network.listening(tmp_path)} == {80, 8083}


def answering(answers: dict[str, tuple[int, str, str]]) -> docker.Run:
    """Commands that answer by what they begin with; others are not there."""

    def run(command: Sequence[str]) -> tuple[int, str, str]:
        line = " ".join(command)
        return next((answer for start, answer in answers.items() if line.startswith(start)), (127, "", "not found"))

    return run


# One without a digest, one with both, one that was pulled by its digest alone, and one that another took the name of.
IMAGES = """nginx:1.30.5 nginx@<none>
postgres:17.12 postgres@sha256:ab
r.lab:5000/a/b:<none> r.lab:5000/a/b@sha256:cd
<none>:<none> <none>@<none>
"""


def test_an_engine_that_is_not_there() -> None:
    assert docker.engine(answering({}))["installed"] is False


def test_an_engine_that_answers() -> None:
    found = docker.engine(
        answering(
            {
                "dockerd --version": (0, "Docker version 26.1.5+dfsg1, build a72d7cd\n", ""),
                "docker version": (0, "26.1.5+dfsg1\n", ""),
                "docker compose version": (0, "v2.26.1\n", ""),
                "docker image ls": (0, IMAGES, ""),
            }
        )
    )
    expected = {"installed": True, "program": "26.1.5", "engine": "26.1.5+dfsg1", "compose": "2.26.1", "error": ""}
    images = ["nginx:1.30.5", "postgres:17.12", "postgres@sha256:ab", "r.lab:5000/a/b@sha256:cd"]
    assert found == {**expected, "rules": None, "images": images}


@pytest.mark.parametrize(
    ("answers", "there"),
    [
        ({"iptables": (0, "-P PREROUTING ACCEPT\n-N DOCKER\n", "")}, True),
        ({"iptables": (0, "-P PREROUTING ACCEPT\n", ""), "nft": (0, "table ip docker-bridges\n", "")}, True),
        ({"iptables": (0, "-P PREROUTING ACCEPT\n", ""), "nft": (0, "table inet liveconnect\n", "")}, False),
        ({"iptables": (0, "-P PREROUTING ACCEPT\n", "")}, False),
        ({"iptables": (0, "", ""), "systemctl show": (0, "argv[]=dockerd -H fd:// --iptables=false ;", "")}, None),
        ({}, None),
    ],
)
def test_whether_the_engines_rules_are_there(answers: dict[str, tuple[int, str, str]], there: bool | None) -> None:
    assert docker.rules(answering(answers)) is there


def test_an_engine_that_does_not_answer_says_why() -> None:
    refused = (1, "", "Cannot connect to the Docker daemon\nat unix:///var/run/docker.sock.\n")
    found = docker.engine(
        answering({"dockerd --version": (0, "Docker version 20.10.24", ""), "docker version": refused})
    )
    assert (found["engine"], found["compose"]) == (None, None)
    assert found["error"] == "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."


def container(name: str, state: str, bindings: dict[str, object], labels: object = None) -> dict[str, object]:
    return {
        "Name": f"/{name}",
        "State": {"Status": state},
        "Config": {"Labels": labels},
        "HostConfig": {"PortBindings": bindings},
    }


def test_published_ports_are_those_declared_of_containers_that_run() -> None:
    inspected = [
        container(
            "nginx",
            "restarting",
            {"80/tcp": [{"HostIp": "", "HostPort": "80"}], "53/udp": [{"HostIp": "", "HostPort": "53"}]},
            {"com.docker.compose.project": "liveconnect"},
        ),
        container("other", "running", {"9/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9000"}], "8/tcp": None}),
        container("chosen-by-the-engine", "running", {"9/tcp": [{"HostIp": "", "HostPort": "0"}]}),
        container("stopped", "exited", {"9/tcp": [{"HostIp": "", "HostPort": "9001"}]}),
    ]
    found = docker.parse_published(json.dumps(inspected))
    assert [(one["address"], one["port"], one["container"], one["project"]) for one in found] == [
        ("0.0.0.0", 80, "nginx", "liveconnect"),  # noqa: S104
        ("::", 80, "nginx", "liveconnect"),
        ("127.0.0.1", 9000, "other", ""),
    ]


def test_packages_that_are_removed_or_unknown_are_left_out() -> None:
    printed = "installed make 4.4.1-2\nconfig-files nginx 1.26\nnot-installed zlib \n"
    run = answering({"dpkg-query": (1, printed, "no packages found matching zzz")})
    assert packages.installed(["make", "nginx", "zlib", "zzz"], run) == {"make": "4.4.1-2"}


def test_units_tell_their_states_and_nothing_where_there_is_no_systemd() -> None:
    run = answering({"systemctl show": (0, "ActiveState=active\nUnitFileState=enabled\n", "")})
    assert packages.units(["docker.service"], run) == {"docker.service": {"active": "active", "enabled": "enabled"}}
    assert packages.units(["docker.service"], answering({})) == {"docker.service": {"active": "", "enabled": ""}}
