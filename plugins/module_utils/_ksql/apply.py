# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Carries a plan out: dry run, statements in batches, and a new look at the catalogue after every doubt."""

from __future__ import annotations

import contextlib
import itertools
import typing as t

from .._errors import DeadlineError, LiveConnectError, RefusedError
from .client import KsqlClient, Script, StatementRefusedError, UnsettledError
from .model import CHECK_URL, Statement, plain
from .plan import final_types, plan
from .read import Site, read
from .record import Record, fingerprint
from .report import RunState, diff
from .steps import Actual, Move, Plan, Rules

# Statements in one request. The server validates all of them before it carries out the first, one after the other;
# what grows is only how long the answer takes.
BATCH = 200


def converge(site: Site, statements: t.Sequence[Statement], rules: Rules, *, check: bool) -> RunState:
    """Bring the server to what is declared; with ``check`` only let it validate what would be sent.

    LiveConnectError carries the results so far in its details.
    """
    client = site.ksql
    actual = read(site, statements)
    found = plan(statements, actual, rules)
    run = RunState(list(found.steps), list(found.warnings))
    try:
        _refuse_missing_functions(client, found, run)
        _refuse_blocked(found, run)
        batches = _batches(found)
        if check or len(batches) > 1:
            _dry_run(client, found.moves, run)
        if check:
            run.settled = {step.statement.key for step in found.pending}
            return run
        _carry_out(site, statements, rules, batches, run)
    except LiveConnectError as error:
        error.details |= {
            "changed": bool(run.settled) and not check,
            "statements": run.results(),
            "diff": diff(run),
        }
        raise
    _remember(site.record, statements, actual, run)
    return run


def _carry_out(
    site: Site, statements: t.Sequence[Statement], rules: Rules, batches: list[list[Move]], run: RunState
) -> None:
    """Send the batches. After whatever goes wrong the catalogue tells what was done, and what is left to do."""
    client = site.ksql

    def look() -> Plan:
        found, settled = plan(statements, read(site, statements), rules), len(run.settled)
        _note_settled(found, run)
        if len(run.settled) > settled:
            client.tries.progress()
        return found

    while batches:
        settled = len(run.settled)
        try:
            _execute(site.ksql, batches[0], run)
            batches = batches[1:]
            # Only what is new is progress: two tasks may undo each other's work for ever.
            if len(run.settled) > settled:
                client.tries.progress()
        except LiveConnectError as error:
            if not _may_pass(error):
                left: t.Sequence[Move] = batches[0]
                with contextlib.suppress(LiveConnectError):
                    left = _left(look(), left)
                if isinstance(error, StatementRefusedError):
                    _raise_located(site.ksql, left, error, run)
                raise
            try:
                client.wait(error)
            except DeadlineError:
                with contextlib.suppress(LiveConnectError):
                    look()
                raise
            found = look()
            _refuse_blocked(found, run)
            batches = _batches(found)


def _may_pass(error: LiveConnectError) -> bool:
    """Whether there may be a way on after another look.

    A source that is there, though it was not a moment ago, comes from a request whose answer was lost, or from somebody
    else; the catalogue tells whether it is the declared one.
    """
    return isinstance(error, UnsettledError) or (isinstance(error, StatementRefusedError) and bool(error.echo))


def _left(found: Plan, sent: t.Sequence[Move]) -> t.Sequence[Move]:
    """What is still to be done of what was sent."""
    keys = {move.key for move in sent}
    return [move for move in found.moves if move.key in keys] or sent


def _remember(record: Record, statements: t.Sequence[Statement], actual: Actual, run: RunState) -> None:
    """Note how the server stored what was built, and write the record."""
    types = final_types(statements, actual.catalogue)
    for key, done in run.done.items():
        statement = run.step(key).statement
        if key[0] == "source" and not statement.absent:
            record.note(statement, fingerprint(statement, types), plain(done.text))
    problem = record.save({*actual.catalogue.sources, *(name for space, name in run.done if space == "source")})
    if problem:
        run.warnings.append(problem)


def _refuse_missing_functions(client: KsqlClient, found: Plan, run: RunState) -> None:
    """Ask for the functions of what is to be built, before anything is sent: the server names only the first."""
    calling = [
        step
        for step in found.steps
        if step.statement.functions and not step.statement.absent and step.action not in ("none", "drift")
    ]
    known = client.functions() if calling else frozenset()
    missing = {step.statement.key: step.statement.functions - known for step in calling}
    reasons = [
        f"{step.statement.label}: {', '.join(sorted(missing[step.statement.key]))} is missing"
        for step in calling
        if missing[step.statement.key]
    ]
    if reasons:
        first = next(step for step in calling if missing[step.statement.key])
        run.error = (first.statement.key, reasons[0].removeprefix(f"{first.statement.label}: "))
        raise RefusedError(
            f"ksqlDB does not have all functions that are called. {'; '.join(reasons)}.",
            remedy="Is the jar in ksqlDB's extension directory (extensions/), and was the server restarted since?",
        )


def _refuse_blocked(found: Plan, run: RunState) -> None:
    if not found.blocked:
        return
    blocked = {step.statement.key: step for step in found.blocked}
    run.steps = [step if step.pending else blocked.get(step.statement.key, step) for step in run.steps]
    reasons = "; ".join(f"{step.statement.label}: {step.reason}" for step in found.blocked)
    remedy = ""
    if any(step.action == "drift" for step in found.blocked):
        remedy = (
            "Set on_drift: replace to replace what ksqlDB can replace, or recreate to drop it and build it again; "
            "check mode with --diff shows it first."
        )
    raise RefusedError(f"ksqlDB does not hold what is declared. {reasons.rstrip('.')}.", remedy=remedy)


def _batches(found: Plan) -> list[list[Move]]:
    """What to send together."""
    batches: list[list[Move]] = []
    alone = True
    for move in found.moves:
        if alone or move.alone or len(batches[-1]) == BATCH:
            batches.append([])
        batches[-1].append(move)
        alone = move.alone
    return batches


def _scripts(moves: t.Iterable[Move]) -> list[Script]:
    return [Script(move.texts, move.settings, origin=move.origin) for move in moves]


def _dry_run(client: KsqlClient, moves: t.Sequence[Move], run: RunState) -> None:
    found = client.first_refused(_scripts(moves)) if moves else None
    if found:
        _raise_refused(moves[found[0]], found[1], run)


def _raise_located(
    client: KsqlClient, moves: t.Sequence[Move], refused: StatementRefusedError, run: RunState
) -> t.NoReturn:
    """Name the statement that the server refused among ``moves``: the first one where all of them are valid now."""
    found = client.first_refused(_scripts(moves)) if len(moves) > 1 else None
    _raise_refused(moves[found[0] if found else 0], found[1] if found else refused, run)


def _raise_refused(move: Move, refused: StatementRefusedError, run: RunState) -> t.NoReturn:
    run.error = (move.key, refused.message)
    label = run.step(move.key).statement.label
    raise RefusedError(f"{label}: {refused.message}", remedy=refused.remedy) from refused


def _execute(client: KsqlClient, moves: t.Sequence[Move], run: RunState) -> None:
    scripts = _scripts(moves)
    if moves[0].topic:
        _look_before_deleting(client, moves[0])
        scripts = [Script(tuple(f"{text} DELETE TOPIC" for text in moves[0].texts), moves[0].settings)]
    done = client.execute(scripts)
    for move in moves:
        mine = list(itertools.islice(done, len(move.texts)))
        if len(mine) < len(move.texts):
            label = run.step(move.key).statement.label
            raise UnsettledError(f"ksqlDB does not say what became of {label}.", remedy=CHECK_URL)
        run.settled.add(move.key)
        run.done[move.key] = mine[-1]
        run.warnings += mine[-1].warnings


def _look_before_deleting(client: KsqlClient, move: Move) -> None:
    """Refuse when something has come to depend on the source: ksqlDB deletes the topic before it refuses the drop."""
    catalogue, name = client.catalogue(), move.key[1]
    if name not in catalogue.sources:
        raise UnsettledError(f"{name} was dropped by somebody else.")
    users = [other for _space, other in catalogue.in_the_way(move.key)] + catalogue.sharing_topic(name)
    if users:
        raise RefusedError(
            f"{name} was not dropped, nor its topic {move.topic} deleted: {', '.join(users)} has come to depend on it.",
            remedy="Remove that first, or leave out delete_topic.",
        )


def _note_settled(found: Plan, run: RunState) -> None:
    """After a new look: what was to be done and is so no longer was done, by a request that did not say so.

    Of what was to be built again, the old one may be gone and the new one not there yet: that is a change too.
    """
    now = {step.statement.key: step.action for step in found.steps}
    for step in run.steps:
        action = now.get(step.statement.key, "none")
        if step.pending and (action == "none" or (action == "create" and step.action in ("recreate", "replace"))):
            run.settled.add(step.statement.key)
