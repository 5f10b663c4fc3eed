# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes certificates and keys as PEM texts, good ones and others."""

from __future__ import annotations

import datetime
import typing as t
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

NOW = datetime.datetime(2026, 7, 1, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8
NO_PASSPHRASE = serialization.NoEncryption()
ALL_NAMES = ["DNS:*.pf1.example.com", "IP:192.0.2.1"]
KEY, OTHER_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


def key_text(key: t.Any = KEY, form: t.Any = PKCS8, encryption: t.Any = NO_PASSPHRASE) -> str:
    """A private key as PEM text."""
    return str(key.private_bytes(PEM, form, encryption), "ascii")


def certificate(
    *,
    names: t.Iterable[str] = ALL_NAMES,
    key: t.Any = KEY,
    first: datetime.datetime = NOW - DAY,
    last: datetime.datetime = NOW + 40 * DAY,
    issuer: str = "authority",
    issuer_key: t.Any = OTHER_KEY,
    subject: str = "node",
    extensions: t.Iterable[x509.ExtensionType] = (),
    digest: hashes.HashAlgorithm | None = None,
) -> str:
    """A certificate as PEM text."""
    alternative: list[x509.GeneralName] = [
        x509.DNSName(name[4:]) if name.startswith("DNS:") else x509.IPAddress(ip_address(name[3:])) for name in names
    ]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
    )
    if alternative:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternative), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    without_digest = isinstance(issuer_key, ed25519.Ed25519PrivateKey)
    signed = builder.sign(issuer_key, None if without_digest else digest or hashes.SHA256())
    return str(signed.public_bytes(PEM), "ascii")


def authority(subject: str, *, issuer: str = "", path_length: int | None = None, **rest: t.Any) -> str:
    """The certificate of an authority as PEM text; without ``issuer`` it is a root."""
    marks = [x509.BasicConstraints(ca=True, path_length=path_length)]
    given = {"names": [], "extensions": marks, "subject": subject, "issuer": issuer or subject}
    return certificate(**{**given, "last": NOW + 400 * DAY, "key": OTHER_KEY, **rest})
