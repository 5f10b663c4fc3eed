# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hash of a password as Jupyter Server stores it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import importlib
import typing as t

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: jupyter_password_hash
short_description: Hash of a password as Jupyter Server stores it
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Makes the value of Jupyter Server's C(PasswordIdentityProvider.hashed_password).
  - The salt is derived from O(seed) and not random, so that the same input gives the same hash and a second run of a
    playbook changes nothing. It is not derived from the password, because whoever has the hash has the salt, and could
    then test guesses against the salt without paying for the slow hash.
positional: _input
options:
  _input:
    description: The password.
    type: str
    required: true
  seed:
    description: What the salt is derived from; it need not be secret, but should differ from server to server.
    type: str
    required: true
  scheme:
    description:
      - V(argon2) is Argon2id with Jupyter's own parameters; it needs argon2-cffi, or cryptography 44 or later, on the
        control machine.
      - V(sha512) is one salted round of SHA-512, which every Jupyter accepts and which is quick to guess.
      - V(auto) is V(argon2) where it is to be had, otherwise V(sha512).
    type: str
    choices: [auto, argon2, sha512]
    default: auto
"""

EXAMPLES = r"""
- name: Show the hash
  ansible.builtin.debug:
    msg: "{{ vault_jupyter_password | igrafx.liveconnect.jupyter_password_hash(seed=inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The hash, as V(argon2:$argon2id$v=19$m=10240,t=10,p=8$…) or V(sha512:salt:digest).
  type: str
"""

# The parameters that Jupyter Server itself hashes with.
TIME_COST = 10
MEMORY_COST = 10240
PARALLELISM = 8
DIGEST_BYTES = 32


def jupyter_password_hash(password: str, seed: str, scheme: str = "auto") -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError for empty input and for a scheme that is not to be had."""
    if not password or not seed:
        raise AnsibleFilterError("jupyter_password_hash: the password and the seed must not be empty.")
    if scheme not in ("auto", "argon2", "sha512"):
        raise AnsibleFilterError(f"jupyter_password_hash: scheme is '{scheme}', and must be auto, argon2 or sha512.")
    salt = hashlib.sha256(f"liveconnect jupyter {seed}".encode()).digest()
    if scheme != "sha512":
        digest = argon2id(password.encode(), salt[:16])
        if digest is not None:
            cost = f"m={MEMORY_COST},t={TIME_COST},p={PARALLELISM}"
            return f"argon2:$argon2id$v=19${cost}${_unpadded(salt[:16])}${_unpadded(digest)}"
        if scheme == "argon2":
            raise AnsibleFilterError(
                "jupyter_password_hash: the control machine's Python has no Argon2: "
                "install argon2-cffi there, or take the scheme sha512."
            )
    letters = salt.hex()[:12]
    return f"sha512:{letters}:{hashlib.sha512(password.encode() + letters.encode()).hexdigest()}"


def argon2id(password: bytes, salt: bytes) -> bytes | None:
    """The digest from whichever library has Argon2id, or None; they agree on every byte."""
    with contextlib.suppress(ImportError):
        low_level = importlib.import_module("argon2.low_level")
        return bytes(
            low_level.hash_secret_raw(
                password, salt, TIME_COST, MEMORY_COST, PARALLELISM, DIGEST_BYTES, low_level.Type.ID
            )
        )
    try:
        argon2 = importlib.import_module("cryptography.hazmat.primitives.kdf.argon2")
        unsupported = importlib.import_module("cryptography.exceptions").UnsupportedAlgorithm
    except ImportError:
        return None
    with contextlib.suppress(unsupported):
        kdf = argon2.Argon2id(
            salt=salt, length=DIGEST_BYTES, iterations=TIME_COST, lanes=PARALLELISM, memory_cost=MEMORY_COST
        )
        return bytes(kdf.derive(password))
    return None


def _unpadded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"jupyter_password_hash": jupyter_password_hash}
