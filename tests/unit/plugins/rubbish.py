# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may come instead of a server's answer: from a proxy, a gateway, another program, or half of the real one."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Answer = tuple[int, bytes, str]
"""Status, body, content type."""

_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Company proxy</h1></body></html>"

WHOLE: dict[str, Answer] = {
    "page-200": (200, _PAGE, "text/html"),
    "page-404": (404, _PAGE, "text/html"),
    "page-500": (500, _PAGE, "text/html"),
    "page-503": (503, _PAGE, "text/html"),
    "login-407": (407, _PAGE, "text/html"),
    "nothing-200": (200, b"", "application/json"),
    "nothing-204": (204, b"", "application/json"),
    "null": (200, b"null", "application/json"),
    "map": (200, b"{}", "application/json"),
    "list": (200, b"[]", "application/json"),
    "list-of-nulls": (200, b"[null, null]", "application/json"),
    "map-of-nulls": (200, b'{"name": null, "configs": null, "one": null}', "application/json"),
    "text": (200, b'"fine"', "application/json"),
    "number": (200, b"7", "application/json"),
    "cut-off": (200, b'{"one": {"info": {"na', "application/json"),
    "not-utf-8": (200, b"\xff\xfe\x00{\x00", "application/json"),
    "deep": (200, b"[" * 100_000, "application/json"),
    "error-400-list": (400, b"[]", "application/json"),
    "error-400-nulls": (400, b'{"error_code": null, "message": null}', "application/json"),
    "error-400-numbers": (400, b'{"error_code": "x", "message": 7}', "application/json"),
    "error-500": (500, b'{"error_code": 500, "message": "out of order"}', "application/json"),
}
"""Whole answers, by a name for the test's id."""

_PARTS: tuple[Any, ...] = (None, [], {}, "text", 7, [None])


def spoilt(answer: Answer) -> Iterator[tuple[str, Answer]]:
    """The same answer with one part of its JSON replaced by each other kind of value, or left out.

    Names of what was spoilt come with each, as ``where=what``. One entry of a list stands for all of it.
    """
    status, body, content_type = answer
    try:
        document = json.loads(body)
    except ValueError:
        return
    for path in _paths(document):
        for part in _PARTS:
            changed = copy.deepcopy(document)
            holder = _holder(changed, path)
            if type(holder[path[-1]]) is type(part):
                continue
            holder[path[-1]] = part
            yield f"{_told(path)}={part!r}", (status, json.dumps(changed).encode(), content_type)
        changed = copy.deepcopy(document)
        del _holder(changed, path)[path[-1]]
        yield f"{_told(path)} missing", (status, json.dumps(changed).encode(), content_type)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*path, key)
        yield from _paths(inner, (*path, key))


def _holder(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        document = document[key]
    return document


def _told(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))
