# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that keep the engine from starting do not stay: the role, with an engine that refuses a word."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.component,
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root, for an /etc/docker of its own"
    ),
]

OLD = {"registry-mirrors": ["https://mirror.example.com"]}
REFUSED = {"log-opts": {"colour": "red"}}
REFUSAL = "failed to start daemon: unknown log opt 'colour' of {} for json-file log driver"

# As much of systemd as the role uses: the unit fails to start while the file holds what the engine refuses.
SYSTEMCTL = """#!/bin/sh
echo "$*" >> "$0.log"
case "$1" in
    show) printf 'LoadState=loaded\nUnitFileState=enabled\nActiveState=%s\n' "$(cat "$0.state")" ;;
    restart | start)
        echo failed > "$0.state"
        ! grep -q colour /etc/docker/daemon.json || { echo 'Job for docker.service failed.' >&2; exit 1; }
        echo active > "$0.state" ;;
    reset-failed) ;;
    *) exit 64 ;;
esac
"""
JOURNALCTL = f"""#!/bin/sh
echo 'Starting up, s3cret'
grep -q colour /etc/docker/daemon.json && echo "{REFUSAL.format("s3cret")}"
echo 'docker.service: Scheduled restart job.'
"""
# The engine's validation does not see options of log drivers.
DOCKERD = """#!/bin/sh
case "$1" in
    --version) echo 'Docker version 26.1.5, build x' ;;
    --validate) ! grep -q nonsense "${2#--config-file=}" || { echo 'unknown option nonsense, s3cret' >&2; exit 1; } ;;
esac
"""
PROGRAMS = {"systemctl": SYSTEMCTL, "journalctl": JOURNALCTL, "dockerd": DOCKERD, "docker": "#!/bin/sh\nexit 1\n"}


class Node:
    """A directory that is the node's /etc/docker, and one of stand-ins for its programs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.etc = folder / "docker"
        self.programs = folder / "bin"
        for directory in (self.etc, self.programs):
            directory.mkdir()
        for name, text in PROGRAMS.items():
            (self.programs / name).write_text(text)
            (self.programs / name).chmod(0o755)
        self.has(OLD)
        self.engine_is("active")

    def engine_is(self, state: str) -> None:
        (self.programs / "systemctl.state").write_text(state)

    def has(self, options: object, file: str = "daemon.json") -> None:
        (self.etc / file).write_text(json.dumps(options))

    def options(self) -> dict[str, object]:
        assert not (self.etc / "daemon.json.before").exists()
        options: dict[str, object] = json.loads((self.etc / "daemon.json").read_text())
        return options

    def orders(self) -> list[str]:
        """What systemd was told to do to the engine."""
        log = self.programs / "systemctl.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.split()[0] for line in lines if line.startswith(("restart", "start", "reset-failed"))]

    def run(self, declared: object, *arguments: str) -> subprocess.CompletedProcess[str]:
        configure = {"name": "igrafx.liveconnect.docker", "tasks_from": "configure"}
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "roles": ["igrafx.liveconnect.node"],
            "tasks": [{"ansible.builtin.import_role": configure, "when": "_docker_configures"}],
        }
        playbook = self.folder / "play.yml"
        playbook.write_text(
            json.dumps(
                [play | {"vars": {"docker_daemon_options": declared, "liveconnect_postgres_password": "s3cret"}}]
            )
        )
        program = Path(sys.executable).with_name("ansible-playbook")
        mounted = 'mkdir -p /etc/docker && mount --bind "$0" /etc/docker && exec "$@"'
        environment = {"PATH": f"{self.programs}:{os.environ['PATH']}", "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
        return subprocess.run(
            [
                "unshare",
                "--mount",
                "sh",
                "-euc",
                mounted,
                self.etc,
                program,
                "-clocal",
                "-ilocalhost,",
                *arguments,
                playbook,
            ],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_what_the_engine_takes_is_written_and_it_is_restarted_once(node: Node) -> None:
    done = node.run({"debug": True})

    assert done.returncode == 0, done.stdout
    assert node.options() == OLD | {
        "debug": True,
        "live-restore": True,
        "log-driver": "json-file",
        "log-opts": {"max-file": "3", "max-size": "10m"},
    }
    assert node.orders() == ["restart"]
    assert "changed=0" in node.run({"debug": True}).stdout
    assert node.orders() == ["restart"]


def test_what_the_engine_does_not_start_with_goes_and_its_word_is_told(node: Node) -> None:
    done = node.run(REFUSED, "-v")

    assert done.returncode != 0
    said = " ".join(done.stdout.split())
    assert f"the engine did not start with the new options ({REFUSAL.format('********')})" in said
    assert "s3cret" not in said
    assert "and the engine runs with them: correct the options." in said
    assert node.options() == OLD
    assert node.orders() == ["restart", "reset-failed", "start"]


def test_what_its_validation_refuses_restarts_nothing(node: Node) -> None:
    done = node.run({"nonsense": True}, "-v")

    assert done.returncode != 0
    said = " ".join(done.stdout.split())
    assert "the engine would refuse the new one (unknown option nonsense, ********)" in said
    assert "s3cret" not in said
    assert node.options() == OLD
    assert node.orders() == []


@pytest.mark.parametrize(
    ("written", "state", "orders"),
    [(OLD | {"live-restore": True}, "active", ["restart"]), (OLD | REFUSED, "failed", ["start"])],
)
def test_the_next_run_heals_one_that_was_interrupted(
    node: Node, written: object, state: str, orders: list[str]
) -> None:
    node.has(OLD, "daemon.json.before")
    node.has(written)
    node.engine_is(state)
    done = node.run({})

    assert done.returncode == 0, done.stdout
    assert node.orders() == orders
    assert node.options()["registry-mirrors"] == OLD["registry-mirrors"]
    assert "colour" not in json.dumps(node.options())


def test_a_dry_run_touches_nothing(node: Node) -> None:
    done = node.run(REFUSED, "--check")

    assert done.returncode == 0, done.stdout
    assert "changed=1" in done.stdout
    assert node.options() == OLD
    assert node.orders() == []
