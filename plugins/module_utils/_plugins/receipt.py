# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The receipt that lies with every plugin we install: what it is, where it came from, which files it has."""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict, dataclass, field

RECEIPT_NAME = "liveconnect-receipt.json"
FORMAT = 1


@dataclass(frozen=True)
class FileRecord:
    """One installed file: path relative to the plugin (POSIX), size in bytes, SHA-256 in hex."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class ExtraRecord:
    """A jar that was installed with the plugin: its source, and its digests by algorithm."""

    source: str
    digests: t.Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """What was installed.

    ``digests`` are those of the archive by algorithm, ``obsolete`` the files of a flat layout that an interrupted
    update has still to remove, ``classes`` the plugin classes by kind and ``classes_declared`` whether its jars declare
    them (see inventory.py); None in a receipt of a time that did not know.
    """

    name: str
    version: str | None
    source: str
    digests: t.Mapping[str, str] = field(default_factory=dict)
    extra: tuple[ExtraRecord, ...] = ()
    files: tuple[FileRecord, ...] = ()
    classes: t.Mapping[str, t.Sequence[str]] = field(default_factory=dict)
    classes_declared: bool | None = None
    obsolete: tuple[str, ...] = ()

    @property
    def total_size(self) -> int:
        """Size of all files in bytes."""
        return sum(record.size for record in self.files)

    def dump(self) -> bytes:
        """The receipt as JSON text."""
        return (json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True) + "\n").encode()

    @classmethod
    def load(cls, text: bytes) -> Receipt | None:
        """Read what dump() wrote; None when it is something else, which is then as good as no receipt."""
        try:
            data = json.loads(text)
            if data.pop("format") != FORMAT:
                return None
            data["files"] = tuple(FileRecord(**record) for record in data["files"])
            # A receipt from before there was extra lists the Maven coordinates of further jars.
            further = [{"source": f"maven:{coordinates}"} for coordinates in data.pop("dependencies", ())]
            data["extra"] = tuple(ExtraRecord(**record) for record in (*data.get("extra", ()), *further))
            data["obsolete"] = tuple(data["obsolete"])
            return cls(**data)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
