# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Carries a plan out: dry run, statements in batches, and a new look at the catalogue after every doubt."""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import dataclass, field

from .._errors import LiveConnectError, RefusedError
from .client import Done, KsqlClient, Script, StatementRefusedError, UnsettledError, script_of
from .model import Statement
from .plan import Actual, OnDrift, Plan, Step, plan

# Statements in one request. The server runs them one after the other; what grows is the loss when it is interrupted.
BATCH = 50


@dataclass
class Outcome:
    """What became of every statement; ``steps`` are those of the first plan, ``done`` is by place in it."""

    steps: list[Step]
    warnings: list[str] = field(default_factory=list)
    done: dict[int, Done] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    error: tuple[int, str] | None = None

    @property
    def changed(self) -> bool:
        """Whether anything was (or, after a dry run, would be) changed."""
        return bool(self.settled)

    def results(self) -> list[dict[str, t.Any]]:
        """One entry per statement for the module's result."""
        return [self._result(place, step) for place, step in enumerate(self.steps)]

    def _result(self, place: int, step: Step) -> dict[str, t.Any]:
        done = self.done.get(place)
        is_query = step.statement.kind in ("insert", "query")
        error = self.error[1] if self.error and self.error[0] == place else step.reason if not step.pending else ""
        return {
            "name": step.statement.name,
            "kind": step.statement.kind,
            "source": str(step.statement.place),
            "action": step.action,
            "changed": place in self.settled,
            "diff": dict(zip(("before", "after"), step.shown, strict=True)),
            "query_id": step.statement.name if is_query else done.query_id if done else None,
            "error": error or None,
        }


def read(client: KsqlClient, statements: t.Sequence[Statement]) -> Actual:
    """The catalogue, and the server's own text of every declared source that exists."""
    catalogue = client.catalogue()
    echoes = {}
    missing: list[Script] = []
    for statement in statements:
        if statement.absent:
            continue
        held = {"type": catalogue.types, "insert": catalogue.queries}.get(statement.kind, catalogue.sources)
        if statement.name not in held:
            missing.append(script_of(statement))
        elif statement.kind in ("stream", "table"):
            echoes[statement.name] = client.echo(statement, missing)
    return Actual(catalogue, echoes)


def converge(client: KsqlClient, statements: t.Sequence[Statement], on_drift: OnDrift, *, check: bool) -> Outcome:
    """Bring the server to what is declared; with ``check`` only let it validate what would be sent.

    LiveConnectError carries the results so far in its details.
    """
    found = plan(statements, read(client, statements), on_drift)
    outcome = Outcome(list(found.steps), list(found.warnings))
    try:
        _refuse_blocked(found, outcome)
        batches = _batches(found)
        if check or len(batches) > 1:
            _dry_run(client, found.pending, outcome)
        if check:
            outcome.settled = {place for place, step in enumerate(found.steps) if step.pending}
            return outcome
        while batches:
            try:
                _execute(client, batches[0], outcome)
                batches = batches[1:]
            except UnsettledError as error:
                client.patience.wait(error)
                found = plan(statements, read(client, statements), on_drift)
                _note_settled(found, outcome)
                _refuse_blocked(found, outcome)
                batches = _batches(found)
    except LiveConnectError as error:
        error.details |= {
            "changed": bool(outcome.settled) and not check,
            "statements": outcome.results(),
            "diff": diff(outcome),
        }
        raise
    return outcome


def diff(outcome: Outcome) -> list[dict[str, str]]:
    """Before and after of everything that differs, as Ansible shows it."""
    return [
        {
            "before_header": f"{step.statement.label} on the server",
            "after_header": f"{step.statement.label} declared",
            "before": f"{before}\n" if before else "",
            "after": f"{after}\n" if after else "",
        }
        for step in outcome.steps
        for before, after in [step.shown]
        if step.before != step.after
    ]


def _refuse_blocked(found: Plan, outcome: Outcome) -> None:
    if not found.blocked:
        return
    for place, step in enumerate(found.steps):
        if step in found.blocked and not outcome.steps[place].pending:
            outcome.steps[place] = step
    reasons = "; ".join(f"{step.statement.label}: {step.reason}" for step in found.blocked)
    remedy = ""
    if any(step.action == "drift" for step in found.blocked):
        remedy = "Set on_drift: replace to replace what ksqlDB can replace; check mode with --diff shows it first."
    raise RefusedError(f"ksqlDB does not hold what is declared. {reasons.rstrip('.')}.", remedy=remedy)


def _batches(found: Plan) -> list[list[tuple[int, Step]]]:
    """What to send together: up to BATCH statements, but a replaced query alone, for it may block the server."""
    batches: list[list[tuple[int, Step]]] = []
    alone = True
    for place, step in enumerate(found.steps):
        if not step.pending:
            continue
        is_replaced_query = step.action == "replace" and step.statement.as_select
        if alone or is_replaced_query or len(batches[-1]) == BATCH:
            batches.append([])
        batches[-1].append((place, step))
        alone = is_replaced_query
    return batches


def _scripts(steps: t.Iterable[Step]) -> list[Script]:
    return [Script(step.sends, step.statement.settings) for step in steps]


def _dry_run(client: KsqlClient, steps: t.Sequence[Step], outcome: Outcome) -> None:
    if steps and client.dry_run(_scripts(steps)):
        _raise_located(client, steps, outcome)


def _raise_located(client: KsqlClient, steps: t.Sequence[Step], outcome: Outcome) -> t.NoReturn:
    """Find the first statement that the server refuses: answers do not always say which it was."""
    good, bad = 0, len(steps)  # the first `good` are valid, the first `bad` are not
    while bad - good > 1:
        middle = (good + bad) // 2
        if client.dry_run(_scripts(steps[:middle])):
            bad = middle
        else:
            good = middle
    refused = client.dry_run(_scripts(steps[:bad]))
    if refused is None:
        raise UnsettledError("ksqlDB refused statements that it then found valid: somebody else changes its catalogue.")
    _raise_refused(steps[bad - 1], refused, outcome)


def _raise_refused(step: Step, refused: StatementRefusedError, outcome: Outcome) -> t.NoReturn:
    outcome.error = (outcome.steps.index(step), refused.message) if step in outcome.steps else None
    raise RefusedError(f"{step.statement.label}: {refused.message}", remedy=refused.remedy) from refused


def _execute(client: KsqlClient, batch: t.Sequence[tuple[int, Step]], outcome: Outcome) -> None:
    steps = [step for _place, step in batch]
    try:
        done = client.execute(_scripts(steps))
        for place, step in batch:
            mine = list(itertools.islice(done, len(step.sends)))
            outcome.settled.add(place)
            if mine:
                outcome.done[place] = mine[-1]
                outcome.warnings += mine[-1].warnings
    except StatementRefusedError as refused:
        executed = sum("commandStatus" in entity for entity in refused.answer.get("entities", []))
        if executed == 0:
            _raise_located(client, steps, outcome)
        _settle_first(batch, executed, outcome)
        _raise_refused(steps[min(executed, len(steps) - 1)], refused, outcome)


def _settle_first(batch: t.Sequence[tuple[int, Step]], executed: int, outcome: Outcome) -> None:
    """Note the steps of a refused request that were carried out before the refusal."""
    for place, step in batch:
        executed -= len(step.sends)
        if executed < 0:
            return
        outcome.settled.add(place)


def _note_settled(found: Plan, outcome: Outcome) -> None:
    """After a new look: what was pending and is so no longer was done by a request that nobody answered for."""
    for place, step in enumerate(found.steps):
        if outcome.steps[place].pending and not step.pending and step.action == "none":
            outcome.settled.add(place)
