# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tag does the whole of what it names, and nothing else: a whole run after it finds nothing left to do."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from testinfra.host import Host

from lab import access
from liveconnect_node import DATA, Node
from site_play import ROOT, changed, containers, play

SITE = yaml.safe_load((ROOT / "inventories/lab/host_vars/liveconnect-vm.yml").read_text())
ENGINE = yaml.safe_load((ROOT / "inventories/lab/group_vars/all.yml").read_text())["docker_daemon_options"]
SECOND = {**SITE["liveconnect_sftp_users"][0], "name": "second", "uid": 1002}

# For each tag what is declared, and the services that it concerns.
CHANGES: dict[str, tuple[dict[str, t.Any], set[str]]] = {
    # An option of the engine that is declared no more stays; one that is declared otherwise does not.
    "docker": ({"docker_daemon_options": {**ENGINE, "log-opts": {**ENGINE["log-opts"], "max-file": "4"}}}, set()),
    "firewall": ({"firewall_ports": [8081, 19092, 19093]}, set()),
    # A reload, and no new container.
    "certificates": ({"certificates_names": ["liveconnect.example.com"]}, set()),
    "nginx": ({"nginx_read_timeout": 1800}, {"nginx"}),
    "sftp": ({"liveconnect_sftp_users": [*SITE["liveconnect_sftp_users"], SECOND]}, {"sftp"}),
    "data_transform": ({"data_transform_init_scripts": [{"name": "other.sql", "content": "SELECT 1;"}]}, set()),
    "jupyter": ({"jupyter_password_seed": "another"}, {"jupyter"}),
    "dbt": ({"dbt_threads": 5}, set()),
    "compose": ({"compose_memory_limits": {"kcat": "160m", "jupyter": "1900m"}}, {"jupyter"}),
    "pipelines": ({"incidents_batch_size": 77}, set()),
    # The platform's database, and nothing on the node.
    "workgroup": ({"workgroup_url_prefix": ""}, set()),
}


def written(vm: Host) -> str:
    """Every file of the configuration with its mode, owner and digest, but for certificates: they are new each time."""
    find = "find /opt/liveconnect /etc/docker /etc/nftables* /etc/systemd/system -xdev -path '*/data' -prune -o"
    skip = "-path '*/certificates*' -prune -o -path '*/served/tested' -o -name .env -o -name '*.before' -o"
    return vm.check_output(f"{find} {skip} -type f -printf '%p %m %u %g ' -exec sha256sum {{}} \\; | sort")


def whole(declared: dict[str, t.Any]) -> None:
    """A run of everything, which has to find nothing to do."""
    done = play("-e", json.dumps(declared))
    assert done.returncode == 0, done.stdout[-3000:]
    assert changed(done) == 0, done.stdout[-3000:]


@pytest.fixture(scope="module")
def declared() -> dict[str, t.Any]:
    """What is declared beside the inventory so far: a tag takes along what is declared of the whole stack."""
    return {}


@pytest.fixture(scope="module")
def before(vm: Host) -> str:
    return written(vm)


def by_its_tag(vm: Host, tag: str, declared: dict[str, t.Any]) -> None:
    running = containers(vm)
    done = play("-e", json.dumps(declared), "--tags", tag)
    assert done.returncode == 0, done.stdout[-3000:]
    assert changed(done) > 0, done.stdout[-3000:]
    now = containers(vm)
    assert {name for name in running if now.get(name) != running[name]} == CHANGES[tag][1], tag


@pytest.mark.usefixtures("before")
@pytest.mark.parametrize("tag", CHANGES)
def test_a_change_by_its_tag(vm: Host, declared: dict[str, t.Any], tag: str) -> None:
    declared |= CHANGES[tag][0]
    by_its_tag(vm, tag, declared)


def test_a_file_arrives_from_the_user_that_a_tag_added(site: Path, node: Node) -> None:
    access.upload(site, DATA, f"second@{node.address}", 2222)
    assert node.run("ls /opt/liveconnect/data/sftp/second/upload").split() == [DATA.name]
    node.run(f"rm /opt/liveconnect/data/sftp/second/upload/{DATA.name}")


def test_a_whole_run_has_nothing_to_add_to_them(declared: dict[str, t.Any]) -> None:
    whole(declared)


@pytest.mark.parametrize("tag", CHANGES)
def test_what_is_declared_no_more_goes_by_its_tag(vm: Host, declared: dict[str, t.Any], tag: str) -> None:
    for name in CHANGES[tag][0]:
        declared.pop(name)
    by_its_tag(vm, tag, declared)


def test_nothing_of_them_is_left(vm: Host, before: str) -> None:
    whole({})
    assert written(vm) == before
