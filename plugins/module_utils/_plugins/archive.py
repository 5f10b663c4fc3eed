# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Our own unpacker. It refuses what is not plainly a plugin archive, rather than repairing it.

The standard library's extractors rename, skip or follow what they should refuse; here only regular files and
directories are written, by exclusive creation in a fresh directory, and every limit is enforced on the bytes that
really come out, because declared sizes lie.
"""

from __future__ import annotations

import gzip
import hashlib
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
from .digest import file_digest
from .model import jar_name
from .receipt import FileRecord

if t.TYPE_CHECKING:
    from .options import Limits

CHUNK = 1024 * 1024
_RATIO_FLOOR = 16 * CHUNK  # below this size the ratio does not matter: text compresses well
_ZIP_MAGIC = b"PK\x03\x04"
_END_MAGIC = b"PK\x05\x06"  # of a zip's end record
_END_LENGTH = 22
_MAX_COMMENT = 65535
_IN_ZIP64 = 0xFFFFFFFF
_GZIP_MAGIC = b"\x1f\x8b"
_DIRECTORY_BYTES_PER_FILE = 1024  # generous for one entry of a zip's central directory
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, RuntimeError, OverflowError)
_BROKEN_TAR = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError)


class ArchiveError(LiveConnectError):
    """The archive is not what a plugin archive may be; nothing of it was installed."""


def identify(archive: Path, file_name: str, limits: Limits) -> str:
    """``zip``, ``tar.gz`` or ``jar`` by content; ``file_name`` only settles a jar that has no manifest."""
    with archive.open("rb") as stream:
        start = stream.read(512)
    if start.startswith(_GZIP_MAGIC):
        return "tar.gz"
    if start.startswith(_ZIP_MAGIC):
        with _open_zip(archive, file_name, limits) as source:
            is_jar = file_name.lower().endswith(".jar") or "META-INF/MANIFEST.MF" in source.NameToInfo
        return "jar" if is_jar else "zip"
    text = start.lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<?xml")):
        raise ArchiveError(
            f"{file_name}: a web page came in place of an archive.",
            remedy="Check the address, the version and whether a proxy or a login page answers.",
        )
    raise ArchiveError(f"{file_name}: neither a zip, a tar.gz nor a jar.", remedy="Check what the source serves.")


def unpack(archive: Path, file_name: str, work: Path, target: Path, limits: Limits) -> tuple[FileRecord, ...]:
    """Unpack into ``target``, which must not exist, by way of ``work``, which must not exist either.

    One common top directory is taken off. The result lists the files, relative to ``target``.
    """
    kind = identify(archive, file_name, limits)
    if kind == "jar":
        target.mkdir(mode=0o700)
        return (add_jar(archive, file_name, target, limits),)
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


def add_jar(archive: Path, file_name: str, tree: Path, limits: Limits, *, below: str = "") -> FileRecord:
    """Move a bare jar to ``below`` in ``tree`` after a look at its table of contents; its name ends in .jar there."""
    if identify(archive, file_name, limits) != "jar":
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
        self._entries: set[str] = set()
        self._written = 0

    def refuse(self, entry: str, why: str) -> t.NoReturn:
        raise ArchiveError(
            f"{self._file_name}: entry '{entry}' {why}; nothing was installed.",
            remedy="Get the archive from a source you trust.",
        )

    def directory(self, entry: str) -> None:
        path = self._accept(entry)
        if path:
            self._make_directory(path, entry)

    def file(self, entry: str, stream: t.IO[bytes]) -> None:
        path = self._accept(entry)
        if not path:
            self.refuse(entry, "has no name")
        self._make_directory(str(PurePosixPath(path).parent), entry)
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
        self.records.append(FileRecord(path, size, digest.hexdigest()))

    def _make_directory(self, path: str, entry: str) -> None:
        try:
            (self._root / path).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            self.refuse(entry, "lies below an entry that is a file")

    def _accept(self, entry: str) -> str:
        """The entry's path, normalised; refuses names that are unsafe, repeated or too many."""
        if "\\" in entry or "\0" in entry or entry[1:2] == ":":
            self.refuse(entry, "has a name that no plugin needs")
        if entry.startswith("/"):
            self.refuse(entry, "has an absolute name")
        parts = [part for part in entry.split("/") if part not in ("", ".")]
        if ".." in parts:
            self.refuse(entry, "climbs out of the archive")
        path = "/".join(parts)
        if path and path in self._entries:
            self.refuse(entry, "is there twice")
        self._entries.add(path)
        if len(self._entries) > self._limits.files:
            self.refuse(entry, f"is one more than the {self._limits.files} that max_files allows")
        return path

    def count(self, entry: str, size: int) -> None:
        self._written += size
        if self._written > self._limits.size:
            self.refuse(entry, f"brings more than the {self._limits.size} bytes that max_size allows")
        if self._written > max(_RATIO_FLOOR, self._limits.ratio * self._packed):
            self.refuse(entry, f"unpacks to more than {self._limits.ratio:g} times its size, which max_ratio allows")


def _unpack_zip(archive: Path, sink: _Sink) -> None:
    try:
        with _open_zip(archive, sink._file_name, sink._limits) as source:
            _refuse_overlaps(source, sink)
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
    except _BROKEN_ZIP as error:
        raise _broken(sink._file_name, error) from error


def _open_zip(archive: Path, file_name: str, limits: Limits) -> zipfile.ZipFile:
    # Looked at before zipfile does: it reads the whole table of contents into memory, and when the end of a zip is
    # cut off it takes the end record of a jar inside for the zip's own.
    with archive.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _END_LENGTH - _MAX_COMMENT))
        end = stream.read()
    at = end.rfind(_END_MAGIC)
    if at < 0 or len(end) - at < _END_LENGTH:
        raise _broken(file_name, "it has no end")
    directory_size, directory_offset, comment_length = struct.unpack_from("<LLH", end, at + 12)
    behind_directory = size - len(end) + at
    fits = directory_offset == _IN_ZIP64 or directory_offset + directory_size == behind_directory
    if not fits or at + _END_LENGTH + comment_length != len(end):
        raise _broken(file_name, "its end is not its own")
    if directory_size > limits.files * _DIRECTORY_BYTES_PER_FILE:
        raise ArchiveError(
            f"{file_name}: more entries than the {limits.files} that max_files allows; nothing was installed.",
            remedy="Get the archive from a source you trust.",
        )
    try:
        return zipfile.ZipFile(archive)
    except _BROKEN_ZIP as error:
        raise _broken(file_name, error) from error


def _refuse_overlaps(source: zipfile.ZipFile, sink: _Sink) -> None:
    """Refuse entries that share packed bytes, the way a small zip unpacks to a huge one."""
    stream = t.cast("t.IO[bytes]", source.fp)
    end = 0
    for info in sorted(source.infolist(), key=lambda entry: entry.header_offset):
        if info.header_offset < end:
            sink.refuse(info.orig_filename, "overlaps another entry")
        stream.seek(info.header_offset)
        header = stream.read(30)
        if len(header) < 30 or header[:4] != _ZIP_MAGIC:  # noqa: PLR2004 -- a local header's fixed length
            raise zipfile.BadZipFile("an entry has no header")
        name_length, extra_length = struct.unpack_from("<HH", header, 26)
        end = info.header_offset + 30 + name_length + extra_length + info.compress_size
    if end > source.start_dir:
        raise zipfile.BadZipFile("an entry reaches into the table of contents")


def _unpack_tar(archive: Path, sink: _Sink) -> None:
    try:
        with gzip.open(archive) as unzipped:
            reader = t.cast("t.IO[bytes]", _SmallReads(unzipped))
            with tarfile.open(fileobj=reader, mode="r:") as source:
                for member in source:
                    if member.type == tarfile.DIRTYPE:
                        sink.directory(member.name)
                    elif member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse():
                        stream = source.extractfile(member)
                        sink.file(member.name, t.cast("t.IO[bytes]", stream))
                    else:
                        sink.refuse(member.name, "is a link or a device, not a file")
            # tarfile takes an end that comes too early for a good one; gzip's own trailer tells.
            while chunk := unzipped.read(CHUNK):
                sink.count("the archive's end", len(chunk))
    except _BROKEN_TAR as error:
        raise _broken(sink._file_name, error) from error


class _SmallReads:
    """What tarfile needs of a stream, refusing the huge single reads that a crafted tar header asks for."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self.seek = stream.seek
        self.tell = stream.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= CHUNK:
            raise tarfile.ReadError("a header is too long")
        return self._stream.read(size)


def _broken(file_name: str, error: Exception | str) -> ArchiveError:
    return ArchiveError(
        f"{file_name}: the archive is truncated or damaged ({error}); nothing was installed.",
        remedy="Run again; if it stays so, the source itself is damaged.",
    )


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
