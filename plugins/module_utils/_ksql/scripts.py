# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Reads the scripts that the options name or hold."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .._errors import InvalidInputError
from .._text import decoded, plain
from .lexer import StatementText, split


def read_scripts(sources: t.Sequence[str], statements: t.Any) -> list[StatementText]:
    """The statements of the files ``sources``, then those of ``statements``: a text, a dictionary of ``name`` and
    ``text``, or a list of these. InvalidInputError for anything else, or a file that cannot be read."""
    items = statements if isinstance(statements, list) else [statements]
    named = [
        item if isinstance(item, dict) else {"name": f"statements[{place}]", "text": item}
        for place, item in enumerate(items)
    ]
    if not all(item.keys() == {"name", "text"} and isinstance(item["text"], str) for item in named):
        raise InvalidInputError("statements: this is neither a text nor a list of texts.", remedy="Write it as either.")
    found: list[StatementText] = []
    for source in sources:
        try:
            content = Path(source).read_bytes()
        except OSError as error:
            raise InvalidInputError(
                f"src: {source} cannot be read: {error}.", remedy="Put it on the target host first."
            ) from error
        found += split(decoded(content, f"src: {source}"), source)
    for item in named:
        found += split(plain(item["text"]), str(item["name"]), final_semicolon=False)
    return found
