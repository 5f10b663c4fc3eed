# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Compares what is declared with what the table says. Pure: no database, no clock."""

from __future__ import annotations

import difflib
import typing as t
from dataclasses import dataclass

from .._errors import InvalidInputError, RefusedError
from .model import Registration, Row, id_spellings

MAX_SUGGESTIONS = 3


@dataclass(frozen=True)
class Step:
    """One workgroup: its row as it stands and as it is to be."""

    before: Row
    after: Row

    @property
    def changed(self) -> bool:
        """Whether the row has to be written."""
        return self.before != self.after


@dataclass(frozen=True)
class Plan:
    """What a run does, one step per declared workgroup, in the declared order."""

    steps: tuple[Step, ...]

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps whose rows have to be written."""
        return tuple(step for step in self.steps if step.changed)


class UnknownWorkgroupError(RefusedError):
    """A declared workgroup has no row; ``details`` has ``workgroup_id`` and ``close``, the ids that resemble it."""


def plan(desired: t.Sequence[Registration], rows: t.Sequence[Row], known_ids: t.Sequence[str] = ()) -> Plan:
    """Pair every registration with its row.

    ``rows`` holds every row whose id is a spelling of a declared one; ``known_ids`` names all workgroups, to help with
    an unknown one. Raises UnknownWorkgroupError, and InvalidInputError when an id is ambiguous.
    """
    steps = []
    for registration in desired:
        row = _row_of(registration.workgroup_id, rows)
        if row is None:
            raise _unknown(registration.workgroup_id, known_ids)
        steps.append(Step(row, Row(row.workgroup_id, registration.broker, registration.registry)))
    return Plan(tuple(steps))


def lacks_rows(desired: t.Sequence[Registration], rows: t.Sequence[Row]) -> bool:
    """Whether a declared workgroup has no row, so that ``plan`` is to be told of all workgroups."""
    return any(_row_of(registration.workgroup_id, rows) is None for registration in desired)


def _row_of(workgroup_id: str, rows: t.Sequence[Row]) -> Row | None:
    for spelling in id_spellings(workgroup_id):
        found = [row for row in rows if row.workgroup_id == spelling]
        if len(found) > 1:
            raise InvalidInputError(
                f"Workgroup {workgroup_id} has {len(found)} rows, and none of them can be told to be the right one.",
                remedy="Check that id_column names the column that identifies a workgroup.",
                details={"workgroup_id": workgroup_id},
            )
        if found:
            return found[0]
    return None


def _unknown(workgroup_id: str, known: t.Sequence[str]) -> UnknownWorkgroupError:
    close = difflib.get_close_matches(workgroup_id, known, n=MAX_SUGGESTIONS, cutoff=0.5)
    if close:
        remedy = f"Close to it: {', '.join(close)}."
    elif known:
        remedy = f"The table has {len(known)} other workgroups; copy the id from the platform."
    else:
        remedy = "The table has no workgroup at all; check that this is the platform's database."
    return UnknownWorkgroupError(
        f"Workgroup {workgroup_id} has no row, and a row is never created here.",
        remedy=remedy,
        details={"workgroup_id": workgroup_id, "close": close},
    )
