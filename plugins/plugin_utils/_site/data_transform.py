# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with the scripts of the auxiliary database."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from .items import dictionaries, list_problems, repeated, text

VARIABLE = "data_transform_init_scripts"
EXAMPLE = "{name: 10-incidents.sql, src: incidents.sql}"
# PostgreSQL's image runs what ends so, in the order of the names.
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*[.]sql")
# The role's own script must be the last.
LAST = "zzzz"


def data_transform_problems(declared: object) -> list[str]:
    """One sentence for each thing that is wrong; every ``src`` is a path on the control machine."""
    scripts = dictionaries(declared)
    sentences = [*_name_problems([text(script.get("name")) for script in scripts])]
    for script in scripts:
        sentences += _content_problems(script)
    return list_problems(declared, VARIABLE, EXAMPLE) + [f"{VARIABLE}: {sentence}" for sentence in sentences]


def _name_problems(names: list[str]) -> t.Iterator[str]:
    if bad := [name or "''" for name in names if not NAME.fullmatch(name)]:
        yield (
            f"{', '.join(bad)} cannot be a script's name: use letters, digits, dots, underscores and hyphens,"
            " ending in .sql."
        )
    if late := [name for name in names if name.lower().lstrip("_").startswith(LAST)]:
        yield f"{', '.join(late)} would run after the last script, which is the role's own: begin no name with {LAST}."
    if twice := repeated(names):
        yield f"a name is given twice ({', '.join(twice)}): give each script its own."


def _content_problems(script: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    content, source = text(script.get("content")), text(script.get("src"))
    if bool(content) == bool(source):
        yield f"{text(script.get('name'))} needs either content, or src with a file that is on the control machine."
    elif source and not Path(source).is_file():
        yield f"there is no file {source} on the control machine: put it there, or correct src."
