# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are killed leave the old file or the new one, and the next run leaves nothing else."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._files import client as client_module
from ansible_collections.igrafx.liveconnect.plugins.module_utils._files.runner import run as run_files

pytestmark = pytest.mark.component

SECRET = "a password that nobody sees"
NOTHING = dict.fromkeys(("owner", "group", "content", "secret_content"))
CALLS = ("fchmod", "fdopen", "fsync", "mkdir", "open", "rename", "unlink")


class Killing:
    """The module ``os``, which kills this process at the given call that can change something."""

    def __init__(self, at: int) -> None:
        self._left = at

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def call(*args: Any, **options: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)

        return call


def converge(root: Path, text: str, *, kill_at: int | None = None) -> None:
    entries: list[dict[str, Any]] = [
        {**NOTHING, "path": path, "state": "file", "content": text, "mode": mode}
        for path, mode in (("conf/a", "0600"), ("conf/b", "0640"), (f"{text[:3]}/c", "0644"))
    ]
    if kill_at:
        client_module.os = Killing(kill_at)  # type: ignore[attr-defined, assignment]
    run_files({"root": str(root), "entries": entries, "purge": []}, check_mode=False, diff=False)


def ended_by(root: Path, text: str, kill_at: int) -> int:
    child = os.fork()
    if child == 0:
        try:
            converge(root, text, kill_at=kill_at)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_kill_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    texts = {"old" * 1000, "new" * 1000}
    for step in itertools.count(1):
        root = tmp_path / str(step)
        converge(root, "old" * 1000)
        ended = ended_by(root, "new" * 1000, step)
        for name, mode in (("a", 0o600), ("b", 0o640)):
            file = root / "conf" / name
            assert file.read_text() in texts
            assert file.stat().st_mode & 0o777 == mode
        converge(root, "new" * 1000)
        left = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
        assert left == ["conf/a", "conf/b", "new/c", "old/c"]
        assert {(root / path).read_text() for path in left[:3]} == {"new" * 1000}
        if ended == 0:
            assert step > 12
            return
        assert ended == -signal.SIGKILL


def test_ansible_itself_shows_no_secret(tmp_path: Path) -> None:
    playbook = tmp_path / "play.yml"
    playbook.write_text(f"""
- hosts: localhost
  gather_facts: false
  tasks:
    - igrafx.liveconnect.file_tree:
        root: {tmp_path}/root
        entries:
          - {{path: secret, secret_content: "{{{{ password }}}}"}}
          - {{path: plain, content: "shown only in the diff"}}
        purge: [.]
      vars: {{password: "{SECRET}"}}
""")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-vvv", "--diff", "-c", "local"]
    command += ["-i", "localhost,", "-e", f"ansible_python_interpreter={sys.executable}", str(playbook)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "root/secret").read_text() == SECRET
    assert SECRET not in done.stdout + done.stderr
    assert "(secret content)" in done.stdout
