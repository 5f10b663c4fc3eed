# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a worker tells of the keys of a connector class, and of a configuration that it validates."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._masking import has_placeholder

if t.TYPE_CHECKING:
    from .._http.answers import Piece

# How Connect says which key it finds wrong.
_ABOUT_KEY = re.compile(r"for configuration ([\w.-]+)|[Cc]onfiguration (?:named )?[\"']([\w.-]+)[\"']")
_WORD = re.compile(r"[\w.-]*\w")


@dataclass(frozen=True)
class Validated:
    """What a worker says about one key; ``resolved`` is its value, without references, where it tells."""

    key: str
    resolved: str
    errors: tuple[str, ...]


def parse_validated(answer: Piece) -> list[Validated]:
    """The answer to a configuration that was to be validated."""
    return [
        Validated(
            value["name"].text(),
            value["value"].text() if value["value"] else "",
            tuple(error.text() for error in value["errors"].entries()),
        )
        for value in (one["value"] for one in answer["configs"].list())
    ]


def parse_password_keys(answer: Piece) -> frozenset[str]:
    """The keys of the type PASSWORD in the list of a class's keys."""
    return frozenset(key["name"].text() for key in answer.list() if key["type"] and key["type"].text() == "PASSWORD")


def parse_defaults(answer: Piece) -> dict[str, str]:
    """The defaults in the list of a class's keys, of the keys that have one."""
    return {key["name"].text(): key["default_value"].text() for key in answer.list() if key["default_value"]}


def named_key(message: str, config: t.Mapping[str, str]) -> str:
    """The key of ``config`` that a message is about; empty when it tells none.

    It says so in Connect's own words, or it has a key and its value in it (or the key alone, where the worker puts
    another value for it).
    """
    match = _ABOUT_KEY.search(message)
    if match:
        return str(match[1] or match[2]).rstrip(".")
    words = set(_WORD.findall(message)) | set(re.findall(r"\w+", message))
    named = [
        key
        for key, value in config.items()
        if key in words and key != "connector.class" and (has_placeholder(value) or (value and value in message))
    ]
    return max(named, key=len, default="")
