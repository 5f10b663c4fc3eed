# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Our own unpacker. It refuses what is not plainly a plugin archive, rather than repairing it.

The standard library's extractors rename, skip or follow what they should refuse; here only regular files and
directories are written, by exclusive creation in a fresh directory, and every limit is enforced on the bytes that
really come out, because declared sizes can be wrong.
"""

from __future__ import annotations

import bz2
import contextlib
import errno
import gzip
import hashlib
import lzma
import shutil
import stat
import struct
import tarfile
import typing as t
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path, PurePosixPath

from .._errors import LiveConnectError
from .model import jar_name
from .receipt import FileRecord
from .storage import file_digest

if t.TYPE_CHECKING:
    from .options import Limits

CHUNK = 1024 * 1024
_RATIO_FLOOR = 16 * CHUNK  # below this size the ratio does not matter: text compresses well
_MAX_TABLE = 32 * CHUNK  # of a zip's table of contents, which is read into memory: some 200,000 entries
_ZIP_MAGIC = b"PK\x03\x04"
_UNZIPPERS: t.Mapping[bytes, t.Callable[..., t.Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_TAR_MAGIC = slice(257, 262), b"ustar"
# What the standard library's readers raise for bytes that are not what they should be.
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    RuntimeError,
    OverflowError,
)


class ArchiveError(LiveConnectError):
    """The archive is not what a plugin archive may be; nothing of it was installed."""


def identify(archive: Path, file_name: str) -> str:
    """``zip``, ``tar`` or ``jar`` by content; ``file_name`` only settles a jar that has no manifest."""
    with archive.open("rb") as stream:
        start = stream.read(512)
    place, magic = _TAR_MAGIC
    if start.startswith(tuple(_UNZIPPERS)) or start[place] == magic:
        return "tar"
    text = start.lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<?xml")):
        raise ArchiveError(
            f"{file_name}: a web page came in place of an archive.",
            remedy="Check the address, the version and whether a proxy or a login page answers.",
        )
    if start.startswith(_ZIP_MAGIC) or zipfile.is_zipfile(archive):
        with _opened_zip(archive, file_name) as source:
            is_jar = file_name.lower().endswith(".jar") or "META-INF/MANIFEST.MF" in source.NameToInfo
        return "jar" if is_jar else "zip"
    raise ArchiveError(f"{file_name}: neither a zip, a tar nor a jar.", remedy="Check what the source serves.")


def unpack(archive: Path, file_name: str, work: Path, target: Path, limits: Limits) -> tuple[FileRecord, ...]:
    """Unpack into ``target``, which must not exist, by way of ``work``, which must not exist either.

    One common top directory is taken off. The result lists the files, relative to ``target``.
    """
    kind = identify(archive, file_name)
    if kind == "jar":
        target.mkdir(mode=0o700)
        return (add_jar(archive, file_name, target),)
    work.mkdir(mode=0o700)
    sink = _Sink(work, file_name, limits, archive.stat().st_size)
    if kind == "zip":
        _unpack_zip(archive, sink)
    else:
        _unpack_tar(archive, sink)
    top = _plugin_root(sink.records)
    if not any(_is_jar(record) for record in sink.records):
        raise ArchiveError(f"{file_name}: no jar inside, so this is no plugin.", remedy="Check what the source serves.")
    (work / top).rename(target)
    shutil.rmtree(work, ignore_errors=True)
    return tuple(
        replace(record, path=str(PurePosixPath(record.path).relative_to(top)))
        for record in sink.records
        if not top or record.path.startswith(f"{top}/")
    )


def add_jar(archive: Path, file_name: str, tree: Path, *, below: str = "") -> FileRecord:
    """Move a bare jar to ``below`` in ``tree`` after a look at its table of contents; its name ends in .jar there."""
    if identify(archive, file_name) != "jar":
        raise ArchiveError(f"{file_name}: not a jar.", remedy="Only jars can be added to a plugin.")
    path = PurePosixPath(below, jar_name(file_name))
    target = tree / path
    if target.exists():
        raise ArchiveError(f"{file_name}: the plugin already has a file of that name.", remedy="Remove one of them.")
    archive.rename(target)
    return FileRecord(str(path), target.stat().st_size, file_digest(target))


class _Sink:
    """Writes entries below ``root`` and keeps the limits."""

    def __init__(self, root: Path, file_name: str, limits: Limits, packed: int) -> None:
        self.records: list[FileRecord] = []
        self._root = root
        self._file_name = file_name
        self._limits = limits
        self._packed = packed
        self._entries = 0
        self._written = 0

    def refuse(self, entry: str, why: str, remedy: str = "Get the archive from a source you trust.") -> t.NoReturn:
        raise ArchiveError(f"{self._file_name}: entry '{entry}' {why}; nothing was installed.", remedy=remedy)

    def directory(self, entry: str) -> None:
        path = self._accept(entry)
        if not _is_of_macos(path):
            self._make_directory(path, entry)

    def file(self, entry: str, stream: t.IO[bytes]) -> None:
        path = self._accept(entry)
        if not path.name:
            self.refuse(entry, "has no name")
        if _is_of_macos(path):
            return
        self._make_directory(path.parent, entry)
        digest = hashlib.sha256()
        size = 0
        try:
            with (self._root / path).open("xb") as target:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    self.count(entry, len(chunk))
                    digest.update(chunk)
                    target.write(chunk)
        except (FileExistsError, IsADirectoryError):
            self.refuse(entry, "is there twice")
        self.records.append(FileRecord(str(path), size, digest.hexdigest()))

    def _make_directory(self, path: PurePosixPath, entry: str) -> None:
        try:
            (self._root / path).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            self.refuse(entry, "lies below an entry that is a file")

    def _accept(self, entry: str) -> PurePosixPath:
        """The entry's path, normalised; refuses names that are unsafe, and entries that are too many."""
        self._entries += 1
        if self._entries > self._limits.files:
            self.refuse(entry, f"is one more than the {self._limits.files} that max_files allows")
        if "\\" in entry:
            self.refuse(
                entry,
                "has a backslash in its name, as older tools of Windows write between directories",
                remedy="Pack it again with jar, tar or 7-Zip, not with Compress-Archive of Windows PowerShell.",
            )
        if "\0" in entry or entry[1:2] == ":":
            self.refuse(entry, "has a name that no plugin needs")
        if entry.startswith("/"):
            self.refuse(entry, "has an absolute name")
        path = PurePosixPath(entry)
        if ".." in path.parts:
            self.refuse(entry, "climbs out of the archive")
        return path

    def count(self, entry: str, size: int) -> None:
        self._written += size
        if self._written > self._limits.size:
            self.refuse(entry, f"brings more than the {self._limits.size} bytes that max_size allows")
        if self._written > max(_RATIO_FLOOR, self._limits.ratio * self._packed):
            self.refuse(entry, f"unpacks to more than {self._limits.ratio:g} times its size, which max_ratio allows")


def _is_of_macos(path: PurePosixPath) -> bool:
    """Whether macOS put it there, beside what was packed."""
    return any(part in ("__MACOSX", ".DS_Store") or part.startswith("._") for part in path.parts)


def _unpack_zip(archive: Path, sink: _Sink) -> None:
    with _opened_zip(archive, sink._file_name) as source:
        for info in source.infolist():
            name = info.orig_filename
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                sink.refuse(name, "is a link or a device, not a file")
            if name.endswith("/"):
                sink.directory(name)
            else:
                with source.open(info) as stream:
                    sink.file(name, stream)


@contextlib.contextmanager
def _opened_zip(archive: Path, file_name: str) -> t.Iterator[zipfile.ZipFile]:
    """A zip to read from; ArchiveError when it is damaged, or turns out to be within."""
    with archive.open("rb") as stream, _damage_named(file_name):
        begins_with_entry = stream.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC
        with zipfile.ZipFile(t.cast("t.IO[bytes]", _SmallReads(stream, _MAX_TABLE))) as source:
            # When the end of a zip is cut off, the end of a jar inside is taken for its own.
            if begins_with_entry and min((entry.header_offset for entry in source.infolist()), default=1):
                raise zipfile.BadZipFile("its end is not its own")
            yield source


def _unpack_tar(archive: Path, sink: _Sink) -> None:
    with archive.open("rb") as stream:
        start = stream.read(8)
    unzip = next((opener for magic, opener in _UNZIPPERS.items() if start.startswith(magic)), open)
    with _damage_named(sink._file_name), unzip(archive, "rb") as unzipped:
        reader = t.cast("t.IO[bytes]", _SmallReads(unzipped, CHUNK))
        with tarfile.open(fileobj=reader, mode="r:") as source:
            for member in source:
                if member.type == tarfile.DIRTYPE:
                    sink.directory(member.name)
                elif member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse():
                    sink.file(member.name, t.cast("t.IO[bytes]", source.extractfile(member)))
                else:
                    sink.refuse(member.name, "is a link or a device, not a file")
        # tarfile takes an end that comes too early for a good one; the packed stream's own end tells.
        while chunk := reader.read(CHUNK):
            sink.count("the archive's end", len(chunk))


class _SmallReads:
    """What tarfile and zipfile need of a stream, refusing the huge single reads that crafted lengths ask for."""

    def __init__(self, stream: t.IO[bytes], largest: int) -> None:
        self._stream = stream
        self._largest = largest
        self.seek = stream.seek
        self.tell = stream.tell
        self.seekable = stream.seekable

    def read(self, size: int = -1) -> bytes:
        if size > self._largest:
            raise tarfile.ReadError("a header or a table of contents is too long")
        return self._stream.read(size if size >= 0 else self._largest)


@contextlib.contextmanager
def _damage_named(file_name: str) -> t.Iterator[None]:
    try:
        yield
    except (*_BROKEN, OSError) as error:
        # Without a number it is from gzip or bz2; EINVAL comes from a seek to where no file has bytes.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise ArchiveError(
            f"{file_name}: the archive is truncated or damaged ({error}); nothing was installed.",
            remedy="Run again; if it stays so, the source itself is damaged.",
        ) from error


def _is_jar(record: FileRecord) -> bool:
    return record.path.lower().endswith(".jar")


def _plugin_root(records: t.Sequence[FileRecord]) -> str:
    """The one top directory to take off, or an empty string.

    Some archives have a directory with documentation beside the plugin's: the directory with the jars is meant. A
    plugin without a top directory shows a manifest, a jar or ``lib`` at its root.
    """
    tops = {record.path.split("/", 1)[0] for record in records if "/" in record.path and _is_jar(record)}
    at_root = [record for record in records if "/" not in record.path]
    if len(tops) != 1 or tops & {"lib", "libs"}:
        return ""
    if any(_is_jar(record) or record.path == "manifest.json" for record in at_root):
        return ""
    return tops.pop()
