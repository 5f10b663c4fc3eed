# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Where archives come from: the hub's API and the layout of a Maven repository, spoken over Web."""

from __future__ import annotations

import re
import typing as t
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from .._errors import InvalidInputError, RefusedError
from .model import (
    ALGORITHMS,
    Coordinates,
    Desired,
    Extra,
    FileSource,
    HubSource,
    MavenSource,
    UrlSource,
    file_name_of,
    is_snapshot,
    is_version,
)
from .options import PUBLIC_HUB

if t.TYPE_CHECKING:
    from .download import Web

_NOT_FOUND = 404
_SIDE_FILES = ("sha512", "sha256", "sha1")  # the strongest first; md5 alone would prove too little


@dataclass(frozen=True)
class Artifact:
    """A file to fetch: ``location`` is a web address, or a path on the node when ``local``.

    ``expected`` are the digests that it must have: the declared one, else what its source publishes. ``licences`` are
    the names and addresses of the licences that the hub asks to accept.
    """

    location: str
    file_name: str
    expected: t.Mapping[str, str] = field(default_factory=dict)
    licences: tuple[str, ...] = ()
    local: bool = False


class Sources:
    """Answers which version is the latest and where a version's files are."""

    def __init__(self, web: Web, *, hub_url: str = PUBLIC_HUB, maven_repository: str | None = None) -> None:
        self._web = web
        self._hub_url = hub_url.rstrip("/")
        self._maven_repository = maven_repository.rstrip("/") if maven_repository else None

    def latest(self, desired: Desired) -> Desired:
        """The same with the version that is now the latest."""
        source = desired.source
        if isinstance(source, HubSource):
            return replace(desired, version=_checked_version(self._manifest(source, None)["version"], desired))
        if isinstance(source, MavenSource):
            version = _checked_version(self._released(source.coordinates), desired)
            return replace(
                desired,
                version=version,
                source=replace(source, coordinates=replace(source.coordinates, version=version)),
            )
        return desired

    def locate(self, wanted: Desired | Extra) -> Artifact:
        """Where the archive of a plugin, or an extra jar, is."""
        declared = {wanted.checksum.algorithm: wanted.checksum.digest} if wanted.checksum else {}
        match wanted:
            case Desired(source=HubSource() as hub, version=version):
                return self._hub_artifact(hub, version, declared)
        match wanted.source:
            case MavenSource() as source:
                url = f"{self._repository(source.coordinates)}/{quote(source.coordinates.path)}"
                expected = declared or self._side_digest(url)
                return Artifact(url, source.coordinates.file_name, expected)
            case UrlSource() as source:
                expected = declared or ({} if wanted.unverified else self._side_digest(source.url))
                return Artifact(source.url, file_name_of(source), expected)
            case FileSource() as source:
                return Artifact(source.path, file_name_of(source), declared, local=True)
            case _:
                raise InvalidInputError("no source is declared.", remedy="Add maven, url or src.")

    def _hub_artifact(self, source: HubSource, version: str | None, declared: t.Mapping[str, str]) -> Artifact:
        manifest = self._manifest(source, version)
        archive = manifest.get("archive") or {}
        location = archive.get("url") or f"{self._hub_path(source, version)}/archive"
        if "://" not in location:
            location = f"{self._hub_url}/{location.removeprefix(self._hub_url).lstrip('/')}"
        licences = tuple(
            " ".join(str(entry[key]) for key in ("name", "url") if entry.get(key))
            for entry in manifest.get("license") or []
        )
        found = ((name, _digest_in(str(archive.get(name)), name)) for name in ("sha1", "md5"))
        published = next(({name: digest} for name, digest in found if digest), {})
        return Artifact(location, f"{source.owner}-{source.plugin}-{version}.zip", declared or published, licences)

    def _hub_path(self, source: HubSource, version: str | None) -> str:
        path = f"/api/plugins/{quote(source.owner)}/{quote(source.plugin)}"
        return f"{path}/versions/{quote(version)}" if version else path

    def _manifest(self, source: HubSource, version: str | None) -> dict[str, t.Any]:
        url = self._hub_url + self._hub_path(source, version)
        what = f"{source.owner}/{source.plugin}" + (f":{version}" if version else "")
        answer = self._web.get(url)
        manifest = answer.json()
        if answer.status == _NOT_FOUND:
            raise RefusedError(
                f"{what}: the hub at {self._hub_url} does not know it.",
                remedy="Check owner, plugin (capitals count) and version.",
            )
        if not answer.ok or not _is_manifest(manifest):
            raise RefusedError(
                f"{what}: {url} answered {answer.status} without a manifest: {answer.excerpt()}",
                remedy="Check hub_url.",
            )
        return t.cast("dict[str, t.Any]", manifest)

    def _repository(self, coordinates: Coordinates) -> str:
        if self._maven_repository is None:
            raise InvalidInputError(
                f"maven: {coordinates} needs a repository.", remedy="Give its address in maven_repository."
            )
        return self._maven_repository

    def _side_digest(self, url: str) -> dict[str, str]:
        """The digest that lies beside a file, as Maven repositories have it; empty when none does."""
        for algorithm in _SIDE_FILES:
            base, mark, query = url.partition("?")
            answer = self._web.get(f"{base}.{algorithm}{mark}{query}")
            if answer.ok and (digest := _digest_in(answer.text, algorithm)):
                return {algorithm: digest}
        return {}

    def _released(self, coordinates: Coordinates) -> str:
        url = f"{self._repository(coordinates)}/{quote(coordinates.directory_path)}/maven-metadata.xml"
        answer = self._web.get(url)
        version = _release_in(answer.body) if answer.ok else None
        if not version:
            raise RefusedError(
                f"{coordinates.group}:{coordinates.artifact}: {url} answered {answer.status} and names no release.",
                remedy="Declare a version.",
            )
        return version


def _is_manifest(document: t.Any) -> bool:
    """Whether a document has what is read of a manifest: a version, and archive and licences of the right kind."""
    if not isinstance(document, dict) or not isinstance(document.get("version"), str):
        return False
    archive, licences = document.get("archive") or {}, document.get("license") or []
    return (
        isinstance(archive, dict)
        and isinstance(archive.get("url") or "", str)
        and isinstance(licences, list)
        and all(isinstance(entry, dict) for entry in licences)
    )


def _release_in(text: bytes) -> str | None:
    # The document comes from the repository that the jars come from; Python's parser fetches no external entities.
    try:
        root = ET.fromstring(text)  # noqa: S314
    except (ET.ParseError, ValueError, LookupError):  # the last two for an encoding that there is not
        return None
    named = (root.findtext(f"versioning/{key}") for key in ("release", "latest"))
    return next((version for version in named if version and not is_snapshot(version)), None)


def _digest_in(text: str, algorithm: str) -> str | None:
    """The first word of the right length in hex: bare, ``hex  file`` and ``file: HEX`` are all in use."""
    match = re.search(rf"(?<![0-9a-f])[0-9a-f]{{{ALGORITHMS[algorithm]}}}(?![0-9a-f])", text.lower())
    return match[0] if match else None


def _checked_version(version: str, desired: Desired) -> str:
    # It becomes part of addresses and file names, so a server may not say just anything.
    if not is_version(version):
        raise RefusedError(f"{desired.label}: its source says '{version}' for a version.", remedy="Declare a version.")
    return version
