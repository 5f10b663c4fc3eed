# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From what is declared to what stands: resolve, plan, fetch all, then exchange one by one."""

from __future__ import annotations

import contextlib
import shutil
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from .._errors import InvalidInputError, LiveConnectError, RefusedError
from . import archive
from .client import Artifact, Sources, file_digest, needs_latest
from .destination import PART, Destination, Layout, manifest_version
from .inventory import find_classes
from .model import LATEST, Checksum, Desired, FileSource, Installed, MavenSource
from .plan import Action, Plan, Step, plan
from .receipt import RECEIPT_NAME, FileRecord, Receipt
from .storage import StorageError

if t.TYPE_CHECKING:
    from .download import Web

Progress = t.Callable[[str], None]
_R = t.TypeVar("_R")


@dataclass(frozen=True)
class Options:
    """How to carry out a plan.

    ``parallel`` is how many plugins are fetched at a time, ``purge`` removes what a receipt says is ours and nobody
    declares.
    """

    check_mode: bool = False
    verify: bool = False
    accept_licenses: bool = False
    purge: bool = False
    parallel: int = 4
    limits: archive.Limits = archive.Limits()  # noqa: RUF009 -- frozen


@dataclass(frozen=True)
class Outcome:
    """The plan that was carried out, and one result per plugin: those declared, in their order, then those purged."""

    plan: Plan
    results: list[dict[str, t.Any]]


@dataclass(frozen=True)
class _Staged:
    path: Path
    receipt: Receipt


class Installer:
    """Makes ``destination`` hold what is declared; ``progress`` hears one line per finished part."""

    def __init__(
        self, destination: Destination, sources: Sources, web: Web, options: Options, progress: Progress
    ) -> None:
        self._destination = destination
        self._sources = sources
        self._web = web
        self._options = options
        self._progress = progress

    def converge(self, declared: t.Sequence[Desired]) -> Outcome:
        """Do what is needed, or in check mode find out; without anything to do no server is asked.

        All archives are fetched, verified and unpacked before the first plugin is exchanged. An error carries the
        results so far as ``plugins`` in its details.
        """
        if self._destination.littered and not self._options.check_mode:
            with self._destination.locked(keep_downloads=True):
                self._progress("healed")
        resolved, planned = self._plan(declared)
        if self._options.check_mode:
            self._each([step for step in planned.steps if step.fetches], self._check)
        elif planned.changed:
            with self._destination.locked():
                # Another run may have been at work until the lock was ours.
                planned = plan(resolved, self._read(), purge=self._options.purge)
                return Outcome(planned, self._apply(planned))
        elif self._destination.littered:
            with self._destination.locked():
                self._progress("tidied")
        return Outcome(planned, [self._result(step) for step in planned.steps])

    def _read(self) -> list[Installed]:
        return self._destination.read(verify=self._options.verify)

    def _plan(self, declared: t.Sequence[Desired]) -> tuple[list[Desired], Plan]:
        actual = self._read()
        standing = {item.entry: item for item in actual if not item.bare_jar}
        resolved = self._each(declared, lambda desired: self._resolve(desired, standing.get(desired.directory)))
        return resolved, plan(resolved, actual, purge=self._options.purge)

    def _check(self, step: Step) -> None:
        if not isinstance(step.desired.source, FileSource):
            self._artifacts(step)

    def _resolve(self, desired: Desired, current: Installed | None) -> Desired:
        if not desired.present:
            return desired
        if isinstance(desired.source, FileSource) and not desired.checksum:
            return self._with_digest(desired, Path(desired.source.path))
        if needs_latest(desired):
            if desired.version != LATEST and current is not None and current.version:
                return replace(desired, version=current.version)
            return self._sources.latest(desired)
        return desired

    def _with_digest(self, desired: Desired, path: Path) -> Desired:
        if path.is_file():
            return replace(desired, checksum=Checksum("sha256", file_digest(path)))
        if self._options.check_mode:
            return desired  # an earlier task would have brought it
        raise InvalidInputError(f"src: {path} is not a file on this node.", remedy="Copy it there first.")

    def _apply(self, planned: Plan) -> list[dict[str, t.Any]]:
        results: list[dict[str, t.Any]] = []
        try:
            fetching = [step for step in planned.steps if step.fetches]
            staged = {tree.path.name: tree for tree in self._each(fetching, self._stage)}
            for step in planned.steps:
                ready = staged.get(_staged_name(step.desired))
                with _named(step.desired.label):
                    self._exchange(step, ready)
                results.append(self._result(step, ready))
        except LiveConnectError as error:
            error.details["plugins"] = results
            raise
        return results

    def _exchange(self, step: Step, staged: _Staged | None) -> None:
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
        self._progress(f"{desired.directory} placed")
        for other in step.obsolete:
            if other.entry not in new_files:
                destination.discard(other)
        self._progress(f"{desired.directory} {step.action}")

    # Fetching

    def _stage(self, step: Step) -> _Staged:
        """Fetch, verify and unpack one plugin in the staging directory."""
        desired, staging = step.desired, self._destination.staging
        tree = staging / _staged_name(desired)
        files: tuple[FileRecord, ...] = ()
        digests: dict[str, str] = {}
        for number, artifact in enumerate(self._artifacts(step)):
            part = staging / f"{desired.directory}.{number}{PART}"
            expected = _expected(desired, artifact, first=number == 0)
            found = self._fetch(artifact, part, expected)
            self._progress(f"{desired.directory} fetched")
            archive.identify(part, artifact.file_name, self._options.limits)
            _compare(artifact, expected, found)
            if number == 0:
                digests = found
                work = staging / f"{desired.directory}.work"
                files = archive.unpack(part, artifact.file_name, work, tree, self._options.limits)
                part.unlink(missing_ok=True)
            else:
                files += (archive.add_jar(part, artifact.file_name, tree, self._options.limits),)
            self._progress(f"{desired.directory} unpacked")
        if self._destination.layout is Layout.FLAT:
            files = _flattened(tree, files)
        # An archive of an installed plugin holds the receipt of back then, which ours replaces.
        files = tuple(record for record in files if record.path != RECEIPT_NAME)
        classes = find_classes(tree / record.path for record in files)
        receipt = Receipt(
            name=desired.name,
            version=desired.version or manifest_version(tree),
            source=str(desired.source),
            digests=digests,
            dependencies=_dependencies(desired),
            files=files,
            classes=classes.by_kind,
            classes_declared=classes.declared,
        )
        if self._destination.layout is Layout.PLUGIN:
            (tree / RECEIPT_NAME).write_bytes(receipt.dump())
        self._destination.own(tree)
        self._progress(f"{desired.directory} staged")
        return _Staged(tree, receipt)

    def _artifacts(self, step: Step) -> list[Artifact]:
        """What to fetch, after the refusals that need no download."""
        desired = step.desired
        artifacts = self._sources.locate(desired)
        for number, artifact in enumerate(artifacts):
            if artifact.licences and not self._options.accept_licenses:
                raise RefusedError(
                    f"its licence is not accepted: {'; '.join(artifact.licences)}.",
                    remedy="Read it, then set accept_licenses: true.",
                )
            proved = artifact.local or desired.unverified or _expected(desired, artifact, first=number == 0)
            if not proved:
                raise RefusedError(
                    f"{artifact.file_name}: its source publishes no checksum.",
                    remedy="Declare checksum as algorithm:hex, or checksum: none to install it unverified.",
                )
        return artifacts

    def _fetch(self, artifact: Artifact, part: Path, expected: t.Mapping[str, str]) -> dict[str, str]:
        algorithms = {"sha256", *expected}
        if artifact.local:
            shutil.copyfile(artifact.location, part)
            return {algorithm: file_digest(part, algorithm) for algorithm in algorithms}
        limit = self._options.limits.size
        # What nothing proves is fetched as a whole, never put together from two runs.
        return dict(self._web.download(artifact.location, part, algorithms, limit, resume=bool(expected)).digests)

    def _each(self, items: t.Sequence[t.Any], work: t.Callable[[t.Any], _R]) -> list[_R]:
        """``work`` on every item, some at a time; the first error in order ends it, with the item's name."""

        def attempt(item: t.Any) -> _R:
            with _named(item.desired.label if isinstance(item, Step) else item.label):
                return work(item)

        with ThreadPoolExecutor(self._options.parallel) as pool:
            futures = [pool.submit(attempt, item) for item in items]
            try:
                return [future.result() for future in futures]
            except LiveConnectError:
                pool.shutdown(cancel_futures=True)
                raise

    # Reporting

    def _result(self, step: Step, staged: _Staged | None = None) -> dict[str, t.Any]:
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
        }

    def _path(self, step: Step, receipt: Receipt | None) -> Path:
        if self._destination.layout is Layout.PLUGIN:
            return self._destination.path / step.desired.directory
        if receipt and len(receipt.files) == 1:
            return self._destination.path / receipt.files[0].path
        return self._destination.path


@contextlib.contextmanager
def _named(label: str) -> t.Iterator[None]:
    """Errors within begin with the plugin's name."""
    try:
        yield
    except LiveConnectError as error:
        if not error.message.startswith(label):
            error.message = f"{label}: {error.message}"
        raise
    except OSError as error:
        raise StorageError.of(error, Path(label)) from error


def _staged_name(desired: Desired) -> str:
    return f"{desired.directory}.new"


def _expected(desired: Desired, artifact: Artifact, *, first: bool) -> dict[str, str]:
    """The digests that decide: the declared one for the plugin's own archive, else what the source publishes."""
    if first and desired.checksum:
        return {desired.checksum.algorithm: desired.checksum.digest}
    return dict(artifact.published)


def _compare(artifact: Artifact, expected: t.Mapping[str, str], found: t.Mapping[str, str]) -> None:
    for algorithm, digest in expected.items():
        if found[algorithm] != digest:
            raise RefusedError(
                f"{artifact.file_name}: its {algorithm} is {found[algorithm]}, not {digest}; nothing was installed.",
                remedy="Check the declared checksum and the source.",
            )


def _flattened(tree: Path, files: t.Iterable[FileRecord]) -> tuple[FileRecord, ...]:
    """Only the jars, all of them at the top of ``tree``."""
    flat: dict[str, FileRecord] = {}
    for record in files:
        name = PurePosixPath(record.path).name
        if not name.lower().endswith(".jar"):
            continue
        if name in flat:
            raise archive.ArchiveError(
                f"{name} is in the archive twice, which the flat layout cannot hold.",
                remedy="Use layout: plugin, or another archive.",
            )
        (tree / record.path).rename(tree / name)
        flat[name] = replace(record, path=name)
    return tuple(flat.values())


def _dependencies(desired: Desired) -> tuple[str, ...]:
    source = desired.source
    return tuple(str(entry) for entry in source.dependencies) if isinstance(source, MavenSource) else ()
