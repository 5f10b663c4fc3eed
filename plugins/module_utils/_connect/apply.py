# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Carries out a plan and waits for its end."""

from __future__ import annotations

import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from .._errors import LiveConnectError
from .failures import longest_retries
from .model import PAUSED, PRESENT, RUNNING, STOPPED, Actual
from .plan import OFFSET_STEPS, Change, Step
from .wait import Goal, Timing, wait_for

if t.TYPE_CHECKING:
    from .._masking import Mask
    from .client import ConnectClient, FieldError
    from .offsets import Offsets

_NOT_BEGUN = "not begun, because another connector went wrong (on_error: stop)."


@dataclass(frozen=True)
class Conduct:
    """How a plan is carried out.

    ``parallel``: writes under way at a time, so that creates and deletes share rebalances; ``stop_on_error``: begin
    nothing new after the first error; ``wait``: None does not wait for the states.
    """

    parallel: int = 16
    stop_on_error: bool = True
    wait: Timing | None = Timing()  # noqa: RUF009 -- frozen


@dataclass(frozen=True)
class Outcome:
    """What became of one change: ``done`` steps, the connector as last seen, one sentence when it went wrong.

    ``trial``: seconds for which it had to run on because it had failed before; ``ran``: for how many it was seen to,
    None when nobody looked or it did not.
    """

    change: Change
    done: tuple[Step, ...] = ()
    seen: Actual | None = None
    error: str = ""
    invalid: tuple[FieldError, ...] = ()
    trial: float = 0
    ran: float | None = None


def preview(
    changes: t.Sequence[Change], invalid: t.Mapping[str, tuple[FieldError, ...]], *, stop_on_error: bool
) -> list[Outcome]:
    """The outcomes of ``changes`` before anything is written; the error of one may keep it, or all, from it."""
    outcomes = []
    for change in changes:
        if change.name in invalid:
            listed = "; ".join(f"{error.field}: {' '.join(error.errors)}" for error in invalid[change.name])
            error = f"its configuration is invalid: {listed.rstrip('.')}."
        else:
            error = _NOT_BEGUN if invalid and stop_on_error and change.steps else ""
        outcomes.append(Outcome(change, seen=change.actual, error=error, invalid=tuple(invalid.get(change.name, ()))))
    return outcomes


def apply(client: ConnectClient, outcomes: t.Sequence[Outcome], conduct: Conduct, mask: Mask) -> list[Outcome]:
    """Carry out the changes of a preview that have no error, and wait until all rest as expected."""
    written = _write_all(client, outcomes, conduct)
    wrong = any(outcome.error for outcome in written)
    if wrong:
        written = _seen_now(client, written)
    if conduct.wait is not None and not (wrong and conduct.stop_on_error):
        written = _wait_for_all(client, written, conduct.wait, conduct, mask)
    return [replace(one, seen=None) if Step.DELETE in one.done and not one.error else one for one in written]


def _seen_now(client: ConnectClient, outcomes: t.Sequence[Outcome]) -> list[Outcome]:
    """The outcomes with what is there now, as a write that went wrong may have been carried out all the same."""
    try:
        actual = client.impatient().read([outcome.change.name for outcome in outcomes])
    except LiveConnectError:
        return list(outcomes)
    return [replace(outcome, seen=actual.get(outcome.change.name)) for outcome in outcomes]


def _write_all(client: ConnectClient, outcomes: t.Sequence[Outcome], conduct: Conduct) -> list[Outcome]:
    halt = threading.Event()
    at_rest = (
        any(
            Step.CREATE in outcome.change.steps and _created_as(outcome.change) in (PAUSED, STOPPED)
            for outcome in outcomes
        )
        and client.can_create_at_rest()
    )

    def write(outcome: Outcome) -> Outcome:
        if outcome.error:
            return outcome
        if halt.is_set():
            return replace(outcome, error=_NOT_BEGUN)
        steps = outcome.change.steps if conduct.wait is None else _steps_at_once(outcome.change)
        done, error = _carry_out(client, outcome.change, steps, at_rest=at_rest)
        if error and conduct.stop_on_error:
            halt.set()
        return replace(outcome, done=done, error=error)

    due = [outcome for outcome in outcomes if outcome.change.steps]
    with ThreadPoolExecutor(conduct.parallel) as pool:
        written = dict(zip((outcome.change.name for outcome in due), pool.map(write, due), strict=True))
    return [written.get(outcome.change.name, outcome) for outcome in outcomes]


def _steps_at_once(change: Change) -> tuple[Step, ...]:
    """All steps, but for the restart that a worker mostly does by itself for a new configuration.

    Told to restart at once, it would restart with the old configuration what had failed with it, and the same failure
    once more would look like one of the new configuration.
    """
    if Step.CONFIGURE not in change.steps:
        return change.steps
    return tuple(step for step in change.steps if step is not Step.RESTART_FAILED)


def _carry_out(
    client: ConnectClient, change: Change, steps: t.Sequence[Step], *, at_rest: bool
) -> tuple[tuple[Step, ...], str]:
    """The steps that were done, and what went wrong, if anything.

    A connector whose offsets were refused is not left stopped, but a new one is: it would begin in the wrong place.
    """
    done: list[Step] = []
    wrong = ""
    for step in steps:
        try:
            _perform(client, change, step, at_rest=at_rest)
        except LiveConnectError as error:
            wrong = wrong or str(error)
            if step not in OFFSET_STEPS:
                break
            if change.actual is None:
                wrong += " It was created stopped, and is left so."
                break
        else:
            done.append(step)
    return tuple(done), wrong


def _created_as(change: Change) -> str:
    return STOPPED if change.moves_offsets else change.expected or PRESENT


def _perform(client: ConnectClient, change: Change, step: Step, *, at_rest: bool) -> None:
    match step:
        case Step.CREATE:
            client.create(change.name, change.config, _created_as(change), at_rest=at_rest)
        case Step.CONFIGURE:
            client.configure(change.name, change.config)
        case Step.PAUSE:
            client.move(change.name, PAUSED)
        case Step.RESUME:
            client.move(change.name, RUNNING)
        case Step.STOP:
            client.move(change.name, STOPPED)
        case Step.RESTART | Step.RESTART_FAILED:
            client.restart(change.name, only_failed=step is Step.RESTART_FAILED)
        case Step.RESET_OFFSETS:
            client.reset_offsets(change.name)
        case Step.ALTER_OFFSETS:
            client.alter_offsets(change.name, t.cast("Offsets", change.offsets))
        case Step.DELETE:
            client.delete(change.name)


def _wait_for_all(
    client: ConnectClient, outcomes: t.Sequence[Outcome], timing: Timing, conduct: Conduct, mask: Mask
) -> list[Outcome]:
    trials = _trials(client, outcomes, timing)
    goals = [
        Goal(
            outcome.change.name,
            outcome.change.expected,
            outcome.change.actual,
            written=bool(outcome.done),
            restart=Step.RESTART_FAILED in outcome.change.steps and Step.RESTART_FAILED not in outcome.done,
            trial=trials.get(outcome.change.name, 0),
        )
        for outcome in outcomes
        if not outcome.error
    ]
    seen = {outcome.change.name: outcome.seen for outcome in outcomes if outcome.seen}
    waited = wait_for(client, goals, seen, timing, mask, stop_at_first=conduct.stop_on_error)
    return [
        replace(
            outcome,
            done=outcome.done + (Step.RESTART_FAILED,) * (outcome.change.name in waited.restarted),
            seen=waited.seen.get(outcome.change.name),
            error=outcome.error or waited.errors.get(outcome.change.name, ""),
            trial=trials.get(outcome.change.name, 0),
            ran=waited.ran.get(outcome.change.name),
        )
        for outcome in outcomes
    ]


def _trials(client: ConnectClient, outcomes: t.Sequence[Outcome], timing: Timing) -> dict[str, float]:
    """For how long each connector that had failed, and was written to, has to run on; a request for each class."""
    changes = [outcome.change for outcome in outcomes if outcome.change.repairs and not outcome.error]
    defaults: dict[str, t.Mapping[str, str]] = {}
    for connector_class in {change.config["connector.class"] for change in changes}:
        try:
            defaults[connector_class] = client.defaults(connector_class)
        except LiveConnectError:
            # What it declares itself is known all the same.
            defaults[connector_class] = {}
    return {
        change.name: timing.trial(longest_retries({**defaults[change.config["connector.class"]], **change.config}))
        for change in changes
    }
