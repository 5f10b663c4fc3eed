# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Turns the lines that a server counts in a request into places in the operator's files."""

from __future__ import annotations

import re
import typing as t

from .lexer import Token, split

# "line 2:27: Syntax Error" and "Line: 2, Col: 27: SELECT column …"
_POSITION = re.compile(r"\bline:? (\d+)(?:, col)?: ?(\d+)", re.IGNORECASE)


class Sent(t.NamedTuple):
    """A statement of a request, without semicolon, which begins a line of it; ``origin`` is what the operator wrote."""

    text: str
    origin: tuple[Token, ...] = ()


def with_places(message: str, request: t.Sequence[Sent]) -> str:
    """``message`` with its lines and columns of ``request`` as places in the operator's files."""

    def place(match: re.Match[str]) -> str:
        line, column = int(match[1]), int(match[2])
        for sent in request:
            height = sent.text.count("\n") + 1
            if line <= height:
                return _place(sent, line, column)
            line -= height
        return match[0]

    return _POSITION.sub(place, message)


def _place(sent: Sent, line: int, column: int) -> str:
    if not sent.origin:
        return f"'{sent.text}'"
    tokens = split(sent.text, "", final_semicolon=False)[0].tokens
    after = sum((token.place.line, token.place.column) > (line, column) for token in tokens)
    # Words are counted from the end: what is sent has another head (no OR REPLACE, an id for an INSERT).
    return str(sent.origin[max(len(sent.origin) - 1 - after, 0)].place)
