# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From a module's parameters to its result: parse, plan, apply, report."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import replace
from pathlib import Path

from .._errors import InvalidInputError
from .apply import apply
from .destination import Destination, Layout, Ownership
from .model import (
    LATEST,
    Checksum,
    Declaration,
    Desired,
    Extra,
    FileSource,
    Installed,
    needs_latest,
    parse_declarations,
)
from .options import Options
from .plan import Plan, plan, refuse_losses
from .report import diff, result
from .storage import file_digest, named

if t.TYPE_CHECKING:
    from .apply import Progress
    from .stage import Stager

_Wanted = t.TypeVar("_Wanted", Desired, Extra)


def run(params: t.Mapping[str, t.Any], *, check_mode: bool, progress: Progress) -> dict[str, t.Any]:
    """Carry out a task of ``confluent_hub_plugin``; ``progress`` hears one line per finished part."""
    entries = [params] if params["plugins"] is None else params["plugins"]
    declared = parse_declarations(Declaration.from_params(entry) for entry in entries)
    destination = Destination(
        params["dest"],
        layout=Layout(params["layout"]),
        staging=params["staging"],
        ownership=Ownership.parse(params["owner"], params["group"], params["mode"]),
    )
    options = Options.from_params(params, declared, check_mode=check_mode)
    return Runner(destination, options, progress).run(declared)


class Runner:
    """Makes ``destination`` hold what is declared; ``progress`` hears one line per finished part."""

    def __init__(self, destination: Destination, options: Options, progress: Progress) -> None:
        self._destination = destination
        self._options = options
        self._progress = progress

    @functools.cached_property
    def _stager(self) -> Stager:
        from .stage import Stager  # noqa: PLC0415 -- most runs find nothing to do, and need not load it

        return Stager(self._destination, self._options, self._progress)

    def run(self, declared: t.Sequence[Desired]) -> dict[str, t.Any]:
        """Do what is needed, or in check mode find out; without anything to do no server is asked.

        The module's result, see its documentation. All archives are fetched, verified and unpacked before the first
        plugin is exchanged. An error in between carries the results so far as ``plugins`` in its details.
        """
        destination, check_mode = self._destination, self._options.check_mode
        leftovers = destination.has_leftovers
        if leftovers and not check_mode:
            with destination.locked(keep_downloads=True):
                self._progress("healed")
        actual = self._read()
        wanted = self._resolved(declared, actual)
        planned = self._planned(wanted, actual)
        results = None
        if check_mode:
            if planned.fetching:
                self._stager.check(planned.fetching)
        elif planned.changed:
            with destination.locked():
                # Another run may have been at work until the lock was ours.
                planned = self._planned(wanted, self._read())
                staged = self._stager.stage(planned.fetching) if planned.fetching else {}
                results = apply(planned, staged, destination, self._progress)
        elif destination.has_leftovers:
            with destination.locked():
                self._progress("tidied")
        if results is None:
            results = [result(decision, destination, decision.kept) for decision in planned.decisions]
        return {
            "changed": planned.changed,
            "plugins": results,
            "leftovers": leftovers,
            "restart_required": planned.changed,
            "diff": diff(planned) if planned.changed else {},
        }

    def _read(self) -> list[Installed]:
        return self._destination.read(verify=self._options.verify)

    def _planned(self, wanted: t.Iterable[Desired], actual: t.Iterable[Installed]) -> Plan:
        planned = plan(wanted, actual, purge=self._options.purge)
        for decision in planned.decisions:
            refuse_losses(decision)
        return planned

    def _resolved(self, declared: t.Iterable[Desired], actual: t.Iterable[Installed]) -> list[Desired]:
        """The same with the digests of files on the node, and with the versions to install."""
        standing = {item.entry: item.version for item in actual if not item.bare_jar}
        resolved = [self._settled(desired, standing.get(desired.directory)) for desired in declared]
        return self._stager.latest(resolved) if any(map(needs_latest, resolved)) else resolved

    def _settled(self, desired: Desired, standing: str | None) -> Desired:
        if not desired.present:
            return desired
        with named(desired.label):
            desired = replace(self._with_digest(desired), extra=tuple(map(self._with_digest, desired.extra)))
        any_will_do = needs_latest(desired) and desired.version != LATEST
        return replace(desired, version=standing) if any_will_do and standing else desired

    def _with_digest(self, wanted: _Wanted) -> _Wanted:
        if not isinstance(wanted.source, FileSource) or wanted.checksum:
            return wanted
        path = Path(wanted.source.path)
        if path.is_file():
            return replace(wanted, checksum=Checksum("sha256", file_digest(path)))
        if self._options.check_mode:
            return wanted  # an earlier task would have brought it
        raise InvalidInputError(f"src: {path} is not a file on this node.", remedy="Copy it there first.")
