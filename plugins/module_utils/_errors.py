# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The one family of errors that the collection's logic raises; a module maps it to ``fail_json`` in one place."""

from __future__ import annotations

import typing as t


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


class DeadlineError(LiveConnectError):
    """A deadline passed; ``details`` carries the last state seen."""
