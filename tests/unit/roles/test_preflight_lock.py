# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time works on a node, and nobody has to release it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.runs import control_run, runs_alive

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "roles/preflight/files/lock.sh"


class Connection:
    """A process that is named as one of sshd, and runs what comes by it, until it is closed."""

    def __init__(self, folder: Path) -> None:
        shell = folder / "sshd-session"
        if not shell.exists():
            shutil.copy("/bin/sh", shell)
        self.lock = folder / "lock"
        self._process = subprocess.Popen([shell], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def take(self, run: str, seconds: int = 0) -> tuple[int, list[str]]:
        """Exit code, and the other runs that are told, without their times."""
        stdin, stdout = t.cast(t.IO[str], self._process.stdin), t.cast(t.IO[str], self._process.stdout)
        stdin.write(f"sh {SCRIPT} {self.lock} '{run}' {seconds}; code=$?; echo; echo end; echo $code\n")
        stdin.flush()
        told = []
        for line in stdout:
            if line.startswith("end"):
                break
            told += [line.split()] if line.strip() else []
        return int(stdout.readline()), [f"{process} {who}" for process, _, who in told]

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def connect(tmp_path: Path) -> t.Iterator[t.Callable[[], Connection]]:
    opened: list[Connection] = []

    def connect() -> Connection:
        opened.append(Connection(tmp_path))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def test_another_connection_is_told_who_holds_the_node_until_that_ones_is_closed(
    connect: t.Callable[[], Connection],
) -> None:
    first, second = connect(), connect()

    assert first.take("1 alice@laptop") == (0, [])
    assert first.take("1 alice@laptop") == (0, [])
    assert second.take("2 bob@desk") == (75, ["1 alice@laptop"])
    first.close()
    assert second.take("2 bob@desk") == (0, [])
    assert connect().take("3 carol@home") == (75, ["2 bob@desk"])


def test_runs_of_the_same_connection_are_all_told(connect: t.Callable[[], Connection]) -> None:
    shared = connect()

    assert shared.take("1 alice@laptop") == (0, [])
    assert shared.take("2 alice@laptop") == (0, ["1 alice@laptop"])
    assert shared.take("3 alice@laptop") == (0, ["1 alice@laptop", "2 alice@laptop"])
    assert connect().take("11 bob@desk")[1] == ["1 alice@laptop", "2 alice@laptop", "3 alice@laptop"]


def test_it_waits_for_a_connection_that_is_closed_meanwhile(connect: t.Callable[[], Connection]) -> None:
    first = connect()
    first.take("1 alice@laptop")
    waiting = subprocess.Popen(["sh", SCRIPT, first.lock, f"{os.getpid()}.7 bob@desk", "60"], stdout=subprocess.PIPE)
    first.close()

    assert waiting.communicate(timeout=60) == (b"", None)
    assert waiting.returncode == 0


def test_without_ssh_the_run_itself_holds_the_node(tmp_path: Path) -> None:
    def take(run: str) -> int:
        command = ["sh", SCRIPT, tmp_path / "lock", run, "0"]
        return subprocess.run(command, check=False, capture_output=True).returncode

    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as run:
        assert take(f"{run.pid}.7 alice@laptop") == 0
        assert take(f"{os.getpid()}.7 bob@desk") == 75
    assert take(f"{os.getpid()}.7 bob@desk") == 0


def test_a_run_is_alive_as_long_as_its_own_process(tmp_path: Path) -> None:
    mine = control_run(os.getpid).replace(" ", " 10:00:00 ")
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        other = control_run(lambda: process.pid).replace(" ", " 10:00:00 ")
        # Numbers are given again: to another process, also to another run of Ansible.
        reused = mine.replace(".", ".1", 1)

        assert runs_alive([other, reused, mine]) == [other, mine]
    assert runs_alive([other, mine]) == [mine]

    # Where a process cannot be looked at.
    assert control_run(os.getpid, tmp_path).startswith(f"{os.getpid()}.0 ")
    assert runs_alive([f"{os.getpid()}.0 10:00:00 a@b", f"{process.pid}.0 10:00:00 a@b"], tmp_path) == [
        f"{os.getpid()}.0 10:00:00 a@b"
    ]


def play_command(playbook: Path) -> list[str]:
    return [str(Path(sys.executable).with_name("ansible-playbook")), "-clocal", "-ilocalhost,", str(playbook)]


@pytest.mark.component
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a /run of its own")
def test_the_play_refuses_a_node_that_another_run_holds_and_one_whose_run_has_ended_is_free(tmp_path: Path) -> None:
    lock = {"ansible.builtin.import_role": {"name": "igrafx.liveconnect.preflight", "tasks_from": "lock"}}
    second = {
        "ansible.builtin.command": {"argv": play_command(tmp_path / "second.yml")},
        "register": "second",
        "failed_when": False,
    }
    for name, tasks in {
        "first": [lock, lock, second, {"ansible.builtin.debug": {"msg": "{{ second.stdout_lines }}"}}],
        "second": [lock],
    }.items():
        play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
        (tmp_path / f"{name}.yml").write_text(json.dumps([play]))
    both = 'mount -t tmpfs tmpfs /run; "$@"; exec "$@"'
    run = subprocess.Popen(
        ["unshare", "--mount", "sh", "-euc", both, "sh", *play_command(tmp_path / "first.yml")],
        env=os.environ | {"ANSIBLE_PYTHON_INTERPRETER": sys.executable},
        stdout=subprocess.PIPE,
        text=True,
    )
    said, _ = run.communicate()

    assert run.returncode == 0, said
    # Both runs of the first play got the node, and the second play did not, twice.
    assert said.count("failed=0") == 2
    assert said.count("failed=1") == 2
    assert f"Another run works on this node: process {run.pid} of " in said
    assert said.count("TASK [igrafx.liveconnect.node : Read the facts of the node]") == 4


def of_playbooks(inventory: Path, host: str, playbook: str) -> list[str]:
    """The command that runs one of the collection's playbooks for one host."""
    inventory.write_text(f"[liveconnect]\n{host} ansible_become=false\n")
    return [
        str(Path(sys.executable).with_name("ansible-playbook")),
        f"--inventory={inventory}",
        str(ROOT / f"playbooks/{playbook}.yml"),
    ]


@pytest.mark.component
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a /run of its own")
@pytest.mark.parametrize("playbook", ["register", "deregister"])
def test_what_only_registers_is_refused_while_another_run_holds_the_node(tmp_path: Path, playbook: str) -> None:
    tasks = [
        {"ansible.builtin.import_role": {"name": "igrafx.liveconnect.preflight", "tasks_from": "lock"}},
        {
            "ansible.builtin.command": {
                "argv": of_playbooks(tmp_path / "hosts", "localhost ansible_connection=local", playbook)
            },
            "register": "second",
            "failed_when": False,
        },
        {"ansible.builtin.debug": {"msg": "{{ second.stdout_lines }}"}},
    ]
    (tmp_path / "first.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    alone = 'mount -t tmpfs tmpfs /run; exec "$@"'
    run = subprocess.run(
        ["unshare", "--mount", "sh", "-euc", alone, "sh", *play_command(tmp_path / "first.yml")],
        env=os.environ | {"ANSIBLE_PYTHON_INTERPRETER": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout
    assert "Another run works on this node: process " in run.stdout
    assert "TASK [igrafx.liveconnect.workgroup" not in run.stdout


@pytest.mark.component
@pytest.mark.skipif(not shutil.which("ssh"), reason="no ssh on this machine")
def test_a_node_that_is_gone_is_deregistered_without(tmp_path: Path) -> None:
    gone = "gone ansible_host=127.0.0.1 ansible_port=1"
    run = subprocess.run(
        of_playbooks(tmp_path / "hosts", gone, "deregister"), capture_output=True, text=True, check=False
    )

    assert "UNREACHABLE!" in run.stdout
    # It goes on with the role that tells the platform, to which this inventory says nothing of one.
    assert "TASK [igrafx.liveconnect.workgroup : " in run.stdout
    assert "unreachable=0 " in run.stdout
