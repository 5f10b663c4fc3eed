# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""Argon2id with the parameters that Jupyter Server itself hashes with, from whichever library has it."""

from __future__ import annotations

import contextlib
import importlib
import typing as t

SALT_BYTES = 16
TIME_COST = 10
MEMORY_COST = 10240
PARALLELISM = 8
DIGEST_BYTES = 32


def has_argon2id() -> bool:
    """Whether this Python has it at all."""
    return _implementation() is not None


def argon2id(password: bytes, salt: bytes) -> bytes | None:
    """The digest, or None where no library has it; all agree on every byte. ``salt`` is of ``SALT_BYTES``."""
    implementation = _implementation()
    return implementation(password, salt) if implementation else None


def _implementation() -> t.Callable[[bytes, bytes], bytes] | None:
    with contextlib.suppress(ImportError):
        low_level = importlib.import_module("argon2.low_level")
        costs = (TIME_COST, MEMORY_COST, PARALLELISM, DIGEST_BYTES, low_level.Type.ID)
        return lambda password, salt: bytes(low_level.hash_secret_raw(password, salt, *costs))
    try:
        argon2 = importlib.import_module("cryptography.hazmat.primitives.kdf.argon2")
        unsupported = importlib.import_module("cryptography.exceptions").UnsupportedAlgorithm
    except ImportError:
        return None

    def kdf(salt: bytes) -> t.Any:
        return argon2.Argon2id(
            salt=salt, length=DIGEST_BYTES, iterations=TIME_COST, lanes=PARALLELISM, memory_cost=MEMORY_COST
        )

    with contextlib.suppress(unsupported):
        # Only here does it say that the OpenSSL below it is too old.
        kdf(bytes(SALT_BYTES))
        return lambda password, salt: bytes(kdf(salt).derive(password))
    return None
