# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Java class files, written as the Java Virtual Machine Specification says (chapter 4), without a compiler."""

from __future__ import annotations

import struct

PUBLIC = 0x0001
INTERFACE = 0x0200
ABSTRACT = 0x0400
OBJECT = "java.lang.Object"


class _Pool:
    def __init__(self) -> None:
        # A long first: it takes two places, so that every later index is wrong for a reader that does not know.
        self.constants = struct.pack(">BqBi", 5, 7, 3, 7)
        self.count = 4

    def _add(self, constant: bytes) -> int:
        self.constants += constant
        self.count += 1
        return self.count - 1

    def text(self, value: str) -> int:
        encoded = value.encode()
        return self._add(struct.pack(">BH", 1, len(encoded)) + encoded)

    def type(self, name: str) -> int:
        return self._add(struct.pack(">BH", 7, self.text(name.replace(".", "/"))))


def class_bytes(name: str, parent: str = OBJECT, *interfaces: str, access: int = PUBLIC) -> bytes:
    """A class without members, given by its access flags."""
    pool = _Pool()
    kinds = [pool.type(entry) for entry in (name, parent, *interfaces)]
    header = struct.pack(">IHHH", 0xCAFEBABE, 0, 61, pool.count)
    parents = struct.pack(f">HHHH{len(interfaces)}H", access, *kinds[:2], len(interfaces), *kinds[2:])
    return header + pool.constants + parents + struct.pack(">HHH", 0, 0, 0)
