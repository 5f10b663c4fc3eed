# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role changes the password of a database that runs: a real PostgreSQL, to which a stand-in for docker leads."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

if t.TYPE_CHECKING:
    from postgres_container import Container

pytestmark = pytest.mark.component
ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "S3cret-Pa$$'wo\"rd`x`\\ %s "


def play(container: Container, directory: Path, *arguments: str) -> str:
    variables = {"data_transform_directory": f"{directory}/node", "liveconnect_postgres_password": PASSWORD}
    plays = [
        {"hosts": "localhost", "gather_facts": False, "vars": variables, "roles": ["igrafx.liveconnect.data_transform"]}
    ]
    playbook = directory / "play.yml"
    playbook.write_text(json.dumps(plays))
    command = ["ansible-playbook", "-c", "local", "-i", "localhost,", "-vvv", playbook, *arguments]
    environment = os.environ | {
        "PATH": f"{container.bin}:{os.environ['PATH']}",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert PASSWORD[:10] not in done.stdout
    return re.findall(r"changed=(\d+)", done.stdout)[-1]


def test_it_is_changed_once_and_not_in_check_mode_nor_without_a_container(container: Container, tmp_path: Path) -> None:
    container.status("exited")
    assert play(container, tmp_path) == "1"  # the scripts
    assert not container.takes(PASSWORD)
    container.status("running")
    assert play(container, tmp_path, "--check") == "1"
    assert not container.takes(PASSWORD)
    assert play(container, tmp_path) == "1"
    assert container.takes(PASSWORD)
    assert play(container, tmp_path) == "0"
