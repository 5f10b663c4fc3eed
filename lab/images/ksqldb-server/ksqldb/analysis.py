# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolves a query against the catalogue: columns qualified and named, the schema that comes out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from . import statements as st
from .catalogue import Catalogue, Source
from .functions import AGGREGATES, RETURNS, SAME_AS_ARGUMENT, Functions
from .schema import BIGINT, BOOLEAN, DOUBLE, INTEGER, STRING, Column, Type
from .statements import Expr, Name

PSEUDO_COLUMNS = ("ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND")
ARITHMETIC = frozenset("+-*/%")
# Integers as decimals: digits, and those behind the point.
DIGITS = {"INTEGER": (10, 0), "BIGINT": (19, 0)}


class UnresolvedError(Exception):
    """The query cannot be planned; ``query`` is as far as it was resolved, None when a source is missing."""

    def __init__(self, message: str, query: st.Query | None = None) -> None:
        super().__init__(message)
        self.query = query


@dataclass(frozen=True)
class Resolved:
    """A query with every column qualified and every item named, and what it makes.

    ``guessed`` names the columns whose type is not known here.
    """

    query: st.Query
    columns: list[Column]
    guessed: set[str]
    left: Source
    aggregates: list[str]


class Resolver:
    """Resolves one query."""

    def __init__(self, catalogue: Catalogue, functions: Functions, query: st.Query) -> None:
        self.functions = functions
        self.query = query
        self.problem = ""
        self.guessed: set[str] = set()
        self.scope: dict[str, Source] = {}
        for name, alias in query.sources:
            if name not in catalogue.sources:
                raise UnresolvedError(f"Exception while preparing statement: {name} does not exist.")
            self.scope[alias] = catalogue.sources[name]

    def resolve(self, sink: str | None, *, table: bool) -> Resolved:
        """Resolve; ``sink`` names what the query makes, ``table`` says that it makes a table."""
        query = self.query

        def clause(name: str, expr: Expr | None) -> Expr | None:
            return self._qualified(name, expr) if expr else None

        group = tuple(self._qualified("GROUP BY", expr) for expr in query.group)
        partition = tuple(self._qualified("PARTITION BY", expr) for expr in query.partition)
        items = self._items()
        resolved = replace(
            query,
            items=tuple(items),
            joins=tuple(replace(join, condition=self._qualified("JOIN", join.condition)) for join in query.joins),
            where=clause("WHERE", query.where),
            group=group,
            partition=partition,
            having=clause("HAVING", query.having),
        )
        if self.problem:
            raise UnresolvedError(self.problem, resolved)
        keys = [expr.text() for expr in group or partition]
        columns = self._columns(items, keys)
        if table and group and not any(column.is_key for column in columns):
            wanted = query.group[0].text()
            raise UnresolvedError(
                "Key missing from projection (ie, SELECT). \n"
                f"The query used to build `{sink}` must include the grouping expression {wanted} "
                f"in its projection (eg, SELECT {wanted}...).",
                resolved,
            )
        calls = [call for item in query.items if item.expr for call in item.expr.calls]
        aggregates = [written.replace("(*)", "(ROWTIME)") for name, written in calls if name in AGGREGATES]
        return Resolved(resolved, columns, self.guessed, self.scope[query.alias], aggregates)

    def _items(self) -> list[st.Item]:
        items = []
        unnamed = 0
        for item in self.query.items:
            if item.expr is None:
                items.append(item)
                continue
            expr = self._qualified("SELECT", item.expr)
            alias = item.alias or (self._column_name(expr.column) if expr.column else expr.field)
            if not alias:
                alias = f"KSQL_COL_{unnamed}"
                unnamed += 1
            items.append(st.Item(expr, alias))
        return items

    def _column_name(self, column: Name) -> str:
        owners = sum(any(one.name == column.name for one in source.columns) for source in self.scope.values())
        return f"{column.owner}_{column.name}" if owners > 1 and column.owner else column.name

    def _qualified(self, clause: str, expr: Expr) -> Expr:
        for name, _written in expr.calls:
            if not self.functions.known(name):
                self._note(f"Can't find any functions with the name '{name}'")
        return replace(
            expr, parts=tuple(part if isinstance(part, str) else self._owned(clause, part) for part in expr.parts)
        )

    def _owned(self, clause: str, column: Name) -> Name:
        for alias, source in self.scope.items():
            names = (*(one.name for one in source.columns), *PSEUDO_COLUMNS)
            if column.owner in ("", alias) and column.name in names:
                return replace(column, owner=alias)
        self._note(f"Line: {column.line}, Col: {column.column}: {clause} column '{column.text()}' cannot be resolved.")
        return column

    def _note(self, problem: str) -> None:
        self.problem = self.problem or problem

    def _columns(self, items: list[st.Item], keys: list[str]) -> list[Column]:
        found = []
        for item in items:
            if item.expr is not None:
                is_key = item.expr.text() in keys if keys else self._is_key(item.expr)
                kind = self.type_of(item.expr)
                self.guessed |= {str(item.alias)} if kind is None else set()
                found.append(Column(str(item.alias), kind or STRING, "KEY" if is_key else ""))
                continue
            for alias, source in self.scope.items():
                if item.alias in (None, alias):
                    prefix = f"{alias}_" if len(self.scope) > 1 else ""
                    first = alias == self.query.alias
                    for column in source.columns:
                        is_key = f"{alias}.{column.name}" in keys if keys else column.is_key and first
                        found.append(Column(prefix + column.name, column.type, "KEY" if is_key else ""))
        return sorted(found, key=lambda column: not column.is_key)

    def _is_key(self, expr: Expr) -> bool:
        column = expr.column
        if column is None or column.owner != self.query.alias:
            return False
        return any(one.name == column.name and one.is_key for one in self.scope[column.owner].columns)

    def type_of(self, expr: Expr) -> Type | None:
        """The type of a qualified expression; None where it takes knowledge of ksqlDB's functions and operators."""
        if expr.call:
            argument = expr.parts[1] if expr.parts[2:] == (")",) and expr.call in SAME_AS_ARGUMENT else ""
            return self._type_of_part(argument) if argument else RETURNS.get(expr.call)
        if expr.type or not ARITHMETIC.issuperset(expr.operators):
            return expr.type or BOOLEAN
        kinds = [kind for part in expr.parts if (kind := self._type_of_part(part))] if expr.plain else []
        if expr.operators == ("*",) and any(kind.decimal for kind in kinds):
            left, right = (kind.decimal or DIGITS.get(kind.name) for kind in kinds)
            return Type("DECIMAL", decimal=(left[0] + right[0] + 1, left[1] + right[1])) if left and right else None
        return kinds[0] if len(set(kinds)) == 1 else None

    def _type_of_part(self, part: str | Name) -> Type | None:
        if isinstance(part, Name):
            columns = self.scope[part.owner].columns if part.owner else []
            return next((one.type for one in columns if one.name == part.name), BIGINT)
        if part[0].isdigit():
            return INTEGER if part.isdigit() else DOUBLE
        return STRING if part[0] == "'" else BOOLEAN if part in ("TRUE", "FALSE") else None
