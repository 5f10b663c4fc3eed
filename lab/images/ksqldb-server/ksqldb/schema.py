# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL types and schemas: how the server writes them in statements, messages and descriptions."""

from __future__ import annotations

from dataclasses import dataclass

from .tokens import identifier, quoted

Json = dict[str, object]


@dataclass(frozen=True)
class Type:
    """A SQL type: ``ARRAY`` and ``MAP`` have parts, ``STRUCT`` has fields, ``DECIMAL`` has precision and scale."""

    name: str
    parts: tuple[Type, ...] = ()
    fields: tuple[tuple[str, Type], ...] = ()
    decimal: tuple[int, int] | None = None

    def text(self, *, always_quoted: bool = False) -> str:
        """As it stands in a statement, or in a message where every field name is quoted."""
        write = quoted if always_quoted else identifier
        if self.decimal:
            return f"DECIMAL({self.decimal[0]}, {self.decimal[1]})"
        if self.fields:
            inner = (f"{write(name)} {part.text(always_quoted=always_quoted)}" for name, part in self.fields)
            return f"STRUCT<{', '.join(inner)}>"
        if self.parts:
            return f"{self.name}<{', '.join(part.text(always_quoted=always_quoted) for part in self.parts)}>"
        return self.name

    def describe(self) -> Json:
        """As DESCRIBE and LIST TYPES answer it."""
        answer: Json = {
            "type": self.name,
            "fields": [{"name": name, "schema": part.describe()} for name, part in self.fields] or None,
            "memberSchema": self.parts[-1].describe() if self.parts else None,
        }
        if self.decimal:
            answer["parameters"] = {"precision": self.decimal[0], "scale": self.decimal[1]}
        return answer


STRING, INTEGER, BIGINT, DOUBLE, BOOLEAN, BYTES = map(
    Type, ("STRING", "INTEGER", "BIGINT", "DOUBLE", "BOOLEAN", "BYTES")
)
SIMPLE = {
    "INT": INTEGER,
    "VARCHAR": STRING,
    **{
        name: Type(name)
        for name in ["BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "STRING", "BYTES", "TIMESTAMP", "DATE", "TIME"]
    },
}


@dataclass(frozen=True)
class Column:
    """A column; ``role`` is empty for a value, else KEY, PRIMARY KEY or HEADER; ``header`` names the header."""

    name: str
    type: Type
    role: str = ""
    header: str | None = None

    @property
    def is_key(self) -> bool:
        """Whether it is part of the record's key."""
        return self.role in ("KEY", "PRIMARY KEY")

    def declared(self) -> str:
        """As it stands in a CREATE statement."""
        role = f"HEADER('{self.header}')" if self.header else {"HEADER": "HEADERS"}.get(self.role, self.role)
        return " ".join(filter(None, (identifier(self.name), self.type.text(), role)))

    def in_message(self) -> str:
        """As it stands in an error message."""
        return f"{quoted(self.name)} {self.type.text(always_quoted=True)}" + (" KEY" if self.is_key else "")

    def describe(self) -> Json:
        """As DESCRIBE answers it."""
        answer: Json = {"name": self.name, "schema": self.type.describe()}
        if self.header:
            answer["headerKey"] = self.header
        if self.role:
            answer["type"] = "KEY" if self.is_key else self.role
        return answer


def schema_text(columns: list[Column]) -> str:
    """A schema as error messages write it: keys first."""
    return ", ".join(column.in_message() for column in sorted(columns, key=lambda column: not column.is_key))


def upgrade_problem(old: list[Column], new: list[Column]) -> str:
    """Why ``new`` cannot replace ``old``; empty when it can: keys the same, values only appended."""

    def changed(before: list[Column], after: list[Column]) -> list[str]:
        return [
            column.in_message()
            for place, column in enumerate(before)
            if place >= len(after) or after[place].in_message() != column.in_message()
        ]

    old_keys, new_keys = ([column for column in columns if column.is_key] for columns in (old, new))
    if changed(old_keys, new_keys) or len(old_keys) != len(new_keys):
        keys = ", ".join(changed(old_keys, new_keys))
        return f"Key columns must be identical. The following key columns are changed, missing or reordered: [{keys}]"
    old_values, new_values = ([column for column in columns if not column.is_key] for columns in (old, new))
    values = changed(old_values, new_values)
    if values:
        return f"The following columns are changed, missing or reordered: [{', '.join(values)}]"
    return ""
