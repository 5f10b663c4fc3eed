# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""Lines of a file of properties as java.util.Properties reads it from UTF-8, and what they cannot carry. Pure."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

# Signs that have a name; other control characters are written by their number.
NAMED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"}
SPECIAL = re.compile(r"[\\\x00-\x1f\x7f]")
# These would end a name, or make a comment of it.
ENDS_A_NAME = re.compile(r"[ =:#!]")
EXAMPLE = "name: 'value'"


def java_properties(entries: t.Mapping[str, str]) -> list[str]:
    """One line for each name and value."""
    return [f"{ENDS_A_NAME.sub(_escaped, _text(name))}={_value(value)}" for name, value in entries.items()]


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match[0]}"


def _text(text: str) -> str:
    return SPECIAL.sub(lambda match: NAMED.get(match[0]) or f"\\u{ord(match[0]):04x}", text)


def _value(value: str) -> str:
    """Only what it begins with would be skipped as white space."""
    text = _text(value)
    return f"\\{text}" if text.startswith(" ") else text


def references_problems(declared: object, variable: str) -> list[str]:
    """One sentence for each thing because of which a connector could not get a value as ``${file:PATH:NAME}``."""
    if not isinstance(declared, Mapping):
        return [f"{variable} is not a dictionary: write each secret as {EXAMPLE} below it, or {{}} for none."]
    sentences = []
    for name, value in declared.items():
        if not isinstance(name, str) or not name or re.search(r"[}\x00-\x1f\x7f\ud800-\udfff]", name):
            sentences.append(
                f"{variable}: a name is empty, no text, or has a closing brace or a control character, so that"
                " no connector can refer to it: choose another one, in quotes if it looks like a number."
            )
        elif not isinstance(value, str):
            kind = "nothing" if value is None else "not text"
            sentences.append(
                f"{variable}: the value of {name} is {kind}, and would not arrive as it is written: write text, in"
                " quotes where it looks like a number, a date, true, false, yes, no or null."
            )
        elif re.search(r"[\ud800-\udfff]", value):
            sentences.append(f"{variable}: the value of {name} cannot be written as UTF-8: write it again.")
    return sentences
