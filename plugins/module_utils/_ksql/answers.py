# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Reads the parts of a server's JSON, which may come from a proxy or another program just as well."""

from __future__ import annotations

import contextlib
import typing as t

from .._errors import RefusedError

CHECK_URL = "Check that url is the address of ksqlDB's REST API, and that no proxy answers in its place."
Json = t.Mapping[str, t.Any]


@contextlib.contextmanager
def understood(server: str, remedy: str) -> t.Iterator[None]:
    """RefusedError in place of what Python raises when a part of an answer is missing or of another kind."""
    try:
        yield
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise RefusedError(f"{server} answers otherwise than it should: {what}.", remedy=remedy) from error


def mapping(value: t.Any, what: str = "an entry") -> Json:
    """``value``, which must be a map."""
    if not isinstance(value, dict):
        raise TypeError(f"{what} is no map")
    return value


def text(one: Json, name: str) -> str:
    """The text ``name`` of a map."""
    if not isinstance(one[name], str):
        raise TypeError(f"'{name}' is no text")
    return str(one[name])


def texts(one: Json, name: str) -> tuple[str, ...]:
    """The list of texts ``name`` of a map."""
    if not isinstance(one[name], list) or not all(isinstance(item, str) for item in one[name]):
        raise TypeError(f"'{name}' is no list of texts")
    return tuple(one[name])


def entries(one: Json, name: str) -> list[Json]:
    """The list of maps ``name`` of a map; empty where there is none."""
    found = one.get(name)
    if not isinstance(found, list | None):
        raise TypeError(f"'{name}' is no list")
    return [mapping(item, f"an entry of '{name}'") for item in found or []]


def members(one: Json, name: str) -> Json:
    """The map ``name`` of a map; empty where there is none."""
    found = one.get(name)
    return {} if found is None else mapping(found, f"'{name}'")
