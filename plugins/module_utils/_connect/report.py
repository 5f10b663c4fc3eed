# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What an operator gets to see: differences and results, with every secret masked."""

from __future__ import annotations

import typing as t
from collections import Counter

from .._errors import RefusedError
from .model import ABSENT, STOPPED, listed, root_cause
from .offsets import after as offsets_after
from .offsets import entries
from .plan import Action, Step

if t.TYPE_CHECKING:
    from .._masking import Mask
    from .apply import Outcome
    from .model import Connector, Declared

_ERRORS_IN_MESSAGE = 5


def difference(step: Step, mask: Mask) -> dict[str, t.Any]:
    """``before`` and ``after`` of one step, as dictionaries for YAML; a connector that is not there is empty."""
    before: dict[str, t.Any] = {}
    after: dict[str, t.Any] = {}
    old = step.actual.config if step.actual else {}
    if step.actual:
        before = {"config": mask.config(old, step.secret_keys), "state": _state(step.actual.state)}
    if step.expected != ABSENT:
        state = step.expected or (step.actual.state if step.actual else None)
        after = {"config": mask.config(step.config, step.secret_keys, old or None), "state": _state(state)}
    if not step.shows_config:
        del before["config"], after["config"]
    if Action.RESTART_FAILED in step.actions:
        before["failed"], after["failed"] = list(step.actual.failures) if step.actual else [], []
    if Action.RESTART in step.actions:
        after["restarted"] = True
    if step.moves_offsets and step.offsets is not None:
        current = (step.actual.offsets if step.actual else None) or {}
        if step.actual:
            before["offsets"] = _masked(entries(current), mask)
        after["offsets"] = _masked(entries(offsets_after(current, step.offsets)), mask)
        if Action.STOP in step.actions and step.expected != STOPPED:
            after["stopped_meanwhile"] = True
    return {"before": before, "after": after}


def _masked(value: t.Any, mask: Mask) -> t.Any:
    if isinstance(value, str):
        return mask.text(value)
    if isinstance(value, dict):
        return {key: _masked(item, mask) for key, item in value.items()}
    return [_masked(item, mask) for item in value] if isinstance(value, list) else value


def _state(state: str | None) -> str:
    return state or "unknown"


def exposed(declared: t.Sequence[Declared], mask: Mask) -> list[str]:
    """Where passwords stand in clear in ``config``, which Ansible shows from -vvv on; one sentence or none."""
    places = []
    for one in declared:
        keys = [key for key in sorted(one.config.keys() - one.secret_keys) if mask.exposes(key, one.config[key])]
        places += [f"connector '{one.name}': {', '.join(keys)}"] if keys else []
    if not places:
        return []
    return [
        f"There is a password in config, which Ansible shows at -vvv ({'; '.join(places)}). Move these keys to secrets."
    ]


def warnings(outcomes: t.Sequence[Outcome], mask: Mask) -> list[str]:
    """What is no error and should not go unseen, one sentence or two each."""
    texts = [_repaired(one, mask) for one in outcomes if one.step.repairs and one.done and not one.error]
    idle = [outcome.step.name for outcome in outcomes if outcome.seen and outcome.seen.is_idle]
    if idle:
        texts.append(
            f"Running without any task, so that nothing flows: {listed(idle)}. A source has no tasks while there is "
            "nothing for it to read; look at its configuration and the worker's log."
        )
    return texts


def _repaired(outcome: Outcome, mask: Mask) -> str:
    failure = outcome.step.actual.failure if outcome.step.actual else None
    cause = root_cause(mask.text(failure or "")) or "the worker did not say why"
    told = f"'{outcome.step.name}' had failed before this run: {cause.rstrip('.')}."
    if outcome.ran is None:
        return f"{told} Whether it has run since was not looked at."
    since = f"It has run for {outcome.ran:.0f} s since"
    if outcome.ran >= outcome.trial:
        return f"{told} {since}, longer than it tries again by itself."
    return (
        f"{told} {since}, and may try again by itself for {outcome.trial:.0f} s before it fails once more. "
        "Raise wait_timeout to see it."
    )


def result(outcomes: t.Sequence[Outcome], mask: Mask, *, check_mode: bool, diff: bool) -> dict[str, t.Any]:
    """The module's result. Raises RefusedError that carries it when a connector went wrong."""
    entries = [_entry(outcome, mask, check_mode=check_mode) for outcome in outcomes]
    errors = [entry for entry in entries if entry["error"]]
    summary = Counter(entry["action"] for entry in entries)
    values: dict[str, t.Any] = {
        "changed": any(entry["changed"] for entry in entries),
        "connectors": entries,
        "summary": {**dict(sorted(summary.items())), "failed": len(errors)},
    }
    if diff:
        values["diff"] = [
            {**entry["diff"], "before_header": entry["name"], "after_header": entry["name"]}
            for entry in entries
            if entry["changed"]
        ]
    if errors:
        raise RefusedError(_message(errors, len(entries)), details=values)
    return values


def _message(errors: t.Sequence[t.Mapping[str, t.Any]], total: int) -> str:
    # What failed by itself comes before what was not begun because of it.
    errors = sorted(errors, key=lambda entry: entry["error"].startswith("not begun"))
    told = " ".join(f"'{entry['name']}': {entry['error']}" for entry in errors[:_ERRORS_IN_MESSAGE])
    more = f" The result's 'connectors' has the other {len(errors) - _ERRORS_IN_MESSAGE}." * (
        len(errors) > _ERRORS_IN_MESSAGE
    )
    return f"{len(errors)} of {total} connectors went wrong. {told}{more}"


def _entry(outcome: Outcome, mask: Mask, *, check_mode: bool) -> dict[str, t.Any]:
    step = outcome.step
    entry: dict[str, t.Any] = {
        "name": step.name,
        "action": step.action,
        "changed": bool(step.actions) and not outcome.error if check_mode else bool(outcome.done),
        "error": mask.text(outcome.error),
        **status(outcome.seen, mask),
    }
    if outcome.seen is None and outcome.done and step.expected != ABSENT:
        entry["state"] = _state(None)
    if outcome.done and step.actual and step.had_failed:
        entry["failed_before"] = [
            {"part": part, "trace": mask.text(trace)} for part, trace in step.actual.failures.items()
        ]
    if step.actions:
        entry["diff"] = difference(step, mask)
    if outcome.invalid:
        entry["invalid"] = {error.field: [mask.text(text) for text in error.errors] for error in outcome.invalid}
    return entry


def described(connectors: t.Sequence[Connector], mask: Mask) -> list[dict[str, t.Any]]:
    """``name``, ``config`` and status of each connector."""
    return [{"name": one.name, "config": mask.config(one.config), **status(one, mask)} for one in connectors]


def status(actual: Connector | None, mask: Mask) -> dict[str, t.Any]:
    """``type``, ``state`` and ``tasks`` of a connector; ``trace`` only where something failed."""
    if actual is None:
        return {"type": "", "state": ABSENT, "tasks": []}
    shown: dict[str, t.Any] = {"type": actual.type, "state": _state(actual.state), "tasks": []}
    if actual.trace:
        shown["trace"] = mask.text(actual.trace)
    for task in actual.tasks:
        trace = {"trace": mask.text(task.trace)} if task.trace else {}
        shown["tasks"].append({"id": task.id, "state": task.state, "worker": task.worker, **trace})
    return shown
