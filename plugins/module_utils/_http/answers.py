# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Reads a server's JSON: every piece is of the kind that is expected there, or an error says which one is not."""

from __future__ import annotations

import contextlib
import typing as t

from .._errors import RefusedError, UnexpectedAnswerError


@contextlib.contextmanager
def understood(server: str, remedy: str) -> t.Iterator[None]:
    """RefusedError that names the ``server`` in place of UnexpectedAnswerError."""
    try:
        yield
    except UnexpectedAnswerError as error:
        raise RefusedError(f"{server} answered {error.message}.", remedy=remedy) from error


class Piece:
    """A piece of a JSON document, and the way to it. What is missing is a piece without a value, as null is."""

    def __init__(self, value: t.Any, path: tuple[str | int, ...] = ()) -> None:
        self._value = value
        self._path = path

    def __getitem__(self, key: str) -> Piece:
        """The entry of a map."""
        return Piece(self._expected(dict, "a map").get(key), (*self._path, key))

    def __bool__(self) -> bool:
        """Whether there is anything but null."""
        return self._value is not None

    def map(self) -> dict[str, Piece]:
        """The entries of a map."""
        return {key: Piece(value, (*self._path, key)) for key, value in self._expected(dict, "a map").items()}

    def list(self) -> t.Iterator[Piece]:
        """The entries of a list."""
        for index, value in enumerate(self._expected(list, "a list")):
            yield Piece(value, (*self._path, index))

    def entries(self) -> t.Iterator[Piece]:
        """The entries of a list that may be missing."""
        return self.list() if self else iter(())

    def members(self) -> dict[str, Piece]:
        """The entries of a map that may be missing."""
        return self.map() if self else {}

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(piece.text() for piece in self.list())

    def text(self) -> str:
        """A text."""
        return str(self._expected(str, "a text"))

    def number(self) -> int:
        """A whole number."""
        return int(self._expected(int, "a whole number"))

    def plain(self) -> dict[str, t.Any]:
        """A map as it is, whatever is in it."""
        return dict(self._expected(dict, "a map"))

    def _expected(self, kind: type, name: str) -> t.Any:
        # A boolean is an int to Python.
        if isinstance(self._value, kind) and not isinstance(self._value, bool):
            return self._value
        where = f" at {'.'.join(map(str, self._path))}" if self._path else ""
        raise UnexpectedAnswerError(f"{_kind(self._value)} instead of {name}{where}")


def _kind(value: t.Any) -> str:
    kinds: dict[type, str] = {dict: "a map", list: "a list", str: "a text", bool: "a boolean"}
    return "null" if value is None else kinds.get(type(value), "a number")
