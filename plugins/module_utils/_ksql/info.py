# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a server holds, as ksql_info shows it."""

from __future__ import annotations

import typing as t

from .._http.answers import Piece, understood
from .._masking import MASK, Mask
from .lexer import split
from .model import CHECK_URL, Json, overridden, schema_text

REQUEST = "DESCRIBE STREAMS; DESCRIBE TABLES; LIST QUERIES EXTENDED; LIST TYPES; LIST FUNCTIONS;"


def described(info: Json, answer: t.Sequence[Json], *, show_strings: bool) -> dict[str, t.Any]:
    """The result of ksql_info from GET /info and the answer to REQUEST; ``show_strings`` False hides values.

    RefusedError when the server does not answer as ksqlDB does.
    """
    with understood("ksqlDB", CHECK_URL):
        return _described(Piece(info), list(Piece(answer).list()), str if show_strings else hidden_strings)


def _described(server: Piece, entities: t.Sequence[Piece], show: t.Callable[[str], str]) -> dict[str, t.Any]:
    sources = [_source(one, show) for entity in entities for one in entity["sourceDescriptions"].entries()]
    return {
        "server": {
            "version": server["version"].text(),
            "kafka_cluster_id": server["kafkaClusterId"].text(),
            "service_id": server["ksqlServiceId"].text(),
            "status": server["serverStatus"].text(),
        },
        "streams": [one for kind, one in sources if kind == "STREAM"],
        "tables": [one for kind, one in sources if kind == "TABLE"],
        "queries": [_query(one, show) for entity in entities for one in entity["queryDescriptions"].entries()],
        "types": {name: schema_text(one) for entity in entities for name, one in entity["types"].members().items()},
        "functions": sorted(one["name"].text() for entity in entities for one in entity["functions"].entries()),
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


def _source(one: Piece, show: t.Callable[[str], str]) -> tuple[str, dict[str, t.Any]]:
    columns = [
        {
            "name": column["name"].text(),
            "type": schema_text(column["schema"]),
            "key": bool(column["type"]) and column["type"].text() == "KEY",
        }
        for column in one["fields"].entries()
    ]
    readers = [query["id"].text() for query in one["readQueries"].entries()]
    return one["type"].text(), {
        "name": one["name"].text(),
        "columns": columns,
        "topic": one["topic"].text(),
        "partitions": one["partitions"].number(),
        "replicas": one["replication"].number(),
        "key_format": one["keyFormat"].text(),
        "value_format": one["valueFormat"].text(),
        "window": one["windowType"].text() if one["windowType"] else None,
        "statement": show(one["statement"].text()),
        "read_by": sorted({*one["sourceConstraints"].texts(), *readers}),
        "written_by": sorted(query["id"].text() for query in one["writeQueries"].entries()),
    }


def _query(one: Piece, show: t.Callable[[str], str]) -> dict[str, t.Any]:
    return {
        "id": one["id"].text(),
        "state": one["state"].text().lower(),
        "statement": show(one["statementText"].text()),
        "sources": sorted(one["sources"].texts()),
        "sinks": sorted(one["sinks"].texts()),
        "properties": Mask().config(overridden(one)),
        "errors": [error["errorMessage"].text() for error in one["queryErrors"].entries() if error["errorMessage"]],
    }
