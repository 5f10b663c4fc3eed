# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""Takes PEM files apart as strictly as OpenSSL does, which nginx reads them with. Pure; no content is in an error."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

# What OpenSSL takes away from the end of a line.
_WHITE = "".join(map(chr, range(33)))
_BORDER = re.compile(r"-----(BEGIN|END) ([A-Z0-9 ]+)-----")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
# Outside of blocks there may be remarks. OpenSSL would take these for remarks too: they are blocks that it would lose.
_LOST = re.compile(r"-\s*(BEGIN|END)\b|PRIVATE KEY|^\s*[A-Za-z0-9+/]{40,}={0,2}\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Block:
    """One block: the words of its BEGIN line, what it encodes, and its text with both border lines."""

    kind: str
    content: bytes
    text: str


def blocks(text: str) -> list[Block]:
    """The blocks of a PEM text, in order; there may be none.

    Raises ValueError, which says in a few words what OpenSSL would not read, or would leave out without a word, and
    in which line.
    """
    found: list[Block] = []
    lines: list[str] = []
    kind = None
    for number, raw in enumerate(text.split("\n"), start=1):
        # OpenSSL 3 passes over a byte order mark, also where files were put together.
        line = raw.rstrip(_WHITE).removeprefix("\ufeff")
        border = _BORDER.fullmatch(line)
        if kind is None:
            if border and border[1] == "BEGIN":
                kind, lines = border[2], [line]
            elif _LOST.search(line):
                raise ValueError(
                    f"line {number} belongs to a block whose BEGIN line is missing, is indented, or shares its line"
                )
        elif line == f"-----END {kind}-----":
            found.append(_block(kind, [*lines, line], len(found) + 1))
            kind = None
        elif _BASE64.fullmatch(line.strip(_WHITE)):
            lines.append(line)
        elif border or _LOST.search(line):
            raise ValueError(
                f"its block number {len(found) + 1} is cut off before line {number}, or its END line is indented or"
                " shares its line"
            )
        else:
            raise ValueError(f"its block number {len(found) + 1} is damaged in line {number}, which is not base64")
    if kind is not None:
        raise ValueError(f"its block number {len(found) + 1} is cut off: its END line is missing")
    return found


def _block(kind: str, lines: list[str], number: int) -> Block:
    try:
        content = base64.b64decode("".join(line.strip(_WHITE) for line in lines[1:-1]), validate=True)
    except binascii.Error:
        raise ValueError(f"its block number {number} is damaged: it is not base64 to its end") from None
    return Block(kind, content, "\n".join(lines) + "\n")
