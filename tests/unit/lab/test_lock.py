# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that share an engine wait for one another, whichever checkout they are run in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

HOLD = """
from lab import lock
with lock.exclusively("sites"):
    print("held", flush=True)
    input()
"""
# Says whether the lock is free, without waiting for it.
TRY = """
import fcntl
from lab import lock
with (lock.FOLDER / "sites.lock").open("w") as file:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
"""


@pytest.mark.component
def test_another_checkout_waits_for_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other" / "lab").mkdir(parents=True)
    shutil.copy(ROOT / "lab" / "lock.py", tmp_path / "other" / "lab")
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def attempt() -> int:
        command = [sys.executable, "-c", TRY]
        return subprocess.run(command, cwd=tmp_path / "other", check=False, stderr=subprocess.DEVNULL).returncode

    with subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        while_held = attempt()
        holder.communicate("\n")

    assert while_held != 0
    assert attempt() == 0
