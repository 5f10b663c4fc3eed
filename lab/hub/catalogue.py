# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hub knows: ``<root>/hub/<owner>/<name>/<version>/{archive.zip,manifest.json}``, read as it is asked for."""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")


class Catalogue:
    """Plugins below a root; every answer is None when the hub does not know the thing."""

    def __init__(self, root: Path) -> None:
        """Read below ``root``/hub."""
        self._root = root / "hub"

    def versions(self, owner: str, name: str) -> list[str] | None:
        """All versions, oldest first."""
        if not (_SAFE.fullmatch(owner) and _SAFE.fullmatch(name)):
            return None
        found = [path.parent.name for path in (self._root / owner / name).glob("*/archive.zip")]
        return sorted(found, key=_version_key) or None

    def archive(self, owner: str, name: str, version: str) -> Path | None:
        """The archive's file."""
        if version not in (self.versions(owner, name) or []):
            return None
        return self._root / owner / name / version / "archive.zip"

    def manifest(self, owner: str, name: str, version: str | None, base: str) -> dict[str, Any] | None:
        """The manifest with its ``archive`` section, as the public hub answers; the latest without ``version``."""
        known = self.versions(owner, name)
        if known is None:
            return None
        version = version or known[-1]
        archive = self.archive(owner, name, version)
        if archive is None:
            return None
        beside = archive.with_name("manifest.json")
        manifest = json.loads(beside.read_bytes()) if beside.is_file() else {}
        file_name = f"{owner}-{name}-{version}.zip"
        md5, sha1 = _digests(archive, archive.stat().st_mtime_ns)
        return {
            "name": name,
            "version": version,
            "owner": {"username": owner, "name": owner},
            "license": [],
            **manifest,
            "archive": {
                "name": file_name,
                "mime_type": "application/zip",
                "url": f"{base}/api/plugins/{owner}/{name}/versions/{version}/{file_name}",
                "md5": md5,
                "sha1": sha1,
            },
        }


@lru_cache(maxsize=256)
def _digests(archive: Path, _modified: int) -> tuple[str, str]:
    with archive.open("rb") as stream:
        md5 = hashlib.file_digest(stream, "md5").hexdigest()
        stream.seek(0)
        return md5, hashlib.file_digest(stream, "sha1").hexdigest()


def _version_key(version: str) -> list[tuple[int, str]]:
    """Orders 0.10.1 after 0.9: numbers as numbers, words before them and before the end, as 1.0-rc before 1.0."""
    parts = re.findall(r"\d+|[A-Za-z]+", version)
    return [*((int(part), "") if part.isdigit() else (-1, part) for part in parts), (0, "")]
