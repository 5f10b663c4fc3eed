# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of ksqlDB's language: tokens with their places, statements split at semicolons."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The server's own rule for line comments is kept as it is: a bare '--' takes the newline after it as its first
# character, and so swallows the next line.
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<comment>--@[^\r\n]*|--[^@][^\r\n]*|/\*.*?\*/)
    |(?P<string>'(?:[^']|'')*')
    |(?P<quoted>`(?:[^`]|``)*`|"(?:[^"]|"")*")
    |(?P<variable>\$\{\w+\})
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_@]*)
    |(?P<symbol><>|!=|<=|>=|->|=>|:=|\|\||.)""",
    re.VERBOSE | re.DOTALL,
)
RESERVED = frozenset(
    """ALL AND AS BETWEEN BY CASE CAST CREATE DELETE DESCRIBE DISTINCT DROP ELSE END EXISTS EXTENDED FALSE FROM
    FULL GROUP HAVING IN INNER INSERT INTO IS JOIN LEFT LIKE LIMIT LIST LOAD NOT NULL ON OR OUTER PRINT QUERIES
    QUERY RIGHT SELECT STREAM STREAMS TABLE TERMINATE THEN TOPIC TOPICS TRUE UNSET USING VALUES WHEN WHERE WITH
    WITHIN""".split()  # noqa: SIM905 -- words read better as text
)


@dataclass(frozen=True)
class Token:
    """One word with its offsets in the request, and its line and column (from 1)."""

    kind: str
    text: str
    start: int
    end: int
    line: int
    column: int

    @property
    def upper(self) -> str:
        """The word as a keyword is compared; empty for what cannot be a keyword."""
        return self.text.upper() if self.kind in ("word", "symbol") else ""


class SyntaxProblem(Exception):  # noqa: N818 -- the server calls it a syntax error; the name would shadow Python's
    """The text does not follow the grammar at ``token``."""

    def __init__(self, token: Token, hint: str = "") -> None:
        super().__init__(f"line {token.line}:{token.column}: Syntax Error\n{hint}")
        self.token = token


def scan(text: str) -> list[Token]:
    """The tokens of a request without spaces and comments."""
    tokens = []
    line, line_start = 1, 0
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind not in ("space", "comment"):
            tokens.append(Token(kind, match[0], match.start(), match.end(), line, match.start() - line_start + 1))
        newlines = match[0].count("\n")
        if newlines:
            line += newlines
            line_start = match.start() + match[0].rindex("\n") + 1
    return tokens


def split(text: str) -> list[list[Token]]:
    """One list of tokens per statement, each ending with its semicolon."""
    statements: list[list[Token]] = []
    current: list[Token] = []
    for token in scan(text):
        current.append(token)
        if token.text == ";":
            statements.append(current)
            current = []
    if current:
        last = current[-1]
        end = Token("end", "<EOF>", last.end, last.end, last.line, last.column + len(last.text))
        raise SyntaxProblem(end, "missing ';' at '<EOF>'")
    return statements


def needs_quotes(name: str) -> bool:
    """Whether an identifier must stand in back-ticks."""
    return not re.fullmatch(r"[A-Z_][A-Z0-9_@]*", name) or name in RESERVED


def identifier(name: str) -> str:
    """A name as the server writes it."""
    return quoted(name) if needs_quotes(name) else name


def quoted(name: str) -> str:
    """A name in back-ticks."""
    return "`" + name.replace("`", "``") + "`"


def literal(value: str) -> str:
    """A string as the server writes it."""
    return "'" + value.replace("'", "''") + "'"
