# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which classes in jars derive from given types, read from their class files without a JVM.

Of a class file (Java Virtual Machine Specification, chapter 4) the constant pool, the access flags and the names of the
class and of its parents are read.
"""

from __future__ import annotations

import re
import struct
import typing as t
import zipfile
import zlib
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from pathlib import Path

UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_DAMAGED = (struct.error, IndexError, KeyError, ValueError)
_TEST_JAR = re.compile(r"-tests?\.jar$", re.IGNORECASE)

# What a scan reads at most: bytes of one class, classes and bytes (unpacked) of all jars together.
MAX_CLASS_SIZE = 1 << 20
MAX_CLASSES = 100_000
MAX_SIZE = 1 << 30

_MAGIC = b"\xca\xfe\xba\xbe"
_PUBLIC = 0x0001
_INTERFACE = 0x0200
_ABSTRACT = 0x0400
_UTF8 = 1
_WIDE = (5, 6)  # long and double take two places of the constant pool
_SIZES = dict.fromkeys((3, 4, 9, 10, 11, 12, 17, 18), 5) | dict.fromkeys((7, 8, 16, 19, 20), 3) | {5: 9, 6: 9, 15: 4}


@dataclass(frozen=True)
class ClassFile:
    """A class: dotted names; ``usable`` when it is public and concrete."""

    name: str
    parents: tuple[str, ...]
    usable: bool


def find_derived(jars: t.Iterable[Path], bases: t.Collection[str]) -> dict[str, set[str]]:
    """The usable classes below each of ``bases`` (dotted names); a base without any is left out.

    A chain of parents is followed through all ``jars``, and ends at a class that is in none of them. Jars of tests,
    damaged jars and damaged classes bring nothing. Beyond the limits nothing more is read; small jars come first, so
    that one huge library does not hide the others.
    """
    children: dict[str, list[str]] = {}
    usable: set[str] = set()
    for found in _classes(jars):
        for parent in found.parents:
            children.setdefault(parent, []).append(found.name)
        if found.usable:
            usable.add(found.name)
    derived = {base: usable & _below(base, children) for base in bases}
    return {base: names for base, names in derived.items() if names}


def read_class(data: bytes) -> ClassFile | None:
    """Read a class file; None when it is damaged, or when all its parents belong to Java itself."""
    try:
        return _read_class(data)
    except _DAMAGED:
        return None


def _classes(jars: t.Iterable[Path]) -> t.Iterator[ClassFile]:
    left = MAX_CLASSES
    room = MAX_SIZE
    sizes = {jar: jar.stat().st_size for jar in jars if jar.is_file() and not _TEST_JAR.search(jar.name)}
    for jar in sorted(sizes, key=lambda path: (sizes[path], path)):
        try:
            with zipfile.ZipFile(jar) as archive:
                for entry in archive.infolist():
                    if not _is_class(entry):
                        continue
                    left -= 1
                    room -= entry.file_size
                    if left < 0 or room < 0:
                        return
                    found = _read_entry(archive, entry)
                    # Java finds a class only where its name says.
                    if found and f"{found.name.replace('.', '/')}.class" == entry.filename:
                        yield found
        except UNREADABLE:
            continue


def _is_class(entry: zipfile.ZipInfo) -> bool:
    # Below META-INF lie variants of classes for other Java versions.
    name = entry.filename
    return name.endswith(".class") and not name.startswith("META-INF/") and entry.file_size <= MAX_CLASS_SIZE


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> ClassFile | None:
    try:
        return read_class(archive.read(entry))
    except UNREADABLE:
        return None


def _below(base: str, children: t.Mapping[str, t.Sequence[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [base]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in seen:
                seen.add(child)
                waiting.append(child)
    return seen


def _read_class(data: bytes) -> ClassFile | None:
    if not data.startswith(_MAGIC):
        return None
    places, position = _constant_pool(data)
    access, this, parent, count = struct.unpack_from(">HHHH", data, position)
    interfaces = struct.unpack_from(f">{count}H", data, position + 8)
    names = [_class_name(data, places, index) for index in (parent, *interfaces) if index]
    parents = tuple(name for name in names if not name.startswith("java."))
    if not parents:
        return None
    usable = access & (_PUBLIC | _INTERFACE | _ABSTRACT) == _PUBLIC
    return ClassFile(_class_name(data, places, this), parents, usable)


def _constant_pool(data: bytes) -> tuple[list[int], int]:
    """Where each constant lies, by index, and where the pool ends."""
    (count,) = struct.unpack_from(">H", data, 8)
    places = [0]
    position = 10
    while len(places) < count:
        places.append(position)
        tag = data[position]
        if tag == _UTF8:
            position += 3 + (data[position + 1] << 8 | data[position + 2])
        else:
            position += _SIZES[tag]
            if tag in _WIDE:
                places.append(0)
    return places, position


def _class_name(data: bytes, places: t.Sequence[int], index: int) -> str:
    (name,) = struct.unpack_from(">H", data, places[index] + 1)
    start = places[name]
    (length,) = struct.unpack_from(">H", data, start + 1)
    return data[start + 3 : start + 3 + length].decode().replace("/", ".")
