# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What became of the statements, as ksql_statement shows it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .client import Done
from .model import Key
from .steps import Step


@dataclass
class RunState:
    """What became of every statement in a run; ``steps`` are those of the first plan."""

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


def diff(run: RunState) -> list[dict[str, str]]:
    """Before and after of everything that differs, as Ansible shows it."""
    return [
        {
            "before_header": f"{step.statement.label} on the server",
            "after_header": f"{step.statement.label} declared",
            "before": f"{before}\n" if before else "",
            "after": f"{after}\n" if after else "",
        }
        for step in run.steps
        for before, after in [step.shown]
        if step.before != step.after
    ]
