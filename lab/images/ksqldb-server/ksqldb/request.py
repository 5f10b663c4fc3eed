# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request to the server: what it says, what the server refuses, and variables put into its statements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .syntax import substitute
from .tokens import Token

PROPERTY_PREFIXES = ("ksql.", "consumer.", "producer.", "admin.", "topic.")
KNOWN_PROPERTIES = frozenset(
    """auto.offset.reset cache.max.bytes.buffering commit.interval.ms default.deserialization.exception.handler
    max.poll.records max.request.size num.stream.threads processing.guarantee replication.factor
    statestore.cache.max.bytes""".split()  # noqa: SIM905 -- words read better as text
)
DENIED_PROPERTIES = frozenset(("ksql.service.id", "ksql.extension.dir", "ksql.schema.registry.url", "ksql.connect.url"))
OFFSETS = ("latest", "earliest", "none")


class Refusal(Exception):  # noqa: N818 -- it is the server's answer, not a fault of the emulator
    """An error answer; without ``statement`` it is a generic error, ``whole`` puts the whole request in its place."""

    def __init__(self, code: int, message: str, statement: str | None = None, *, whole: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.statement = statement
        self.whole = whole


@dataclass(frozen=True)
class Settings:
    """What the environment of the image says; see __main__."""

    service_id: str = "default_"
    extension_directory: str | None = None
    schema_registry: bool = False
    connect_url: str = "http://localhost:8083"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the environment of the image."""
        return cls(
            service_id=environment.get("KSQL_KSQL_SERVICE_ID", "default_"),
            extension_directory=environment.get("KSQL_KSQL_EXTENSION_DIR"),
            schema_registry="KSQL_KSQL_SCHEMA_REGISTRY_URL" in environment,
            connect_url=environment.get("KSQL_KSQL_CONNECT_URL", "http://localhost:8083"),
        )


@dataclass
class Prepared:
    """One statement of a request: its text with variables put in, and its tokens."""

    text: str
    tokens: list[Token]


@dataclass
class Request:
    """One POST to /ksql while it is carried out; ``properties`` and ``variables`` live as long as it does."""

    text: str
    properties: dict[str, Any]
    variables: dict[str, str]
    entities: list[dict[str, Any]] = field(default_factory=list)


def known_property(name: str) -> bool:
    """Whether the server takes a property of this name."""
    return name.startswith(PROPERTY_PREFIXES) or name in KNOWN_PROPERTIES


def substituted(whole: str, tokens: list[Token], variables: Mapping[str, str]) -> Prepared:
    """The statement of ``tokens`` with session variables put in; Refusal when one is not defined or no word."""
    raw = whole[tokens[0].start : tokens[-1].end]
    if "${" not in raw:
        return Prepared(raw, tokens)
    done = []
    for token in tokens:
        new = token
        if token.kind == "variable":
            value = variables.get(token.text[2:-1], token.text)
            allowed = "Identifier names cannot start with '@' and may only contain alphanumeric values and '_'."
            shown, echoed = value, raw
            if not variables:
                allowed = "Source names may only contain alphanumeric values, '_' or '-'."
                shown = echoed = value.upper()
            if not re.fullmatch(r"'(?:[^']|'')*'|-?\d+(?:\.\d+)?|\w+", value):
                place = f"Line: {token.line}, Col: {token.column}"
                raise Refusal(40001, f"Illegal argument at {place}. {allowed} Got: '{shown}'", echoed)
            kind = "string" if value[0] == "'" else "number" if value[0].isdigit() else "word"
            new = replace(token, text=value, kind=kind)
        elif token.kind == "string" and variables:
            new = replace(token, text=substitute(token.text, variables))
        done.append(new)
    written: list[str] = []
    offset = tokens[0].start
    for before, after in zip(tokens, done, strict=True):
        written += [whole[offset : before.start], after.text]
        offset = before.end
    return Prepared("".join(written), done)
