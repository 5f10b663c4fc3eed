# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private key in the one form that Kafka reads."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

try:
    from cryptography.hazmat.primitives import serialization
except ImportError:  # pragma: no cover - ansible-core itself depends on it
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

DOCUMENTATION = r"""
name: pkcs8_key
short_description: A private key as unencrypted PKCS#8
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Turns a private key in PEM form (C(BEGIN RSA PRIVATE KEY), C(BEGIN EC PRIVATE KEY), …) into PKCS#8
    (C(BEGIN PRIVATE KEY)), the one form that Kafka reads; everything else reads it too.
  - The key itself stays the same, and a key that is PKCS#8 already keeps its text.
requirements:
  - cryptography on the control machine, which ansible-core brings along
positional: _input
options:
  _input:
    description: The unencrypted key, in PEM form.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Lay the key down for Kafka
  ansible.builtin.copy:
    content: "{{ lookup('ansible.builtin.file', 'server.key') | igrafx.liveconnect.pkcs8_key }}"
    dest: /etc/kafka/secrets/server.key
    mode: "0600"
  no_log: true
  diff: false
"""

RETURN = r"""
_value:
  description: The key in PEM form, ending with a line break.
  type: str
"""

PKCS8 = "-----BEGIN PRIVATE KEY-----"


def pkcs8_key(key: str) -> str:
    """See DOCUMENTATION. Raises AnsibleFilterError, which never holds the key, for what is not an unencrypted key."""
    if key.strip().startswith(PKCS8):
        return key.strip() + "\n"
    if not HAS_CRYPTOGRAPHY:
        raise AnsibleFilterError("pkcs8_key: the control machine's Python has no cryptography: install it there.")
    try:
        loaded = serialization.load_pem_private_key(key.encode(), password=None)
    except (TypeError, ValueError):
        raise AnsibleFilterError("pkcs8_key: this is not a private key in PEM form without a passphrase.") from None
    return loaded.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"pkcs8_key": pkcs8_key}
