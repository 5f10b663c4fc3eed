# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role changes the password of a database that runs, and tells one that is half-made: a real PostgreSQL."""

from __future__ import annotations

import re
import subprocess
import typing as t
from pathlib import Path

import pytest
from playbook import run_play

if t.TYPE_CHECKING:
    from postgres_container import Container

pytestmark = pytest.mark.component
ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "S3cret-Pa$$'wo\"rd`x`\\ %s "


def play(container: Container, directory: Path, *arguments: str, code: int = 0, between: str = "true") -> str:
    """What was printed with -vvv. ``between`` is a command that is run where the site starts its stack."""
    variables = {"data_transform_directory": f"{directory}/node", "liveconnect_postgres_password": PASSWORD}
    role = "igrafx.liveconnect.data_transform"
    tasks = [
        {"ansible.builtin.import_role": {"name": role}},
        {"ansible.builtin.shell": between, "changed_when": False},
        {"ansible.builtin.import_role": {"name": role, "tasks_from": "verify"}},
    ]
    site = {"vars": variables, "tasks": tasks}
    done = run_play(directory, site, "-vvv", *arguments, programs=container.bin)
    assert done.returncode == code, done.stdout + done.stderr
    assert PASSWORD[:10] not in done.stdout
    return done.stdout


def counted(printed: str, what: str) -> str:
    return re.findall(rf"{what}=(\d+)", printed)[-1]


def test_it_is_changed_once_and_not_in_check_mode_nor_without_a_container(container: Container, tmp_path: Path) -> None:
    container.status("exited")
    assert counted(play(container, tmp_path), "changed") == "1"  # the scripts
    assert not container.takes(PASSWORD)
    container.status("running")
    assert counted(play(container, tmp_path, "--check"), "changed") == "1"
    assert not container.takes(PASSWORD)
    assert counted(play(container, tmp_path), "changed") == "1"
    assert container.takes(PASSWORD)
    assert counted(play(container, tmp_path), "changed") == "0"


def scripts(directory: Path) -> list[str]:
    """The scripts on the node, in the order in which PostgreSQL's image runs them, which is that of its shell."""
    order = 'for file in "$0"/*; do echo "$file"; done'
    for locale in ("C.UTF-8", "en_US.UTF-8"):
        command = ["bash", "-c", order, f"{directory}/node/conf/pg-initdb.d"]
        files = subprocess.run(
            command, env={"LC_ALL": locale}, capture_output=True, text=True, check=True
        ).stdout.split()
        assert [Path(files[0]).name, Path(files[-1]).name] == ["!liveconnect-begins.sql", "zzzz-liveconnect-ends.sql"]
    return [Path(file).read_text() for file in files]


def test_a_database_whose_scripts_did_not_all_run_is_told_at_once_and_in_every_run(
    container: Container, tmp_path: Path
) -> None:
    """The stand-in for the start runs scripts as the image does: the first that fails is the last."""
    container.sql("ALTER ROLE datamanager PASSWORD NULL")
    container.status("created")
    play(container, tmp_path)
    first, default, last = scripts(tmp_path)
    assert "JDBC_TABLE" in default
    container.sql(first)
    start = f"echo running > {container.bin}/docker.status"
    told = play(container, tmp_path, between=start, code=2)
    assert "The database in the container data-transform is half-made: a script of" in told
    assert "data/postgres-data-transform, and run this again" in " ".join(told.split())
    assert "is half-made" in play(container, tmp_path, code=2)
    assert "is half-made" in play(container, tmp_path, "--check", code=2)

    container.sql(last)
    assert counted(play(container, tmp_path), "changed") == "1"
    again = play(container, tmp_path)
    assert counted(again, "changed") == "0"
    # A database that ran before is looked at once: two failures that are none, and the second look.
    assert counted(again, "skipped") == "3"
