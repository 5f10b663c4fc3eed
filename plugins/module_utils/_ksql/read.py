# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Reads what the server holds, and asks it only about what cannot be told from that."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._errors import InvalidInputError, LiveConnectError
from .client import KsqlClient, Script, script_of
from .declaration import shape_of
from .model import Echo, Properties, Source, Statement, defaults_shown, same_shape, same_source
from .plan import final_types
from .record import Record, fingerprint
from .steps import Actual

if t.TYPE_CHECKING:
    from .._connect.client import ConnectClient


@dataclass(frozen=True)
class Site:
    """ksqlDB, what earlier runs recorded of it, and the Kafka Connect of its connectors; None when not given."""

    ksql: KsqlClient
    record: Record = field(default_factory=Record)
    connect: ConnectClient | None = None


def read(site: Site, statements: t.Sequence[Statement]) -> Actual:
    """The catalogue, the server's own text of every declared source that exists, and connectors if any is declared."""
    catalogue = site.ksql.catalogue()
    types = final_types(statements, catalogue)
    echoes = {}
    before: list[Script] = []
    changed_types = set()
    defaults: dict[frozenset[tuple[str, str]], Properties] = {}
    for statement in statements:
        if statement.absent or statement.kind == "connector":
            continue
        held = {"type": catalogue.types, "insert": catalogue.queries}.get(statement.kind, catalogue.sources)
        if statement.name not in held:
            before.append(script_of(statement))
        elif statement.kind == "type" and types[statement.name] != catalogue.types[statement.name]:
            before.append(script_of(statement, statement.replacing))
            changed_types.add(statement.name)
        elif statement.kind in ("stream", "table"):
            source, mark = catalogue.sources[statement.name], fingerprint(statement, types)
            settings = frozenset(statement.properties.items())
            known = site.record.knows(statement, mark, source.statement)
            if known or _surely_same(statement, source, types, defaults.get(settings)):
                echo = Echo(source.statement)
            else:
                echo = site.ksql.echo(statement, before, needed=bool(changed_types & statement.words))
                written = shape_of(echo.text) if statement.shape else None
                if statement.shape and written:
                    defaults[settings] = {**defaults.get(settings, {}), **defaults_shown(statement.shape, written)}
            echoes[statement.name] = echo
            if not known and echo.text and same_source(source.statement, echo.text):
                site.record.note(statement, mark, source.statement)
    return Actual(catalogue, echoes, _connectors(site, statements))


def _surely_same(statement: Statement, source: Source, types: t.Mapping[str, str], defaults: Properties | None) -> bool:
    """Whether a plain CREATE means what is stored, so surely that the server need not be asked."""
    if statement.shape is None or statement.inferred:
        return False
    if (statement.kind, statement.read_only) != (source.kind, source.read_only):
        return False
    stored = shape_of(source.statement)
    return stored is not None and same_shape(statement.shape, stored, types, defaults)


def _connectors(site: Site, statements: t.Sequence[Statement]) -> t.Mapping[str, t.Mapping[str, str]]:
    declared = [one for one in statements if one.kind == "connector"]
    if not declared:
        return {}
    if site.connect is None:
        raise InvalidInputError(
            f"{declared[0].label}: ksqlDB does not tell a connector's configuration, so Kafka Connect must be asked.",
            remedy="Give its address in connect_url, or declare the connector with igrafx.liveconnect.kafka_connector.",
        )
    try:
        configs = site.connect.configs()
    except LiveConnectError as error:
        error.message = f"Kafka Connect: {error.message}"
        raise
    # ksqlDB compares their names in upper case.
    return {name.upper(): config for name, config in configs.items()}
