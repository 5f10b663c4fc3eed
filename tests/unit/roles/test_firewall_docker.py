# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After nftables.service has emptied all tables, Docker makes its own again: the command of the drop-in."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROLE = Path(__file__).resolve().parents[3] / "roles/firewall"
COMMAND = yaml.safe_load((ROLE / "vars/main.yml").read_text())["_firewall_docker"]

pytestmark = [
    pytest.mark.component,
    pytest.mark.skipif(
        os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("iptables")),
        reason="needs root and iptables, for rules in a network of their own",
    ),
]


def orders(folder: Path, before: str, configuration: str = "{}") -> str:
    """What systemctl is told when the command of the unit runs after the commands ``before``."""
    for name, text in {"systemctl": f'echo "$*" >> {folder}/orders', "nft": 'echo "$NFT"'}.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    etc = folder / "docker"
    etc.mkdir()
    (etc / "daemon.json").write_text(configuration)
    # systemd takes the words of a unit's line as a shell does, as far as this one goes.
    shell, option, script = shlex.split(COMMAND)
    prepare = f'mkdir -p /etc/docker; mount --bind {etc} /etc/docker; {before}; exec "$@"'
    subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-euc", prepare, "sh", shell, option, script],
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "NFT": "table inet liveconnect"},
        check=True,
        capture_output=True,
    )
    found = folder / "orders"
    return found.read_text() if found.exists() else ""


def test_docker_is_restarted_where_its_rules_are_gone_and_only_if_it_runs(tmp_path: Path) -> None:
    assert orders(tmp_path, ":") == "--no-block try-restart docker.service\n"


@pytest.mark.parametrize("before", ["iptables -t nat -N DOCKER", "export NFT='table ip docker-bridges'"])
def test_it_is_left_alone_where_they_are_there(tmp_path: Path, before: str) -> None:
    assert orders(tmp_path, before) == ""


def test_it_is_left_alone_where_it_is_to_make_none(tmp_path: Path) -> None:
    assert orders(tmp_path, ":", '{"iptables": false}') == ""


def test_the_unit_looks_after_a_start_and_a_reload_once_its_own_table_is_back() -> None:
    lines = (ROLE / "templates/liveconnect.conf.j2").read_text().splitlines()
    looks = [index for index, line in enumerate(lines) if line.endswith("-{{ _firewall_docker }}")]

    assert [lines[index].split("=")[0] for index in looks] == ["ExecStartPost", "ExecReload"]
    assert all(lines[index - 1].startswith(lines[index].split("=")[0] + "=-/usr/sbin/nft") for index in looks)
    assert "\n" not in COMMAND.rstrip("\n")
    assert not set("%$\\") & set(COMMAND)
