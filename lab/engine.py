# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker engine that the lab runs on: the one that answers, or one installed here."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import docker.errors
import requests.exceptions

from lab.report import LabError, step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docker.models.containers import Container

START_SECONDS = 60
# Pushing a large image, or stopping a node, is one request that answers late.
REQUEST_SECONDS = 900
SERVICE_MANAGER = Path("/run/systemd/system")
INSTALL_BY_HAND = (
    "No Docker engine answers, or its docker command is missing; install and start one "
    "(https://docs.docker.com/engine/install), or set DOCKER_HOST to the one that you have."
)


def client() -> docker.DockerClient:
    """A client of the engine that DOCKER_HOST names, else of the local socket; LabError if none answers."""
    found = _answering()
    if found is None:
        raise LabError("No Docker engine answers; run 'python -m lab engine', or set DOCKER_HOST to the one you have.")
    if shutil.which("docker") is None:
        raise LabError("There is no docker command; run 'python -m lab engine', or install Docker's command line.")
    return found


def ensure(folder: Path) -> docker.DockerClient:
    """Make sure that an engine answers: install and start one as root on Debian, else say what to do.

    Where no service manager runs, the engine is started by hand and logs to ``folder``/dockerd.log.
    """
    with step("engine") as result:
        found = _answering()
        if found is None or shutil.which("docker") is None:
            if os.geteuid() != 0 or not Path("/etc/debian_version").exists() or "DOCKER_HOST" in os.environ:
                raise LabError(INSTALL_BY_HAND)
            _install()
            found = found or _start(folder)
        result.text = f"Docker {found.version()['Version']}"
    return found


def execute(
    container: Container,
    command: Sequence[str],
    *,
    user: str | None = None,
    workdir: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Run a command in a container; return its exit code, and what it printed to both streams, stripped.

    With Docker's own command: the docker package's ``exec_run`` loses output on a busy machine. Where the container
    does not run, the code is not 0 and the output says so.
    """
    given = environment or {}
    options = [f"--{name}={value}" for name, value in (("user", user), ("workdir", workdir)) if value]
    # Only the names: what a variable holds is on no command line.
    options += [f"--env={name}" for name in given]
    done = subprocess.run(
        # The engine of the docker package, which does not know of contexts.
        ["docker", "--context", "default", "exec", *options, str(container.id), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | given,
        text=True,
        errors="replace",
        check=False,
    )
    return done.returncode, done.stdout.strip()


def _answering() -> docker.DockerClient | None:
    try:
        found = docker.from_env(timeout=REQUEST_SECONDS)
        found.ping()
    except (docker.errors.DockerException, requests.exceptions.RequestException):
        return None
    return found


def _install() -> None:
    if shutil.which("dockerd") is None:
        _install_packages("docker.io", "iptables")
    if shutil.which("docker") is None:
        # From Debian 13 on the command line is a package of its own.
        _install_packages("docker-cli")


def _install_packages(*names: str) -> None:
    _run("apt-get", "update")
    _run("apt-get", "install", "--yes", "--no-install-recommends", *names)


def _run(*command: str) -> None:
    """Run a command of this machine; if it fails, its last lines are the message."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise LabError(f"{last}\nThe command failed with code {done.returncode}: {' '.join(command)}")


def _start(folder: Path) -> docker.DockerClient:
    if SERVICE_MANAGER.is_dir():
        _run("systemctl", "start", "docker.service")
        where = "journalctl --unit docker"
    else:
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "dockerd.log"
        with log.open("ab") as output:
            # A session of its own: it outlives this command and the terminal.
            subprocess.Popen(
                ["dockerd"], stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        where = str(log)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if found := _answering():
            return found
        time.sleep(0.2)
    raise LabError(f"The Docker engine did not answer within {START_SECONDS} s of its start; look at: {where}")
