# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Carries out a plan and waits for its end."""

from __future__ import annotations

import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from .._errors import LiveConnectError
from .failures import longest_retries
from .model import PAUSED, PRESENT, RUNNING, STOPPED, Connector
from .offsets import after
from .plan import OFFSET_ACTIONS, Action, Step
from .wait import Goal, Timing, wait_for

if t.TYPE_CHECKING:
    from .._masking import Mask
    from .client import ConnectClient, FieldError
    from .offsets import Wanted

# Seconds between two looks at offsets that may be saved over.
_LOOK = 0.5

_NOT_BEGUN = "not begun, because another connector went wrong (on_error: stop)."


@dataclass(frozen=True)
class Conduct:
    """How a plan is carried out.

    ``parallel``: writes under way at a time, so that creates and deletes share rebalances; ``stop_on_error``: begin
    nothing new after the first error; ``wait``: None does not wait for the states; ``last_save``: seconds after a stop
    in which tasks may still save their offsets, by default the time that a worker gives them to end.
    """

    parallel: int = 16
    stop_on_error: bool = True
    wait: Timing | None = Timing()  # noqa: RUF009 -- frozen
    last_save: float = 5


@dataclass(frozen=True)
class Outcome:
    """What became of one step: ``done`` actions, the connector as last seen, one sentence when it went wrong.

    ``trial``: seconds for which it had to run on because it had failed before; ``ran``: for how many it was seen to,
    None when nobody looked or it did not.
    """

    step: Step
    done: tuple[Action, ...] = ()
    seen: Connector | None = None
    error: str = ""
    invalid: tuple[FieldError, ...] = ()
    trial: float = 0
    ran: float | None = None


def preview(
    steps: t.Sequence[Step], invalid: t.Mapping[str, tuple[FieldError, ...]], *, stop_on_error: bool
) -> list[Outcome]:
    """The outcomes of ``steps`` before anything is written; the error of one may keep it, or all, from it."""
    outcomes = []
    for step in steps:
        if step.name in invalid:
            listed = "; ".join(f"{error.field}: {' '.join(error.errors)}" for error in invalid[step.name])
            error = f"its configuration is invalid: {listed.rstrip('.')}."
        else:
            error = _NOT_BEGUN if invalid and stop_on_error and step.actions else ""
        outcomes.append(Outcome(step, seen=step.actual, error=error, invalid=tuple(invalid.get(step.name, ()))))
    return outcomes


def apply(client: ConnectClient, outcomes: t.Sequence[Outcome], conduct: Conduct, mask: Mask) -> list[Outcome]:
    """Carry out the steps of a preview that have no error, and wait until all rest as expected."""
    written = _write_all(client, outcomes, conduct)
    wrong = any(outcome.error for outcome in written)
    if wrong:
        written = _seen_now(client, written)
    if conduct.wait is not None and not (wrong and conduct.stop_on_error):
        written = _wait_for_all(client, written, conduct.wait, conduct, mask)
    return [replace(one, seen=None) if Action.DELETE in one.done and not one.error else one for one in written]


def _seen_now(client: ConnectClient, outcomes: t.Sequence[Outcome]) -> list[Outcome]:
    """The outcomes with what is there now, as a write that went wrong may have been carried out all the same."""
    try:
        actual = client.impatient().read([outcome.step.name for outcome in outcomes])
    except LiveConnectError:
        return list(outcomes)
    return [replace(outcome, seen=actual.get(outcome.step.name)) for outcome in outcomes]


def _write_all(client: ConnectClient, outcomes: t.Sequence[Outcome], conduct: Conduct) -> list[Outcome]:
    halt = threading.Event()
    at_rest = (
        any(
            Action.CREATE in outcome.step.actions and _created_as(outcome.step) in (PAUSED, STOPPED)
            for outcome in outcomes
        )
        and client.can_create_at_rest()
    )

    def write(outcome: Outcome) -> Outcome:
        if outcome.error:
            return outcome
        if halt.is_set():
            return replace(outcome, error=_NOT_BEGUN)
        actions = outcome.step.actions if conduct.wait is None else _actions_at_once(outcome.step)
        done, error = _carry_out(client, outcome.step, actions, conduct, at_rest=at_rest)
        if error and conduct.stop_on_error:
            halt.set()
        return replace(outcome, done=done, error=error)

    due = [outcome for outcome in outcomes if outcome.step.actions]
    with ThreadPoolExecutor(conduct.parallel) as pool:
        written = dict(zip((outcome.step.name for outcome in due), pool.map(write, due), strict=True))
    return [written.get(outcome.step.name, outcome) for outcome in outcomes]


def _actions_at_once(step: Step) -> tuple[Action, ...]:
    """All actions, but for the restart that a worker mostly does by itself for a new configuration.

    Told to restart at once, it would restart with the old configuration what had failed with it, and the same failure
    once more would look like one of the new configuration.
    """
    if Action.CONFIGURE not in step.actions:
        return step.actions
    return tuple(action for action in step.actions if action is not Action.RESTART_FAILED)


def _carry_out(
    client: ConnectClient, step: Step, actions: t.Sequence[Action], conduct: Conduct, *, at_rest: bool
) -> tuple[tuple[Action, ...], str]:
    """The actions that were done, and what went wrong, if anything.

    A connector whose offsets were refused is not left stopped, but a new one is: it would begin in the wrong place.
    """
    done: list[Action] = []
    wrong = ""
    for action in actions:
        try:
            if action in OFFSET_ACTIONS:
                _move_offsets(client, step, conduct)
            else:
                _perform(client, step, action, at_rest=at_rest)
        except LiveConnectError as error:
            wrong = wrong or str(error)
            if action not in OFFSET_ACTIONS:
                break
            if step.actual is None:
                wrong += " It was created stopped, and is left so."
                break
        else:
            done.append(action)
    return tuple(done), wrong


def _created_as(step: Step) -> str:
    return STOPPED if step.moves_offsets else step.expected or PRESENT


def _perform(client: ConnectClient, step: Step, action: Action, *, at_rest: bool) -> None:
    match action:
        case Action.CREATE:
            client.create(step.name, step.config, _created_as(step), at_rest=at_rest)
        case Action.CONFIGURE:
            client.configure(step.name, step.config)
        case Action.PAUSE:
            client.move(step.name, PAUSED)
        case Action.RESUME:
            client.move(step.name, RUNNING)
        case Action.STOP:
            client.move(step.name, STOPPED)
        case Action.RESTART | Action.RESTART_FAILED:
            client.restart(step.name, only_failed=action is Action.RESTART_FAILED)
        case Action.DELETE:
            client.delete(step.name)


def _move_offsets(client: ConnectClient, step: Step, conduct: Conduct) -> None:
    """Have the connector go on from where it is to.

    A worker tells that a connector is stopped while its tasks are still ending, and they save where they were once
    more: what they save over is done again.
    """
    wanted = t.cast("Wanted", step.offsets)
    _write_offsets(client, step.name, wanted)
    if Action.STOP not in step.actions:
        return
    end = time.monotonic() + conduct.last_save
    while time.monotonic() < end:
        time.sleep(min(_LOOK, conduct.last_save))
        current = client.offsets(step.name)
        if after(current, wanted) != current:
            _write_offsets(client, step.name, wanted)


def _write_offsets(client: ConnectClient, name: str, wanted: Wanted) -> None:
    if isinstance(wanted, str):
        client.reset_offsets(name)
    else:
        client.alter_offsets(name, wanted)


def _wait_for_all(
    client: ConnectClient, outcomes: t.Sequence[Outcome], timing: Timing, conduct: Conduct, mask: Mask
) -> list[Outcome]:
    trials = _trials(client, outcomes, timing)
    goals = [
        Goal(
            outcome.step.name,
            outcome.step.expected,
            outcome.step.actual,
            written=bool(outcome.done),
            restart=Action.RESTART_FAILED in outcome.step.actions and Action.RESTART_FAILED not in outcome.done,
            trial=trials.get(outcome.step.name, 0),
        )
        for outcome in outcomes
        if not outcome.error
    ]
    seen = {outcome.step.name: outcome.seen for outcome in outcomes if outcome.seen}
    waited = wait_for(client, goals, seen, timing, mask, stop_at_first=conduct.stop_on_error)
    return [
        replace(
            outcome,
            done=outcome.done + (Action.RESTART_FAILED,) * (outcome.step.name in waited.restarted),
            seen=waited.seen.get(outcome.step.name),
            error=outcome.error or waited.errors.get(outcome.step.name, ""),
            trial=trials.get(outcome.step.name, 0),
            ran=waited.ran.get(outcome.step.name),
        )
        for outcome in outcomes
    ]


def _trials(client: ConnectClient, outcomes: t.Sequence[Outcome], timing: Timing) -> dict[str, float]:
    """For how long each connector that had failed, and was written to, has to run on; a request for each class."""
    steps = [outcome.step for outcome in outcomes if outcome.step.repairs and not outcome.error]
    defaults: dict[str, t.Mapping[str, str]] = {}
    for connector_class in {step.config["connector.class"] for step in steps}:
        try:
            defaults[connector_class] = client.defaults(connector_class)
        except LiveConnectError:
            # What it declares itself is known all the same.
            defaults[connector_class] = {}
    return {
        step.name: timing.trial(longest_retries({**defaults[step.config["connector.class"]], **step.config}))
        for step in steps
    }
