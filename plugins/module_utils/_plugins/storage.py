# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Files of the node: their digests, and errors that name the plugin they happened to."""

from __future__ import annotations

import contextlib
import hashlib
import typing as t
from pathlib import Path

from .._errors import LiveConnectError, StorageError


def file_digest(path: Path, algorithm: str = "sha256") -> str:
    """A file's digest in hex, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


@contextlib.contextmanager
def named(label: str) -> t.Iterator[None]:
    """Errors within begin with the plugin's name."""
    try:
        yield
    except LiveConnectError as error:
        if not error.message.startswith(label):
            error.message = f"{label}: {error.message}"
        raise
    except OSError as error:
        raise StorageError.of(error, Path(label)) from error
