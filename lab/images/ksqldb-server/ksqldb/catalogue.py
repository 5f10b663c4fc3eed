# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server holds: sources, queries, types, topics and the statuses of commands; kept as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from .schema import Column, Type
from .syntax import Parser
from .tokens import scan

RETENTION_MS = 604800000


@dataclass
class Source:
    """A stream or a table; ``reads`` names the sources that the query which made it reads."""

    kind: str
    name: str
    columns: list[Column]
    topic: str
    key_format: str
    value_format: str
    statement: str
    window: str | None = None
    reads: list[str] = field(default_factory=list)
    made_by_query: bool = False


@dataclass
class PersistentQuery:
    """A query that would run; ``aggregates`` and ``topic`` are what an upgrade may not change."""

    id: str
    text: str
    sources: list[str]
    sink: str | None
    columns: list[Column]
    properties: dict[str, Any]
    topic: str = ""
    aggregates: list[str] = field(default_factory=list)
    windowed: bool = False
    paused: bool = False


@dataclass
class Catalogue:
    """Everything that a restart keeps.

    ``sequence`` is the number of the last command (2 apart, -2 before the first); ``query_number`` stands in the id of
    the next query, and commands that only end or pause queries do not move it.
    """

    sources: dict[str, Source] = field(default_factory=dict)
    queries: dict[str, PersistentQuery] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    topics: dict[str, int] = field(default_factory=dict)
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    sequence: int = -2
    query_number: int = 0

    def sandbox(self) -> Catalogue:
        """A copy to validate on."""
        return Catalogue(
            {name: replace(source, columns=list(source.columns)) for name, source in self.sources.items()},
            {name: replace(query) for name, query in self.queries.items()},
            dict(self.types),
            dict(self.topics),
            dict(self.statuses),
            self.sequence,
            self.query_number,
        )

    def save(self, path: Path) -> None:
        """Write the JSON file in one step."""
        data = asdict(self)
        data["types"] = {name: kind.text() for name, kind in self.types.items()}
        for group, found in (("sources", self.sources), ("queries", self.queries)):
            for name, one in found.items():
                data[group][name]["columns"] = [
                    [column.name, column.type.text(), column.role, column.header] for column in one.columns
                ]
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(data, indent=1))
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> Catalogue:
        """Read the JSON file."""
        data = json.loads(path.read_text())

        def parse_type(text: str) -> Type:
            return Parser([*scan(text), *scan(";")], {}).type()

        def made(entry: dict[str, Any]) -> dict[str, Any]:
            columns = [Column(name, parse_type(kind), role, header) for name, kind, role, header in entry["columns"]]
            return {**entry, "columns": columns}

        return cls(
            sources={name: Source(**made(entry)) for name, entry in data["sources"].items()},
            queries={name: PersistentQuery(**made(entry)) for name, entry in data["queries"].items()},
            types={name: parse_type(text) for name, text in data["types"].items()},
            topics=data["topics"],
            statuses=data["statuses"],
            sequence=data["sequence"],
            query_number=data["query_number"],
        )
