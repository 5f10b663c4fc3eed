# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Splits SQL scripts of PostgreSQL into statements, and says which of them cannot be part of one transaction. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from itertools import pairwise

_STRING = r"'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'"
_TOKEN = re.compile(
    rf"""(?P<space>\s+|--[^\n]*)
    |(?P<comment>/\*)
    |(?P<quoted>[eE]{_STRING}(?:\s*\n\s*{_STRING})*|'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*"
        |\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$)
    |(?P<word>[^\W\d][\w$]*)
    |(?P<number>\$?\d[\w.]*)
    |(?P<unclosed>(?:['"]|\$(?:[^\W\d]\w*)?\$).*)
    |(?P<symbol>.)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARK = re.compile(r"/\*|\*/")
_TRANSACTION = {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"}


@dataclass(frozen=True)
class SqlStatement:
    """A statement without its semicolon and without comments before it; ``line`` is that of its first word, from 1."""

    text: str
    line: int
    words: tuple[str, ...]
    """Its words outside quotes and parentheses, in upper case."""


def split(script: str) -> list[SqlStatement]:
    """The statements of a script.

    A semicolon inside quotes, comments, parentheses or a body between BEGIN ATOMIC and END ends none. What is never
    closed goes on to the end of the script, where PostgreSQL says what is wrong with it.
    """
    statements: list[SqlStatement] = []
    words: list[str] = []
    start = depth = bodies = 0
    begun = False

    def finish(end: int) -> None:
        if begun:
            line = script.count("\n", 0, start) + 1
            statements.append(SqlStatement(script[start:end].rstrip(), line, tuple(words)))

    for kind, text, place in _scan(script):
        if kind == "symbol" and text == ";" and not depth and not bodies:
            finish(place)
            words, begun = [], False
            continue
        if not begun:
            start, begun = place, True
        if kind == "symbol":
            depth = max(0, depth + {"(": 1, ")": -1}.get(text, 0))
        elif kind == "word" and not depth:
            word = text.upper()
            if bodies:
                bodies += {"CASE": 1, "END": -1}.get(word, 0)
            elif word == "ATOMIC" and words[-1:] == ["BEGIN"]:
                bodies = 1
            words.append(word)
    finish(len(script))
    return statements


def _scan(script: str) -> t.Iterator[tuple[str, str, int]]:
    """Kind, text and offset of all but white space and comments."""
    place = 0
    while match := _TOKEN.match(script, place):
        kind = str(match.lastgroup)
        if kind not in ("space", "comment"):
            yield kind, match[0], place
        place = _end_of_comment(script, place) if kind == "comment" else match.end()


def _end_of_comment(script: str, place: int) -> int:
    """A comment may hold comments."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(script, place):
        depth += 1 if mark[0] == "/*" else -1
        if not depth:
            return mark.end()
    return len(script)


def refusals(script: str) -> list[str]:
    """A sentence, beginning with its line, for each statement that cannot be carried out as part of one transaction.

    PostgreSQL refuses the same; here it is told with its line, and before anything is touched.
    """
    sentences = []
    for statement in split(script):
        words = statement.words
        if statement.text.startswith("\\"):
            command = statement.text.split()[0]
            sentences.append(f"line {statement.line}: {command} is a command of psql: only SQL can be run here.")
            if command != "\\.":
                break  # up to which place it reaches is psql's own rule
        elif words[:1] == ("COPY",) and (("FROM", "STDIN") in _pairs(words) or ("TO", "STDOUT") in _pairs(words)):
            sentences.append(
                f"line {statement.line}: COPY cannot read rows from the file, nor print them: write them as INSERT."
            )
            break  # rows follow, which are not SQL
        elif words[:1] and (words[0] in _TRANSACTION or words[:2] == ("PREPARE", "TRANSACTION")):
            command = "PREPARE TRANSACTION" if words[0] == "PREPARE" else words[0]
            sentences.append(
                f"line {statement.line}: {command} cannot stand in a file that is run in one transaction:"
                " leave it out; all of the file is kept, or nothing."
            )
    return sentences


def _pairs(words: tuple[str, ...]) -> list[tuple[str, str]]:
    return list(pairwise(words))
