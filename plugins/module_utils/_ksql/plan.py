# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Decides, without asking anybody, what has to be done to every declared statement."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .lexer import canonical_text
from .model import (
    Catalogue,
    Echo,
    Statement,
    generated_prefix,
    resolved_type,
    same_properties,
    same_source,
)

# "drift" and "refused" cannot be carried out: the first would be replaced on request, the second never.
Action = t.Literal["none", "create", "replace", "drop", "terminate", "drift", "refused"]
OnDrift = t.Literal["fail", "replace"]


@dataclass(frozen=True)
class Actual:
    """What the server holds, and how it writes our statements of the sources that exist (by name)."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    echoes: t.Mapping[str, Echo] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """What happens to one statement: ``sends`` the texts to send, ``before`` and ``after`` the diff."""

    statement: Statement
    action: Action = "none"
    sends: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    reason: str = ""

    @property
    def shown(self) -> tuple[str, str]:
        """Before and after as they may be shown: of a statement with a secret no string is, for an older secret may
        stand in what the server stored."""
        if not self.statement.secret:
            return self.before, self.after
        before, after = (re.sub(r"'(?:[^']|'')*'", "'********'", text) for text in (self.before, self.after))
        return before, after

    @property
    def pending(self) -> bool:
        """Whether there is something to send."""
        return bool(self.sends)


@dataclass(frozen=True)
class Plan:
    """One step per statement, in order; ``warnings`` are sentences for the operator."""

    steps: tuple[Step, ...]
    warnings: tuple[str, ...] = ()

    @property
    def pending(self) -> tuple[Step, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if step.pending)

    @property
    def blocked(self) -> tuple[Step, ...]:
        """The steps that cannot be carried out."""
        return tuple(step for step in self.steps if step.action in ("drift", "refused"))


def plan(statements: t.Sequence[Statement], actual: Actual, on_drift: OnDrift) -> Plan:
    """The steps from ``actual`` to ``statements``; ``on_drift`` says what becomes of what differs."""
    types = {one.name: one.type_text for one in statements if one.kind == "type" and not one.absent}
    types = {**types, **actual.catalogue.types}
    steps = []
    for statement in statements:
        if statement.absent:
            steps.append(_absent(statement, actual.catalogue))
        elif statement.kind == "type":
            steps.append(_type(statement, actual.catalogue, types, on_drift))
        elif statement.kind == "insert":
            steps.append(_insert(statement, actual.catalogue))
        else:
            steps.append(_source(statement, actual, on_drift))
    return Plan(tuple(steps), tuple(_leftovers(statements, actual.catalogue)))


def _created(statement: Statement) -> Step:
    return Step(statement, "create", (statement.text,), after=f"{statement.text};")


def _drifted(statement: Statement, before: str, after: str, reason: str, on_drift: OnDrift) -> Step:
    if on_drift == "replace":
        return Step(statement, "replace", tuple(statement.replacing), before, after, reason)
    return Step(statement, "drift", before=before, after=after, reason=reason)


def _absent(statement: Statement, catalogue: Catalogue) -> Step:
    name = statement.name
    if statement.kind == "query":
        query = catalogue.queries.get(name)
        return Step(statement, "terminate", (statement.text,), before=query.text) if query else Step(statement)
    if statement.kind == "type":
        found = catalogue.types.get(name)
        before = f"CREATE TYPE {name} AS {found};"
        return Step(statement, "drop", (statement.text,), before=before) if found else Step(statement)
    source = catalogue.sources.get(name)
    if source is None:
        return Step(statement)
    if source.kind != statement.kind:
        return Step(statement, "refused", before=source.statement, reason=f"{name} is a {source.kind}")
    return Step(statement, "drop", (statement.text,), before=source.statement)


def _type(statement: Statement, catalogue: Catalogue, types: t.Mapping[str, str], on_drift: OnDrift) -> Step:
    stored = catalogue.types.get(statement.name)
    if stored is None:
        return _created(statement)
    declared = resolved_type(statement.type_text, types)
    if stored == declared:
        return Step(statement)
    before, after = (f"CREATE TYPE {statement.name} AS {text};" for text in (stored, declared))
    return _drifted(statement, before, after, "its definition differs", on_drift)


def _insert(statement: Statement, catalogue: Catalogue) -> Step:
    query = catalogue.queries.get(statement.name)
    if query is None:
        return _created(statement)
    if canonical_text(query.text) != statement.canonical:
        reason = "a query of this id runs another statement"
    elif not same_properties(statement.properties, query.properties):
        reason = "its query runs with other properties"
    else:
        return Step(statement)
    reason += f"; ksqlDB cannot replace an INSERT, so TERMINATE {query.id} first (its successor may read again)"
    return Step(statement, "refused", before=query.text, after=f"{statement.text};", reason=reason)


def _source(statement: Statement, actual: Actual, on_drift: OnDrift) -> Step:
    stored = actual.catalogue.sources.get(statement.name)
    echo = actual.echoes.get(statement.name, Echo())
    if stored is None or echo == Echo():
        return _created(statement)
    if echo.problem or stored.kind != statement.kind:
        reason = echo.problem or f"{statement.name} exists as a {stored.kind}; drop it first"
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


def _leftovers(statements: t.Sequence[Statement], catalogue: Catalogue) -> t.Iterator[str]:
    """Queries of INSERTs that look like earlier versions of declared ones: both would write every row."""
    declared = {one.name for one in statements if one.kind in ("insert", "query")}
    for target in sorted({one.target for one in statements if one.kind == "insert"}):
        for query in catalogue.queries.values():
            if query.id not in declared and query.id.startswith(generated_prefix(target)) and target in query.sinks:
                yield (
                    f"The query {query.id} writes into {target} and is not declared here; if it is an earlier version "
                    f"of an INSERT of this task, add TERMINATE {query.id};."
                )
