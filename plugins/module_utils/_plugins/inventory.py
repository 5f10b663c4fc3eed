# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which classes a plugin brings, read from its jars without a JVM."""

from __future__ import annotations

import re
import typing as t
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from .classes import UNREADABLE, find_derived

if t.TYPE_CHECKING:
    from .destination import Destination
    from .model import Installed

SCANNED_KINDS = {
    "org.apache.kafka.connect.source.SourceConnector": "sources",
    "org.apache.kafka.connect.sink.SinkConnector": "sinks",
    "org.apache.kafka.connect.storage.Converter": "converters",
    "org.apache.kafka.connect.storage.HeaderConverter": "header_converters",
    "org.apache.kafka.connect.transforms.Transformation": "transformations",
    "org.apache.kafka.connect.transforms.predicates.Predicate": "predicates",
}
# A worker that scans its plugins does not look for these: without a declaration it never finds them.
DECLARED_KINDS = {
    "org.apache.kafka.common.config.provider.ConfigProvider": "config_providers",
    "org.apache.kafka.connect.rest.ConnectRestExtension": "rest_extensions",
}
KINDS = SCANNED_KINDS | DECLARED_KINDS
# What a worker takes from its own Kafka though a plugin bundles it; Kafka's connectors are plugins like others.
_KAFKAS_OWN = re.compile(r"org\.apache\.kafka\.(?!connect\.(file|mirror)\.)")
_MAX_SERVICE_FILE = 64 * 1024


@dataclass(frozen=True)
class PluginClasses:
    """Sorted class names by kind (the values of KINDS), kinds without a class left out.

    ``declared`` says whether jars declare them in META-INF/services. Else they were found by a scan of the class files,
    as a worker finds them unless its ``plugin.discovery`` is ``service_load``.
    """

    by_kind: t.Mapping[str, t.Sequence[str]] = field(default_factory=dict)
    declared: bool = False


def find_classes(files: t.Iterable[Path]) -> PluginClasses:
    """The classes in the jars of one plugin; scanned only when no jar declares a class that is not Kafka's own.

    A jar that cannot be read brings nothing.
    """
    jars = [path for path in files if path.suffix.lower() == ".jar"]
    if declared := _by_kind(_declared(jars)):
        return PluginClasses(declared, declared=True)
    return PluginClasses(_by_kind(find_derived(jars, SCANNED_KINDS)))


def _by_kind(found: t.Mapping[str, t.Collection[str]]) -> dict[str, list[str]]:
    kept = {KINDS[base]: sorted(n for n in names if not _KAFKAS_OWN.match(n)) for base, names in found.items()}
    return {kind: names for kind, names in sorted(kept.items()) if names}


def _declared(jars: t.Iterable[Path]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for jar in jars:
        try:
            with zipfile.ZipFile(jar) as archive:
                present = set(archive.namelist())
                for base in KINDS:
                    if (entry := f"META-INF/services/{base}") in present:
                        with archive.open(entry) as stream:
                            found.setdefault(base, set()).update(_class_names(stream.read(_MAX_SERVICE_FILE)))
        except UNREADABLE:
            continue
    return found


def describe(destination: Destination, found: Installed) -> dict[str, t.Any]:
    """What is known of a plugin in ``destination``; its jars are read only when no receipt says what is in them."""
    receipt = found.receipt
    files = destination.files_of(found)
    if receipt and receipt.classes_declared is not None and not found.damage:
        classes = PluginClasses(receipt.classes, receipt.classes_declared)
    else:
        classes = find_classes(files)
    return {
        "name": found.name or found.entry,
        "version": found.version,
        "path": str(destination.place_of(found)),
        "managed": receipt is not None,
        "source": receipt.source if receipt else None,
        "bytes": sum(path.stat().st_size for path in files),
        "files": len(files),
        "classes": dict(classes.by_kind),
        "classes_declared": classes.declared,
        "damage": list(found.damage),
        "foreign": list(found.foreign),
    }


def _class_names(text: bytes) -> t.Iterator[str]:
    for line in text.decode("utf-8", errors="replace").splitlines():
        if name := line.partition("#")[0].strip():
            yield name
