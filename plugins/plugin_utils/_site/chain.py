# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with a certificate and the chain behind it, as far as it is given. Pure."""

from __future__ import annotations

import datetime
import typing as t

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
except ImportError:  # pragma: no cover - ansible-core itself depends on it
    HAS_CRYPTOGRAPHY = False
else:
    # Version 40 brought what verifies a signature of any kind.
    HAS_CRYPTOGRAPHY = hasattr(x509.Certificate, "verify_directly_issued_by")

# What OpenSSL asks for at the security level 2 of the distributions; below, nginx does not start.
MIN_BITS = 2048
MIN_CURVE_BITS = 224


def chain_problems(chain: t.Sequence[x509.Certificate], now: datetime.datetime) -> t.Iterator[str]:
    """Ends of sentences that begin with the file's name; ``chain`` has the server's certificate first.

    Nothing is asked about the last one's issuer, which is in the hands of those who trust it.
    """
    for number, certificate in enumerate(chain, start=1):
        yield from _own_problems(certificate, number, now)
    for index in range(1, len(chain)):
        problem = _link_problem(chain, index)
        if problem:
            # What stands behind a break has no meaning.
            yield problem
            return


def in_order(chain: t.Sequence[x509.Certificate], is_own: t.Callable[[x509.Certificate], bool]) -> list[int]:
    """The places of the certificates in the order in which they are sent: the server's own, then each one's issuer.

    Where that is not clear, as when one belongs elsewhere or ``is_own`` holds of none, they stay as they are.
    """
    as_given = list(range(len(chain)))
    order = [place for place in as_given if is_own(chain[place])][:1]
    while order and (rest := [place for place in as_given if place not in order]):
        last = chain[order[-1]]
        issuers = [place for place in rest if not is_self_issued(last) and is_signed_by(last, chain[place])]
        if not issuers:
            return as_given
        order.append(issuers[0])
    return order or as_given


def ending(chain: t.Sequence[x509.Certificate], now: datetime.datetime, days: int) -> t.Iterator[str]:
    """The end of a sentence for each certificate that is valid now, and not any more after so many days."""
    for number, certificate in enumerate(chain, start=1):
        first, last = validity(certificate)
        if first <= now <= last < now + datetime.timedelta(days=days):
            which = "" if number == 1 else f"holds {_called(certificate, number)}, which "
            yield f"{which}ends on {last:%Y-%m-%d}, in {(last - now).days} days"


def _own_problems(certificate: x509.Certificate, number: int, now: datetime.datetime) -> t.Iterator[str]:
    first, last = validity(certificate)
    valid = f"it is valid from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
    which = "" if number == 1 else f"holds {_called(certificate, number)}, which "
    if now > last:
        yield f"{which}expired on {last:%Y-%m-%d} ({valid}): give a renewed one."
    elif now < first:
        yield (
            f"{which}is not valid before {first:%Y-%m-%d} ({valid}): give one that is valid today, or correct the"
            " control machine's clock."
        )
    if weakness := _weakness(certificate):
        yield f"{which}{weakness}, too weak for nginx: give one with an RSA key of 2048 bits or an EC key, and SHA-256."


def _weakness(certificate: x509.Certificate) -> str | None:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey) and key.key_size < MIN_BITS:
        return f"has a key of {key.key_size} bits"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size < MIN_CURVE_BITS:
        return f"has a key of {key.curve.key_size} bits"
    digest = certificate.signature_hash_algorithm
    # Nobody relies on the signature with which a certificate signs itself.
    if isinstance(digest, hashes.MD5 | hashes.SHA1) and not is_self_issued(certificate):
        return f"is signed by way of {digest.name.upper()}"
    return None


def _link_problem(chain: t.Sequence[x509.Certificate], index: int) -> str | None:
    """What is wrong with the certificate at ``index`` as the issuer of the one before it."""
    before, certificate = chain[index - 1], chain[index]
    called, called_before = _called(certificate, index + 1), _called(before, index)
    if certificate in chain[:index]:
        return f"holds {called}, which stands there before: take it out."
    if is_self_issued(before):
        return f"holds {called}, but its chain ends with {called_before}, which signed itself: take it out."
    if not is_signed_by(before, certificate):
        return f"holds {called}, which did not sign {called_before}: {_instead(chain, index)}."
    reason = _no_authority(certificate, index - 1)
    return reason and f"holds {called}, which signed {called_before}, but {reason}: have it issued by an authority."


def _instead(chain: t.Sequence[x509.Certificate], index: int) -> str:
    before = chain[index - 1]
    for later in range(index + 1, len(chain)):
        if is_signed_by(before, chain[later]):
            return f"move {_called(chain[later], later + 1)}, which did, behind that one"
    issuer = before.issuer.rfc4514_string()
    return f"put the certificate of '{issuer}', which did, behind that one, and leave out what belongs elsewhere"


def _no_authority(certificate: x509.Certificate, intermediates: int) -> str | None:
    """Why clients do not take what a certificate signed, with this many authorities between it and the server's."""
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        # Roots from before version 3 have no extensions at all.
        return None if certificate.version is x509.Version.v1 else "is not marked as an authority (CA:TRUE)"
    if not basic.ca:
        return "is not an authority (CA:FALSE)"
    if basic.path_length is not None and intermediates > basic.path_length:
        return f"may have {basic.path_length} authorities below it (pathlen), and has {intermediates}"
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return None if usage.key_cert_sign else "may not sign certificates (its key usage has no keyCertSign)"


def _called(certificate: x509.Certificate, number: int) -> str:
    return f"certificate number {number} ('{certificate.subject.rfc4514_string()}')"


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Whether it is signed by itself."""
    return certificate.issuer == certificate.subject


def is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the one certificate's issuer is the other, by name and by signature."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def validity(certificate: x509.Certificate) -> tuple[datetime.datetime, datetime.datetime]:
    """From when until when the certificate is valid, in UTC."""
    # Before version 42 the library had these two without their time zone alone.
    if hasattr(certificate, "not_valid_before_utc"):
        return certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return (
        certificate.not_valid_before.replace(tzinfo=datetime.UTC),
        certificate.not_valid_after.replace(tzinfo=datetime.UTC),
    )
