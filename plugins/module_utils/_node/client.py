# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The only place that asks the node: files, programs with a time limit, and the Docker engine's socket."""

from __future__ import annotations

import contextlib
import grp
import json
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
import typing as t
from pathlib import Path

DOCKER_SOCKET = "/var/run/docker.sock"
# Where system programs are, also for a user whose PATH lacks it.
SYSTEM_PATH = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"
# A larger file is no configuration and no certificate.
MAX_CONTENT = 1_000_000

_STATES = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link"}
_OK = "200"
_NOT_FOUND = "404"


class Command:
    """A program that runs while other things are asked; None as ``output`` when it is missing, fails or is too slow."""

    def __init__(self, *argv: str, accept: t.Container[int] = (0,)) -> None:
        self._accept = accept
        self._process: subprocess.Popen[str] | None = None
        if program := which(argv[0]):
            self._process = subprocess.Popen(  # noqa: S603
                [program, *argv[1:]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                errors="replace",
                env={**os.environ, "LC_ALL": "C"},
                start_new_session=True,
            )

    def output(self, until: float) -> str | None:
        """What it printed; waits until ``until`` on the monotonic clock."""
        if self._process is None:
            return None
        try:
            printed = self._process.communicate(timeout=max(0.0, until - time.monotonic()))[0]
        except subprocess.TimeoutExpired:
            # With its children, such as a plugin of docker's.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            return None
        return printed if self._process.returncode in self._accept else None


class Docker:
    """The engine's API at its local socket; every answer is due at ``until`` on the monotonic clock."""

    def __init__(self, until: float) -> None:
        self._until = until

    def get(self, path: str) -> t.Any:
        """The JSON of one answer, None for what the engine does not have; OSError or ValueError when there is none."""
        with socket.socket(socket.AF_UNIX) as connection:
            self._limit(connection)
            connection.connect(DOCKER_SOCKET)
            # In HTTP/1.0 the answer is all that comes until the connection ends.
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
            received = bytearray()
            while True:
                self._limit(connection)
                more = connection.recv(65536)
                if not more:
                    break
                received += more
        head, _separator, body = bytes(received).partition(b"\r\n\r\n")
        status = head.decode("latin-1").partition("\r\n")[0].split(" ", 2)
        if status[1:2] == [_NOT_FOUND]:
            return None
        if status[1:2] != [_OK]:
            raise ValueError(f"it answered '{' '.join(status[1:])}'")
        return json.loads(body)

    def _limit(self, connection: socket.socket) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("it did not answer in time")
        connection.settimeout(left)


def which(program: str) -> str | None:
    """Path of a program."""
    return shutil.which(program, path=SYSTEM_PATH)


def text_of(path: str) -> str:
    """A file of the system as text; empty when it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def content_of(path: str) -> str | None:
    """A file that somebody asked for; None when it is missing, not a file, not UTF-8 or too large."""
    try:
        if not Path(path).is_file() or Path(path).stat().st_size > MAX_CONTENT:
            return None
        return Path(path).read_bytes().decode()
    except (OSError, ValueError):
        return None


def state_of(path: str) -> dict[str, t.Any]:
    """What is at a path; a link is not followed."""
    try:
        info = Path(path).lstat()
    except OSError:
        return {"state": "absent"}
    state = _STATES.get(stat.S_IFMT(info.st_mode), "other")
    return {
        "state": state,
        "owner": _name(lambda: pwd.getpwuid(info.st_uid).pw_name),
        "group": _name(lambda: grp.getgrgid(info.st_gid).gr_name),
        "uid": info.st_uid,
        "gid": info.st_gid,
        "mode": f"{stat.S_IMODE(info.st_mode):04o}",
        "size": info.st_size,
        "modified": info.st_mtime,
        "target": os.fsdecode(Path(path).readlink()) if state == "link" else None,
    }


def _name(find: t.Callable[[], str]) -> str | None:
    try:
        return find()
    except KeyError:
        return None


def room_of(path: str) -> dict[str, t.Any]:
    """The file system that a path is or would be on."""
    nearest = next(one for one in _and_parents(Path(path).absolute()) if _is_there(one))
    mount = next(one for one in _and_parents(nearest.resolve()) if one.is_mount())
    info = os.statvfs(nearest)
    return {
        "path": str(nearest),
        "mount": str(mount),
        "free_mb": info.f_bavail * info.f_frsize // 2**20,
        "total_mb": info.f_blocks * info.f_frsize // 2**20,
    }


def _and_parents(path: Path) -> tuple[Path, ...]:
    return (path, *path.parents)


def _is_there(path: Path) -> bool:
    """Not Path.exists, which raises where one may not look."""
    try:
        path.stat()
    except OSError:
        return False
    return True


def resolve(names: t.Sequence[str], until: float) -> dict[str, list[str]]:
    """The addresses of each name, an address standing for itself; none for one that is unknown or takes too long."""
    found: dict[str, list[str]] = {name: [] for name in names}

    def ask(name: str) -> None:
        with contextlib.suppress(OSError, UnicodeError):
            found[name] = [str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]

    # A resolver has no time limit of ours; one that still waits ends with this process.
    threads = [threading.Thread(target=ask, args=(name,), daemon=True) for name in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return dict(found)


def default_address() -> str | None:
    """The address that the node would talk to the rest of the world from; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def holders(inodes: t.Collection[int]) -> dict[int, int]:
    """Which process has each of these sockets; without become only one's own are seen."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[int, int] = {}
    for process in Path("/proc").iterdir():
        if len(found) == len(wanted):
            break
        if process.name.isdigit():
            # It may end while we look.
            with contextlib.suppress(OSError), os.scandir(process / "fd") as descriptors:
                for descriptor in descriptors:
                    target = str(Path(descriptor.path).readlink())
                    if target in wanted:
                        found.setdefault(wanted[target], int(process.name))
    return found
