# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Connectors as they are declared and as a worker reports them, in the shape in which they can be compared."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass, field

from .._errors import InvalidInputError
from .offsets import Offsets, Wanted, parse_wanted

if t.TYPE_CHECKING:
    from .._http.answers import Piece

RUNNING, PAUSED, STOPPED, FAILED = "running", "paused", "stopped", "failed"
PRESENT, ABSENT = "present", "absent"
# The states in which a connector rests; the others (unassigned, restarting, not reported yet) pass.
RESTING = frozenset({RUNNING, PAUSED, STOPPED, FAILED})

_ERASED_CHARACTERS = (*map(chr, range(32)), "\x7f")


@dataclass(frozen=True)
class Declared:
    """One connector as the operator wants it.

    ``config`` holds strings, secrets merged in, without ``name``; ``removed`` the keys declared null, which must not
    be there; ``secret_keys`` the keys that came from ``secrets``; ``offsets`` is None where they are of no concern.
    """

    name: str
    state: str = PRESENT
    config: t.Mapping[str, str] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    secret_keys: frozenset[str] = frozenset()
    offsets: Wanted | None = None


@dataclass(frozen=True)
class Task:
    """The last reported status of one task; ``state`` in lower case, ``trace`` empty unless it failed."""

    id: int
    state: str
    worker: str = ""
    trace: str = ""


@dataclass(frozen=True)
class Connector:
    """One connector as the worker reports it.

    ``config`` is without ``name``; ``state`` is None as long as the worker has no status of it; ``task_ids`` are the
    tasks that the configuration gives it, ``tasks`` those of them that have a status; ``offsets`` is None as long as
    they were not asked for.
    """

    name: str
    config: t.Mapping[str, str] = field(default_factory=dict)
    type: str = ""
    state: str | None = None
    worker: str = ""
    trace: str = ""
    task_ids: tuple[int, ...] = ()
    tasks: tuple[Task, ...] = ()
    offsets: Offsets | None = None

    @property
    def failures(self) -> dict[str, str]:
        """The trace of each part that has failed: ``connector``, ``task 0``, ``task 1``."""
        connector = {"connector": self.trace} if self.state == FAILED else {}
        return connector | {f"task {task.id}": task.trace for task in self.tasks if task.state == FAILED}

    @property
    def failure(self) -> str | None:
        """The trace of what failed first (the connector, else the task of the lowest id), None when nothing has."""
        return next(iter(self.failures.values()), None)

    @property
    def is_idle(self) -> bool:
        """Whether it runs without any task: legal, where there is nothing to read say, but nothing flows through it."""
        return self.state == RUNNING and not self.task_ids

    @property
    def moving_part(self) -> tuple[t.Any, ...]:
        """What is seen to move when a write takes effect: the tasks, or the connector itself when it has none.

        A new configuration restarts the connector first, its tasks later, so that the connector tells nothing of them.
        """
        return self.tasks or (self.state, self.worker, self.trace)


def declared_entries(params: t.Mapping[str, t.Any]) -> list[t.Mapping[str, t.Any]]:
    """The connectors that a module's options give, one or many; InvalidInputError when there is neither."""
    if params["connectors"] is None:
        if params["name"] is None:
            raise InvalidInputError(
                "connectors: there is nothing in it, not even an empty list.",
                remedy="Look at the file or variable that it comes from; write [] when there are none.",
            )
        return [params]
    if params["config"] or params["secrets"]:
        raise InvalidInputError(
            "connectors: config and secrets beside it belong to no connector.", remedy="Move them into its entries."
        )
    return list(params["connectors"])


def declare(entries: t.Sequence[t.Mapping[str, t.Any]]) -> list[Declared]:
    """Parse ``name``, ``config``, ``secrets``, ``state``, ``offsets`` of each entry.

    InvalidInputError names the connector.
    """
    declared = [_declare(entry) for entry in entries]
    twice = sorted(name for name, count in Counter(one.name for one in declared).items() if count > 1)
    if twice:
        raise InvalidInputError(
            f"connectors: {listed(twice)} declared more than once.", remedy="Keep one entry for each name."
        )
    return declared


def _declare(entry: t.Mapping[str, t.Any]) -> Declared:
    name = _checked_name(entry["name"])
    plain, removed = _strings(name, "config", entry.get("config") or {})
    secrets, empty = _strings(name, "secrets", entry.get("secrets") or {})
    if empty:
        raise InvalidInputError(
            f"Connector '{name}': secrets.{min(empty)} has no value.", remedy="Define the variable that it comes from."
        )
    config = {**plain, **secrets}
    if config.pop("name", name) != name:
        raise InvalidInputError(
            f"Connector '{name}': 'name' inside config is another one.", remedy="Leave it out of config."
        )
    state = entry.get("state") or PRESENT
    offsets = parse_wanted(name, entry.get("offsets"))
    if offsets is not None and state == ABSENT:
        raise InvalidInputError(
            f"Connector '{name}': offsets are declared of a connector that is to be absent.",
            remedy="Leave them out, or reset them first and delete it then.",
        )
    return Declared(
        name=name,
        state=state,
        config=config,
        removed=removed - secrets.keys() - {"name"},
        secret_keys=frozenset(secrets),
        offsets=offsets,
    )


def _checked_name(name: str) -> str:
    if not name or name != name.strip():
        raise InvalidInputError(
            f"Connector name '{name}' is empty or has spaces around it, which the worker would cut off.",
            remedy="Give the name without them.",
        )
    if "/" in name or name in (".", "..") or any(character in name for character in _ERASED_CHARACTERS):
        raise InvalidInputError(
            f"Connector name {name!r} cannot be addressed: a worker would create it and never delete it.",
            remedy="Use a name without '/' and control characters.",
        )
    return name


def _strings(name: str, option: str, values: t.Mapping[str, t.Any]) -> tuple[dict[str, str], frozenset[str]]:
    """The values as Connect stores them, and the keys whose value is null."""
    strings = {}
    for key, value in values.items():
        if value is None:
            continue
        path = f"{option}.{key}"
        if isinstance(value, list | tuple):
            strings[str(key)] = ",".join(_string(name, f"{path}[{index}]", item) for index, item in enumerate(value))
        else:
            strings[str(key)] = _string(name, path, value)
    return strings, frozenset(str(key) for key, value in values.items() if value is None)


def _string(name: str, path: str, value: t.Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    kind = "a dictionary" if isinstance(value, dict) else "neither text nor a number nor a boolean"
    raise InvalidInputError(
        f"Connector '{name}': {path} is {kind}, and Connect's configuration is flat.",
        remedy="Write nested settings as dotted keys, for example 'transforms.route.type'.",
    )


def parse_connectors(answer: Piece) -> dict[str, Connector]:
    """Connectors by name from the answer to ``GET /connectors?expand=info``, with or without ``&expand=status``.

    One that was deleted while the worker answered has the info null, and is none.
    """
    return {
        name: _actual(name, entry["info"], entry["status"]) for name, entry in answer.map().items() if entry["info"]
    }


def _actual(name: str, info: Piece, status: Piece) -> Connector:
    tasks, connector = [], None
    if status:
        connector = status["connector"] if status["connector"] else None
        tasks = [_task(one) for one in status["tasks"].entries()]
    task_ids = tuple(sorted(one["task"].number() for one in info["tasks"].entries()))
    return Connector(
        name=name,
        config=parse_config(info["config"]),
        type=_text(info, "type") or (_text(status, "type") if status else ""),
        state=(_text(connector, "state").lower() or None) if connector else None,
        worker=_text(connector, "worker_id") if connector else "",
        trace=_text(connector, "trace") if connector else "",
        task_ids=task_ids,
        # The status topic may still tell of tasks that the configuration no longer has.
        tasks=tuple(sorted((task for task in tasks if task.id in task_ids), key=lambda task: task.id)),
    )


def parse_config(config: Piece) -> dict[str, str]:
    """A configuration without ``name``. Before Kafka 4.0 a worker stores null, which is to connectors as no value."""
    return {key: value.text() for key, value in config.map().items() if key != "name" and value}


def _task(status: Piece) -> Task:
    return Task(
        status["id"].number(), status["state"].text().lower(), _text(status, "worker_id"), _text(status, "trace")
    )


def _text(piece: Piece, key: str) -> str:
    return piece[key].text() if piece[key] else ""


def root_cause(trace: str) -> str:
    """The line of a Java stack trace that says why: the last 'Caused by', else the first line."""
    lines = [line.strip() for line in trace.splitlines() if line.strip()]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    return (causes or lines or [""])[-1 if causes else 0]


def listed(names: t.Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
