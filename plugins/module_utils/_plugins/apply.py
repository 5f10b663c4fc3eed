# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From what is declared to what stands: resolve, plan, fetch all, then exchange one by one."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

from .._errors import InvalidInputError, LiveConnectError
from .destination import Destination, Layout
from .digest import file_digest
from .model import LATEST, Checksum, Desired, Extra, FileSource, Installed, needs_latest, split_stem
from .plan import Action, Plan, Step, plan, refuse_losses
from .storage import named

if t.TYPE_CHECKING:
    from .options import Options
    from .receipt import Receipt
    from .stage import Progress, Staged, Stager

_Wanted = t.TypeVar("_Wanted", Desired, Extra)


@dataclass(frozen=True)
class Outcome:
    """The plan that was carried out, and one result per plugin: those declared, in their order, then those purged.

    ``leftovers``: whether there was something of an interrupted run to clean up.
    """

    plan: Plan
    results: list[dict[str, t.Any]]
    leftovers: bool


class Installer:
    """Makes ``destination`` hold what is declared; ``progress`` hears one line per finished part."""

    def __init__(self, destination: Destination, options: Options, progress: Progress) -> None:
        self._destination = destination
        self._options = options
        self._progress = progress

    @functools.cached_property
    def _stager(self) -> Stager:
        from .stage import Stager  # noqa: PLC0415 -- most runs find nothing to do, and need not load it

        return Stager(self._destination, self._options, self._progress)

    def converge(self, declared: t.Sequence[Desired]) -> Outcome:
        """Do what is needed, or in check mode find out; without anything to do no server is asked.

        All archives are fetched, verified and unpacked before the first plugin is exchanged. An error carries the
        results so far as ``plugins`` in its details.
        """
        leftovers = self._destination.littered
        if leftovers and not self._options.check_mode:
            with self._destination.locked(keep_downloads=True):
                self._progress("healed")
        resolved, planned = self._plan(declared)
        if self._options.check_mode:
            if fetching := _to_fetch(planned):
                self._stager.check(fetching)
        elif planned.changed:
            with self._destination.locked():
                # Another run may have been at work until the lock was ours.
                planned = self._planned(resolved, self._read())
                return Outcome(planned, self._apply(planned), leftovers)
        elif self._destination.littered:
            with self._destination.locked():
                self._progress("tidied")
        return Outcome(planned, [self._result(step) for step in planned.steps], leftovers)

    def _read(self) -> list[Installed]:
        return self._destination.read(verify=self._options.verify)

    def _plan(self, declared: t.Sequence[Desired]) -> tuple[list[Desired], Plan]:
        actual = self._read()
        standing = {item.entry: item for item in actual if not item.bare_jar}
        resolved = [self._settle(desired, standing.get(desired.directory)) for desired in declared]
        if any(needs_latest(desired) for desired in resolved):
            resolved = self._stager.latest(resolved)
        return resolved, self._planned(resolved, actual)

    def _planned(self, resolved: t.Sequence[Desired], actual: t.Iterable[Installed]) -> Plan:
        planned = plan(resolved, actual, purge=self._options.purge)
        for step in planned.steps:
            refuse_losses(step.desired, step.lost)
        return planned

    def _settle(self, desired: Desired, current: Installed | None) -> Desired:
        """The same with what the node alone can tell: the digest of a file, and the version when any will do."""
        if not desired.present:
            return desired
        with named(desired.label):
            desired = replace(self._with_digest(desired), extra=tuple(map(self._with_digest, desired.extra)))
        if needs_latest(desired) and desired.version != LATEST and current is not None and current.version:
            return replace(desired, version=current.version)
        return desired

    def _with_digest(self, wanted: _Wanted) -> _Wanted:
        if not isinstance(wanted.source, FileSource) or wanted.checksum:
            return wanted
        path = Path(wanted.source.path)
        if path.is_file():
            return replace(wanted, checksum=Checksum("sha256", file_digest(path)))
        if self._options.check_mode:
            return wanted  # an earlier task would have brought it
        raise InvalidInputError(f"src: {path} is not a file on this node.", remedy="Copy it there first.")

    def _apply(self, planned: Plan) -> list[dict[str, t.Any]]:
        results: list[dict[str, t.Any]] = []
        try:
            fetching = _to_fetch(planned)
            staged = self._stager.stage(fetching) if fetching else {}
            lost = {step.desired.directory: self._lost(step, staged) for step in planned.steps}
            for step in planned.steps:
                ready = staged.get(step.desired.directory)
                if step.changed:
                    with named(step.desired.label):
                        self._exchange(step, ready)
                results.append(self._result(step, ready, lost[step.desired.directory]))
        except LiveConnectError as error:
            error.details["plugins"] = results
            raise
        return results

    def _lost(self, step: Step, staged: t.Mapping[str, Staged]) -> tuple[str, ...]:
        """The step's lost files; of a plugin without a receipt the jars that the new one has under no version."""
        ready, current = staged.get(step.desired.directory), step.current
        lost = step.lost
        if ready and current and not current.receipt and self._destination.layout is Layout.PLUGIN:
            brought = {_stem(record.path) for record in ready.receipt.files}
            jars = self._destination.jars_of(current)
            lost += tuple(f"{current.entry}/{path}" for path in jars if _stem(path) not in brought)
            refuse_losses(step.desired, lost)
        return lost

    def _exchange(self, step: Step, staged: Staged | None) -> None:
        desired, current, destination = step.desired, step.current, self._destination
        new_files: set[str] = set()
        if step.action is Action.REMOVED and current:
            destination.discard(current)
        elif staged and destination.layout is Layout.FLAT:
            previous = current.receipt if current else None
            destination.place_flat(staged.path, desired.directory, staged.receipt, previous)
            new_files = {record.path for record in staged.receipt.files}
        elif staged:
            destination.place(staged.path, desired.directory)
        elif current and current.receipt:
            destination.forget_obsolete(desired.directory, current.receipt)
            destination.adjust(current)
        if staged:
            self._progress(f"{desired.directory} placed")
        for other in step.obsolete:
            if other.entry not in new_files:
                destination.discard(other)
        self._progress(f"{desired.directory} {step.action}")

    # Reporting

    def _result(
        self, step: Step, staged: Staged | None = None, lost: t.Sequence[str] | None = None
    ) -> dict[str, t.Any]:
        desired, current = step.desired, step.current
        receipt = staged.receipt if staged else (current.receipt if current and not step.fetches else None)
        standing = current.version if current else None
        version = None
        if desired.present:
            version = (receipt.version if receipt else None) or desired.version or standing
        return {
            "name": desired.name,
            "action": str(step.action),
            "changed": step.changed,
            "version": version,
            "previous_version": standing or next((other.version for other in step.obsolete), None),
            "path": str(self._path(step, receipt)),
            "source": str(desired.source),
            "bytes": receipt.total_size if receipt and desired.present else None,
            "classes": dict(receipt.classes) if receipt and desired.present else {},
            "classes_declared": receipt.classes_declared if receipt and desired.present else None,
            "reasons": list(step.reasons),
            "foreign": self._foreign(step, lost or step.lost),
        }

    def _foreign(self, step: Step, lost: t.Sequence[str]) -> list[str]:
        replaced = step.fetches or not step.desired.present
        kept = [] if replaced or not step.current else [f"{step.current.entry}/{path}" for path in step.current.foreign]
        return sorted([*lost, *kept])

    def _path(self, step: Step, receipt: Receipt | None) -> Path:
        if self._destination.layout is Layout.PLUGIN:
            return self._destination.path / step.desired.directory
        if receipt and len(receipt.files) == 1:
            return self._destination.path / receipt.files[0].path
        return self._destination.path


def _stem(path: str) -> str:
    return split_stem(path.rpartition("/")[2])[0]


def _to_fetch(planned: Plan) -> list[Desired]:
    return [step.desired for step in planned.steps if step.fetches]
