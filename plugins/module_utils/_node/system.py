# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a node is and what lies on it, read from its files."""

from __future__ import annotations

import os
import stat
import typing as t
from pathlib import Path

LARGEST_CONTENT = 1_000_000
_KINDS = ((stat.S_ISLNK, "link"), (stat.S_ISDIR, "directory"), (stat.S_ISREG, "file"))


def system(os_release: Path = Path("/etc/os-release")) -> dict[str, str]:
    """``distribution``, ``release`` (with its point for Ubuntu alone), ``codename``, ``architecture``."""
    values = parse_os_release(os_release.read_text(encoding="utf-8"))
    name = values.get("NAME", "").split()
    return {
        "distribution": name[0] if name else "",
        "release": values.get("VERSION_ID", ""),
        "codename": values.get("VERSION_CODENAME", ""),
        "architecture": os.uname().machine,
    }


def parse_os_release(text: str) -> dict[str, str]:
    """The assignments of an os-release file, without their quotes."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {pair[0]: pair[2].strip("\"'") for pair in pairs}


def memory_mb(meminfo: Path = Path("/proc/meminfo")) -> int:
    """The memory that the kernel has, in MB of 1024 kB."""
    for line in meminfo.read_text(encoding="ascii").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) // 1024
    return 0


def disk(path: str) -> dict[str, t.Any]:
    """``free_mb`` and ``mount`` of the file system that ``path`` is on, or will be on once it is made."""
    place = Path(path)
    while not place.exists():
        place = place.parent
    found = os.statvfs(place)
    mount = place.resolve()
    while not mount.is_mount():
        mount = mount.parent
    return {"free_mb": found.f_bavail * found.f_frsize // 1024**2, "mount": str(mount)}


def entry(path: str) -> dict[str, t.Any]:
    """``exists``, and of what exists ``type``, ``owner`` and ``group`` as numbers, ``mode`` and ``size`` in bytes."""
    try:
        found = os.lstat(path)
    except OSError:
        return {"exists": False}
    return {
        "exists": True,
        "type": next((kind for is_kind, kind in _KINDS if is_kind(found.st_mode)), "other"),
        "owner": found.st_uid,
        "group": found.st_gid,
        "mode": f"{stat.S_IMODE(found.st_mode):04o}",
        "size": found.st_size,
    }


def content(path: str) -> dict[str, t.Any]:
    """``exists`` and ``content``, which is null of what is no text, or larger than LARGEST_CONTENT bytes."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(LARGEST_CONTENT + 1)
        return {"exists": True, "content": raw.decode() if len(raw) <= LARGEST_CONTENT else None}
    except UnicodeDecodeError:
        return {"exists": True, "content": None}
    except OSError:
        return {"exists": Path(path).exists(), "content": None}
