# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service's digest tells every change of the files that it reads, and nothing else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "roles/compose/files/config_digests.sh"


def digests(directory: Path) -> dict[str, str]:
    services = ["connect:plugins:conf/connect", "sftp:conf/sftp"]
    done = subprocess.run(["bash", SCRIPT, directory, *services], check=True, capture_output=True, text=True)
    return dict(line.split() for line in done.stdout.splitlines())


def put(file: Path, text: str) -> None:
    """Write a file with a time that never changes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.utime(file, (1, 1))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    put(tmp_path / "plugins/an owner-plugin/lib/a.jar", "jar")
    put(tmp_path / "plugins/an owner-plugin/manifest.json", "{}")
    put(tmp_path / "conf/connect/.secret", "one")
    put(tmp_path / "conf/sftp/users", "acme")
    return tmp_path


def test_they_stay_as_long_as_nothing_changes(directory: Path) -> None:
    before = digests(directory)
    put(directory / "conf/sftp/users", "acme")
    os.utime(directory / "conf/sftp/users", (2, 2))
    put(directory / "conf/nginx/nginx.conf", "read by another service")

    assert digests(directory) == before
    assert list(before) == ["connect", "sftp"]
    assert all(len(digest) == 16 for digest in before.values())


@pytest.mark.parametrize("name", ["conf/connect/.secret", "conf/connect/new", "plugins/an owner-plugin/manifest.json"])
def test_the_content_of_a_file_counts(directory: Path, name: str) -> None:
    before = digests(directory)
    put(directory / name, "two")

    after = digests(directory)
    assert after["connect"] != before["connect"]
    assert after["sftp"] == before["sftp"]


def test_another_time_of_a_jar_counts_and_so_does_its_absence(directory: Path) -> None:
    jar = directory / "plugins/an owner-plugin/lib/a.jar"
    seen = [digests(directory)["connect"]]
    os.utime(jar, (2, 2))
    seen.append(digests(directory)["connect"])
    jar.unlink()
    seen.append(digests(directory)["connect"])

    assert len(set(seen)) == 3


def test_on_a_bare_node_there_is_nothing_to_read_and_nothing_is_written(tmp_path: Path) -> None:
    found = digests(tmp_path / "liveconnect")

    assert found["connect"] == found["sftp"]
    assert list(tmp_path.iterdir()) == []
