# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The module's result: which objects and rows changed, and a diff with a line for each. Pure."""

from __future__ import annotations

import json
import typing as t
from collections import defaultdict

Difference = dict[str, t.Any]

# The tables of the catalogue whose rows are about an object that has a row of its own elsewhere.
_OF_ANOTHER = {"pg_db_role_setting", "pg_depend", "pg_description", "pg_enum", "pg_seclabel", "pg_sequence"} | {
    "pg_shdescription",
    "pg_shseclabel",
    "pg_auth_members",
    "pg_inherits",
}


def report(name: str, differences: t.Sequence[Difference]) -> dict[str, t.Any]:
    """What the module returns for the differences that compare() tells."""
    rows = {one["written"]: one["rows"] for one in differences if "written" in one}
    sides: dict[tuple[str, str], dict[str, list[Difference]]] = defaultdict(lambda: {"before": [], "after": []})
    for one in differences:
        if "side" in one:
            sides[one["catalogue"], _label(one)][one["side"]].append(one)
    before: list[str] = []
    after: list[str] = []
    for (_catalogue, label), found in sorted(sides.items()):
        old, new = found["before"], found["after"]
        if len(old) == len(new) == 1:
            keys = [key for key in _shown(old[0]) if _shown(old[0])[key] != _shown(new[0])[key]]
            before += [f"{label}: {key} {_text(_shown(old[0])[key])}" for key in keys]
            after += [f"{label}: {key} {_text(_shown(new[0])[key])}" for key in keys]
        else:
            before += map(_line, old)
            after += map(_line, new)
    after += [f"{table}: {count} rows written" for table, count in sorted(rows.items())]
    return {
        "changed": bool(differences),
        "objects": sorted({side[1] for side in sides}),
        "rows": rows,
        "diff": {
            "before_header": name,
            "after_header": name,
            "before": "".join(f"{line}\n" for line in sorted(before)),
            "after": "".join(f"{line}\n" for line in sorted(after)),
        },
    }


def _label(one: Difference) -> str:
    return f"{one['type'] or one['catalogue']} {one['identity'] or ''}".strip()


def _shown(one: Difference) -> dict[str, t.Any]:
    return {"definition": one["definition"], **one["content"]}


def _line(one: Difference) -> str:
    """An object that was made or dropped, or what was said of it."""
    if one["catalogue"] in _OF_ANOTHER:
        return f"{_label(one)}: {_text(one['definition'] or one['content'])}"
    return f"{_label(one)}: {_text(one['definition'])}" if one["definition"] else _label(one)


def _text(value: t.Any) -> str:
    """On one line."""
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value, sort_keys=True)
