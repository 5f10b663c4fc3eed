# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Splits ksqlDB scripts into statements, free of comments, each with its place."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._errors import InvalidInputError

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<comment>--[^\r\n]*|/\*.*?\*/)
    |(?P<string>'(?:[^']|'')*')
    |(?P<quoted>`(?:[^`]|``)*`|"(?:[^"]|"")*")
    |(?P<escape>\$\$\{)
    |(?P<variable>\$\{\w+\})
    |(?P<word>[A-Za-z0-9_@]+)
    |(?P<end>;)
    |(?P<symbol>/\*|.)""",
    re.VERBOSE | re.DOTALL,
)
_OPENERS = {"'": "quote", "`": "back-tick", '"': "double quote", "/*": "comment"}


class Place(t.NamedTuple):  # a frozen dataclass takes three times as long to make, and there is one for each word
    """Where something begins: ``source`` (a file or ``statements[n]``), line and column from 1; line 0 is no line."""

    source: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


class Token(t.NamedTuple):
    """A word, string, quoted name, variable or symbol; ``start`` is its offset in the statement's text."""

    kind: str
    text: str
    start: int
    place: Place

    @property
    def keyword(self) -> str:
        """The word in upper case; empty for what cannot be a keyword."""
        return self.text.upper() if self.kind in ("word", "symbol") else ""

    @property
    def name(self) -> str:
        """The identifier that it stands for: upper case unless quoted."""
        if self.kind == "quoted":
            mark = self.text[0]
            return self.text[1:-1].replace(mark * 2, mark)
        return self.text.upper()


@dataclass(frozen=True)
class StatementText:
    """One statement without its semicolon: the text to send, comments replaced by a space."""

    text: str
    place: Place
    tokens: tuple[Token, ...]


def split(text: str, source: str, *, final_semicolon: bool = True) -> list[StatementText]:
    """The statements of ``text``. ``final_semicolon`` False forgives the last one a missing semicolon.

    Comments are taken out here because the server lets a bare ``--`` swallow the line after it.
    """
    pieces: list[StatementText] = []
    parts: list[str] = []
    tokens: list[Token] = []
    length = 0

    def finish() -> None:
        nonlocal length
        pieces.append(StatementText("".join(parts).rstrip(), tokens[0].place, tuple(tokens)))
        parts.clear()
        tokens.clear()
        length = 0

    for kind, word, place in _scan(text, source):
        if kind == "end":
            if not tokens:
                raise InvalidInputError(f"{place}: a semicolon with no statement before it.", remedy="Remove it.")
            finish()
            continue
        if kind in ("space", "comment"):
            if not tokens:
                continue
            word = word if kind == "space" else " "  # noqa: PLW2901 -- what is kept of it
        else:
            tokens.append(Token(kind, word, length, place))
        parts.append(word)
        length += len(word)
    if tokens and final_semicolon:
        raise InvalidInputError(
            f"{tokens[0].place}: the last statement does not end with a semicolon.",
            remedy="Add it, or complete the file.",
        )
    if tokens:
        finish()
    return pieces


def _scan(text: str, source: str) -> t.Iterator[tuple[str, str, Place]]:
    line, line_start = 1, 0
    for match in _TOKEN.finditer(text):
        word = match[0]
        place = Place(source, line, match.start() - line_start + 1)
        if match.lastgroup == "symbol" and word in _OPENERS:
            raise InvalidInputError(f"{place}: this {_OPENERS[word]} is never closed.", remedy="Close it.")
        yield str(match.lastgroup), word, place
        if "\n" in word:
            line += word.count("\n")
            line_start = match.start() + word.rindex("\n") + 1


def canonical(tokens: t.Iterable[Token]) -> str:
    """The statement in one spelling: single spaces, upper case outside quotes. Equal texts mean the same."""
    return " ".join(
        token.text if token.kind in ("string", "quoted", "variable") else token.text.upper() for token in tokens
    )


def canonical_text(text: str) -> str:
    """As canonical(), of a statement's text with or without its semicolon."""
    return " ; ".join(canonical(piece.tokens) for piece in split(text, "server", final_semicolon=False))
