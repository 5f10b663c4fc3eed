# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After nftables.service has emptied all tables, Docker makes its own again: the unit for it, and what starts that."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[3] / "roles/firewall/templates"
UNIT = "liveconnect-docker-rules.service"
BOTH = "iptables -t nat -N DOCKER; iptables -N DOCKER"


def settings(template: str) -> list[tuple[str, str]]:
    """Name and value of each line of a unit, lines that go on as one."""
    text = (TEMPLATES / template).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return [(name, value) for name, _, value in (line.partition("=") for line in lines)]


def goes_on(folder: Path, before: str, configuration: str = "{}", unit: str = "dockerd") -> bool:
    """Whether the unit's condition holds after the commands ``before``, in a network without rules."""
    for name, text in {"systemctl": f"echo 'ExecStart={unit}'", "nft": 'echo "$NFT"'}.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    etc = folder / "docker"
    etc.mkdir()
    (etc / "daemon.json").write_text(configuration)
    # systemd takes the words of a unit's line as a shell does, as far as this one goes.
    condition = shlex.split(dict(settings(f"{UNIT}.j2"))["ExecCondition"])
    prepare = f'mkdir -p /etc/docker; mount --bind {etc} /etc/docker; {before}; exec "$@"'
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-euc", prepare, "sh", *condition],
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "NFT": "table inet liveconnect"},
        check=False,
        capture_output=True,
        text=True,
    )
    # What systemd takes for a condition that does not hold, with nothing said.
    assert (done.returncode in (0, 1), done.stdout + done.stderr) == (True, "")
    return done.returncode == 0


@pytest.mark.component
@pytest.mark.skipif(
    os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("iptables")),
    reason="needs root and iptables, for rules in a network of their own",
)
@pytest.mark.parametrize(
    ("expected", "case"),
    [
        (True, {"before": ":"}),
        # Removed while Docker was about to make them.
        (True, {"before": "iptables -t nat -N DOCKER"}),
        (True, {"before": "iptables -N DOCKER"}),
        (True, {"before": ":", "configuration": '{"ip6tables": false, "iptables": true}'}),
        (False, {"before": BOTH}),
        (False, {"before": "export NFT='table ip docker-bridges'"}),
        (False, {"before": ":", "configuration": '{"iptables": false}'}),
        (False, {"before": ":", "unit": "dockerd --iptables=false"}),
    ],
)
def test_docker_is_restarted_only_where_it_makes_rules_and_they_are_gone(
    tmp_path: Path, expected: bool, case: dict[str, str]
) -> None:
    assert goes_on(tmp_path, **case) == expected


def test_restarts_that_follow_one_another_run_into_no_limit_of_systemds() -> None:
    lines = settings(f"{UNIT}.j2")
    commands = [value for name, value in lines if name == "ExecStart"]

    assert ("StartLimitIntervalSec", "0") in lines
    assert [command.split(maxsplit=1)[1] for command in commands] == [
        "reset-failed docker.service",
        "--no-block try-restart docker.service",
    ]
    # A unit that Docker waits for must not wait for Docker.
    assert ("Before", "docker.service") in lines


def test_every_way_to_empty_the_tables_begins_it_anew_once_the_own_table_is_back() -> None:
    lines = settings("liveconnect.conf.j2")

    assert [name for name, _ in lines[::2]] == ["ExecStartPost", "ExecReload", "ExecStopPost"]
    assert [name for name, _ in lines[1::2]] == [name for name, _ in lines[::2]]
    assert {value for _, value in lines[::2]} == {"-/usr/sbin/nft --file /etc/liveconnect-firewall.nft"}
    assert {value for _, value in lines[1::2]} == {f"-/usr/bin/systemctl --no-block restart {UNIT}"}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    (tmp_path / UNIT).write_text((TEMPLATES / f"{UNIT}.j2").read_text())
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", tmp_path / UNIT]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    # About other units of this machine it may say more.
    assert [line for line in done.stderr.splitlines() if UNIT in line] == []
