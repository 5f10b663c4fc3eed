# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements and queries as data; what the parser makes and the engine carries out."""

from __future__ import annotations

from dataclasses import dataclass, field

from .schema import Column, Type
from .tokens import identifier

Value = str | int | float | bool


@dataclass(frozen=True)
class Name:
    """A column as an expression names it (``owner`` is empty where it names no source), and where."""

    owner: str
    name: str
    line: int
    column: int

    def text(self) -> str:
        """As it stands in a statement."""
        return ".".join(identifier(part) for part in (self.owner, self.name) if part)


@dataclass(frozen=True)
class Expr:
    """An expression: its text as the server is to write it, with the columns in it still to be resolved.

    ``operators`` are those outside of calls. ``calls`` has name and text of every call in it, and ``call`` the name
    where the whole is one; ``field`` is the field where the whole is an access to one, ``type`` the type where it is a
    cast. ``plain`` says that there is nothing but columns, literals and operators.
    """

    parts: tuple[str | Name, ...]
    operators: tuple[str, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()
    call: str = ""
    field: str = ""
    type: Type | None = None
    plain: bool = False

    def text(self) -> str:
        """As it stands in a statement."""
        return "".join(part if isinstance(part, str) else part.text() for part in self.parts)

    @property
    def column(self) -> Name | None:
        """The column, where the whole is one."""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], Name) else None


@dataclass(frozen=True)
class Item:
    """One thing selected; ``expr`` is None for ``*``, which may belong to one source only (``alias`` then names it)."""

    expr: Expr | None
    alias: str | None = None


@dataclass(frozen=True)
class Join:
    """``kind`` JOIN name alias WITHIN within ON condition."""

    kind: str
    name: str
    alias: str
    within: str
    condition: Expr


@dataclass(frozen=True)
class Query:
    """A SELECT."""

    items: tuple[Item, ...]
    name: str
    alias: str
    joins: tuple[Join, ...] = ()
    window: str = ""
    where: Expr | None = None
    group: tuple[Expr, ...] = ()
    partition: tuple[Expr, ...] = ()
    having: Expr | None = None
    limit: str = ""

    @property
    def sources(self) -> list[tuple[str, str]]:
        """Name and alias of everything read."""
        return [(self.name, self.alias), *((join.name, join.alias) for join in self.joins)]


@dataclass(frozen=True)
class Create:
    """CREATE [OR REPLACE] [SOURCE] STREAM|TABLE [IF NOT EXISTS] name [(columns)] [WITH (…)] [AS query]."""

    kind: str
    name: str
    replace: bool = False
    source: bool = False
    guarded: bool = False
    columns: tuple[Column, ...] = ()
    properties: dict[str, Value] = field(default_factory=dict)
    query: Query | None = None


@dataclass(frozen=True)
class Insert:
    """INSERT INTO target [WITH (QUERY_ID=…)] query."""

    target: str
    query: Query
    query_id: str | None = None


@dataclass(frozen=True)
class InsertValues:
    """INSERT INTO target [(columns)] VALUES (…)."""

    target: str
    columns: tuple[str, ...]
    values: tuple[Expr, ...]


@dataclass(frozen=True)
class Drop:
    """DROP STREAM|TABLE|TYPE [IF EXISTS] name [DELETE TOPIC]."""

    kind: str
    name: str
    guarded: bool = False
    delete_topic: bool = False


@dataclass(frozen=True)
class QueryCommand:
    """TERMINATE, PAUSE or RESUME of a query id or ALL."""

    action: str
    query_id: str


@dataclass(frozen=True)
class CreateType:
    """CREATE TYPE [IF NOT EXISTS] name AS type."""

    name: str
    type: Type
    guarded: bool = False


@dataclass(frozen=True)
class Alter:
    """ALTER STREAM|TABLE name ADD [COLUMN] column, …."""

    kind: str
    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Show:
    """LIST or SHOW of STREAMS, TABLES, QUERIES, TYPES, TOPICS, PROPERTIES, FUNCTIONS, VARIABLES; DESCRIBE STREAMS."""

    what: str
    extended: bool = False
    all: bool = False


@dataclass(frozen=True)
class Describe:
    """DESCRIBE name [EXTENDED]."""

    name: str
    extended: bool = False


@dataclass(frozen=True)
class Explain:
    """EXPLAIN of a query id, or of a statement (``query_id`` None)."""

    query_id: str | None
    statement: object = None


@dataclass(frozen=True)
class Setting:
    """SET, UNSET, DEFINE or UNDEFINE: for the rest of the request."""

    action: str
    name: str
    value: str = ""


@dataclass(frozen=True)
class Transient:
    """SELECT or PRINT: not for this endpoint."""


@dataclass(frozen=True)
class Connector:
    """A statement that ksqlDB hands to Kafka Connect: CREATE, DROP, LIST, DESCRIBE, or PLUGINS, which lists these.

    ``kind`` is SOURCE, SINK or empty, ``written`` the name as it was written, ``config`` has key, key as it was
    written, and value.
    """

    action: str
    kind: str = ""
    name: str = ""
    written: str = ""
    config: tuple[tuple[str, str, Value], ...] = ()
    guarded: bool = False


@dataclass(frozen=True)
class AssertTopic:
    """ASSERT [NOT EXISTS] TOPIC name [WITH (…)]."""

    topic: str
    exists: bool
    properties: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class AssertSchema:
    """ASSERT [NOT EXISTS] SCHEMA …: there is no registry to ask."""


@dataclass(frozen=True)
class AlterSystem:
    """ALTER SYSTEM …."""
