# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Carry out a plan whose archives are staged: exchange one plugin after the other."""

from __future__ import annotations

import typing as t

from .._errors import LiveConnectError
from .destination import Destination, Layout
from .plan import Action, Decision, Plan, refuse_losses
from .report import result
from .storage import named

if t.TYPE_CHECKING:
    from .stage import Staged

Progress = t.Callable[[str], None]


def apply(
    planned: Plan, staged: t.Mapping[str, Staged], destination: Destination, progress: Progress
) -> list[dict[str, t.Any]]:
    """One result per decision, whose archives are ``staged`` by their directory; ``destination`` is locked.

    Nothing is exchanged when a foreign file would be lost. An error carries the results so far as ``plugins`` in its
    details.
    """
    for decision in planned.decisions:
        if ready := staged.get(decision.desired.directory):
            refuse_losses(decision, (record.path for record in ready.receipt.files))
    results: list[dict[str, t.Any]] = []
    for decision in planned.decisions:
        ready = staged.get(decision.desired.directory)
        try:
            if decision.changed:
                with named(decision.desired.label):
                    _exchange(decision, ready, destination, progress)
        except LiveConnectError as error:
            error.details["plugins"] = results
            raise
        receipt = ready.receipt if ready else decision.kept
        results.append(result(decision, destination, receipt))
    return results


def _exchange(decision: Decision, staged: Staged | None, destination: Destination, progress: Progress) -> None:
    desired, current = decision.desired, decision.current
    new_files: set[str] = set()
    if decision.action is Action.REMOVED and current:
        destination.discard(current)
    elif staged and destination.layout is Layout.FLAT:
        destination.place_flat(staged.path, desired.directory, staged.receipt, current.receipt if current else None)
        new_files = {record.path for record in staged.receipt.files}
    elif staged:
        destination.place(staged.path, desired.directory)
    elif current and current.receipt:
        destination.forget_obsolete(desired.directory, current.receipt)
        destination.adjust(current)
    if staged:
        progress(f"{desired.directory} placed")
    for other in decision.obsolete:
        if other.entry not in new_files:
            destination.discard(other)
    progress(f"{desired.directory} {decision.action}")
