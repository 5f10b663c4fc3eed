# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolves a query against the catalogue: columns qualified and named, the schema that comes out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from . import statements as st
from . import text
from .catalogue import Catalogue, Source
from .functions import AGGREGATES, RETURNS, SAME_AS_FIRST, Functions
from .schema import BIGINT, BOOLEAN, DOUBLE, INTEGER, STRING, Column, Type
from .statements import Expr

PSEUDO_COLUMNS = ("ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND")
NUMBERS = ("INTEGER", "BIGINT", "DOUBLE")


class UnresolvedError(Exception):
    """The query cannot be planned; ``query`` is as far as it was resolved, None when a source is missing."""

    def __init__(self, message: str, query: st.Query | None = None) -> None:
        super().__init__(message)
        self.query = query


@dataclass(frozen=True)
class Resolved:
    """A query with every column qualified and every item named, and what it makes."""

    query: st.Query
    columns: list[Column]
    left: Source
    aggregates: list[str]


class Resolver:
    """Resolves one query."""

    def __init__(self, catalogue: Catalogue, functions: Functions, query: st.Query) -> None:
        self.functions = functions
        self.query = query
        self.problem = ""
        self.scope: dict[str, Source] = {}
        for name, alias in query.sources:
            if name not in catalogue.sources:
                raise UnresolvedError(f"Exception while preparing statement: {name} does not exist.")
            self.scope[alias] = catalogue.sources[name]

    def resolve(self, sink: str | None, *, table: bool) -> Resolved:
        """Resolve; ``sink`` names what the query makes, ``table`` says that it makes a table."""
        query = self.query

        def clause(name: str, expr: Expr | None) -> Expr | None:
            return self._qualified(name, expr, frozenset()) if expr else None

        group = tuple(self._qualified("GROUP BY", expr, frozenset()) for expr in query.group)
        partition = tuple(self._qualified("PARTITION BY", expr, frozenset()) for expr in query.partition)
        items = self._items()
        resolved = replace(
            query,
            items=tuple(items),
            joins=tuple(
                replace(join, condition=self._qualified("JOIN", join.condition, frozenset())) for join in query.joins
            ),
            where=clause("WHERE", query.where),
            group=group,
            partition=partition,
            having=clause("HAVING", query.having),
        )
        if self.problem:
            raise UnresolvedError(self.problem, resolved)
        keys = [text.expression(expr) for expr in group or partition]
        columns = self._columns(items, keys)
        if table and group and not any(column.is_key for column in columns):
            wanted = text.expression(query.group[0])
            raise UnresolvedError(
                "Key missing from projection (ie, SELECT). \n"
                f"The query used to build `{sink}` must include the grouping expression {wanted} "
                f"in its projection (eg, SELECT {wanted}...).",
                resolved,
            )
        return Resolved(resolved, columns, self.scope[query.alias], self._aggregates())

    def _items(self) -> list[st.Item]:
        items = []
        unnamed = 0
        for item in self.query.items:
            if item.expr is None:
                items.append(item)
                continue
            expr = self._qualified("SELECT", item.expr, frozenset())
            alias = item.alias
            if alias is None and expr.kind == "column":
                alias = self._column_name(expr)
            elif alias is None and expr.kind == "field":
                alias = expr.value
            elif alias is None:
                alias = f"KSQL_COL_{unnamed}"
                unnamed += 1
            items.append(st.Item(expr, alias))
        return items

    def _column_name(self, expr: Expr) -> str:
        owners = sum(any(column.name == expr.value for column in source.columns) for source in self.scope.values())
        return f"{expr.args[0]}_{expr.value}" if owners > 1 and expr.args else str(expr.value)

    def _qualified(self, clause: str, expr: Expr, bound: frozenset[str]) -> Expr:
        if expr.kind == "column":
            return self._owned(clause, expr, bound)
        if expr.kind == "lambda":
            bound = bound | set(expr.value)
        if expr.kind == "call" and not self.functions.known(expr.value):
            self._note(f"Can't find any functions with the name '{expr.value}'")
        args = tuple(self._qualified(clause, arg, bound) for arg in expr.args)
        value = expr.value
        if expr.kind == "map":
            value = tuple(self._qualified(clause, key, bound) for key in value)
        if expr.kind == "case":
            value = tuple(part and self._qualified(clause, part, bound) for part in value)
        return replace(expr, args=args, value=value)

    def _owned(self, clause: str, expr: Expr, bound: frozenset[str]) -> Expr:
        if expr.value in bound and not expr.args:
            return expr
        for alias, source in self.scope.items():
            names = (*(column.name for column in source.columns), *PSEUDO_COLUMNS)
            if expr.args in ((), (alias,)) and expr.value in names:
                return replace(expr, args=(alias,))
        column = text.expression(expr)
        self._note(f"Line: {expr.line}, Col: {expr.column}: {clause} column '{column}' cannot be resolved.")
        return expr

    def _note(self, problem: str) -> None:
        self.problem = self.problem or problem

    def _columns(self, items: list[st.Item], keys: list[str]) -> list[Column]:
        found = []
        for item in items:
            if item.expr is not None:
                is_key = text.expression(item.expr) in keys if keys else self._is_key(item.expr)
                found.append(Column(str(item.alias), self.type_of(item.expr), "KEY" if is_key else ""))
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
        if expr.kind != "column" or expr.args != (self.query.alias,):
            return False
        return any(column.name == expr.value and column.is_key for column in self.scope[self.query.alias].columns)

    def _aggregates(self) -> list[str]:
        found = []

        def walk(expr: Expr) -> None:
            if expr.kind == "call" and expr.value in AGGREGATES:
                found.append(text.expression(expr).replace("(*)", "(ROWTIME)"))
            if expr.kind != "column":
                for arg in expr.args:
                    walk(arg)

        for item in self.query.items:
            if item.expr:
                walk(item.expr)
        return found

    def type_of(self, expr: Expr) -> Type:  # noqa: PLR0911, PLR0912 -- one case for each kind
        """The type of a qualified expression; STRING where the emulator does not know better."""
        match expr.kind:
            case "column":
                source = self.scope.get(expr.args[0]) if expr.args else None
                columns = source.columns if source else []
                return next((column.type for column in columns if column.name == expr.value), BIGINT)
            case "number":
                return INTEGER if expr.value.isdigit() else DOUBLE
            case "suffix" | "not" | "between" | "in":
                return BOOLEAN
            case "binary":
                return self._binary(expr)
            case "minus":
                return self.type_of(expr.args[0])
            case "cast":
                return expr.value if isinstance(expr.value, Type) else STRING
            case "case":
                return self.type_of(expr.args[1])
            case "field":
                fields = dict(self.type_of(expr.args[0]).fields)
                return fields.get(expr.value, STRING)
            case "index":
                parts = self.type_of(expr.args[0]).parts
                return parts[-1] if parts else STRING
            case "array":
                return Type("ARRAY", (self.type_of(expr.args[0]) if expr.args else STRING,))
            case "map":
                return Type("MAP", (STRING, self.type_of(expr.args[0]) if expr.args else STRING))
            case "struct":
                return Type("STRUCT", fields=tuple(zip(expr.value, map(self.type_of, expr.args), strict=True)))
            case "call" if expr.value in RETURNS:
                return RETURNS[expr.value]
            case "call" if expr.value in SAME_AS_FIRST and expr.args:
                return self.type_of(expr.args[0])
            case "call" if expr.value in ("EXPLODE", "COLLECT_LIST", "COLLECT_SET", "SPLIT") and expr.args:
                inner = self.type_of(expr.args[0])
                return inner.parts[0] if expr.value == "EXPLODE" and inner.parts else Type("ARRAY", (inner,))
        return STRING

    def _binary(self, expr: Expr) -> Type:
        if expr.value not in ("+", "-", "*", "/", "%"):
            return BOOLEAN
        left, right = (self.type_of(arg) for arg in expr.args)
        if expr.value == "*" and (left.decimal or right.decimal):
            precisions = [kind.decimal or {"INTEGER": (10, 0)}.get(kind.name, (19, 0)) for kind in (left, right)]
            return Type("DECIMAL", decimal=(sum(p for p, _s in precisions) + 1, sum(s for _p, s in precisions)))
        if left.name in NUMBERS and right.name in NUMBERS:
            return max(left, right, key=lambda kind: NUMBERS.index(kind.name))
        return left
