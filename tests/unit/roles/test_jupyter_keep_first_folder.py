# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people made in the folder that an earlier version of the role showed first is copied to where it is kept."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "roles/jupyter/files/keep_first_folder.sh"
# What docker does, with a folder in the place of the container's.
DOCKER = """#!/bin/sh
case "$1 $2" in
    "container inspect") test -d "$HOME_OF_JOVYAN" ;;
    "cp jupyter:/home/jovyan/.") tar --create --directory "$HOME_OF_JOVYAN" . ;;
    *) exit 64 ;;
esac
"""

pytestmark = pytest.mark.component


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of the container's user, as the image has it, with the mounted folder."""
    home = tmp_path / "jovyan"
    for name in ("work/mounted.ipynb", ".bashrc", ".jupyter/jupyter_server_config.py"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("the image's")
    return home


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    (notebooks / "mounted.ipynb").write_text("kept before")
    docker = tmp_path / "bin/docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    return notebooks


def keep(home: Path, notebooks: Path) -> subprocess.CompletedProcess[str]:
    path = f"{notebooks.with_name('bin')}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "HOME_OF_JOVYAN": str(home)}
    command = ["bash", "-s", str(notebooks)]
    return subprocess.run(
        command, input=SCRIPT.read_text(), env=environment, capture_output=True, text=True, check=False
    )


def files(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_it_is_kept_once_beside_what_was_kept_before(home: Path, notebooks: Path) -> None:
    (home / "a folder/work").mkdir(parents=True)
    (home / "mounted.ipynb").write_text("of the same name")
    (home / "a folder/work/mine.ipynb").write_text("mine")

    done = keep(home, notebooks)

    assert done.stdout == f"{notebooks}/from-the-container\n", done.stderr
    expected = {
        "mounted.ipynb": "kept before",
        "from-the-container/mounted.ipynb": "of the same name",
        "from-the-container/a folder/work/mine.ipynb": "mine",
    }
    assert files(notebooks) == expected

    again = keep(home, notebooks)
    assert (again.returncode, again.stdout) == (0, "")
    assert files(notebooks) == expected


def test_there_is_nothing_to_do_without_a_container_or_where_nobody_made_anything(home: Path, notebooks: Path) -> None:
    for folder in (home, home.with_name("none")):
        done = keep(folder, notebooks)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert list(notebooks.iterdir()) == [notebooks / "mounted.ipynb"]


def test_what_cannot_be_copied_whole_is_a_failure_and_leaves_nothing(home: Path, notebooks: Path) -> None:
    (home / "mine.ipynb").write_text("mine")
    (notebooks.with_name("bin") / "docker").write_text(DOCKER.replace(" . ;;", " . | head -c 700; exit 1 ;;"))

    assert keep(home, notebooks).returncode != 0
    assert list(notebooks.iterdir()) == [notebooks / "mounted.ipynb"]
