# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQL part of a pipeline, as the role carries it out in a real PostgreSQL; and the example's own file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

if t.TYPE_CHECKING:
    from postgres_container import Container

pytestmark = pytest.mark.component
ROOT = Path(__file__).resolve().parents[3]


def play(container: Container, directory: Path, *arguments: str) -> tuple[int, str]:
    """The exit code, and what was printed with one space between words."""
    variables = {
        "pipelines_source": str(directory),
        "pipelines_pipelines": [{"name": "p", "tables": "a.sql"}],
    }
    plays = [
        {"hosts": "localhost", "gather_facts": False, "vars": variables, "roles": ["igrafx.liveconnect.pipelines"]}
    ]
    (directory / "play.yml").write_text(json.dumps(plays))
    environment = os.environ | {
        "PATH": f"{container.bin}:{os.environ['PATH']}",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }
    command = ["ansible-playbook", "-c", "local", "-i", "localhost,", str(directory / "play.yml"), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_a_file_is_carried_out_once_and_failures_name_its_line(container: Container, tmp_path: Path) -> None:
    script = tmp_path / "a.sql"
    script.write_text(
        "CREATE SCHEMA IF NOT EXISTS app;\r\nSET search_path TO app;\r\nCREATE TABLE IF NOT EXISTS t (id int);"
    )
    _, printed = play(container, tmp_path, "--diff")
    assert "changed=1 " in printed
    assert "+table app.t" in printed
    assert "changed=0 " in play(container, tmp_path)[1]

    script.write_text("CREATE TABLE app.u ();\nCREATE TABLE app.t (id int);")
    code, printed = play(container, tmp_path)
    assert code == 2
    assert 'a.sql:2: relation "t" already exists. Nothing of the file was kept' in printed.replace("\\", "")

    script.write_text("CREATE TABLE app.u ();\nCOMMIT;")
    code, printed = play(container, tmp_path)
    assert code == 2
    assert "the pipeline p names a.sql: line 2: COMMIT cannot stand in a file" in printed
    assert container.sql("SELECT to_regclass('app.u')") == ""
    container.sql("SET client_min_messages = error; DROP SCHEMA app CASCADE")
