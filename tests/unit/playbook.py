# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs plays on this machine, as tests of roles do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_play(
    directory: Path, play: dict[str, t.Any], *arguments: str, programs: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """What ansible-playbook did with ``play``, whose file is written to ``directory``.

    ``programs`` is a directory whose programs are found before those of the machine.
    """
    playbook = directory / "play.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False} | play]))
    if programs:
        environment["PATH"] = f"{programs}:{os.environ['PATH']}"
    return subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-c", "local", "-i", "localhost,", playbook, *arguments],
        cwd=ROOT,
        env=os.environ | {"ANSIBLE_PYTHON_INTERPRETER": sys.executable} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
