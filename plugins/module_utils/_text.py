# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Text as other people's editors write it: with a byte order mark, with the line ends of Windows, or in UTF-16."""

from __future__ import annotations

import codecs

from ._errors import InvalidInputError

_WIDE = {
    "UTF-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),  # first, for the mark of UTF-16 begins that of UTF-32
    "UTF-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
}


def plain(text: str) -> str:
    """``text`` without a byte order mark, its lines ended by line feeds."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def decoded(content: bytes, name: str) -> str:
    """The text of a file in UTF-8, see plain(); InvalidInputError names the file ``name`` and how to convert it."""
    for encoding, marks in _WIDE.items():
        if content.startswith(marks):
            raise _not_utf8(name, f"it is {encoding}", encoding)
    if b"\0" in content:
        encoding = "UTF-16BE" if content.index(b"\0") % 2 == 0 else "UTF-16LE"
        raise _not_utf8(name, "it is UTF-16 without a byte order mark", encoding)
    try:
        return plain(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"the byte 0x{content[error.start]:02x} in line {line} is not UTF-8"
        raise _not_utf8(name, problem, "WINDOWS-1252") from error


def _not_utf8(name: str, problem: str, encoding: str) -> InvalidInputError:
    return InvalidInputError(
        f"{name} cannot be read: {problem}.",
        remedy=f"Save it as UTF-8, for example with: iconv -f {encoding} -t UTF-8 FILE > NEW.",
    )
