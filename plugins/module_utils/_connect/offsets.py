# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The offsets of connectors, as they are declared and as a worker reports them."""

from __future__ import annotations

import json
import typing as t

from .._errors import InvalidInputError

if t.TYPE_CHECKING:
    from .._http.answers import Piece

# A partition as JSON text with its keys sorted -> the offset in it; None, which is only declared: there is to be none.
Offsets: t.TypeAlias = t.Mapping[str, t.Mapping[str, t.Any] | None]

RESET: t.Final = "reset"
Wanted: t.TypeAlias = Offsets | t.Literal["reset"]

# Connect's own keys, for sinks. It takes their numbers as text too, and gives numbers.
_NUMBERS = ("kafka_partition", "kafka_offset")


def parse_wanted(name: str, value: t.Any) -> Wanted | None:
    """The option ``offsets`` of the connector ``name``; None when it asks for nothing."""
    if not value:
        return None
    if value == RESET:
        return RESET
    if not isinstance(value, list):
        raise _wrong(name, f"is neither '{RESET}' nor a list")
    wanted = {}
    for index, entry in enumerate(value):
        if not isinstance(entry, dict) or set(entry) != {"partition", "offset"}:
            raise _wrong(name, f"[{index}] has not exactly the keys 'partition' and 'offset'")
        partition, offset = entry["partition"], entry["offset"]
        if not isinstance(partition, dict) or not isinstance(offset, dict | None):
            raise _wrong(name, f"[{index}] has a partition or an offset that is no dictionary")
        if _key(partition) in wanted:
            raise _wrong(name, f"[{index}] names a partition for the second time")
        wanted[_key(partition)] = None if offset is None else _with_numbers(offset)
    return wanted


def parse_offsets(answer: Piece) -> Offsets:
    """What a worker answers about a connector's offsets.

    A partition whose offset was removed may be named for a while longer, without one.
    """
    return {
        _key(entry["partition"].plain()): entry["offset"].plain()
        for entry in answer["offsets"].list()
        if entry["offset"]
    }


def after(current: Offsets, wanted: Wanted) -> Offsets:
    """The offsets once ``wanted`` is done; partitions that it does not name keep theirs."""
    if wanted == RESET:
        return {}
    return {key: offset for key, offset in {**current, **wanted}.items() if offset is not None}


def entries(offsets: Offsets) -> list[dict[str, t.Any]]:
    """The list of ``partition`` and ``offset``, in the form in which it is declared and sent."""
    return [{"partition": json.loads(key), "offset": offsets[key]} for key in sorted(offsets)]


def _key(partition: t.Mapping[str, t.Any]) -> str:
    return json.dumps(_with_numbers(partition), sort_keys=True)


def _with_numbers(values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {
        key: int(value) if key in _NUMBERS and isinstance(value, str) and value.isdecimal() else value
        for key, value in values.items()
    }


def _wrong(name: str, what: str) -> InvalidInputError:
    return InvalidInputError(
        f"Connector '{name}': offsets{'' if what.startswith('[') else ' '}{what}.",
        remedy=f"Give '{RESET}', or a list of dictionaries with 'partition' and 'offset'.",
    )
