# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a server holds, as ksql_info shows it."""

from __future__ import annotations

import typing as t

from .._masking import MASK, Mask
from .answers import CHECK_URL, Json, entries, members, text, texts, understood
from .lexer import split
from .model import as_texts, schema_text

REQUEST = "DESCRIBE STREAMS; DESCRIBE TABLES; LIST QUERIES EXTENDED; LIST TYPES; LIST FUNCTIONS;"


def described(info: Json, answer: t.Sequence[Json], *, show_strings: bool) -> dict[str, t.Any]:
    """The result of ksql_info from GET /info and the answer to REQUEST; ``show_strings`` False hides values.

    RefusedError when the server does not answer as ksqlDB does.
    """
    show = str if show_strings else hidden_strings
    with understood("ksqlDB", CHECK_URL):
        sources = [_source(one, show) for entity in answer for one in entries(entity, "sourceDescriptions")]
        return {
            "server": {
                "version": text(info, "version"),
                "kafka_cluster_id": text(info, "kafkaClusterId"),
                "service_id": text(info, "ksqlServiceId"),
                "status": text(info, "serverStatus"),
            },
            "streams": [one for kind, one in sources if kind == "STREAM"],
            "tables": [one for kind, one in sources if kind == "TABLE"],
            "queries": [_query(one, show) for entity in answer for one in entries(entity, "queryDescriptions")],
            "types": {name: schema_text(one) for entity in answer for name, one in members(entity, "types").items()},
            "functions": sorted(text(one, "name") for entity in answer for one in entries(entity, "functions")),
        }


def hidden_strings(statements: str) -> str:
    """Statements without the strings that they select or compare with; those of a WITH clause name no secret."""
    parts = []
    for piece in split(statements, "server", final_semicolon=False):
        selecting, offset = False, 0
        for token in piece.tokens:
            selecting = selecting or token.keyword == "SELECT"
            if selecting and token.kind == "string":
                parts += [piece.text[offset : token.start], f"'{MASK}'"]
                offset = token.start + len(token.text)
        parts.append(f"{piece.text[offset:]};")
    return "".join(parts)


def _source(one: Json, show: t.Callable[[str], str]) -> tuple[str, dict[str, t.Any]]:
    columns = [
        {"name": text(column, "name"), "type": schema_text(column["schema"]), "key": column.get("type") == "KEY"}
        for column in entries(one, "fields")
    ]
    readers = [text(query, "id") for query in entries(one, "readQueries")]
    return text(one, "type"), {
        "name": text(one, "name"),
        "columns": columns,
        "topic": one["topic"],
        "partitions": one["partitions"],
        "replicas": one["replication"],
        "key_format": one["keyFormat"],
        "value_format": one["valueFormat"],
        "window": one["windowType"],
        "statement": show(text(one, "statement")),
        "read_by": sorted({*texts(one, "sourceConstraints"), *readers}),
        "written_by": sorted(text(query, "id") for query in entries(one, "writeQueries")),
    }


def _query(one: Json, show: t.Callable[[str], str]) -> dict[str, t.Any]:
    return {
        "id": text(one, "id"),
        "state": text(one, "state").lower(),
        "statement": show(text(one, "statementText")),
        "sources": sorted(texts(one, "sources")),
        "sinks": sorted(texts(one, "sinks")),
        "properties": Mask().config(as_texts(members(one, "overriddenProperties"))),
        "errors": [str(error.get("errorMessage", "")) for error in entries(one, "queryErrors")],
    }
