# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Decides, without I/O, what has to be done to every declared statement, and in which order."""

from __future__ import annotations

import typing as t

from .._errors import InvalidInputError
from .._masking import Mask
from .declaration import generated_prefix
from .lexer import canonical_text
from .model import Catalogue, Echo, Key, Statement, resolved_type, same_properties, same_source
from .removal import removal, teardown, undeclared
from .steps import Actual, OnDrift, Plan, Rules, Step


def plan(statements: t.Sequence[Statement], actual: Actual, rules: Rules) -> Plan:
    """The steps from ``actual`` to ``statements``. InvalidInputError when a purge has nothing declared."""
    if rules.purge_match and not statements:
        raise InvalidInputError(
            "purge: nothing is declared in statements or src, so every match would be removed.",
            remedy="Declare the statements that stay.",
        )
    catalogue = actual.catalogue
    types = final_types(statements, catalogue)
    steps = {one.key: _step(one, actual, types, rules) for one in statements}
    purged = {one.key: _absent(one, actual) for one in undeclared(steps, catalogue, rules.purge_match)}
    if statements and all(one.absent for one in statements):
        # Nothing is built, so there is no order to keep but that of dependants before what they depend on.
        steps |= purged
        moves = removal(steps, catalogue, delete_topic=rules.delete_topic)
    else:
        in_place = list(steps)
        steps |= purged
        first = teardown(steps, catalogue)
        torn_down = {move.key for move in first if steps[move.key].statement.absent}
        # What is purged goes last: until then a declared source may still be made from it.
        last = [key for key in catalogue.removal_order(purged) if key in purged]
        rest = [key for key in (*in_place, *last) if steps[key].pending and key not in torn_down]
        moves = [*first, *(steps[key].move for key in rest)]
    return Plan(tuple(steps.values()), tuple(moves), tuple(_leftovers(steps, catalogue)))


def final_types(statements: t.Sequence[Statement], catalogue: Catalogue) -> dict[str, str]:
    """Every type as it is in the end: its text by its name."""
    types = dict(catalogue.types)
    for one in statements:
        if one.kind == "type" and not one.absent:
            # ksqlDB writes out the types in a type when it creates it, as they are then.
            types[one.name] = resolved_type(one.type_text, types)
    return types


# -- one statement


def _step(statement: Statement, actual: Actual, types: t.Mapping[str, str], rules: Rules) -> Step:
    if statement.absent:
        return _absent(statement, actual)
    match statement.kind:
        case "type":
            return _type(statement, actual.catalogue, types[statement.name], rules.on_drift)
        case "insert":
            return _insert(statement, actual.catalogue, rules.on_drift)
        case "connector":
            return _connector(statement, actual.connectors)
        case _:
            return _source(statement, actual, rules.on_drift)


def _created(statement: Statement) -> Step:
    return Step(statement, "create", (statement.text,), after=f"{statement.text};")


def _drifted(statement: Statement, before: str, after: str, reason: str, on_drift: OnDrift) -> Step:
    if on_drift == "fail":
        return Step(statement, "drift", before=before, after=after, reason=reason)
    if on_drift == "recreate" and statement.kind != "type":
        return Step(statement, "recreate", (statement.text,), before, after, reason)
    return Step(statement, "replace", statement.replacing, before, after, reason)


def _absent(statement: Statement, actual: Actual) -> Step:
    name, catalogue = statement.name, actual.catalogue
    sends = (statement.text,)
    match statement.key[0]:
        case "query":
            query = catalogue.queries.get(name)
            return Step(statement, "terminate", sends, before=query.text) if query else Step(statement)
        case "type":
            found = catalogue.types.get(name)
            before = f"CREATE TYPE {name} AS {found};"
            return Step(statement, "drop", sends, before=before) if found else Step(statement)
        case "connector":
            config = actual.connectors.get(name.upper())
            return (
                Step(statement, "drop", sends, before=shown_config(config)) if config is not None else Step(statement)
            )
    source = catalogue.sources.get(name)
    if source is None:
        return Step(statement)
    if source.kind != statement.kind:
        return Step(statement, "refused", before=source.statement, reason=f"{name} is a {source.kind}")
    return Step(statement, "drop", sends, before=source.statement)


def _type(statement: Statement, catalogue: Catalogue, declared: str, on_drift: OnDrift) -> Step:
    stored = catalogue.types.get(statement.name)
    if stored is None:
        return _created(statement)
    if stored == declared:
        return Step(statement)
    before, after = (f"CREATE TYPE {statement.name} AS {text};" for text in (stored, declared))
    return _drifted(statement, before, after, "its definition differs", on_drift)


def _insert(statement: Statement, catalogue: Catalogue, on_drift: OnDrift) -> Step:
    query = catalogue.queries.get(statement.name)
    if query is None:
        return _created(statement)
    if canonical_text(query.text) != statement.canonical:
        reason = "a query of this id runs another statement"
    elif not same_properties(statement.properties, query.properties):
        reason = "its query runs with other properties"
    else:
        return Step(statement)
    if on_drift == "recreate":
        return Step(statement, "recreate", (statement.text,), query.text, f"{statement.text};", reason)
    reason += f"; ksqlDB cannot replace an INSERT, so TERMINATE {query.id} first (its successor may read again)"
    return Step(statement, "refused", before=query.text, after=f"{statement.text};", reason=reason)


def _connector(statement: Statement, connectors: t.Mapping[str, t.Mapping[str, str]]) -> Step:
    stored = connectors.get(statement.name.upper())
    after = shown_config(statement.config, stored)
    if stored is None:
        return Step(statement, "create", (statement.text,), after=after)
    if stored == statement.config:
        return Step(statement)
    keys = sorted({*stored, *statement.config})
    differing = ", ".join(key for key in keys if stored.get(key) != statement.config.get(key))
    reason = (
        f"its configuration in Connect differs in {differing}, and ksqlDB cannot change it; "
        "igrafx.liveconnect.kafka_connector can"
    )
    return Step(statement, "refused", before=shown_config(stored), after=after, reason=reason)


def shown_config(config: t.Mapping[str, str], before: t.Mapping[str, str] | None = None) -> str:
    """A connector's configuration, a line for each key, secrets masked; marks where the mask hides a change."""
    return "\n".join(f"{key} = {value}" for key, value in Mask().config(config, before=before).items())


def _source(statement: Statement, actual: Actual, on_drift: OnDrift) -> Step:
    stored = actual.catalogue.sources.get(statement.name)
    echo = actual.echoes.get(statement.name, Echo())
    if stored is None or echo == Echo():
        return _created(statement)
    if echo.problem or stored.kind != statement.kind:
        reason = echo.problem or f"{statement.name} exists as a {stored.kind}; drop it first"
        if on_drift == "recreate":
            return _drifted(statement, stored.statement, echo.text or f"{statement.text};", reason, on_drift)
        return Step(statement, "refused", before=stored.statement, after=echo.text, reason=reason)
    if not same_source(stored.statement, echo.text):
        return _drifted(statement, stored.statement, echo.text, "its definition differs", on_drift)
    return _running(statement, echo.text, actual.catalogue, on_drift) if statement.as_select else Step(statement)


def _running(statement: Statement, text: str, catalogue: Catalogue, on_drift: OnDrift) -> Step:
    """The step of a CREATE … AS SELECT whose definition is right: does its query run, and as declared?"""
    query = catalogue.own_query(statement.name)
    if query is None:
        return _drifted(statement, "(its query was terminated)", text, "its query was terminated", on_drift)
    if not same_properties(statement.properties, query.properties):
        before, after = _with_properties(text, query.properties, statement.properties)
        return _drifted(statement, before, after, "its query runs with other properties", on_drift)
    return Step(statement)


def _with_properties(text: str, *properties: t.Mapping[str, str]) -> list[str]:
    return ["".join(f"SET '{name}'='{one[name]}';\n" for name in sorted(one)) + text for one in properties]


def _leftovers(steps: t.Mapping[Key, Step], catalogue: Catalogue) -> t.Iterator[str]:
    """Queries of INSERTs that look like earlier versions of declared ones: both would write every row."""
    inserts = (step.statement for step in steps.values() if step.statement.kind == "insert")
    for target in sorted({one.target for one in inserts if not one.absent}):
        for query in catalogue.queries.values():
            is_earlier = query.id.startswith(generated_prefix(target)) and target in query.sinks
            if is_earlier and ("query", query.id) not in steps:
                yield (
                    f"The query {query.id} writes into {target} and is not declared here; if it is an earlier version "
                    f"of an INSERT of this task, add TERMINATE {query.id};."
                )
