# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apt would remove for a package is said and refused: the real apt, on a system of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from playbook import run_play

pytestmark = pytest.mark.component

PACKAGE = "Package: {}\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.com>\nDescription: x\n{}\n"
INSTALLED = "Status: install ok installed\nConflicts: docker.io\nReplaces: docker.io\n"
OFFERED = "Filename: ./{}.deb\nSize: 1\nSHA256: " + "0" * 64 + "\n{}"


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A configuration of apt, by which Docker's own engine is installed, and the distribution's are offered."""
    if not shutil.which("apt-get"):
        pytest.skip("no apt-get on this machine")
    folders = "etc/apt.conf.d", "etc/preferences.d", "state/lists/partial", "cache/archives/partial", "repository"
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "state/status").write_text(PACKAGE.format("docker-ce", INSTALLED))
    offered = {"docker.io": "Depends: containerd\n", "containerd": "", "make": ""}
    (tmp_path / "repository/Packages").write_text(
        "".join(PACKAGE.format(name, OFFERED.format(name, depends)) for name, depends in offered.items())
    )
    (tmp_path / "etc/sources.list").write_text(f"deb [trusted=yes] file:{tmp_path}/repository ./\n")
    settings = {
        "Dir::Etc": f"{tmp_path}/etc/",
        "Dir::State": f"{tmp_path}/state",
        "Dir::State::status": f"{tmp_path}/state/status",
        "Dir::Cache": f"{tmp_path}/cache",
        "APT::Sandbox::User": "root",
    }
    configuration = tmp_path / "apt.conf"
    configuration.write_text("".join(f'{name} "{value}";\n' for name, value in settings.items()))
    return configuration


def dry_run(configuration: Path, *packages: str) -> subprocess.CompletedProcess[str]:
    include = {"name": "igrafx.liveconnect.packages", "tasks_from": "install"}
    task = {"ansible.builtin.include_role": include, "vars": {"_packages_wanted": packages}}
    return run_play(configuration.parent, {"tasks": [task]}, "--check", APT_CONFIG=str(configuration))


def update(configuration: Path) -> None:
    environment = os.environ | {"APT_CONFIG": str(configuration)}
    subprocess.run(["apt-get", "update"], env=environment, check=True, capture_output=True)


def test_what_would_be_removed_is_listed_and_refused(system: Path) -> None:
    update(system)
    done = dry_run(system, "docker.io", "make")

    assert done.returncode != 0, done.stdout
    assert "To install docker.io, make, apt would remove docker-ce, so nothing was installed" in done.stdout


def test_what_would_be_installed_is_said_with_what_comes_along(system: Path) -> None:
    (system.parent / "state/status").write_text("")
    update(system)
    done = dry_run(system, "docker.io")

    assert done.returncode == 0, done.stdout
    assert "Would install containerd, docker.io." in done.stdout


def test_without_lists_of_packages_it_says_what_it_can(system: Path) -> None:
    done = dry_run(system, "make")

    assert done.returncode == 0, done.stdout
    assert "Would install make, and what they need" in done.stdout
