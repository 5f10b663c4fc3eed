# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What is declared (Desired) and what lies in the plugin directory (Installed), as plain data."""

from __future__ import annotations

import re
import string
import typing as t
from dataclasses import dataclass, fields
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from .._errors import InvalidInputError
from .._http.access import checked_url

if t.TYPE_CHECKING:
    from .receipt import Receipt

LATEST = "latest"
NO_CHECKSUM = "none"
ALGORITHMS = {"sha512": 128, "sha384": 96, "sha256": 64, "sha1": 40, "md5": 32}  # name -> length in hex digits
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
_STEM = re.compile(r"(?P<name>.+?)[-_]v?(?P<version>\d[A-Za-z0-9._+-]*)")
_ARCHIVE_ENDINGS = (".tar.gz", ".tgz", ".zip", ".jar")


@dataclass(frozen=True)
class Checksum:
    """A digest that the archive must have: algorithm in lower case, digest in lower-case hex digits."""

    algorithm: str
    digest: str

    @classmethod
    def parse(cls, text: str, label: str) -> Checksum:
        """Read ``algorithm:hex``; InvalidInputError names ``label`` when it is something else."""
        algorithm, _colon, digest = text.strip().lower().partition(":")
        digits = ALGORITHMS.get(algorithm)
        if digits is None or len(digest) != digits or set(digest) - set(string.hexdigits):
            raise InvalidInputError(
                f"{label}: checksum '{text}' is not a digest.",
                remedy=f"Write algorithm:hex with one of {', '.join(ALGORITHMS)}, or none to install unverified.",
            )
        return cls(algorithm, digest)


@dataclass(frozen=True)
class Coordinates:
    """A file in a Maven repository: ``group:artifact:version[:classifier][@ext]``, ``ext`` is jar when not given."""

    group: str
    artifact: str
    version: str
    classifier: str = ""
    extension: str = "jar"

    @classmethod
    def parse(cls, text: str) -> Coordinates:
        """Read the notation above; InvalidInputError when it is something else."""
        address, _at, extension = text.strip().partition("@")
        parts = address.split(":")
        well_formed = len(parts) in (3, 4) and all(_VERSION.fullmatch(part) for part in parts)
        if not well_formed or ("@" in text and not _VERSION.fullmatch(extension)):
            raise InvalidInputError(
                f"maven: '{text}' are not coordinates.", remedy="Write group:artifact:version[:classifier][@ext]."
            )
        if is_snapshot(parts[2]):
            raise InvalidInputError(
                f"maven: '{text}' is a snapshot, of which nobody can say whether it is installed: it changes under one"
                " version.",
                remedy="Declare a release, or the snapshot's own url with its checksum.",
            )
        return cls(parts[0], parts[1], parts[2], "".join(parts[3:]), extension or "jar")

    def __str__(self) -> str:
        classifier = f":{self.classifier}" if self.classifier else ""
        extension = f"@{self.extension}" if self.extension != "jar" else ""
        return f"{self.group}:{self.artifact}:{self.version}{classifier}{extension}"

    @property
    def directory_path(self) -> str:
        """The artifact's directory below the repository, which holds ``maven-metadata.xml``."""
        return f"{self.group.replace('.', '/')}/{self.artifact}"

    @property
    def file_name(self) -> str:
        """The file's name in the repository."""
        classifier = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{classifier}.{self.extension}"

    @property
    def path(self) -> str:
        """The file's path below the repository."""
        return f"{self.directory_path}/{self.version}/{self.file_name}"


@dataclass(frozen=True)
class HubSource:
    """A plugin that the hub publishes under ``owner/plugin``."""

    owner: str
    plugin: str

    def __str__(self) -> str:
        return f"hub:{self.owner}/{self.plugin}"


@dataclass(frozen=True)
class MavenSource:
    """A file in the Maven repository."""

    coordinates: Coordinates

    def __str__(self) -> str:
        return f"maven:{self.coordinates}"


@dataclass(frozen=True)
class UrlSource:
    """An archive at a web address."""

    url: str

    def __str__(self) -> str:
        # A signed address carries its secret in the query: it does not belong into a receipt or a result.
        return "url:" + re.split("[?#]", self.url, maxsplit=1)[0]


@dataclass(frozen=True)
class FileSource:
    """An archive on the node."""

    path: str

    def __str__(self) -> str:
        return f"src:{PurePosixPath(self.path).name}"


@dataclass(frozen=True)
class NoSource:
    """Only a name, enough to remove a plugin."""

    def __str__(self) -> str:
        return "none"


FileOrigin: t.TypeAlias = "MavenSource | UrlSource | FileSource"
Source: t.TypeAlias = "HubSource | FileOrigin | NoSource"


@dataclass(frozen=True)
class Extra:
    """A jar that is installed with a plugin; ``checksum`` and ``unverified`` as in Desired."""

    source: FileOrigin
    checksum: Checksum | None = None
    unverified: bool = False

    @property
    def jar(self) -> str:
        """The name that it has in the plugin."""
        return jar_name(file_name_of(self.source))


@dataclass(frozen=True)
class Desired:
    """One declared plugin.

    ``label`` is what messages call it, ``name`` its identity (``owner/plugin``, or a name without owner),
    ``directory`` its place below the destination. ``version`` is None when any will do and ``latest`` until it is
    resolved. ``checksum`` is the one declared; ``unverified`` allows a source that publishes none. ``extra`` are the
    jars to install with it. ``remove_foreign`` allows that files are lost which nobody declares.
    """

    label: str
    name: str
    directory: str
    source: Source
    version: str | None = None
    present: bool = True
    checksum: Checksum | None = None
    unverified: bool = False
    extra: tuple[Extra, ...] = ()
    remove_foreign: bool = False

    @property
    def parts(self) -> tuple[Desired | Extra, ...]:
        """What has a source of its own: the plugin's archive, then the extra jars."""
        return (self, *self.extra)

    @property
    def jar_names(self) -> frozenset[str]:
        """Names, without version, that a bare jar of this plugin goes by."""
        names = {self.directory, self.name.rpartition("/")[2]}
        if isinstance(self.source, MavenSource):
            names.add(self.source.coordinates.artifact)
        return frozenset(names)


@dataclass(frozen=True)
class Installed:
    """One thing found in the destination.

    ``entry`` is the name of its directory (or bare jar, or, in the flat layout, of its receipt's plugin); ``version``
    and ``name`` are None when nothing says them. ``damage`` says what differs from the receipt, ``misfit`` lists the
    paths, relative to the destination, whose owner, group or mode differ from the declared. ``foreign`` are the files
    in its directory, relative to it, that its receipt does not name; ``jars`` those that it has without any receipt.
    """

    entry: str
    name: str | None = None
    version: str | None = None
    receipt: Receipt | None = None
    damage: tuple[str, ...] = ()
    misfit: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    jars: tuple[str, ...] = ()
    bare_jar: bool = False


@dataclass(frozen=True)
class Declaration:
    """The options of one plugin as an operator writes them; see the module's documentation."""

    name: str | None = None
    maven: str | None = None
    url: str | None = None
    src: str | None = None
    version: str | None = None
    checksum: str | None = None
    remote_src: bool = False
    state: str = "present"
    dependencies: t.Sequence[str] = ()
    extra: t.Sequence[t.Mapping[str, t.Any]] | None = None
    foreign: str = "refuse"

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> Declaration:
        """Take the options above out of a module's (or a list element's) parameters."""
        return cls(**{field.name: params[field.name] for field in fields(cls)})

    @property
    def label(self) -> str:
        """What messages call it."""
        source = UrlSource(self.url) if self.url else FileSource(self.src) if self.src else "a plugin"
        return self.name or self.maven or str(source)

    def parse(self) -> Desired:
        """Check every option and normalise; InvalidInputError says which one is wrong."""
        name, version = self._name_and_version()
        source = self._source(name)
        if isinstance(source, MavenSource):
            version = self._one_version(version, source.coordinates.version)
        elif isinstance(source, UrlSource | FileSource):
            version = version or split_stem(file_name_of(source))[1]
        if self.state == LATEST:
            version = self._latest(version, source)
        name = name or _default_name(source)
        return Desired(
            label=self.label,
            name=name,
            directory=name.replace("/", "-"),
            source=source,
            version=version,
            present=self.state != "absent",
            checksum=_checksum(self.checksum, self.label),
            unverified=self.checksum == NO_CHECKSUM,
            extra=self._extra(),
            remove_foreign=self.foreign == "remove",
        )

    def _extra(self) -> tuple[Extra, ...]:
        if self.dependencies and not self.maven:
            raise InvalidInputError(
                f"{self.label}: dependencies are Maven coordinates and go with maven alone.", remedy="Use extra."
            )
        found: dict[str, Extra] = {}
        for entry in (*({"maven": coordinates} for coordinates in self.dependencies), *(self.extra or ())):
            label = f"{self.label}, extra"
            source = _file_origin(entry, label)
            if source is None or (isinstance(source, MavenSource) and source.coordinates.version == LATEST):
                raise InvalidInputError(
                    f"{label}: {source or 'an entry'} does not say which file.",
                    remedy="Write maven with a version, url or src.",
                )
            checksum = entry.get("checksum")
            one = Extra(source, _checksum(checksum, f"{label} {source}"), checksum == NO_CHECKSUM)
            if found.setdefault(one.jar, one) is not one:
                raise InvalidInputError(f"{label}: two of them are {one.jar}.", remedy="Remove one of them.")
        return tuple(found.values())

    def _name_and_version(self) -> tuple[str | None, str | None]:
        if not self.name:
            return None, self._checked_version(self.version)
        name, _colon, version = self.name.partition(":")
        parts = name.split("/")
        if len(parts) > 2 or not all(_NAME.fullmatch(part) for part in parts):  # noqa: PLR2004 -- owner and plugin
            raise InvalidInputError(f"name: '{self.name}' names no plugin.", remedy="Write owner/plugin[:version].")
        return name, self._one_version(self._checked_version(self.version), self._checked_version(version or None))

    def _checked_version(self, version: str | None) -> str | None:
        if version is not None and not is_version(version):
            raise InvalidInputError(f"{self.label}: '{version}' is not a version.", remedy="Write it as in 1.2.3.")
        return version

    def _one_version(self, *versions: str | None) -> str | None:
        given = {version for version in versions if version}
        if len(given) > 1:
            raise InvalidInputError(
                f"{self.label}: two versions are declared, {' and '.join(sorted(given))}.", remedy="Keep one."
            )
        return given.pop() if given else None

    def _latest(self, version: str | None, source: Source) -> str:
        if version not in (None, LATEST):
            raise InvalidInputError(
                f"{self.label}: state is latest, but version {version} is declared.", remedy="Keep one of the two."
            )
        if not isinstance(source, HubSource | MavenSource):
            raise InvalidInputError(
                f"{self.label}: only the hub and a Maven repository know a latest version.",
                remedy="Use state: present.",
            )
        return LATEST

    def _source(self, name: str | None) -> Source:
        origin = _file_origin(
            {"maven": self.maven, "url": self.url, "src": self.src, "remote_src": self.remote_src}, self.label
        )
        if origin:
            return origin
        owner, slash, plugin = (name or "").partition("/")
        if slash:
            return HubSource(owner, plugin)
        if self.state == "absent" and name:
            return NoSource()
        raise InvalidInputError(
            f"name: '{self.name or ''}' says no source.", remedy="Write owner/plugin, or add maven, url or src."
        )


def _file_origin(entry: t.Mapping[str, t.Any], label: str) -> FileOrigin | None:
    """Where a file comes from by ``maven``, ``url`` or ``src``; None without any of them."""
    maven, url, src = (entry.get(key) for key in ("maven", "url", "src"))
    if sum(map(bool, (maven, url, src))) > 1:
        raise InvalidInputError(f"{label}: maven, url and src exclude one another.", remedy="Keep one.")
    if maven:
        return MavenSource(Coordinates.parse(maven))
    if url:
        return UrlSource(checked_url(url, "https://host/file.zip"))
    if src and not entry.get("remote_src"):
        raise InvalidInputError(
            f"src: {src} would be on the control machine.", remedy="Set remote_src: true when it is on the node."
        )
    return FileSource(src) if src else None


def _checksum(text: str | None, label: str) -> Checksum | None:
    return None if text in (None, NO_CHECKSUM) else Checksum.parse(text, label)


def parse_declarations(declarations: t.Iterable[Declaration]) -> list[Desired]:
    """Parse all; InvalidInputError when two of them would lie in the same place."""
    found: dict[str, Desired] = {}
    for desired in (declaration.parse() for declaration in declarations):
        other = found.setdefault(desired.directory, desired)
        if other is not desired:
            raise InvalidInputError(
                f"plugins: '{other.label}' and '{desired.label}' would both be installed as {desired.directory}.",
                remedy="Remove one, or give it another name.",
            )
    return list(found.values())


def split_stem(file_name: str) -> tuple[str, str | None]:
    """Split an archive's file name into name and version: ``udfs-1.1.0.jar`` -> (``udfs``, ``1.1.0``)."""
    stem = file_name
    for ending in _ARCHIVE_ENDINGS:
        if file_name.lower().endswith(ending):
            stem = file_name[: -len(ending)]
            break
    match = _STEM.fullmatch(stem)
    return (match["name"], match["version"]) if match else (stem, None)


def _default_name(source: Source) -> str:
    if isinstance(source, MavenSource):
        return source.coordinates.artifact
    name = split_stem(file_name_of(source))[0] if isinstance(source, UrlSource | FileSource) else ""
    if not _NAME.fullmatch(name):
        raise InvalidInputError(f"{source}: its file name makes no directory name.", remedy="Declare name.")
    return name


def file_name_in(url: str) -> str:
    """The last part of an address, fit for a file name."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    return re.sub(r"[^A-Za-z0-9._+-]", "_", name).lstrip(".") or "archive"


def needs_latest(desired: Desired) -> bool:
    """Whether the version has still to be looked up."""
    undeclared = isinstance(desired.source, HubSource) and not desired.version
    return desired.present and (undeclared or desired.version == LATEST)


def is_snapshot(version: str) -> bool:
    """Whether a Maven version stands for whatever was built last."""
    return version.upper().endswith("-SNAPSHOT")


def is_version(text: str) -> bool:
    """Whether ``text`` can be a version, and part of a file name."""
    return _VERSION.fullmatch(text) is not None


def file_name_of(source: FileOrigin) -> str:
    """The name of the file at ``source``."""
    match source:
        case MavenSource():
            return source.coordinates.file_name
        case UrlSource():
            return file_name_in(source.url)
        case FileSource():
            return PurePosixPath(source.path).name


def jar_name(file_name: str) -> str:
    """The name under which a jar is installed, as a worker takes no other files for jars."""
    return file_name if file_name.lower().endswith(".jar") else f"{file_name}.jar"
