# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The one family of errors that the collection's logic raises; a module maps it to ``fail_json`` in one place."""

from __future__ import annotations

import errno
import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path

_BECOME = "Run with become, or grant write access."
_STORAGE_REMEDIES = {
    errno.EACCES: _BECOME,
    errno.EPERM: _BECOME,
    errno.EROFS: "Mount its file system read-write.",
    errno.ENOSPC: "Free some space on its file system.",
    errno.EDQUOT: "Raise the quota.",
    errno.ENAMETOOLONG: "Use shorter names.",
    errno.ENOTDIR: "Give a directory.",
    errno.EEXIST: "Give a directory.",
}


class LiveConnectError(Exception):
    """Something an operator must know about.

    ``message`` is one sentence that names the thing and what the other side said, ``remedy`` one that says what to
    do, ``details`` plain data for the module's result (never secrets).
    """

    def __init__(self, message: str, *, remedy: str = "", details: t.Mapping[str, t.Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.details: dict[str, t.Any] = dict(details or {})

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class InvalidInputError(LiveConnectError):
    """What was declared cannot be right; found before anything was sent."""


class UnreachableError(LiveConnectError):
    """No answer: refused, timed out, name unknown, TLS not trusted."""


class RefusedError(LiveConnectError):
    """The server understood and said no."""


class StorageError(RefusedError):
    """The node's file system said no."""

    @classmethod
    def of(cls, error: OSError, path: Path) -> StorageError:
        """The sentence for ``error``, which happened at ``path`` unless it names the whole path itself."""
        named = str(error.filename or "")
        return cls(
            f"{named if named.startswith('/') else path}: {error.strerror or error}.",
            remedy=_STORAGE_REMEDIES.get(error.errno or 0, ""),
        )


class DeadlineError(LiveConnectError):
    """A deadline passed; ``details`` carries the last state seen."""


class UnexpectedAnswerError(LiveConnectError):
    """A server's answer is of another shape than it should be; the message goes on after 'it answered'."""
