# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Runs a script of statements by psql in a container, in one transaction. The only place with I/O."""

from __future__ import annotations

import json
import re
import secrets
import typing as t
from dataclasses import dataclass

from .._errors import RefusedError
from .definitions import compare, literal, remember
from .script import SqlStatement

_ERROR = re.compile(r"^psql:<stdin>:(?P<line>\d+): (?:ERROR|FATAL|PANIC):  (?P<text>.*)", re.DOTALL | re.MULTILINE)
# What follows PostgreSQL's message.
_PART = re.compile(r"^(LINE \d+|DETAIL|HINT|QUERY|CONTEXT):\s+", re.MULTILINE)

Run = t.Callable[..., tuple[int, str, str]]
"""Runs a command with ``data`` on its standard input; exit code, and what it printed and complained."""


@dataclass(frozen=True)
class Server:
    """PostgreSQL in a container, and how to log in to it there."""

    container: str
    user: str
    database: str

    def psql(self) -> list[str]:
        """The command that reads SQL from standard input."""
        return [
            *("docker", "exec", "--interactive", "--env=PGCLIENTENCODING=UTF8", "--env=LC_ALL=C", self.container),
            *("psql", f"--username={self.user}", f"--dbname={self.database}", "--no-password", "--no-psqlrc"),
            *("--set=ON_ERROR_STOP=1", "--quiet", "--tuples-only", "--no-align", "--file=-"),
        ]


def execute(
    run: Run, server: Server, name: str, statements: t.Sequence[SqlStatement], *, keep: bool
) -> list[dict[str, t.Any]]:
    """Carry the statements out, and keep what they did if ``keep``; what they changed, see compare().

    Raises RefusedError with PostgreSQL's message, which begins with file and line where a statement is the cause, or
    with that of whatever kept psql from it.
    """
    salt = secrets.token_hex()
    before = f"BEGIN;\nSET LOCAL client_min_messages = warning;\nSET LOCAL jit = off;\n{remember(salt)}"
    # Each by an EXECUTE, in which PostgreSQL refuses whatever would end the transaction, however it is written, and
    # which psql does not look into. Each on a line of its own, by which psql's messages tell which it was.
    lines = [f"DO {literal(f'BEGIN EXECUTE {literal(statement.text)}; END')};" for statement in statements]
    # What is deferred to the end fails in a dry run as well. The script may have become a role that must not read all.
    after = (
        f"SET CONSTRAINTS ALL IMMEDIATE;\nRESET SESSION AUTHORIZATION;\nRESET ROLE;\n{compare(salt)}"
        f"{'COMMIT' if keep else 'ROLLBACK'};\n"
    )
    code, printed, complained = run(server.psql(), data=before + "".join(f"{line}\n" for line in lines) + after)
    if code != 0:
        raise _refusal(name, statements, complained or printed, first_line=before.count("\n") + 1)
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def _refusal(name: str, statements: t.Sequence[SqlStatement], complained: str, first_line: int) -> RefusedError:
    match = _ERROR.search(complained)
    if match is None:
        said = " ".join(complained.split())
        return RefusedError(f"{name} was not run: {said.removesuffix('.')}.")
    message, *rest = _PART.split(match["text"])
    parts = dict(zip(rest[::2], (part.strip() for part in rest[1::2]), strict=True))
    place = name
    if 0 <= (number := int(match["line"]) - first_line) < len(statements):
        statement = statements[number]
        # PostgreSQL counts the lines of the statement, or of a function that it calls.
        within = next((int(key.split()[1]) for key in parts if key.startswith("LINE")), 1)
        of_the_file = parts.get("QUERY") == statement.text
        place = f"{name}:{statement.line + (within - 1 if of_the_file else 0)}"
    told = [" ".join(text.split()) for text in (message, parts.get("DETAIL", ""), parts.get("HINT", "")) if text]
    return RefusedError(
        f"{place}: {'. '.join(text.removesuffix('.') for text in told)}.",
        remedy="Nothing of the file was kept; correct it.",
        details={"postgresql": complained},
    )
