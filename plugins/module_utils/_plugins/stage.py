# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Fetch, verify and unpack plugins in the staging directory, some at a time.

Loaded only when a server must be asked or an archive unpacked: loading this and what it needs takes longer than
finding out that there is nothing to do.
"""

from __future__ import annotations

import shutil
import typing as t
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from .._errors import LiveConnectError, RefusedError
from . import archive
from .client import Artifact, Sources
from .destination import PART, Layout, manifest_version
from .download import Web
from .inventory import find_classes
from .model import Desired, Extra, needs_latest
from .receipt import RECEIPT_NAME, ExtraRecord, FileRecord, Receipt
from .storage import file_digest, named

if t.TYPE_CHECKING:
    from .apply import Progress
    from .destination import Destination
    from .options import Options

_MEGABYTE = 1_000_000

_R = t.TypeVar("_R")


@dataclass(frozen=True)
class Staged:
    """A plugin as it is to stand: its tree in the staging directory, and its receipt."""

    path: Path
    receipt: Receipt


class Stager:
    """Works in the staging directory of ``destination``; ``progress`` hears one line per finished part."""

    def __init__(self, destination: Destination, options: Options, progress: Progress) -> None:
        servers = options.servers
        self._destination = destination
        self._options = options
        self._progress = progress
        self._web = Web(servers.access, servers.credential_hosts, retries=servers.retries)
        self._sources = Sources(self._web, hub_url=servers.hub_url, maven_repository=servers.maven_repository)

    def latest(self, declared: t.Sequence[Desired]) -> list[Desired]:
        """The same, with the version that is now the latest wherever it has still to be looked up."""
        return self._each(declared, lambda one: self._sources.latest(one) if needs_latest(one) else one)

    def check(self, declared: t.Sequence[Desired]) -> None:
        """Refuse what ``stage`` would refuse without a download."""
        self._each(declared, self._artifacts)

    def stage(self, declared: t.Sequence[Desired]) -> dict[str, Staged]:
        """All of them ready to be placed, by the name of their directory."""
        staged = self._each(declared, self._stage)
        return {one.directory: tree for one, tree in zip(declared, staged, strict=True)}

    def _each(self, declared: t.Sequence[Desired], work: t.Callable[[Desired], _R]) -> list[_R]:
        """``work`` on every plugin, some at a time; the first error in order ends it, with the plugin's name."""

        def attempt(desired: Desired) -> _R:
            with named(desired.label):
                return work(desired)

        with ThreadPoolExecutor(self._options.parallel) as pool:
            futures = [pool.submit(attempt, desired) for desired in declared]
            try:
                return [future.result() for future in futures]
            except LiveConnectError:
                pool.shutdown(cancel_futures=True)
                raise

    def _stage(self, desired: Desired) -> Staged:
        """Fetch, verify and unpack one plugin."""
        staging = self._destination.staging
        tree = staging / f"{desired.directory}.new"
        work = staging / f"{desired.directory}.work"
        limits = self._options.limits
        main, *extra = self._artifacts(desired)
        part, digests = self._fetch(desired, main, 0)
        files = archive.unpack(part, main.file_name, work, tree, limits)
        part.unlink(missing_ok=True)
        records = []
        lib = _directory_of_jars(files)
        for number, (wanted, artifact) in enumerate(zip(desired.extra, extra, strict=True), 1):
            part, found = self._fetch(desired, artifact, number)
            files += (archive.add_jar(part, artifact.file_name, tree, below=lib),)
            records.append(ExtraRecord(str(wanted.source), found))
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
            extra=tuple(records),
            files=files,
            classes=classes.by_kind,
            classes_declared=classes.declared,
        )
        if self._destination.layout is Layout.PLUGIN:
            (tree / RECEIPT_NAME).write_bytes(receipt.dump())
        self._destination.own(tree)
        self._progress(f"{desired.directory} staged")
        return Staged(tree, receipt)

    def _artifacts(self, desired: Desired) -> list[Artifact]:
        """What to fetch, the plugin's archive first, after the refusals that need no download."""
        return [self._artifact(wanted) for wanted in desired.parts]

    def _artifact(self, wanted: Desired | Extra) -> Artifact:
        artifact = self._sources.locate(wanted)
        if artifact.licences and not self._options.accept_licenses:
            raise RefusedError(
                f"its licence is not accepted: {'; '.join(artifact.licences)}.",
                remedy="Read it, then set accept_licenses: true.",
            )
        if not (artifact.local or wanted.unverified or artifact.expected):
            raise RefusedError(
                f"{artifact.file_name}: its source publishes no checksum.",
                remedy="Declare checksum as algorithm:hex, or checksum: none to install it unverified.",
            )
        return artifact

    def _fetch(self, desired: Desired, artifact: Artifact, number: int) -> tuple[Path, dict[str, str]]:
        """Fetch into the staging directory and compare; the file, and its digests by algorithm."""
        part = self._destination.staging / f"{desired.directory}.{number}{PART}"
        found = self._copy(desired, artifact, part)
        self._progress(f"{desired.directory} fetched")
        archive.identify(part, artifact.file_name)
        for algorithm, digest in artifact.expected.items():
            if found[algorithm] != digest:
                raise RefusedError(
                    f"{artifact.file_name}: its {algorithm} is {found[algorithm]}, not {digest};"
                    " nothing was installed.",
                    remedy="Check the declared checksum and the source.",
                )
        return part, found

    def _copy(self, desired: Desired, artifact: Artifact, part: Path) -> dict[str, str]:
        def report(size: int, total: int | None) -> None:
            known = f" of {total // _MEGABYTE}" if total else ""
            self._progress(f"{desired.directory}: {size // _MEGABYTE}{known} MB of {artifact.file_name} fetched")

        algorithms = {"sha256", *artifact.expected}
        if artifact.local:
            shutil.copyfile(artifact.location, part)
            return {algorithm: file_digest(part, algorithm) for algorithm in algorithms}
        done = self._web.download(
            artifact.location,
            part,
            algorithms,
            self._options.limits.size,
            # What nothing proves is fetched as a whole, never put together from two runs.
            resume=bool(artifact.expected),
            report=report,
        )
        return dict(done.digests)


def _directory_of_jars(files: t.Iterable[FileRecord]) -> str:
    """The directory, relative to the plugin, that holds most of its jars; of two the higher one."""
    counts = Counter(record.path.rpartition("/")[0] for record in files if record.path.lower().endswith(".jar"))
    return min(counts, key=lambda directory: (-counts[directory], directory.count("/"), directory))


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
