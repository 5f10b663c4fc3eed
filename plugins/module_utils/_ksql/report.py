# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a server holds, as ksql_info shows it."""

from __future__ import annotations

import typing as t

from .._connect.masking import MASK, Mask
from .lexer import split
from .model import as_texts, schema_text

REQUEST = "DESCRIBE STREAMS; DESCRIBE TABLES; LIST QUERIES EXTENDED; LIST TYPES; LIST FUNCTIONS;"
Entry = dict[str, t.Any]


def described(info: t.Mapping[str, str], answer: t.Sequence[t.Mapping[str, t.Any]], *, show_strings: bool) -> Entry:
    """The result of ksql_info from GET /info and the answer to REQUEST; ``show_strings`` False hides values."""
    show = str if show_strings else hidden_strings
    sources = [_source(one, show) for entity in answer for one in entity.get("sourceDescriptions", [])]
    return {
        "server": {
            "version": info["version"],
            "kafka_cluster_id": info["kafkaClusterId"],
            "service_id": info["ksqlServiceId"],
            "status": info["serverStatus"],
        },
        "streams": [one for kind, one in sources if kind == "STREAM"],
        "tables": [one for kind, one in sources if kind == "TABLE"],
        "queries": [_query(one, show) for entity in answer for one in entity.get("queryDescriptions", [])],
        "types": {name: schema_text(one) for entity in answer for name, one in entity.get("types", {}).items()},
        "functions": sorted(one["name"] for entity in answer for one in entity.get("functions", [])),
    }


def hidden_strings(text: str) -> str:
    """Statements without the strings that they select or compare with; those of a WITH clause name no secret."""
    parts = []
    for piece in split(text, "server", final_semicolon=False):
        selecting, offset = False, 0
        for token in piece.tokens:
            selecting = selecting or token.keyword == "SELECT"
            if selecting and token.kind == "string":
                parts += [piece.text[offset : token.start], f"'{MASK}'"]
                offset = token.start + len(token.text)
        parts.append(f"{piece.text[offset:]};")
    return "".join(parts)


def _source(one: t.Mapping[str, t.Any], show: t.Callable[[str], str]) -> tuple[str, Entry]:
    columns = [
        {"name": column["name"], "type": schema_text(column["schema"]), "key": column.get("type") == "KEY"}
        for column in one["fields"]
    ]
    return one["type"], {
        "name": one["name"],
        "columns": columns,
        "topic": one["topic"],
        "partitions": one["partitions"],
        "replicas": one["replication"],
        "key_format": one["keyFormat"],
        "value_format": one["valueFormat"],
        "window": one["windowType"],
        "statement": show(one["statement"]),
        "read_by": sorted({*one["sourceConstraints"], *(query["id"] for query in one["readQueries"])}),
        "written_by": sorted(query["id"] for query in one["writeQueries"]),
    }


def _query(one: t.Mapping[str, t.Any], show: t.Callable[[str], str]) -> Entry:
    return {
        "id": one["id"],
        "state": one["state"].lower(),
        "statement": show(one["statementText"]),
        "sources": sorted(one["sources"]),
        "sinks": sorted(one["sinks"]),
        "properties": Mask().config(as_texts(one.get("overriddenProperties") or {})),
        "errors": [error.get("errorMessage", "") for error in one.get("queryErrors") or []],
    }
