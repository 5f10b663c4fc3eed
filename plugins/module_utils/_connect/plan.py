# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What has to be done so that the connectors are as declared. Pure: no I/O, no clock."""

from __future__ import annotations

import enum
import re
import typing as t
from dataclasses import dataclass, field

from .._errors import InvalidInputError
from .model import ABSENT, FAILED, PAUSED, PRESENT, RESTING, RUNNING, STOPPED, Connector, Declared
from .offsets import RESET, Wanted, after


class Action(enum.Enum):
    """One write to the worker; the value is the ``action`` that a result reports."""

    CREATE = "create"
    CONFIGURE = "update"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    RESET_OFFSETS = "reset_offsets"
    ALTER_OFFSETS = "alter_offsets"
    RESTART_FAILED = "restart_failed"
    RESTART = "restart"
    DELETE = "delete"


ACTION_NONE = "none"
# What a step is called by when it takes several actions: the weightiest one, in this order.
_WEIGHT = [
    Action.CREATE,
    Action.DELETE,
    Action.CONFIGURE,
    Action.RESET_OFFSETS,
    Action.ALTER_OFFSETS,
    Action.STOP,
    Action.PAUSE,
    Action.RESUME,
    Action.RESTART,
    Action.RESTART_FAILED,
]
OFFSET_ACTIONS = frozenset({Action.RESET_OFFSETS, Action.ALTER_OFFSETS})
_STATE_ACTION = {RUNNING: Action.RESUME, PAUSED: Action.PAUSE, STOPPED: Action.STOP}


@dataclass(frozen=True)
class Rules:
    """How declared and actual are compared.

    ``compare``: ``exact`` or ``subset``; ``ignore_keys``: keys whose value on the worker is left as it is;
    ``restart``: ``never``, ``failed``, ``on_change``, ``always``; ``purge_match``: undeclared connectors whose whole
    name matches are deleted, None deletes nothing.
    """

    compare: str = "exact"
    ignore_keys: frozenset[str] = frozenset()
    restart: str = "failed"
    purge_match: re.Pattern[str] | None = None

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> Rules:
        """From a module's options; InvalidInputError when a purge is not well defined."""
        pattern = None
        if params["purge"]:
            if params["connectors"] is None:
                raise InvalidInputError("purge: it works with connectors, not with name.", remedy="Use connectors.")
            try:
                pattern = re.compile(params["purge_match"])
            except re.error as error:
                raise InvalidInputError(
                    f"purge_match: '{params['purge_match']}' is no regular expression: {error}.",
                    remedy="Write one as Python does.",
                ) from error
        return cls(params["compare"], frozenset(params["ignore_keys"]), params["restart"], pattern)


@dataclass(frozen=True)
class Step:
    """What has to be done to one connector: its ``actions``, in order; none when it is as declared.

    ``config`` is what the worker holds afterwards, ``expected`` the state it rests in then: ``running``, ``paused``,
    ``stopped``, ``absent``, or None when any of them is fine; ``offsets`` what an offset action is to achieve.
    """

    name: str
    actions: tuple[Action, ...] = ()
    config: t.Mapping[str, str] = field(default_factory=dict)
    expected: str | None = None
    actual: Connector | None = None
    secret_keys: frozenset[str] = frozenset()
    offsets: Wanted | None = None

    @property
    def had_failed(self) -> bool:
        """Whether the connector, or a task of it, had failed before."""
        return self.actual is not None and self.actual.failure is not None

    @property
    def repairs(self) -> bool:
        """Whether it is to run again after it had failed."""
        return self.had_failed and bool(self.actions) and self.expected in (RUNNING, None)

    @property
    def moves_offsets(self) -> bool:
        """Whether the connector is stopped for the sake of its offsets."""
        return bool(OFFSET_ACTIONS & set(self.actions))

    @property
    def action(self) -> str:
        """The one word that a result has for them."""
        return min(self.actions, key=_WEIGHT.index).value if self.actions else ACTION_NONE

    @property
    def writes_config(self) -> bool:
        """Whether the worker gets a configuration, which it can validate first."""
        return bool({Action.CREATE, Action.CONFIGURE} & set(self.actions))

    @property
    def shows_config(self) -> bool:
        """Whether the difference is about the configuration, not only about the state."""
        return self.writes_config or Action.DELETE in self.actions


def plan(declared: t.Sequence[Declared], actual: t.Mapping[str, Connector], rules: Rules) -> tuple[Step, ...]:
    """One Step for each declared connector, in order, and one for each that is purged.

    InvalidInputError when a connector would be left without ``connector.class``, or a purge has nothing declared.
    """
    if rules.purge_match and not declared:
        raise InvalidInputError(
            "purge: nothing is declared in connectors, so every match would be deleted.",
            remedy="Declare the connectors that stay.",
        )
    steps = [_plan_one(one, actual.get(one.name), rules) for one in declared]
    if rules.purge_match:
        undeclared = sorted(actual.keys() - {one.name for one in declared})
        steps += [_delete(name, actual[name]) for name in undeclared if rules.purge_match.fullmatch(name)]
    return tuple(steps)


def _plan_one(declared: Declared, actual: Connector | None, rules: Rules) -> Step:
    if declared.state == ABSENT:
        return _delete(declared.name, actual, declared.secret_keys)
    config = _target_config(declared, actual, rules)
    if "connector.class" not in config:
        raise InvalidInputError(
            f"Connector '{declared.name}': config has no 'connector.class'.", remedy="Name the connector's class there."
        )
    if actual is None:
        state = RUNNING if declared.state == PRESENT else declared.state
        actions = (Action.CREATE, *_around_offsets(declared, state))
        return Step(declared.name, actions, config, state, None, declared.secret_keys, declared.offsets)
    differs = config != actual.config
    expected = _expected(declared, actual)
    if declared.offsets is not None and not _is_there(declared.offsets, actual):
        # Of a connector that failed, or is not settled, running is the best guess at what it was.
        expected = expected or RUNNING
        begin = [action for action, due in ((Action.STOP, actual.state != STOPPED), (Action.CONFIGURE, differs)) if due]
        actions = (*begin, *_around_offsets(declared, expected))
    else:
        actions = tuple(_actions(declared, actual, differs=differs, restart=rules.restart))
    return Step(declared.name, actions, config, expected, actual, declared.secret_keys, declared.offsets)


def _is_there(wanted: Wanted, actual: Connector) -> bool:
    """Whether the offsets are as wanted.

    That only a stopped connector can tell: while it runs the worker knows where it was when it last saved its offsets,
    which may be nowhere yet, and it saves them again when it is stopped.
    """
    return actual.state == STOPPED and after(actual.offsets or {}, wanted) == actual.offsets


def _around_offsets(declared: Declared, expected: str) -> t.Iterator[Action]:
    """The actions of a connector that is stopped: its offsets, then the state that it is to have."""
    if declared.offsets is not None:
        yield Action.RESET_OFFSETS if declared.offsets == RESET else Action.ALTER_OFFSETS
        if expected != STOPPED:
            yield _STATE_ACTION[expected]


def _delete(name: str, actual: Connector | None, secret_keys: frozenset[str] = frozenset()) -> Step:
    actions = () if actual is None else (Action.DELETE,)
    return Step(name, actions, expected=ABSENT, actual=actual, secret_keys=secret_keys)


def _target_config(declared: Declared, actual: Connector | None, rules: Rules) -> dict[str, str]:
    if actual is None:
        return dict(declared.config)
    target = {**actual.config, **declared.config} if rules.compare == "subset" else dict(declared.config)
    for key in declared.removed:
        target.pop(key, None)
    for key in rules.ignore_keys:
        target.pop(key, None)
        if key in actual.config:
            target[key] = actual.config[key]
    return target


def _expected(declared: Declared, actual: Connector) -> str | None:
    if declared.state != PRESENT:
        return declared.state
    # A connector that failed, or is not settled, may have been paused or stopped before: the worker does not tell.
    return actual.state if actual.state in RESTING - {FAILED} else None


def _actions(declared: Declared, actual: Connector, *, differs: bool, restart: str) -> t.Iterator[Action]:
    failed = actual.failure is not None
    stopped = _expected(declared, actual) == STOPPED
    state_action = _state_action(declared, actual, restart)
    # To rest comes before a new configuration, so that it never runs; to run comes after it.
    if state_action in (Action.STOP, Action.PAUSE):
        yield state_action
    if differs:
        yield Action.CONFIGURE
    if state_action is Action.RESUME:
        yield state_action
    if stopped:
        return
    if restart == "always" or (restart == "on_change" and differs):
        yield Action.RESTART
    elif failed and restart != "never":
        # Also after a new configuration: before Kafka 3.9 it leaves a task alone whose own settings are the same.
        yield Action.RESTART_FAILED


def _state_action(declared: Declared, actual: Connector, restart: str) -> Action | None:
    if declared.state in (PRESENT, actual.state):
        return None
    if actual.state == FAILED and declared.state != STOPPED and restart == "never":
        # A failed connector takes on no state but stopped until it is restarted.
        return None
    return _STATE_ACTION[declared.state]
