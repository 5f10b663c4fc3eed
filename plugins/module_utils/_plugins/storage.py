# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Files of the node: their digests, and the one sentence for everything that a file system refuses."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import typing as t
from pathlib import Path

from .._errors import LiveConnectError

_REMEDIES = {
    errno.ENOSPC: "Make room on its file system.",
    errno.EDQUOT: "Raise the quota.",
    errno.EROFS: "Mount its file system read-write.",
    errno.EACCES: "Run with become, or grant write access.",
    errno.EPERM: "Run with become, or grant write access.",
    errno.ENAMETOOLONG: "Get the archive from a source you trust.",
    errno.ENOTDIR: "Give a directory.",
    errno.EEXIST: "Give a directory.",
}


class StorageError(LiveConnectError):
    """The node's file system refused; what was installed before is untouched."""

    @classmethod
    def of(cls, error: OSError, path: Path) -> StorageError:
        """The sentence for ``error``, which happened at ``path`` unless it says better itself."""
        return cls(f"{error.filename or path}: {error.strerror or error}.", remedy=_REMEDIES.get(error.errno or 0, ""))


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
