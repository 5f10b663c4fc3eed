# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a lab site that need no engine: names, addresses, access files, what to push, the database script."""

from __future__ import annotations

import ipaddress
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from docker.models.containers import Container

sys.path.append(str(Path(__file__).resolve().parents[3]))
from lab import access, engine, network, nodes, platform_vm, shared
from lab.nodes import Node
from lab.report import LabError

SUBNET = ipaddress.IPv4Network("10.86.0.0/24")
ADDRESSES = {"vm-b": "10.86.0.12", "vm-a": "10.86.0.11"}


def test_nodes_are_parsed() -> None:
    assert nodes.parse("liveconnect-vm:bookworm, other") == [
        Node("liveconnect-vm", "bookworm"),
        Node("other", "trixie"),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Upper:trixie", "'Upper' is no host name"),
        ("a_b", "'a_b' is no host name"),
        ("-a", "'-a' is no host name"),
        ("vm:sid", "unknown kind 'sid'"),
        ("vm,vm:bookworm", "vm is declared twice"),
    ],
)
def test_what_is_no_node_is_refused(text: str, reason: str) -> None:
    with pytest.raises(LabError, match=reason):
        nodes.parse(text)


def test_addresses_are_given_in_order_and_kept() -> None:
    first = network.assign(SUBNET, ["platform-vm", "vm"])
    assert first == {"platform-vm": "10.86.0.11", "vm": "10.86.0.12"}
    assert network.assign(SUBNET, ["vm"], first) == first
    assert network.assign(SUBNET, ["new", "vm"], {"vm": "10.86.0.11"}) == {"vm": "10.86.0.11", "new": "10.86.0.12"}


def test_the_shared_services_have_addresses_of_their_own() -> None:
    hosts = [service.host for service in shared.SERVICES]
    assert len(set(hosts)) == len(hosts)
    assert all(1 < host < network.FIRST_NODE for host in hosts)


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ([], "10.86.0.0/24"),
        (["172.17.0.0/16", "10.86.0.0/24"], "10.86.1.0/24"),
        (["10.86.0.128/25", "10.86.1.0/24"], "10.86.2.0/24"),
        (["10.86.0.0/17"], "10.86.128.0/24"),
    ],
)
def test_a_site_takes_a_free_network(taken: list[str], expected: str) -> None:
    assert str(network.free_subnet(map(ipaddress.IPv4Network, taken))) == expected


def test_no_network_left_is_said() -> None:
    with pytest.raises(LabError, match="lab down"):
        network.free_subnet([ipaddress.IPv4Network("10.0.0.0/8")])


def test_routes_of_the_machine_are_read(tmp_path: Path) -> None:
    table = tmp_path / "route"
    table.write_text(
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth0\t0000560A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n",
        encoding="ascii",
    )
    assert [str(found) for found in network.routed(table)] == ["10.86.0.0/16"]
    assert network.routed(tmp_path / "missing") == []


def test_ssh_reads_the_ssh_config(tmp_path: Path) -> None:
    folder = tmp_path / "a site"
    folder.mkdir()
    config = folder / "ssh_config"
    config.write_text(access.ssh_config(ADDRESSES, folder), encoding="utf-8")
    done = subprocess.run(["ssh", "-G", "-F", str(config), "vm-b"], capture_output=True, text=True, check=True)
    options = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    assert options["hostname"] == "10.86.0.12"
    assert options["user"] == "operator"
    assert options["stricthostkeychecking"] == "true"
    assert options["identityfile"].strip('"') == str(folder / "id_ed25519")
    assert options["userknownhostsfile"].strip('"') == str(folder / "known_hosts")


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[[str, str], None]:
    """Puts a command of this name and text before all others of this machine."""

    def stand_in(name: str, script: str) -> None:
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return stand_in


NOT_BEGUN = "OCI runtime exec failed: waiting for init preliminary setup: read init-p: connection reset by peer"


@pytest.mark.parametrize(
    ("failures", "answer"),
    [
        ([NOT_BEGUN], "rows of asked\n"),
        ([NOT_BEGUN, NOT_BEGUN], "preliminary setup"),
        (["psql: could not connect"], "could not connect"),
    ],
)
def test_a_command_that_the_engine_did_not_begin_is_given_once_more(
    stand_in: t.Callable[[str, str], None], tmp_path: Path, failures: list[str], answer: str
) -> None:
    for number, failure in enumerate(failures):
        (tmp_path / f"failure-{number}").write_text(failure)
    failing = "for file in failure-*; do [ ! -e $file ] || { cat $file >&2; rm $file; exit 1; }; done"
    stand_in("ssh", f"#!/bin/sh\ncd {tmp_path}\n{failing}\necho rows of $(cat)")

    if answer.startswith("rows"):
        assert access.run(tmp_path, "vm-a", "docker exec data-transform psql", "asked") == answer
    else:
        with pytest.raises(LabError, match=answer):
            access.run(tmp_path, "vm-a", "docker exec data-transform psql", "asked")
    assert list(tmp_path.glob("failure-*")) == []


def test_a_variable_for_a_container_is_on_no_command_line(stand_in: t.Callable[[str, str], None]) -> None:
    stand_in("docker", '#!/bin/sh\necho "$*" "$TOKEN" >&2; exit 3')
    machine = Container({"Id": "machine"})

    code, printed = engine.execute(machine, ["cat", "key"], user="root", environment={"TOKEN": "secret"})

    assert code == 3
    assert printed == "--context default exec --user=root --env=TOKEN machine cat key secret"


def test_known_hosts_has_one_line_for_each_node() -> None:
    keys = {"vm-b": "ssh-ed25519 B", "vm-a": "ssh-ed25519 A"}
    assert access.known_hosts(ADDRESSES, keys) == "10.86.0.11 ssh-ed25519 A\n10.86.0.12 ssh-ed25519 B\n"


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    password, fresh = access.secret(tmp_path, "password")
    assert fresh
    assert len(password) == 32
    assert (tmp_path / "secrets" / "password").stat().st_mode & 0o777 == 0o600
    assert access.secret(tmp_path, "password") == (password, False)


def test_a_file_is_written_only_when_it_differs(tmp_path: Path) -> None:
    file = tmp_path / "file"
    access.write(file, "text")
    before = file.stat().st_mtime_ns
    access.write(file, "text")
    assert file.stat().st_mtime_ns == before
    access.write(file, "other")
    assert file.read_text(encoding="utf-8") == "other"


def test_only_missing_and_changed_images_are_pushed() -> None:
    wanted = {"a:1": "sha256:a", "b:1": "sha256:b", "c:1": "sha256:c", "d:1": "sha256:d"}
    served = {
        "a:1": {"sha256:manifest", "sha256:a"},  # the engine calls an image by its configuration
        "b:1": {"sha256:b", "sha256:configuration"},  # ... or by its manifest
        "c:1": {"sha256:old"},
        "d:1": set[str](),
    }
    assert shared.to_push(wanted, served) == ["c:1", "d:1"]


def test_the_password_is_set_only_when_it_is_new() -> None:
    assert "PASSWORD 'abc'" in platform_vm.sql("abc")
    assert "PASSWORD" not in platform_vm.sql(None)
    assert "'325151bf-2007-4308-b94d-b436a61a35c5'" in platform_vm.sql(None)
