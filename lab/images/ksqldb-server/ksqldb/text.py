# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes statements the way the server normalises them."""

from __future__ import annotations

from . import statements as st
from .tokens import identifier, literal


def query(found: st.Query) -> str:
    """A SELECT with one item per line."""
    items = [
        (f"{identifier(item.alias)}.*" if item.alias else "*")
        if item.expr is None
        else f"{item.expr.text()} {identifier(item.alias or '')}"
        for item in found.items
    ]
    lines = ["SELECT " + items[0] if len(items) == 1 else "SELECT\n  " + ",\n  ".join(items)]
    lines.append(f"FROM {identifier(found.name)} {identifier(found.alias)}")
    for join in found.joins:
        within = f"WITHIN {join.within} " if join.within else ""
        source = f"{identifier(join.name)} {identifier(join.alias)}"
        lines.append(f"{join.kind} JOIN {source} {within}ON ({join.condition.text()})")
    if found.window:
        lines.append(f"WINDOW {found.window}")
    if found.where:
        lines.append(f"WHERE {found.where.text()}")
    for words, parts in (("GROUP BY", found.group), ("PARTITION BY", found.partition)):
        if parts:
            lines.append(f"{words} {', '.join(part.text() for part in parts)}")
    if found.having:
        lines.append(f"HAVING {found.having.text()}")
    lines.append("EMIT CHANGES")
    if found.limit:
        lines.append(f"LIMIT {found.limit}")
    return "\n".join(lines)


def properties(found: dict[str, st.Value]) -> str:
    """A WITH clause, its keys in order."""

    def value(one: st.Value) -> str:
        return str(one).lower() if isinstance(one, bool) else literal(one) if isinstance(one, str) else str(one)

    return "WITH (" + ", ".join(f"{key}={value(found[key])}" for key in sorted(found)) + ")"


def create(statement: st.Create) -> str:
    """A CREATE STREAM or CREATE TABLE."""
    words = ["CREATE"]
    if statement.replace:
        words.append("OR REPLACE")
    if statement.source:
        words.append("SOURCE")
    words.append(statement.kind)
    if statement.guarded:
        words.append("IF NOT EXISTS")
    words.append(identifier(statement.name))
    if statement.columns:
        words.append("(" + ", ".join(column.declared() for column in statement.columns) + ")")
    words.append(properties(statement.properties))
    if statement.query:
        words.append("AS " + query(statement.query))
    return " ".join(words) + ";"


def connect_value(found: st.Value) -> str:
    """A value of a connector's configuration, as Connect stores it."""
    return str(found).lower() if isinstance(found, bool) else str(found)


def connector(statement: st.Connector) -> str:
    """A CREATE CONNECTOR, its values masked but for the class."""
    guard = "IF NOT EXISTS " if statement.guarded else ""
    shown = ", ".join(
        f"{written}={literal(str(value)) if key == 'connector.class' else literal('[string]')}"
        for key, written, value in statement.config
    )
    return f"CREATE {statement.kind} CONNECTOR {guard}{statement.written} WITH ({shown});"
