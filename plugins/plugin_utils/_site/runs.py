# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""Runs of Ansible on this machine, by their process numbers."""

from __future__ import annotations

import getpass
import os
import socket
import typing as t
from pathlib import Path


def control_run(parent: t.Callable[[], int] = os.getppid) -> str:
    """``PID USER@HOST`` of this run: Ansible evaluates plugins in processes whose parent it is itself."""
    return f"{parent()} {getpass.getuser()}@{socket.gethostname()}"


def runs_alive(lines: t.Iterable[str], processes: Path = Path("/proc")) -> list[str]:
    """Those of the lines, which begin with process numbers, whose process runs; where it can be seen, as Ansible."""
    return [line for line in lines if _is_alive(int(line.split()[0]), processes)]


def _is_alive(process: int, processes: Path) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        return b"ansible" in (processes / str(process) / "cmdline").read_bytes()
    except OSError:
        # No such file system, as on macOS.
        return not (processes / "self").exists()
