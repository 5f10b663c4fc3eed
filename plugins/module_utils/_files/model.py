# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What is declared for the paths below a root, and what is there.

Paths are relative to the root and normalised: no empty part, no ``.`` and no ``..``; the root itself is ``.``.
"""

from __future__ import annotations

import functools
import os
import re
import typing as t
from dataclasses import dataclass
from enum import StrEnum

from .._errors import InvalidInputError

ROOT = "."
# The largest id that a Linux file system stores; the one above it means "leave it" in chown(2).
MAX_ID = 2**32 - 2
# Stands for the id of a user or group that is not there yet; equal to no id that is.
UNKNOWN_ID = -1

# The modes of what is created without a mode being declared.
DIRECTORY_MODE = 0o755
FILE_MODE = 0o644
SECRET_MODE = 0o600

_MODE = re.compile(r"(0o?)?[0-7]{3,4}")


class Kind(StrEnum):
    """What a path is."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "symbolic link"
    OTHER = "special file"


@dataclass(frozen=True)
class Entry:
    """What one path has to be; ``kind`` None means absent, None elsewhere means "as it is"."""

    path: str
    kind: Kind | None
    uid: int | None = None
    gid: int | None = None
    mode: int | None = None
    content: bytes | None = None
    secret: bool = False


@dataclass(frozen=True)
class Found:
    """What one path is. ``content`` is None where nobody needs it: see ``Node.read``."""

    kind: Kind
    uid: int = 0
    gid: int = 0
    mode: int = 0
    content: bytes | None = None


Snapshot = t.Mapping[str, Found]


@dataclass(frozen=True)
class Tree:
    """Everything that is declared below the absolute path ``root``; ``purge`` names directories."""

    root: str
    entries: t.Mapping[str, Entry]
    purge: tuple[str, ...] = ()

    @functools.cached_property
    def kept(self) -> frozenset[str]:
        """The paths that have to be there: what is declared so, and every directory on the way to it."""
        present = [entry.path for entry in self.entries.values() if entry.kind]
        return frozenset(path for declared in present for path in (*parents(declared), declared))

    @functools.cached_property
    def directories(self) -> frozenset[str]:
        """The paths that must not be anything but a directory."""
        files = {entry.path for entry in self.entries.values() if entry.kind is Kind.FILE}
        return (self.kept - files) | set(self.purge)

    @functools.cached_property
    def paths(self) -> list[str]:
        """Every path to look at, parents before children."""
        named = (*self.entries, *self.purge)
        return sorted({path for one in named for path in (*parents(one), one)}, key=parts)

    def purges(self, path: str) -> bool:
        """Whether what lies in the directory ``path`` goes when it is not declared."""
        return any(purged in (path, *parents(path)) for purged in self.purge)


def parts(path: str) -> list[str]:
    """The names on the way from the root; none for the root itself, so that parents sort before children."""
    return [] if path == ROOT else path.split("/")


def parents(path: str) -> list[str]:
    """The directories on the way, from the root down."""
    names = parts(path)
    return [ROOT, *("/".join(names[:depth]) for depth in range(1, len(names)))] if names else []


def parent(path: str) -> str:
    """The directory that ``path`` is in."""
    return path.rpartition("/")[0] or ROOT


def parse(
    options: t.Mapping[str, t.Any],
    uids: t.Callable[[str], int | None],
    gids: t.Callable[[str], int | None],
    *,
    accounts_may_follow: bool = False,
) -> Tree:
    """Read the module's options; InvalidInputError with all that is wrong.

    ``uids`` and ``gids`` turn a name into its number, or None when the node does not know it. With
    ``accounts_may_follow`` an unknown name is no fault: an earlier task would have created it.
    """
    problems: list[str] = []
    root = options["root"]
    if not root.startswith("/"):
        problems.append(f"root: '{root}' is not an absolute path.")

    def number(text: str | None, ids: t.Callable[[str], int | None], what: str) -> int | None:
        if text is None:
            return None
        if text.isascii() and text.isdigit():
            if int(text) <= MAX_ID:
                return int(text)
        elif (found := ids(text)) is not None:
            return found
        elif accounts_may_follow:
            return UNKNOWN_ID
        problems.append(f"{what}: the node has no '{text}'.")
        return None

    entries: dict[str, Entry] = {}
    for declared in options["entries"]:
        path = _normalised(declared["path"], problems)
        if path in entries:
            problems.append(f"{path}: is declared twice.")
        content, secret = _content(path, declared, problems)
        state = declared["state"]
        entries[path] = Entry(
            path=path,
            kind=None if state == "absent" else Kind(state),
            uid=number(declared["owner"], uids, f"{path}: owner"),
            gid=number(declared["group"], gids, f"{path}: group"),
            mode=_mode(path, declared["mode"], problems),
            content=content,
            secret=secret,
        )
    tree = Tree(os.path.normpath(root), entries, tuple(_normalised(path, problems) for path in options["purge"]))
    problems += _contradictions(tree)
    if problems:
        raise InvalidInputError(" ".join(dict.fromkeys(problems)), details={"problems": list(dict.fromkeys(problems))})
    return tree


def _normalised(path: str, problems: list[str]) -> str:
    names = [name for name in path.split("/") if name not in ("", ".")]
    if not path or path.startswith("/") or ".." in names or "\0" in path:
        problems.append(f"'{path}' is not a path below the root: it must be relative and without '..'.")
    return "/".join(names) or ROOT


def _content(path: str, declared: t.Mapping[str, t.Any], problems: list[str]) -> tuple[bytes | None, bool]:
    plain, secret = declared["content"], declared["secret_content"]
    if plain is None and secret is None:
        return None, False
    if plain is not None and secret is not None:
        problems.append(f"{path}: has both content and secret_content.")
    if declared["state"] != "file":
        problems.append(f"{path}: only a file has content.")
    name, value = ("content", plain) if secret is None else ("secret_content", secret)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        problems.append(f"{path}: {name} is not text. Turn it into text, for example with 'to_nice_json'.")
        return b"", True
    try:
        return str(value).encode(), secret is not None
    except UnicodeEncodeError:
        problems.append(f"{path}: {name} holds characters that UTF-8 does not have.")
        return b"", True


def _mode(path: str, mode: object, problems: list[str]) -> int | None:
    if mode is None:
        return None
    if isinstance(mode, str) and _MODE.fullmatch(mode):
        return int(mode, 8)
    problems.append(f"{path}: mode {mode!r} is not an octal mode in quotes, such as '0644'.")
    return None


def _contradictions(tree: Tree) -> t.Iterator[str]:
    for entry in tree.entries.values():
        if entry.path == ROOT and entry.kind is not Kind.DIRECTORY:
            yield "The root itself can only be a directory."
        if entry.kind is None and (entry.uid, entry.gid, entry.mode) != (None, None, None):
            yield f"{entry.path}: has an owner, group or mode and is absent."
    for path in (*tree.entries, *tree.purge):
        for above in parents(path):
            if above in tree.entries and tree.entries[above].kind is not Kind.DIRECTORY:
                word = tree.entries[above].kind or "absent"
                yield f"{path}: lies below {above}, which is declared as {word}."
    for path in tree.purge:
        if path in tree.entries and tree.entries[path].kind is not Kind.DIRECTORY:
            yield f"{path}: cannot be purged, for it is declared as {tree.entries[path].kind or 'absent'}."
