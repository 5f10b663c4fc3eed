# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Digests of files."""

from __future__ import annotations

import hashlib
import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path


def file_digest(path: Path, algorithm: str = "sha256") -> str:
    """A file's digest in hex, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
