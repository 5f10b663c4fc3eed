# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hash of a password as Jupyter Server stores it."""

from __future__ import annotations

import base64
import hashlib
import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import argon2

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
      - V(argon2) is Argon2id with Jupyter's own parameters; it needs argon2-cffi, or cryptography 44 or later with
        OpenSSL 3.2 or later, on the control machine.
      - V(sha512) is one salted round of SHA-512, which every Jupyter accepts and which is quick to guess.
    type: str
    choices: [argon2, sha512]
    default: argon2
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


def jupyter_password_hash(password: str, seed: str, scheme: str = "argon2") -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError for empty input and for a scheme that is not to be had."""
    if not password or not seed:
        raise AnsibleFilterError("jupyter_password_hash: the password and the seed must not be empty.")
    if scheme not in ("argon2", "sha512"):
        raise AnsibleFilterError(f"jupyter_password_hash: scheme is '{scheme}', and must be argon2 or sha512.")
    salt = hashlib.sha256(f"liveconnect jupyter {seed}".encode()).digest()
    if scheme == "sha512":
        letters = salt.hex()[:12]
        return f"sha512:{letters}:{hashlib.sha512(password.encode() + letters.encode()).hexdigest()}"
    salt = salt[: argon2.SALT_BYTES]
    digest = argon2.argon2id(password.encode(), salt)
    # Never another scheme in its place: a control machine that has Argon2 would hash differently, and each would
    # recreate Jupyter after the other.
    if digest is None:
        raise AnsibleFilterError(
            "jupyter_password_hash: the control machine's Python has no Argon2: "
            "install argon2-cffi there, or take the scheme sha512 on all control machines."
        )
    cost = f"m={argon2.MEMORY_COST},t={argon2.TIME_COST},p={argon2.PARALLELISM}"
    return f"argon2:$argon2id$v=19${cost}${_unpadded(salt)}${_unpadded(digest)}"


def _unpadded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"jupyter_password_hash": jupyter_password_hash}
