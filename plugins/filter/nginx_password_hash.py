# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hash of a password as nginx reads it from a file of basic authentication."""

from __future__ import annotations

import base64
import hashlib
import typing as t

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: nginx_password_hash
short_description: Hash of a password for nginx's basic authentication
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Makes what stands behind the name in the file of nginx's C(auth_basic_user_file), as salted SHA-1 (C({SSHA})).
  - nginx checks it itself, while what else it takes depends on the C library of its image. The hash is quick to guess,
    so the password must be a long one.
  - The salt is derived from O(seed) and not random, so that a second run of a playbook changes nothing.
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
"""

EXAMPLES = r"""
- name: Show a line of the file
  ansible.builtin.debug:
    msg: "platform:{{ vault_registry_password | igrafx.liveconnect.nginx_password_hash(seed=inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The hash, as V({SSHA}…).
  type: str
"""

SALT_BYTES = 16


def nginx_password_hash(password: str, seed: str) -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError for empty input."""
    if not password or not seed:
        raise AnsibleFilterError("nginx_password_hash: the password and the seed must not be empty.")
    salt = hashlib.sha256(f"liveconnect nginx {seed}".encode()).digest()[:SALT_BYTES]
    digest = hashlib.sha1(password.encode() + salt).digest()  # noqa: S324 - the strongest that every nginx checks itself
    return "{SSHA}" + base64.b64encode(digest + salt).decode()


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"nginx_password_hash": nginx_password_hash}
