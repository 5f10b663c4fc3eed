# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Waits until connectors and their tasks rest as expected. One request polls for all of them."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field, replace

from .._errors import LiveConnectError
from .failures import remedy
from .model import ABSENT, FAILED, RESTING, RUNNING, Connector, root_cause

if t.TYPE_CHECKING:
    from .._masking import Mask
    from .client import ConnectClient


_FIRST_PAUSE = 0.1


@dataclass(frozen=True)
class Timing:
    """All in seconds. ``settle``: how long after the last write a status may still be the one from before it.

    ``settle_each`` comes on top for each connector that was written to, as the workers start one after the other.
    ``repair`` is the same for the failure of a task that is restarted: a worker lets it end first, for five seconds.
    ``taskless`` is the same for a connector that runs without any task: when its worker dies before it has given it
    tasks, the status stays until the others miss that worker, after ten seconds unless they are configured otherwise.
    ``heal``: what had failed has to run on for twice the time of its own retries, as each of them takes time as well,
    and for that long at least.
    ``poll_interval`` is the longest pause between two looks: the first ones come sooner.
    """

    timeout: float = 300
    poll_interval: float = 0.5
    settle: float = 3
    settle_each: float = 0.1
    repair: float = 10
    taskless: float = 30
    heal: float = 10

    def trial(self, retries: float) -> float:
        """How long a connector that had failed and tries again for ``retries`` seconds has to run on."""
        return max(self.heal, 2 * retries)

    def doubted(self, actual: Connector | None, written: int) -> float:
        """How long ``actual`` may be older than the writes to ``written`` connectors."""
        settle = self.settle + self.settle_each * written
        if actual is not None and actual.failure is not None:
            return max(settle, self.repair)
        if actual is not None and actual.is_idle:
            return max(settle, self.taskless)
        return settle


@dataclass(frozen=True)
class Goal:
    """Where one connector is to come to rest.

    ``expected`` as in plan.Step; ``before`` its status before it was written to; ``written`` is False when it was
    left alone; ``restart``: restart what had failed before when the worker does not do so after the write;
    ``trial``: seconds for which it has to run on, because it had failed before and shows itself as running until it
    fails again.
    """

    name: str
    expected: str | None
    before: Connector | None = None
    written: bool = False
    restart: bool = False
    trial: float = 0


@dataclass
class Waited:
    """How the wait ended: the connectors as last seen, and one sentence for each that did not arrive.

    ``moved``: those whose status was seen to be another than before the write; ``restarted``: those of Goal.restart
    that were; ``ran``: for how many seconds those of Goal.trial have been seen to run.
    """

    seen: dict[str, Connector]
    errors: dict[str, str]
    moved: set[str] = field(default_factory=set)
    restarted: set[str] = field(default_factory=set)
    ran: dict[str, float] = field(default_factory=dict)


def wait_for(
    client: ConnectClient,
    goals: t.Sequence[Goal],
    seen: t.Mapping[str, Connector],
    timing: Timing,
    mask: Mask,
    *,
    stop_at_first: bool,
) -> Waited:
    """Poll until every goal is reached or failed, or ``timing.timeout`` has passed.

    ``seen`` is the status read before the writes; goals that nothing was written for and that it satisfies need no
    request. With ``stop_at_first`` one failure ends the wait for all.
    """
    waited = Waited(dict(seen), {})
    settled = [_settled(goal, waited, mask) for goal in goals]
    if all(settled) and not any(goal.written for goal in goals):
        return waited
    # What was read before the writes is no verdict on them.
    waited.errors.clear()
    written = sum(goal.written for goal in goals)
    start = time.monotonic()
    since = {goal.name: start for goal in goals}
    running_since: dict[str, float] = {}
    deadline = start + timing.timeout
    pause = min(_FIRST_PAUSE, timing.poll_interval)
    while True:
        # All of them at every look: the rebalance for one moves tasks of others that had arrived.
        watched = [goal for goal in goals if goal.name not in waited.errors]
        try:
            waited.seen = client.poll()
        except LiveConnectError as error:
            waited.errors.update({goal.name: f"its state is unknown. {error}" for goal in watched})
            return waited
        now = time.monotonic()
        doubted = {
            goal.name
            for goal in watched
            if now - since[goal.name] < timing.doubted(waited.seen.get(goal.name), written)
        }
        missing = [goal for goal in watched if not _arrived(goal, waited, mask, early=goal.name in doubted)]
        arrived = {goal.name for goal in watched} - {goal.name for goal in missing} - waited.errors.keys()
        running_since = {name: running_since.get(name, now) for name in arrived if _runs(waited.seen.get(name))}
        waited.ran = {name: now - began for name, began in running_since.items()}
        on_trial = any(waited.ran.get(goal.name, goal.trial) < goal.trial for goal in watched)
        left_alone = {
            goal.name for goal in watched if goal.restart and goal.name in waited.errors.keys() - waited.moved
        }
        if now >= deadline:
            for goal in missing:
                waited.errors[goal.name] = (
                    f"not {goal.expected or 'settled'} after {timing.timeout:g} s, but "
                    f"{describe(waited.seen.get(goal.name))}. Raise wait_timeout, or look at the worker's log."
                )
            return waited
        if not (missing or left_alone or on_trial) or (stop_at_first and waited.errors.keys() - left_alone):
            return waited
        _restart_failed(client, left_alone, waited)
        since.update(dict.fromkeys(left_alone, now))
        goals = [replace(goal, restart=goal.restart and goal.name not in left_alone) for goal in goals]
        time.sleep(min(pause, max(0, deadline - now)))
        pause = min(pause * 1.5, timing.poll_interval)


def _restart_failed(client: ConnectClient, names: t.Collection[str], waited: Waited) -> None:
    """Restart what failed of these, so that they are waited for again."""
    for name in names:
        try:
            client.restart(name, only_failed=True)
        except LiveConnectError as error:
            waited.errors[name] = str(error)
        else:
            del waited.errors[name]
            waited.restarted.add(name)


def _arrived(goal: Goal, waited: Waited, mask: Mask, *, early: bool) -> bool:
    """Whether there is nothing more to wait for: the goal is reached, or failed, and that is no old news.

    ``early``: the status may still be older than the writes.
    """
    actual = waited.seen.get(goal.name)
    if actual and goal.before and actual.moving_part != goal.before.moving_part:
        waited.moved.add(goal.name)
    if may_be_stale(goal, actual, fresh=early and goal.written, moved=goal.name in waited.moved):
        return False
    # A worker that was started again may never learn the status of some tasks that run elsewhere since long ago.
    return _settled(goal, waited, mask, blind=not goal.written and not early)


def _settled(goal: Goal, waited: Waited, mask: Mask, *, blind: bool = False) -> bool:
    """Whether the goal is reached or failed; a failure is noted in ``waited``."""
    actual = waited.seen.get(goal.name)
    if goal.expected != ABSENT and actual is not None and actual.failure is not None:
        waited.errors[goal.name] = _failed(goal, mask.text(actual.failure))
        return True
    return is_reached(goal.expected, actual, blind=blind)


def _runs(actual: Connector | None) -> bool:
    return actual is not None and actual.state == RUNNING


def _failed(goal: Goal, trace: str) -> str:
    cause = root_cause(trace) or "the worker does not say why"
    sentence = f"failed{' again' if goal.trial else ''}: {cause}"
    advice = remedy(trace)
    return f"{sentence.rstrip('.')}. {advice}" if advice else sentence


def is_reached(expected: str | None, actual: Connector | None, *, blind: bool = False) -> bool:
    """Whether the connector and all of its tasks rest in ``expected`` (None: in any one state).

    ``blind`` makes do with the tasks that have a status.
    """
    if actual is None:
        return expected == ABSENT
    if actual.state not in RESTING - {FAILED} or expected not in (None, actual.state):
        return False
    known = blind or len(actual.tasks) == len(actual.task_ids)
    return known and all(task.state == actual.state for task in actual.tasks)


def may_be_stale(goal: Goal, actual: Connector | None, *, fresh: bool, moved: bool) -> bool:
    """Whether what is seen right after a write (``fresh``) may be the status from before it.

    A worker answers a write before it carries it out, and its status bears no number: the old RUNNING, or the old
    FAILED, counts once it was seen to change, or when it has stayed for the settling time.
    Tasks that restart on the same worker mostly show no other state in between, so a new configuration takes that long.
    A connector that has just begun to run has no tasks for a moment, although none at all is legal.
    """
    if not fresh or actual is None:
        return False
    if actual.failure is None and actual.state != RUNNING:
        return False
    unmoved = goal.before is not None and not moved
    return unmoved or actual.is_idle


def describe(actual: Connector | None) -> str:
    """The state of a connector and of its tasks in a few words."""
    if actual is None:
        return "without a status"
    states = {task.id: task.state for task in actual.tasks}
    tasks = [f"task {task_id} {states.get(task_id, 'without a status')}" for task_id in actual.task_ids]
    return ", ".join([f"connector {actual.state or 'without a status'}", *(tasks or ["no tasks"])])
