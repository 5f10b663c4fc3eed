# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From the module's options to its result."""

from __future__ import annotations

import subprocess
import typing as t
from functools import partial

from . import docker, network, packages, system

_NO_PROGRAM, _NO_TIME = 127, 124


def run(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The facts that are asked for; what is not asked costs nothing."""
    gather, command = options["gather"], partial(_command, options["timeout"])
    facts: dict[str, t.Any] = {
        "packages": packages.installed(options["packages"], command) if options["packages"] else {},
        "units": packages.units(options["units"], command),
        "disks": {path: system.disk(path) for path in options["disks"]},
        "paths": {path: system.entry(path) for path in options["paths"]},
        "files": {path: system.content(path) for path in options["files"]},
        "names": {name: network.meaning(name) for name in options["names"]},
    }
    if options["registry"]:
        facts["registry"] = network.registry(options["registry"], options["timeout"])
    if "system" in gather:
        facts["system"] = system.system()
    if "memory" in gather:
        facts["memory_mb"] = system.memory_mb()
    if "docker" in gather:
        facts["docker"] = docker.engine(command)
    if "sockets" in gather:
        facts["sockets"] = [
            *({**socket, "container": "", "project": ""} for socket in network.listening()),
            *({**socket, "process": ""} for socket in docker.published(command)),
        ]
    return facts


def _command(timeout: float, command: t.Sequence[str]) -> tuple[int, str, str]:
    try:
        done = subprocess.run(  # noqa: S603 -- the commands are those of this package
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return _NO_TIME, "", f"{' '.join(command[:2])} did not answer within {timeout:g} s"
    except OSError as error:
        return _NO_PROGRAM, "", str(error)
    return done.returncode, done.stdout, done.stderr
