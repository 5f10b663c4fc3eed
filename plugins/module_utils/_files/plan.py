# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What has to happen so that the paths are as declared; pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from enum import StrEnum

from .._errors import RefusedError
from .model import DIRECTORY_MODE, FILE_MODE, SECRET_MODE, Entry, Found, Kind, Snapshot, Tree, parents


class Change(StrEnum):
    """What a step does with a path."""

    CREATED = "created"
    CONTENT = "content"
    OWNER = "owner"
    GROUP = "group"
    MODE = "mode"
    REMOVED = "removed"


@dataclass(frozen=True)
class Step:
    """One path's part. ``after`` says all that the path is to be; ids of None are left to the system.

    ``before`` is None where nothing is, ``after`` where nothing will be.
    """

    changes: tuple[Change, ...]
    before: Found | None
    after: Entry | None
    path: str

    @property
    def writes(self) -> bool:
        """Whether a file is written, not only changed in owner or mode."""
        return Change.CONTENT in self.changes or Change.CREATED in self.changes


def plan(tree: Tree, found: Snapshot, *, files_may_follow: bool = False) -> list[Step]:
    """The steps in the order in which they can be carried out; RefusedError with all that stands in the way.

    With ``files_may_follow`` it is no fault that a file without content is missing: an earlier task would have
    created it.
    """
    if problems := list(_problems(tree, found, files_may_follow)):
        raise RefusedError(" ".join(problems), details={"problems": problems})
    steps = [
        step
        for path in tree.paths
        if path in tree.kept and (step := _step(tree.entries.get(path) or Entry(path, Kind.DIRECTORY), found.get(path)))
    ]
    return steps + [Step((Change.REMOVED,), found[path], None, path) for path in _superfluous(tree, found)]


def _problems(tree: Tree, found: Snapshot, files_may_follow: bool) -> t.Iterator[str]:
    for path in tree.paths:
        there, entry = found.get(path), tree.entries.get(path)
        expected = Kind.DIRECTORY if path in tree.directories else Kind.FILE
        if there is None:
            if entry and entry.kind is Kind.FILE and entry.content is None and not files_may_follow:
                yield f"{path}: is missing, and no content is declared for it."
        elif entry and entry.kind is None:
            continue
        elif there.kind is Kind.LINK:
            yield f"{path}: is a symbolic link, which is not followed. Remove it, or declare what it points to."
        elif (path in tree.kept or path in tree.directories) and there.kind is not expected:
            yield f"{path}: is a {there.kind}, not a {expected}. Remove it first."


def _superfluous(tree: Tree, found: Snapshot) -> list[str]:
    """What is there and must not be, without what goes with its directory anyway."""
    absent = {entry.path for entry in tree.entries.values() if entry.kind is None}
    going = {path for path in found if path in absent or (path not in tree.kept and _is_purged(tree, path))}
    return sorted(path for path in going if not going.intersection(parents(path)))


def _is_purged(tree: Tree, path: str) -> bool:
    return any(above in tree.purge for above in parents(path))


def _step(entry: Entry, there: Found | None) -> Step | None:
    if there is None:
        if entry.kind is Kind.FILE and entry.content is None:
            return None
        return Step((Change.CREATED,), None, replace(entry, mode=_default_mode(entry)), entry.path)
    changes = tuple(_changes(entry, there))
    after = replace(
        entry,
        uid=there.uid if entry.uid is None else entry.uid,
        gid=there.gid if entry.gid is None else entry.gid,
        mode=there.mode if entry.mode is None else entry.mode,
    )
    return Step(changes, there, after, entry.path) if changes else None


def _changes(entry: Entry, there: Found) -> t.Iterator[Change]:
    if entry.content not in (None, there.content):
        yield Change.CONTENT
    if entry.uid not in (None, there.uid):
        yield Change.OWNER
    if entry.gid not in (None, there.gid):
        yield Change.GROUP
    if entry.mode not in (None, there.mode):
        yield Change.MODE


def _default_mode(entry: Entry) -> int:
    if entry.mode is not None:
        return entry.mode
    if entry.kind is Kind.DIRECTORY:
        return DIRECTORY_MODE
    return SECRET_MODE if entry.secret else FILE_MODE
