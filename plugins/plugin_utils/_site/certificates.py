# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""The certificate that nginx and the broker serve: what is wrong with a given one, what is due of one that is made."""

from __future__ import annotations

import contextlib
import datetime
import re
import typing as t
from dataclasses import dataclass
from ipaddress import ip_address

from .chain import HAS_CRYPTOGRAPHY, chain_problems, ending, in_order, is_signed_by, validity
from .items import text, texts
from .pem import blocks

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
except ImportError:  # pragma: no cover - ansible-core itself depends on it
    pass

PEM = "-----BEGIN "
DNS_NAME = re.compile(r"([*][.])?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?[.])+[A-Za-z0-9-]{2,63}")
DURATION = re.compile(r"[+](?:(\d+)[wW])?(?:(\d+)[dD])?(?:(\d+)[hH])?(?:(\d+)[mM])?(?:(\d+)[sS]?)?")
SOURCES = ("files", "fetch", "selfsigned", "acme")


@dataclass(frozen=True)
class Variables:
    """The variables that sentences name; those of a site where the operator set these."""

    certificate: str
    key: str
    source: str


SITE = Variables("liveconnect_certificate", "liveconnect_certificate_key", "liveconnect_certificates_source")
ROLE = Variables("certificates_certificate", "certificates_key", "certificates_source")
FETCHED = Variables("certificates_fetch_from.certificate", "certificates_fetch_from.key", "certificates_source")


def problems(declared: t.Mapping[str, t.Any], variables: Variables, now: datetime.datetime) -> list[str]:
    """Everything that is wrong with a declaration, each in a sentence that begins with the variable.

    ``declared`` has the role's variables by their names without the role's, ``certificate_text`` and ``key_text``
    (empty where there is no such file), and in ``site_names`` the names that others check. For ``fetch`` there are also
    ``hosts``, the inventory's, and ``fetched``: what came of reading the certificate and the key, or None before. For
    ``acme`` there is what ``_acme_problems`` names.
    """
    if not HAS_CRYPTOGRAPHY:
        return [
            "The control machine's Python has no cryptography (40 or newer) to read certificates: install it there."
        ]
    names = [name for name in texts(declared["names"]) if name]
    found = [*_name_problems(names, texts(declared["site_names"])), *_duration_problems(declared)]
    well_formed = [name for name in names if _is_name(name)]
    if declared["source"] == "files":
        found += _file_problems(declared, well_formed, variables, now)
    elif declared["source"] == "fetch":
        reading = [*_fetch_problems(declared["fetch"], declared["hosts"], declared["fetched"])]
        found += reading
        if declared["fetched"] and not reading:
            found += _file_problems({**declared, **declared["fetch"]}, well_formed, FETCHED, now)
    elif declared["source"] == "acme":
        found += _acme_problems(declared, well_formed)
    elif declared["source"] not in SOURCES:
        found.append(f"{variables.source} is '{declared['source']}': choose from {', '.join(SOURCES)}.")
    return found


def _name_problems(names: list[str], checked: list[str]) -> t.Iterator[str]:
    if not names:
        yield "certificates_names is empty: list the DNS names under which the node's web pages are opened."
    if bad := [name for name in names if not _is_name(name) and name not in checked]:
        yield (
            f"certificates_names: {', '.join(bad)} cannot be a DNS name: use letters, digits and hyphens between dots,"
            " at most 63 characters in each part."
        )


def _is_name(name: str) -> bool:
    return _is_address(name) or DNS_NAME.fullmatch(name) is not None


def _duration_problems(declared: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    lengths = {option: duration(declared[option]) for option in ("valid_for", "renew_before")}
    for option, length in lengths.items():
        if length is None:
            yield f"certificates_{option} is '{declared[option]}': write a time from now, such as +30d or +52w."
    valid, renewed = lengths["valid_for"], lengths["renew_before"]
    if valid and renewed and renewed >= valid and declared["source"] != "acme":
        yield (
            "certificates_renew_before is not shorter than certificates_valid_for, so that every run would make a new"
            " certificate: lower the one, or raise the other."
        )


def duration(value: object) -> datetime.timedelta | None:
    """``+1w2d3h4m5s`` as a length of time, or None for anything else."""
    match = DURATION.fullmatch(text(value))
    if match is None or not any(match.groups()):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    with contextlib.suppress(OverflowError):
        return datetime.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return None


def warnings(declared: t.Mapping[str, t.Any], variables: Variables, now: datetime.datetime) -> list[str]:
    """A sentence for each given certificate that can be served, but not for as long as ``warn_days`` asks for.

    ``declared`` is that of ``problems``, which has found none.
    """
    if declared["source"] == "fetch":
        declared, variables = {**declared, **declared["fetch"]}, FETCHED
    shown = f"{variables.certificate}: '{_shown(declared['certificate'])}'"
    return [
        f"{shown} {sentence}: have it renewed (certificates_warn_days is {declared['warn_days']})."
        for sentence in ending(read_chain(declared["certificate_text"]), now, int(declared["warn_days"]))
    ]


def in_served_order(certificate_text: str, key_text: str) -> str:
    """The certificates with the server's own first, and then each one's issuer.

    Text that is in this order already, or cannot be put into it, stays as it is.
    """
    try:
        found, chain, key = blocks(certificate_text.strip()), read_chain(certificate_text), _read_key(key_text)
    except ValueError:
        return certificate_text
    order = in_order(chain, lambda certificate: _belongs(key, certificate))
    return certificate_text if order == sorted(order) else "".join(found[place].text for place in order)


def _fetch_problems(
    fetch: t.Mapping[str, t.Any], hosts: t.Collection[str], fetched: t.Sequence[t.Mapping[str, t.Any]] | None
) -> t.Iterator[str]:
    """What is wrong with the place, or with what came of reading there."""
    if missing := [part for part in ("host", "certificate", "key") if not text(fetch.get(part))]:
        yield (
            f"certificates_fetch_from is without {', '.join(missing)}: give a host of the inventory, and the paths of"
            " the certificate and the key on it."
        )
        return
    if fetch["host"] not in hosts:
        yield f"certificates_fetch_from.host: the inventory has no host '{fetch['host']}': add it, or correct the name."
    if relative := [part for part in ("certificate", "key") if not text(fetch[part]).startswith("/")]:
        yield f"certificates_fetch_from.{relative[0]}: '{fetch[relative[0]]}' is no absolute path: give the whole path."
    for part, result in zip(("certificate", "key"), fetched or (), strict=False):
        said = " ".join(text(result.get("msg")).split()) or "it is empty"
        if result.get("unreachable"):
            yield f"certificates_fetch_from.host: '{fetch['host']}' cannot be reached ({said}): have it answer."
            return
        if not result.get("content"):
            yield (
                f"certificates_fetch_from.{part}: '{fetch[part]}' on '{fetch['host']}' cannot be read ({said}): put it"
                " there, or correct the path."
            )


def _acme_problems(declared: t.Mapping[str, t.Any], names: list[str]) -> t.Iterator[str]:
    """What keeps an ACME server from issuing a certificate, as far as it can be told before it is asked.

    ``declared`` has ``acme_directory``, ``acme_terms_agreed``, ``acme_challenge``, ``acme_ca`` and ``acme_dns_tasks``
    as the operator gave them, the text of the one in ``acme_ca_text``, whether the other is a file in
    ``acme_dns_tasks_exist``, and in ``publishes_http`` whether nginx answers on port 80.
    """
    if not text(declared["acme_directory"]).startswith("https://"):
        yield (
            f"certificates_acme_directory is '{declared['acme_directory']}': give the https:// address of the ACME"
            " server's directory."
        )
    if not declared["acme_terms_agreed"]:
        yield (
            "certificates_acme_terms_agreed is not true: read the terms of service of the ACME server, and agree to"
            " them."
        )
    if text(declared["acme_ca"]) and PEM not in declared["acme_ca_text"]:
        yield (
            f"certificates_acme_ca: '{_shown(declared['acme_ca'])}' is no PEM file on the control machine: put it"
            " there, or correct the path, which is relative to the inventory's directory."
        )
    if declared["acme_challenge"] == "dns-01":
        if not declared["acme_dns_tasks_exist"]:
            yield (
                f"certificates_acme_dns_tasks: there is no file '{declared['acme_dns_tasks']}' on the control machine:"
                " give a file with the tasks that write and remove a record, relative to the inventory's directory."
            )
        if addresses := [name for name in names if _is_address(name)]:
            yield (
                f"certificates_names: {', '.join(addresses)} cannot be proved by dns-01: use a name instead of the"
                " address, or http-01."
            )
        return
    if not declared["publishes_http"]:
        yield (
            "certificates_acme_challenge is 'http-01', but nginx does not answer on port 80 without the component"
            " nginx: add it, or use dns-01."
        )
    if stars := [name for name in names if name.startswith("*.")]:
        yield f"certificates_names: {', '.join(stars)} cannot be proved by http-01: list the names, or use dns-01."


def _file_problems(
    declared: t.Mapping[str, t.Any], names: list[str], variables: Variables, now: datetime.datetime
) -> t.Iterator[str]:
    certificate_name, key_name = _shown(declared["certificate"]), _shown(declared["key"])
    chain: list[x509.Certificate] = []
    key = None
    if missing := _missing(declared["certificate"], declared["certificate_text"], "certificate", variables):
        yield f"{variables.certificate}{missing}"
    else:
        try:
            chain = read_chain(declared["certificate_text"])
        except ValueError as error:
            yield (
                f"{variables.certificate}: '{certificate_name}' cannot be read as a certificate ({error}):"
                " give a PEM file that begins with the server's certificate, with nothing but its chain behind it."
            )
    if missing := _missing(declared["key"], declared["key_text"], "key", variables):
        yield f"{variables.key}{missing}"
    else:
        try:
            key = _read_key(declared["key_text"])
        except ValueError as error:
            yield (
                f"{variables.key}: '{key_name}' cannot be read as a private key ({error}): give a PEM file without"
                " passphrase, as nginx reads it."
            )
    if chain:
        if key:
            chain = [chain[place] for place in in_order(chain, lambda certificate: _belongs(key, certificate))]
        too_soon = (
            f"{sentence}, sooner than certificates_refuse_days ({declared['refuse_days']}) lets it: give a renewed one."
            for sentence in ending(chain, now, int(declared["refuse_days"]))
        )
        for sentence in [*chain_problems(chain, now), *too_soon, *_cover_problems(chain[0], names)]:
            yield f"{variables.certificate}: '{certificate_name}' {sentence}"
    if key and declared["kafka"] and (kind := _kind_unknown_to_kafka(key)):
        yield (
            f"{variables.key}: '{key_name}' is of the kind {kind}, which Kafka does not read:"
            " have the certificate issued for an RSA or EC key."
        )
    if chain and key and not _belongs(key, chain[0]):
        yield (
            f"{variables.key}: the key '{key_name}' does not belong to the certificate '{certificate_name}':"
            " give the key with which it was requested."
        )


def _kind_unknown_to_kafka(key: t.Any) -> str | None:
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey):
        return None
    return type(key).__name__.lstrip("_").removesuffix("PrivateKey")


def _shown(given: object) -> str:
    """What sentences call a certificate or a key: its file, never its text."""
    return "its text" if PEM in text(given) else text(given)


def _missing(given: object, content: str, what: str, variables: Variables) -> str | None:
    """The end of a sentence about a file that is not given, or not there."""
    if not text(given):
        return (
            " is not set: give a PEM file on the control machine or its text,"
            f" or set {variables.source} to 'selfsigned'."
        )
    if content:
        return None
    return (
        f": there is no {what} file '{text(given)}' on the control machine, or it is empty: put it there, or correct"
        " the path, which is relative to the inventory's directory."
    )


def read_chain(pem: str) -> list[x509.Certificate]:
    """The certificates of a PEM text, the server's first. Raises ValueError, whose text says what is wrong with it."""
    # Lines around it are not written.
    found = blocks(pem.strip())
    if not found:
        raise ValueError("it has no PEM block")
    if others := [block.kind for block in found if block.kind != "CERTIFICATE"]:
        too = " too" if len(others) < len(found) else ""
        raise ValueError(f"it holds '{others[0]}'{too}")
    chain = []
    for number, block in enumerate(found, start=1):
        try:
            certificate = x509.load_der_x509_certificate(block.content)
            certificate.public_key()
            alternative_names(certificate)
        except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
            raise ValueError(f"its block number {number} is damaged, or of a kind that is not known") from None
        chain.append(certificate)
    return chain


def _read_key(pem: str) -> t.Any:
    """The private key. Raises ValueError, whose text says why there is none, for one with a passphrase too."""
    keys = [block for block in blocks(pem.strip()) if block.kind.endswith("PRIVATE KEY")]
    if len(keys) != 1:
        raise ValueError(f"it holds {len(keys) or 'no'} {'keys' if keys else 'key'}")
    # OpenSSL, and so nginx, does not read it, though the library here does.
    if keys[0].kind == "OPENSSH PRIVATE KEY":
        raise ValueError("it is in the form of OpenSSH")
    try:
        return serialization.load_pem_private_key(keys[0].text.encode(), password=None)
    except TypeError:
        raise ValueError("it has a passphrase") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("it is damaged, or of a kind that is not known") from None


def _belongs(key: t.Any, certificate: x509.Certificate) -> bool:
    return _public(key.public_key()) == _public(certificate.public_key())


def _public(key: t.Any) -> bytes:
    encoded: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return encoded


def _cover_problems(certificate: x509.Certificate, names: list[str]) -> t.Iterator[str]:
    """The end of a sentence that begins with the certificate's name."""
    covered = alternative_names(certificate)
    if missing := names_not_covered(names, covered):
        wildcards = dict.fromkeys("*." + name.partition(".")[2] for name in missing if not _is_address(name))
        instead = f", or with {', '.join(wildcards)}," if wildcards else ""
        yield (
            f"does not cover {', '.join(missing)} (it covers {', '.join(covered) or 'no name at all'}):"
            f" give a certificate with these names{instead} among its alternative names."
        )


def alternative_names(certificate: x509.Certificate) -> list[str]:
    """The names that a certificate is for, as ``DNS:*.example.com`` and ``IP:192.0.2.1``."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [
        *(f"DNS:{name}" for name in names.get_values_for_type(x509.DNSName)),
        *(f"IP:{address}" for address in names.get_values_for_type(x509.IPAddress)),
    ]


def names_not_covered(names: t.Sequence[str], alternative_names: t.Sequence[str]) -> list[str]:
    """The ``names`` that none of a certificate's names covers, as browsers and Kafka's clients judge it.

    A star stands for exactly one first part; letters compare without case; the subject's common name does not count. An
    IP address is covered by the same address alone.
    """
    entries = [entry.split(":", 1) for entry in alternative_names if entry.startswith(("DNS:", "IP:"))]
    covered = {(kind, _normal(name)) for kind, name in entries}
    return [name for name in names if not covered & _covering(name)]


def _covering(name: str) -> set[tuple[str, str]]:
    """The alternative names, of which each would cover ``name``."""
    normal = _normal(name)
    if _is_address(name):
        return {("IP", normal)}
    return {("DNS", normal), ("DNS", "*." + normal.partition(".")[2])}


def _normal(name: str) -> str:
    return str(ip_address(name)) if _is_address(name) else name.lower()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def due(found: t.Mapping[str, t.Any], declared: t.Mapping[str, t.Any], now: datetime.datetime) -> dict[str, str]:
    """Which of ``authority``, ``key`` and ``certificate`` have to be made, each with the reason.

    ``found`` is what the role's look.py prints; ``declared`` has ``names``, ``renew_before``, ``kafka``, and in
    ``directory`` that of the ACME server that issues the certificate, or nothing where an authority of the node does.
    """
    renewed = now + (duration(declared["renew_before"]) or datetime.timedelta())
    authority, served = found["authority"], found["served"]
    reasons: dict[str, str] = {}
    directory = declared["directory"]
    if not directory and (reason := _worn(authority, renewed, now)):
        reasons["authority"] = reason
    if not served["has_key"]:
        reasons["key"] = "there is none"
    elif declared["kafka"] and not served["is_pkcs8"]:
        reasons["key"] = "Kafka does not read its form"
    if reason := _worn(served, renewed, now) or _differs(found, texts(declared["names"]), directory):
        reasons["certificate"] = reason
    elif "authority" in reasons:
        reasons["certificate"] = "its authority is renewed"
    return reasons


def _worn(found: t.Mapping[str, t.Any], renewed: datetime.datetime, now: datetime.datetime) -> str | None:
    """Why a certificate cannot go on as it is, whoever signed it."""
    if not found["certificate"]:
        return "there is none"
    try:
        first, last = validity(read_chain(found["certificate"])[0])
    except ValueError as error:
        return str(error)
    if not found["fits"]:
        return "it does not belong to the key beside it"
    if now < first or renewed > last:
        return f"it is valid from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    return None


def _differs(found: t.Mapping[str, t.Any], names: list[str], directory: str) -> str | None:
    """Why a certificate that is valid is not the declared one."""
    certificate = read_chain(found["served"]["certificate"])[0]
    covered = alternative_names(certificate)
    if {_normal(entry.partition(":")[2]) for entry in covered} != {_normal(name) for name in names if name}:
        return f"it is for {', '.join(covered) or 'no name at all'}"
    if directory:
        return None if found["directory"].strip() == directory else f"{directory} did not issue it"
    try:
        is_ours = is_signed_by(certificate, read_chain(found["authority"]["certificate"])[0])
    except ValueError:
        is_ours = False
    return None if is_ours else "another authority signed it"
