# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's base images: a minimal Debian, made with debootstrap, or pulled where that cannot be done.

``debootstrap`` needs root on a Debian machine, and then no image registry at all. Everywhere else, and wherever
``LAB_BASE_FROM_REGISTRY=1`` is set, ``debian:<suite>-slim`` is pulled instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import docker

# Bump when the way a base is made changes: bases are cached by this and by their suite.
RECIPE = "1"

# What a container never reads; the same files that Debian's own slim images leave out.
UNWANTED = ("usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man", "usr/share/lintian")
DPKG_CONFIGURATION = "".join(f"path-exclude /{path}/*\n" for path in UNWANTED)
APT_CONFIGURATION = """\
APT::Install-Recommends "false";
APT::Install-Suggests "false";
Acquire::Languages "none";
Acquire::Retries "3";
"""


class BaseImageError(Exception):
    """A base image could not be made; the message says why and what to do."""


def can_debootstrap() -> bool:
    """Whether this machine makes its own base: root, on Debian, and not told to pull."""
    if os.environ.get("LAB_BASE_FROM_REGISTRY") == "1" or os.geteuid() != 0:
        return False
    release = Path("/etc/os-release")
    return release.is_file() and "ID=debian" in release.read_text(encoding="utf-8").splitlines()


def make(client: docker.DockerClient, suite: str, tag: str) -> None:
    """Make the base image of a Debian ``suite`` (``trixie``, ``bookworm``) under the local name ``tag``."""
    if can_debootstrap():
        _bootstrap(client, suite, tag)
    else:
        repository, _, version = tag.rpartition(":")
        client.images.pull("debian", tag=f"{suite}-slim").tag(repository, version)


def _bootstrap(client: docker.DockerClient, suite: str, tag: str) -> None:
    if shutil.which("debootstrap") is None:
        _run("apt-get", "install", "--yes", "--no-install-recommends", "debootstrap")
    # A fresh folder each time: debootstrap cannot go on where an interrupted run stopped.
    with tempfile.TemporaryDirectory(prefix=f"liveconnect-lab-{suite}-", dir="/var/tmp") as folder:
        rootfs = Path(folder) / "rootfs"
        _run("debootstrap", "--variant=minbase", suite, str(rootfs))
        (rootfs / "etc/dpkg/dpkg.cfg.d/liveconnect-lab").write_text(DPKG_CONFIGURATION, encoding="utf-8")
        (rootfs / "etc/apt/apt.conf.d/90liveconnect-lab").write_text(APT_CONFIGURATION, encoding="utf-8")
        _import(client, rootfs, tag)


def _import(client: docker.DockerClient, rootfs: Path, tag: str) -> None:
    """Import a root file system as an image, in one stream: no tarball is left on the disk."""
    excluded = [f"--exclude=./{path}/*" for path in (*UNWANTED, "var/cache/apt", "var/lib/apt/lists", "var/log", "tmp")]
    command = ["tar", "--directory", str(rootfs), "--numeric-owner", "--one-file-system", *excluded, "--create", "."]
    repository, _, version = tag.rpartition(":")
    with subprocess.Popen(command, stdout=subprocess.PIPE) as tar:
        answer = client.api.import_image_from_stream(
            tar.stdout, repository=repository, tag=version, changes=['CMD ["bash"]', "ENV LANG=C.UTF-8"]
        )
    if tar.returncode != 0 or '"error"' in answer:
        raise BaseImageError(f"The Docker engine did not import the base image {tag}: {answer.strip()}")


def _run(*command: str) -> None:
    """Run a command; if it fails, its last lines are the message."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
        raise BaseImageError(
            f"{last}\n{command[0]} failed with code {done.returncode}; "
            "set LAB_BASE_FROM_REGISTRY=1 to pull Debian's image from a registry instead."
        )
