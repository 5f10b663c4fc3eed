# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What an operator wrote, read so that a wrong type is a sentence and never an error of Python."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping

Item = t.Mapping[str, t.Any]


def dictionaries(declared: object) -> list[Item]:
    """The dictionaries in a list, without whatever else is in it; none when it is no list."""
    return [one for one in declared if isinstance(one, Mapping)] if isinstance(declared, list | tuple) else []


def list_problems(declared: object, variable: str, example: str) -> list[str]:
    """Sentences for what keeps a value from being a list of dictionaries, of which ``example`` is one."""
    if not isinstance(declared, list | tuple):
        return [f"{variable} is not a list: write entries such as {example}, or [] for none."]
    return [
        f"{variable}: entry {number} is not a dictionary: write it as {example}."
        for number, one in enumerate(declared, start=1)
        if not isinstance(one, Mapping)
    ]


def text(value: object) -> str:
    """A scalar as text, nothing as no text."""
    return "" if value is None else str(value)


def texts(value: object) -> list[str]:
    """A list of scalars as texts, each once; a single one as a list of one."""
    if value is None:
        return []
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return list(dict.fromkeys(text(one) for one in value))
    return [text(value)]


def whole_number(value: object) -> int | None:
    """A number, also in quotes; None for anything else."""
    try:
        return int(str(value))
    except ValueError:
        return None


def repeated(values: t.Iterable[str]) -> list[str]:
    """Those that are there more than once, each once."""
    listed = list(values)
    return [value for value in dict.fromkeys(listed) if listed.count(value) > 1]
