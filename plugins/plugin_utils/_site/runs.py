# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""Runs of Ansible on this machine, by the numbers of their processes and when these started."""

from __future__ import annotations

import getpass
import os
import socket
import typing as t
from pathlib import Path


def control_run(parent: t.Callable[[], int] = os.getppid, processes: Path = Path("/proc")) -> str:
    """``PID.STARTED USER@HOST`` of this run: Ansible evaluates plugins in processes whose parent it is itself."""
    number = parent()
    return f"{number}.{_started(number, processes)} {getpass.getuser()}@{socket.gethostname()}"


def runs_alive(lines: t.Iterable[str], processes: Path = Path("/proc")) -> list[str]:
    """Those of the lines, which begin with ``PID.STARTED``, whose process runs, and is no later one of its number."""
    return [line for line in lines if _is_alive(line.split()[0], processes)]


def _is_alive(run: str, processes: Path) -> bool:
    number, started = run.split(".")
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _started(int(number), processes) == started


def _started(number: int, processes: Path) -> str:
    """When the process started, in ticks since the boot; ``0`` where that cannot be seen, as on macOS."""
    try:
        # After the command in parentheses, which may have any characters in it, the 20th field of what is left.
        return (processes / str(number) / "stat").read_text(errors="replace").rpartition(") ")[2].split()[19]
    except OSError:
        return "0"
