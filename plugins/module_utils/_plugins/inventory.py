# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which classes a plugin brings, read from its jars' META-INF/services without a JVM."""

from __future__ import annotations

import typing as t
import zipfile
import zlib
from pathlib import Path

if t.TYPE_CHECKING:
    from .model import Installed

KINDS = {
    "org.apache.kafka.connect.source.SourceConnector": "sources",
    "org.apache.kafka.connect.sink.SinkConnector": "sinks",
    "org.apache.kafka.connect.storage.Converter": "converters",
    "org.apache.kafka.connect.storage.HeaderConverter": "header_converters",
    "org.apache.kafka.connect.transforms.Transformation": "transformations",
    "org.apache.kafka.connect.transforms.predicates.Predicate": "predicates",
    "org.apache.kafka.common.config.provider.ConfigProvider": "config_providers",
    "org.apache.kafka.connect.rest.ConnectRestExtension": "rest_extensions",
}
_MAX_SERVICE_FILE = 64 * 1024


def find_classes(jars: t.Iterable[Path]) -> dict[str, list[str]]:
    """Class names by kind (the values of KINDS), sorted; kinds without a class are left out.

    A jar without service files, and one that cannot be read, bring nothing: the worker still finds their classes by
    scanning.
    """
    found: dict[str, set[str]] = {}
    for jar in jars:
        try:
            with zipfile.ZipFile(jar) as archive:
                present = set(archive.namelist())
                for service, kind in KINDS.items():
                    if (entry := f"META-INF/services/{service}") in present:
                        with archive.open(entry) as stream:
                            found.setdefault(kind, set()).update(_class_names(stream.read(_MAX_SERVICE_FILE)))
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            continue
    return {kind: sorted(names) for kind, names in sorted(found.items()) if names}


def describe(root: Path, found: Installed) -> dict[str, t.Any]:
    """What is known of an installed plugin; ``root`` is its directory or its bare jar. Its jars are read anew."""
    receipt = found.receipt
    if receipt:
        files = [root / record.path for record in receipt.files if (root / record.path).is_file()]
    elif found.bare_jar:
        files = [root]
    else:
        files = sorted(path for path in root.rglob("*") if path.is_file())
    in_one_jar = len(files) == 1 and files[0].parent == root and receipt is not None and found.entry != root.name
    return {
        "name": found.name or found.entry,
        "version": found.version,
        "path": str(files[0] if in_one_jar else root),
        "managed": receipt is not None,
        "source": receipt.source if receipt else None,
        "bytes": sum(path.stat().st_size for path in files),
        "files": len(files),
        "classes": find_classes(path for path in files if path.suffix.lower() == ".jar"),
        "damage": list(found.damage),
    }


def _class_names(text: bytes) -> t.Iterator[str]:
    for line in text.decode("utf-8", errors="replace").splitlines():
        if name := line.partition("#")[0].strip():
            yield name
