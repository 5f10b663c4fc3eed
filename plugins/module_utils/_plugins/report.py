# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a run tells: the module's result for every plugin, and the difference between before and after; pure."""

from __future__ import annotations

import typing as t

from .model import Installed
from .plan import Action

if t.TYPE_CHECKING:
    from .destination import Destination
    from .plan import Decision, Plan
    from .receipt import Receipt


def result(decision: Decision, destination: Destination, receipt: Receipt | None) -> dict[str, t.Any]:
    """The entry of one plugin of ``destination``, with its ``receipt`` if it has one by then."""
    desired, current = decision.desired, decision.current
    standing = current.version if current else None
    foreign = list(decision.lost(record.path for record in receipt.files) if receipt else decision.lost())
    if current and desired.present and not decision.fetches:
        foreign += [f"{current.entry}/{name}" for name in current.foreign]
    stays = receipt if desired.present else None
    return {
        "name": desired.name,
        "action": str(decision.action),
        "changed": decision.changed,
        "version": ((receipt.version if receipt else None) or desired.version or standing) if desired.present else None,
        "previous_version": standing or next((other.version for other in decision.obsolete), None),
        "path": str(destination.place_of(Installed(desired.directory, receipt=receipt))),
        "source": str(desired.source),
        "bytes": stays.total_size if stays else None,
        "classes": dict(stays.classes) if stays else {},
        "classes_declared": stays.classes_declared if stays else None,
        "reasons": list(decision.reasons),
        "foreign": sorted(foreign),
    }


def diff(planned: Plan) -> dict[str, str]:
    """Ansible's before and after: a line per place that changes, ``place: version``, and per foreign file that goes."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for decision in planned.decisions:
        if not decision.changed:
            continue
        desired, current = decision.desired, decision.current
        if current is not None:
            same_version = desired.version == current.version
            told = decision.action in (Action.REPAIRED, Action.ADJUSTED) or (same_version and decision.fetches)
            notes = f" ({'; '.join(decision.reasons)})" if told else ""
            before[desired.directory] = _standing(current) + notes
        if desired.present:
            kept = current.version if current and not decision.fetches else None
            after[desired.directory] = _told(desired.version or kept, (str(extra.source) for extra in desired.extra))
        before |= {other.entry: _standing(other) for other in decision.obsolete}
        before |= dict.fromkeys(decision.lost(), "a foreign file")
    return {"before": _lines(before), "after": _lines(after)}


def _standing(found: Installed) -> str:
    return _told(found.version, (extra.source for extra in found.receipt.extra) if found.receipt else ())


def _told(version: str | None, extra: t.Iterable[str]) -> str:
    return ", with ".join((version or "unknown version", *sorted(extra)))


def _lines(places: t.Mapping[str, str]) -> str:
    return "".join(f"{place}: {version}\n" for place, version in sorted(places.items()))
