# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Carries a registration out: look, and only when something differs lock, look again and write."""

from __future__ import annotations

import typing as t

from .model import Registration, Row, id_spellings
from .plan import Plan, lacks_rows, plan


class WorkgroupStore(t.Protocol):
    """The table of workgroups inside one transaction, which ends unwritten unless it is committed."""

    def read(self, ids: t.Sequence[str], *, lock: bool) -> list[Row]:
        """The rows that have one of these ids; ``lock`` keeps other sessions from writing them until the end."""

    def known_ids(self) -> list[str]:
        """Ids of the workgroups, at most a thousand."""

    def write(self, row: Row) -> None:
        """Write both addresses of the row with this id."""

    def commit(self) -> None:
        """Make what was written last."""


def register(store: WorkgroupStore, desired: t.Sequence[Registration], *, check_mode: bool) -> Plan:
    """Make the rows say what is declared, all or none, and return what that took.

    A run that changes nothing takes no lock and needs no right to write.
    """
    found = _look(store, desired, lock=False)
    if check_mode or not found.changes:
        return found
    # Another run may have written between the first look and the lock.
    found = _look(store, desired, lock=True)
    for step in found.changes:
        store.write(step.after)
    store.commit()
    return found


def _look(store: WorkgroupStore, desired: t.Sequence[Registration], *, lock: bool) -> Plan:
    ids = [spelling for registration in desired for spelling in id_spellings(registration.workgroup_id)]
    rows = store.read(ids, lock=lock)
    return plan(desired, rows, store.known_ids() if lacks_rows(desired, rows) else ())
