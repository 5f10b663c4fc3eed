# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter pkcs8_key: the same key, in the form that Kafka reads."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.igrafx.liveconnect.plugins.filter.pkcs8_key import pkcs8_key
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PEM = serialization.Encoding.PEM
NO_PASSPHRASE = serialization.NoEncryption()
TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL
KEYS = (ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048))


@pytest.mark.parametrize("key", KEYS, ids=["EC", "RSA"])
def test_an_older_form_becomes_pkcs8_and_stays_the_same_key(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> None:
    old = key.private_bytes(PEM, TRADITIONAL, NO_PASSPHRASE).decode()
    new = pkcs8_key(old)

    assert "BEGIN PRIVATE KEY" not in old
    assert new.startswith("-----BEGIN PRIVATE KEY-----\n")
    loaded = serialization.load_pem_private_key(new.encode(), password=None)
    assert loaded.private_bytes(PEM, TRADITIONAL, NO_PASSPHRASE).decode() == old


def test_a_key_that_is_pkcs8_keeps_its_text() -> None:
    text = KEYS[0].private_bytes(PEM, serialization.PrivateFormat.PKCS8, NO_PASSPHRASE).decode()
    assert pkcs8_key(f"\n{text}\n\n") == text


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----\ns3cret\n-----END RSA PRIVATE KEY-----\n",
        KEYS[0].private_bytes(PEM, TRADITIONAL, serialization.BestAvailableEncryption(b"x")).decode(),
    ],
    ids=["nonsense", "passphrase"],
)
def test_what_is_no_such_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(AnsibleFilterError, match="without a passphrase") as caught:
        pkcs8_key(text)
    assert text.splitlines()[1] not in str(caught.value)
