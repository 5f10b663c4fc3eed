# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What became of the rows, as workgroup_kafka_registration shows it."""

from __future__ import annotations

import typing as t
from dataclasses import asdict

from .model import Row
from .plan import Plan


def report(plan: Plan) -> dict[str, t.Any]:
    """The module's result: the rows as they are to be after the run, and before and after of all of them."""
    return {
        "changed": bool(plan.changes),
        "workgroups": [{**asdict(step.after), "changed": step.changed} for step in plan.steps],
        "diff": {
            "before": {step.before.workgroup_id: _columns(step.before) for step in plan.steps},
            "after": {step.after.workgroup_id: _columns(step.after) for step in plan.steps},
        },
    }


def _columns(row: Row) -> dict[str, str | None]:
    return {"broker": row.broker, "registry": row.registry}
