# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Carries a plan out: dry run, statements in batches, and a new look at the catalogue after every doubt."""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import dataclass, field

from .._errors import InvalidInputError, LiveConnectError, RefusedError
from .client import ConnectReader, Done, KsqlClient, Script, StatementRefusedError, UnsettledError, script_of
from .model import Echo, Key, Statement, plain, same_source
from .plan import final_types, plan
from .record import Record, fingerprint
from .steps import Actual, Move, Plan, Rules, Step

# Statements in one request. The server validates all of them before it carries out the first, one after the other;
# what grows is only how long the answer takes.
BATCH = 200


@dataclass(frozen=True)
class Site:
    """ksqlDB, what earlier runs recorded of it, and the Kafka Connect of its connectors; None when not given."""

    ksql: KsqlClient
    record: Record = field(default_factory=Record)
    connect: ConnectReader | None = None


@dataclass
class Outcome:
    """What became of every statement; ``steps`` are those of the first plan."""

    steps: list[Step]
    warnings: list[str] = field(default_factory=list)
    done: dict[Key, Done] = field(default_factory=dict)
    settled: set[Key] = field(default_factory=set)
    error: tuple[Key, str] | None = None

    @property
    def changed(self) -> bool:
        """Whether anything was (or, after a dry run, would be) changed."""
        return bool(self.settled)

    def step(self, key: Key) -> Step:
        """The step of one thing."""
        return next(step for step in self.steps if step.statement.key == key)

    def results(self) -> list[dict[str, t.Any]]:
        """One entry per statement for the module's result, then one per thing that is purged."""
        return [self._result(step) for step in self.steps]

    def _result(self, step: Step) -> dict[str, t.Any]:
        key = step.statement.key
        done = self.done.get(key)
        error = self.error[1] if self.error and self.error[0] == key else step.reason if not step.pending else ""
        return {
            "name": step.statement.name,
            "kind": step.statement.kind,
            "source": str(step.statement.place),
            "action": step.action,
            "changed": key in self.settled,
            "diff": dict(zip(("before", "after"), step.shown, strict=True)),
            "query_id": step.statement.name if key[0] == "query" else done.query_id if done else None,
            "topic": step.topic or None,
            "error": error or None,
        }


def read(site: Site, statements: t.Sequence[Statement]) -> Actual:
    """The catalogue, the server's own text of every declared source that exists, and connectors if any is declared."""
    catalogue = site.ksql.catalogue()
    types = final_types(statements, catalogue)
    echoes = {}
    before: list[Script] = []
    changed_types = set()
    for statement in statements:
        if statement.absent or statement.kind == "connector":
            continue
        held = {"type": catalogue.types, "insert": catalogue.queries}.get(statement.kind, catalogue.sources)
        if statement.name not in held:
            before.append(script_of(statement))
        elif statement.kind == "type" and types[statement.name] != catalogue.types[statement.name]:
            before.append(Script(statement.replacing, statement.settings))
            changed_types.add(statement.name)
        elif statement.kind in ("stream", "table"):
            stored, mark = catalogue.sources[statement.name].statement, fingerprint(statement, types)
            if site.record.knows(statement, mark, stored):
                echoes[statement.name] = Echo(stored)
                continue
            echo = site.ksql.echo(statement, before, needed=bool(changed_types & statement.words))
            echoes[statement.name] = echo
            if echo.text and same_source(stored, echo.text):
                site.record.note(statement, mark, stored)
    return Actual(catalogue, echoes, _connectors(site, statements))


def _connectors(site: Site, statements: t.Sequence[Statement]) -> t.Mapping[str, t.Mapping[str, str]]:
    declared = [one for one in statements if one.kind == "connector"]
    if not declared:
        return {}
    if site.connect is None:
        raise InvalidInputError(
            f"{declared[0].label}: ksqlDB does not tell a connector's configuration, so Kafka Connect must be asked.",
            remedy="Give its address in connect_url, or declare the connector with igrafx.liveconnect.kafka_connector.",
        )
    return site.connect.configs()


def converge(site: Site, statements: t.Sequence[Statement], rules: Rules, *, check: bool) -> Outcome:
    """Bring the server to what is declared; with ``check`` only let it validate what would be sent.

    LiveConnectError carries the results so far in its details.
    """
    client = site.ksql
    actual = read(site, statements)
    found = plan(statements, actual, rules)
    outcome = Outcome(list(found.steps), list(found.warnings))
    try:
        _refuse_missing_functions(client, found, outcome)
        _refuse_blocked(found, outcome)
        batches = _batches(found)
        if check or len(batches) > 1:
            _dry_run(client, found.moves, outcome)
        if check:
            outcome.settled = {step.statement.key for step in found.pending}
            return outcome
        while batches:
            try:
                _execute(client, batches[0], outcome)
                batches = batches[1:]
            except UnsettledError as error:
                client.patience.wait(error)
                found = plan(statements, read(site, statements), rules)
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
    _remember(site.record, statements, actual, outcome)
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


def _remember(record: Record, statements: t.Sequence[Statement], actual: Actual, outcome: Outcome) -> None:
    """Note how the server stored what was built, and write the record."""
    types = final_types(statements, actual.catalogue)
    for key, done in outcome.done.items():
        statement = outcome.step(key).statement
        if key[0] == "source" and not statement.absent:
            record.note(statement, fingerprint(statement, types), plain(done.text))
    problem = record.save({*actual.catalogue.sources, *(name for space, name in outcome.done if space == "source")})
    if problem:
        outcome.warnings.append(problem)


def _refuse_missing_functions(client: KsqlClient, found: Plan, outcome: Outcome) -> None:
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
        outcome.error = (first.statement.key, reasons[0].removeprefix(f"{first.statement.label}: "))
        raise RefusedError(
            f"ksqlDB does not have all functions that are called. {'; '.join(reasons)}.",
            remedy="Is the jar in ksqlDB's extension directory (extensions/), and was the server restarted since?",
        )


def _refuse_blocked(found: Plan, outcome: Outcome) -> None:
    if not found.blocked:
        return
    blocked = {step.statement.key: step for step in found.blocked}
    outcome.steps = [step if step.pending else blocked.get(step.statement.key, step) for step in outcome.steps]
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
    return [Script(move.texts, move.settings) for move in moves]


def _dry_run(client: KsqlClient, moves: t.Sequence[Move], outcome: Outcome) -> None:
    if moves and client.dry_run(_scripts(moves)):
        _raise_located(client, moves, outcome)


def _raise_located(client: KsqlClient, moves: t.Sequence[Move], outcome: Outcome) -> t.NoReturn:
    """Find the first statement that the server refuses: answers do not always say which it was."""
    good, bad = 0, len(moves)  # the first `good` are valid, the first `bad` are not
    while bad - good > 1:
        middle = (good + bad) // 2
        if client.dry_run(_scripts(moves[:middle])):
            bad = middle
        else:
            good = middle
    refused = client.dry_run(_scripts(moves[:bad]))
    if refused is None:
        raise UnsettledError("ksqlDB refused statements that it then found valid: somebody else changes its catalogue.")
    _raise_refused(moves[bad - 1], refused, outcome)


def _raise_refused(move: Move, refused: StatementRefusedError, outcome: Outcome) -> t.NoReturn:
    outcome.error = (move.key, refused.message)
    label = outcome.step(move.key).statement.label
    raise RefusedError(f"{label}: {refused.message}", remedy=refused.remedy) from refused


def _execute(client: KsqlClient, moves: t.Sequence[Move], outcome: Outcome) -> None:
    scripts = _scripts(moves)
    if moves[0].topic:
        _look_before_deleting(client, moves[0])
        scripts = [Script(tuple(f"{text} DELETE TOPIC" for text in moves[0].texts), moves[0].settings)]
    try:
        done = client.execute(scripts)
        for move in moves:
            mine = list(itertools.islice(done, len(move.texts)))
            outcome.settled.add(move.key)
            if mine:
                outcome.done[move.key] = mine[-1]
                outcome.warnings += mine[-1].warnings
    except StatementRefusedError as refused:
        executed = sum("commandStatus" in entity for entity in refused.answer.get("entities", []))
        if executed == 0 and len(moves) > 1:
            _raise_located(client, moves, outcome)
        _settle_first(moves, executed, outcome)
        _raise_refused(moves[min(executed, len(moves) - 1)], refused, outcome)


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


def _settle_first(moves: t.Sequence[Move], executed: int, outcome: Outcome) -> None:
    """Note what a refused request carried out before the refusal."""
    for move in moves:
        executed -= len(move.texts)
        if executed < 0:
            return
        outcome.settled.add(move.key)


def _note_settled(found: Plan, outcome: Outcome) -> None:
    """After a new look: what was pending and is so no longer was done by a request that nobody answered for."""
    now = {step.statement.key: step.action for step in found.steps}
    outcome.settled |= {step.statement.key for step in outcome.steps if step.pending} & {
        step.statement.key for step in outcome.steps if now.get(step.statement.key, "none") == "none"
    }
