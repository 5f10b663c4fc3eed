# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The module's result: the paths that changed, and a diff for each; never a secret content. Pure."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from .client import MAX_SHOWN
from .model import UNKNOWN_ID, Entry, Found
from .plan import Change, Step

Diff = dict[str, t.Any]

_HIDDEN = "(secret content)\n"
_HIDDEN_CHANGED = "(secret content changed)\n"


def report(root: str, steps: t.Sequence[Step], *, diff: bool) -> dict[str, t.Any]:
    """What the module returns."""
    result: dict[str, t.Any] = {"changed": bool(steps), "paths": paths(steps)}
    if diff:
        result["diff"] = [one for step in steps for one in _diffs(root, step)]
    return result


def paths(steps: t.Iterable[Step]) -> list[dict[str, t.Any]]:
    """One entry for each path that changed."""
    return [{"path": _shown(step.path), "changes": [str(change) for change in step.changes]} for step in steps]


def _shown(path: str) -> str:
    """A name that is not UTF-8 can be on the disk, but not in a result."""
    return os.fsencode(path).decode(errors="replace")


def _diffs(root: str, step: Step) -> t.Iterator[Diff]:
    path = _shown(str(Path(root, step.path)))
    if step.changes != (Change.CONTENT,):
        before, after = _attributes(step.before, step), _attributes(step.after, step)
        yield _between(f"{path} (attributes)", before, after)
    if step.writes and step.after and step.after.content is not None:
        yield {**_between(path, "", ""), **_content(step.before, step.after)}


def _between(header: str, before: str, after: str) -> Diff:
    return {"before_header": header, "after_header": header, "before": before, "after": after}


def _attributes(one: Found | Entry | None, step: Step) -> str:
    """What changes of kind, owner, group and mode, or all of it where the path is new or goes."""
    if one is None:
        return "state: absent\n"
    everything = step.before is None or step.after is None
    lines = [f"state: {one.kind}"] if everything else []
    if one.uid is not None and (everything or Change.OWNER in step.changes):
        lines.append(f"owner: {_account(one.uid)}")
    if one.gid is not None and (everything or Change.GROUP in step.changes):
        lines.append(f"group: {_account(one.gid)}")
    if one.mode is not None and (everything or Change.MODE in step.changes):
        lines.append(f"mode: '{one.mode:04o}'")
    return "".join(f"{line}\n" for line in lines)


def _account(number: int) -> str:
    return "(not there yet)" if number == UNKNOWN_ID else str(number)


def _content(before: Found | None, after: Entry) -> Diff:
    new = after.content or b""
    if after.secret:
        return {"before": _HIDDEN, "after": _HIDDEN_CHANGED} if before else {"after": _HIDDEN}
    # Ansible's own words for what it does not show.
    if before and before.content is None:
        return {"dst_larger": MAX_SHOWN}
    if len(new) > MAX_SHOWN:
        return {"src_larger": MAX_SHOWN}
    old = before.content if before and before.content else b""
    if _is_binary(old):
        return {"dst_binary": 1}
    if _is_binary(new):
        return {"src_binary": 1}
    return {"before": old.decode(), "after": new.decode()}


def _is_binary(content: bytes) -> bool:
    try:
        return "\0" in content.decode()
    except UnicodeDecodeError:
        return True
