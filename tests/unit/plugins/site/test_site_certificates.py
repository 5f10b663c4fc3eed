# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate is refused for each reason that would keep nginx or Kafka from serving it, and renewed in time."""

from __future__ import annotations

import importlib.util
import itertools
import json
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.igrafx.liveconnect.plugins.filter.certificates_in_order import certificates_in_order
from ansible_collections.igrafx.liveconnect.plugins.filter.certificates_problems import certificates_problems
from ansible_collections.igrafx.liveconnect.plugins.filter.pkcs8_key import pkcs8_key
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import certificates
from certificate_maker import ALL_NAMES, DAY, KEY, NOW, OTHER_KEY, authority, certificate, key_text
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

LOOK = Path(__file__).resolve().parents[4] / "roles/certificates/files/look.py"

TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL
NAMES = ["liveconnect-wk1.pf1.example.com", "192.0.2.1"]

AUTHORITY = authority("authority")
GOOD = certificate()


def said(**change: t.Any) -> list[str]:
    declared = {
        "source": "files",
        "names": NAMES,
        "site_names": [],
        "certificate": "good.crt",
        "certificate_text": GOOD,
        "key": "good.key",
        "key_text": key_text(),
        "kafka": True,
        "valid_for": "+397d",
        "renew_before": "+30d",
        "refuse_days": 0,
    }
    return certificates.problems({**declared, **change}, certificates.SITE, NOW)


def test_nothing_is_wrong_with_what_can_be_served() -> None:
    rsa_key = rsa.generate_private_key(65537, 2048)
    edwards = ed25519.Ed25519PrivateKey.generate()

    assert not said()
    assert not said(certificate_text=f"Bag Attributes: none\n{GOOD}\n{AUTHORITY}")
    assert not said(certificate_text=certificate(key=rsa_key), key_text=key_text(rsa_key, TRADITIONAL))
    assert not said(certificate_text=certificate(key=edwards), key_text=key_text(edwards), kafka=False)
    assert not said(source="selfsigned", certificate=None, key=None, certificate_text="", key_text="")


EC_PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
RSA_KEY = rsa.generate_private_key(65537, 2048)
FORMS = {
    "RSA, PKCS#1": (RSA_KEY, key_text(RSA_KEY, TRADITIONAL), "BEGIN RSA PRIVATE KEY"),
    "RSA, PKCS#8": (RSA_KEY, key_text(RSA_KEY), "BEGIN PRIVATE KEY"),
    "ECDSA, SEC1": (KEY, key_text(KEY, TRADITIONAL), "BEGIN EC PRIVATE KEY"),
    "ECDSA, SEC1 behind its curve": (KEY, EC_PARAMETERS + key_text(KEY, TRADITIONAL), "BEGIN EC PARAMETERS"),
    "ECDSA, PKCS#8": (KEY, key_text(), "BEGIN PRIVATE KEY"),
}


@pytest.mark.parametrize(("key", "text", "begin"), FORMS.values(), ids=FORMS)
def test_keys_of_every_form_are_taken_and_reach_kafka_in_its_own(key: t.Any, text: str, begin: str) -> None:
    assert text.startswith(f"-----{begin}-----")
    assert said(certificate_text=certificate(key=key), key_text=text) == []
    assert said(certificate_text=certificate(key=key), key_text=text, kafka=False) == []

    for_kafka = pkcs8_key(text)

    assert for_kafka.startswith("-----BEGIN PRIVATE KEY-----")
    assert said(certificate_text=certificate(key=key), key_text=for_kafka) == []


ROOT_KEY, MIDDLE_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
ROOT = authority("root", key=ROOT_KEY, issuer_key=ROOT_KEY)
MIDDLE = authority("middle", key=MIDDLE_KEY, issuer="root", issuer_key=ROOT_KEY)
LEAF = certificate(issuer="middle", issuer_key=MIDDLE_KEY)


@pytest.mark.parametrize("order", list(itertools.permutations((LEAF, MIDDLE, ROOT))))
def test_a_chain_in_another_order_is_put_right(order: tuple[str, ...]) -> None:
    assert said(certificate_text="".join(order)) == []
    assert certificates_in_order("".join(order), key=key_text()) == LEAF + MIDDLE + ROOT


@pytest.mark.parametrize(
    "text",
    [
        f"a remark\n{LEAF}\n{MIDDLE}",
        # Nobody can say where these belong.
        MIDDLE + LEAF + AUTHORITY,
        MIDDLE + ROOT,
        LEAF + LEAF,
        "rubbish",
    ],
)
def test_what_is_in_order_or_cannot_be_brought_into_it_stays_as_it_is(text: str) -> None:
    assert certificates_in_order(text, key=key_text()) == text
    assert certificates_in_order(text, key="rubbish") == text


def test_one_that_ends_soon_is_told_and_refused_where_the_operator_wants_it() -> None:
    middle = authority("middle", key=MIDDLE_KEY, issuer="root", issuer_key=ROOT_KEY, last=NOW + 9 * DAY)
    declared = {"source": "files", "certificate": "good.crt", "certificate_text": LEAF + middle}

    def warned(days: int) -> list[str]:
        return certificates.warnings({**declared, "warn_days": days}, certificates.SITE, NOW)

    assert warned(9) == []
    assert warned(10) == [
        "liveconnect_certificate: 'good.crt' holds certificate number 2 ('CN=middle'), which ends on 2026-07-10, in 9"
        " days: have it renewed (certificates_warn_days is 10)."
    ]
    assert [sentence.partition(", in ")[2][:7] for sentence in warned(41)] == ["40 days", "9 days:"]
    assert said(**declared, refuse_days=9) == []
    assert said(**declared, refuse_days=10) == [
        "liveconnect_certificate: 'good.crt' holds certificate number 2 ('CN=middle'), which ends on 2026-07-10, in 9"
        " days, sooner than certificates_refuse_days (10) lets it: give a renewed one."
    ]


FETCH = {"host": "vault", "certificate": "/etc/pki/x.crt", "key": "/etc/pki/x.key"}
READ = {"content": "YQ=="}


def said_of_fetching(**change: t.Any) -> list[str]:
    given = {"source": "fetch", "certificate": "", "key": "", "fetch": FETCH, "hosts": ["node", "vault"]}
    return said(**{**given, "fetched": [READ, READ], **change})


def test_what_is_fetched_is_checked_as_files_are() -> None:
    assert said_of_fetching(fetched=None, certificate_text="", key_text="") == []
    assert said_of_fetching() == []
    expired, unfit = said_of_fetching(certificate_text=EXPIRED, key_text=key_text(OTHER_KEY))
    assert expired.startswith("certificates_fetch_from.certificate: '/etc/pki/x.crt' expired on")
    assert unfit.startswith("certificates_fetch_from.key: the key '/etc/pki/x.key' does not belong")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fetch": {}}, "certificates_fetch_from is without host, certificate, key: give a host of the inventory"),
        ({"fetch": {**FETCH, "key": None}}, "certificates_fetch_from is without key: give"),
        ({"hosts": ["node"]}, "certificates_fetch_from.host: the inventory has no host 'vault': add it"),
        ({"fetch": {**FETCH, "key": "x.key"}}, "certificates_fetch_from.key: 'x.key' is no absolute path"),
        (
            {"fetched": [{"unreachable": True, "msg": "connection\n refused"}] * 2},
            "certificates_fetch_from.host: 'vault' cannot be reached (connection refused): have it answer.",
        ),
        (
            {"fetched": [READ, {"msg": "file not found: /etc/pki/x.key", "failed": True}]},
            "certificates_fetch_from.key: '/etc/pki/x.key' on 'vault' cannot be read (file not found: /etc/pki/x.key):",
        ),
        ({"fetched": [{"content": ""}, READ]}, "'/etc/pki/x.crt' on 'vault' cannot be read (it is empty)"),
    ],
)
def test_what_cannot_be_fetched_is_one_sentence(change: dict[str, t.Any], words: str) -> None:
    (sentence,) = said_of_fetching(**change)

    assert words in sentence


DIRECTORY = "https://acme.example.com/dir"


def said_of_acme(**change: t.Any) -> list[str]:
    given = {
        "source": "acme",
        "names": NAMES[:1],
        "acme_directory": DIRECTORY,
        "acme_terms_agreed": True,
        "acme_challenge": "http-01",
        "acme_ca": "",
        "acme_ca_text": "",
        "acme_dns_tasks": "",
        "acme_dns_tasks_exist": False,
        "publishes_http": True,
    }
    return said(**{**given, **change})


STAR = ["*.pf1.example.com"]
DNS = {"acme_challenge": "dns-01", "acme_dns_tasks": "dns.yml", "acme_dns_tasks_exist": True}


def test_nothing_is_wrong_with_what_an_acme_server_can_issue() -> None:
    assert said_of_acme() == []
    assert said_of_acme(acme_ca="ca.pem", acme_ca_text=AUTHORITY) == []
    assert said_of_acme(**DNS, names=STAR, publishes_http=False) == []
    # How long it is valid is the server's business.
    assert said_of_acme(valid_for="+1d", renew_before="+30d") == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"acme_directory": ""}, "certificates_acme_directory is '': give the https:// address"),
        (
            {"acme_directory": "http://x/dir"},
            "certificates_acme_directory is 'http://x/dir': give the https:// address",
        ),
        ({"acme_terms_agreed": False}, "certificates_acme_terms_agreed is not true: read the terms of service"),
        ({"acme_ca": "ca.pem"}, "certificates_acme_ca: 'ca.pem' is no PEM file on the control machine"),
        ({"publishes_http": False}, "'http-01', but nginx does not answer on port 80 without the component nginx"),
        ({"names": STAR}, "certificates_names: *.pf1.example.com cannot be proved by http-01: list the names"),
        ({**DNS, "acme_dns_tasks_exist": False}, "certificates_acme_dns_tasks: there is no file 'dns.yml'"),
        ({**DNS, "names": NAMES}, "certificates_names: 192.0.2.1 cannot be proved by dns-01"),
    ],
)
def test_what_an_acme_server_cannot_issue_is_one_sentence(change: dict[str, t.Any], words: str) -> None:
    (sentence,) = said_of_acme(**change)

    assert words in sentence


EXPIRED = certificate(first=NOW - 9 * DAY, last=NOW - 7 * DAY)
FUTURE = certificate(first=NOW + DAY)
EDWARDS = ed25519.Ed25519PrivateKey.generate()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"certificate": ""}, "liveconnect_certificate is not set: give a PEM file"),
        ({"certificate": None}, "liveconnect_certificate is not set: give a PEM file"),
        ({"key": ""}, "liveconnect_certificate_key is not set: give a PEM file"),
        ({"certificate_text": ""}, "liveconnect_certificate: there is no certificate file 'good.crt'"),
        ({"key_text": ""}, "liveconnect_certificate_key: there is no key file 'good.key'"),
        ({"certificate_text": "liveconnect-vm\n"}, "'good.crt' cannot be read as a certificate (it has no PEM block)"),
        ({"certificate_text": key_text()}, "cannot be read as a certificate (it holds 'PRIVATE KEY')"),
        ({"certificate_text": GOOD + key_text()}, "cannot be read as a certificate (it holds 'PRIVATE KEY' too)"),
        ({"certificate_text": GOOD + AUTHORITY.replace("M", "N", 2)}, "(its block number 2 is damaged"),
        (
            {"certificate_text": GOOD.replace("CERT", "TRUSTED CERT")},
            "cannot be read as a certificate (it holds 'TRUSTED CERTIFICATE')",
        ),
        ({"certificate_text": GOOD[:200]}, "(its block number 1 is cut off: its END line is missing)"),
        ({"certificate_text": GOOD + f" {key_text()}"}, "belongs to a block whose BEGIN line is missing"),
        ({"certificate_text": "0\udc82\x04"}, "'good.crt' cannot be read as a certificate (it has no PEM block)"),
        ({"key_text": "liveconnect-vm\n"}, "'good.key' cannot be read as a private key (it holds no key)"),
        ({"key_text": GOOD}, "'good.key' cannot be read as a private key (it holds no key)"),
        ({"key_text": key_text() * 2}, "'good.key' cannot be read as a private key (it holds 2 keys)"),
        ({"key_text": key_text()[:99]}, "'good.key' cannot be read as a private key (its block number 1 is cut off"),
        (
            {"key_text": key_text(encryption=serialization.BestAvailableEncryption(b"x"))},
            "'good.key' cannot be read as a private key (it has a passphrase): give a PEM file without passphrase",
        ),
        (
            {"key_text": key_text(form=serialization.PrivateFormat.OpenSSH)},
            "'good.key' cannot be read as a private key (it is in the form of OpenSSH)",
        ),
        (
            {"certificate_text": certificate(key=EDWARDS), "key_text": key_text(EDWARDS)},
            "liveconnect_certificate_key: 'good.key' is of the kind Ed25519, which Kafka does not read",
        ),
        (
            {"certificate_text": EXPIRED},
            "'good.crt' expired on 2026-06-24 (it is valid from 2026-06-22 12:00 to 2026-06-24 12:00 UTC)",
        ),
        ({"certificate_text": FUTURE}, "'good.crt' is not valid before 2026-07-02 (it is valid from"),
        (
            {"names": [*NAMES, "wk1.other.example.com", "192.0.2.2"]},
            "'good.crt' does not cover wk1.other.example.com, 192.0.2.2 (it covers DNS:*.pf1.example.com, IP:192.0.2.1)"
            ": give a certificate with these names, or with *.other.example.com, among its alternative names.",
        ),
        ({"certificate_text": certificate(names=[])}, "(it covers no name at all)"),
        ({"key": key_text(), "key_text": key_text(OTHER_KEY)}, "the key 'its text' does not belong to the certificate"),
        ({"certificate": GOOD, "certificate_text": FUTURE}, "liveconnect_certificate: 'its text' is not valid before"),
        ({"names": []}, "certificates_names is empty"),
        ({"names": None}, "certificates_names is empty"),
        ({"names": [*NAMES, "my_group.example.com"]}, "certificates_names: my_group.example.com cannot be a DNS name"),
        (
            {"source": "vault"},
            "liveconnect_certificates_source is 'vault': choose from files, fetch, selfsigned, acme.",
        ),
        ({"valid_for": "a year"}, "certificates_valid_for is 'a year': write a time from now"),
        ({"renew_before": None}, "certificates_renew_before is 'None': write a time from now"),
        ({"valid_for": "+4w2d"}, "certificates_renew_before is not shorter than certificates_valid_for"),
    ],
)
def test_each_problem_is_one_sentence(change: dict[str, t.Any], words: str) -> None:
    (sentence,) = said(**change)

    assert words in sentence
    assert key_text().splitlines()[1] not in sentence


def test_all_problems_are_told_at_once() -> None:
    told = said(certificate_text=EXPIRED, key_text=key_text(OTHER_KEY), names=["elsewhere.example.org"])

    assert [word for sentence in told for word in ("expired", "does not cover", "not belong") if word in sentence] == [
        "expired",
        "does not cover",
        "not belong",
    ]


def test_a_name_that_others_check_is_not_told_twice() -> None:
    assert not said(names=[*NAMES, "liveconnect-wk1."], site_names=["liveconnect-wk1."])


def test_the_filter_names_the_variables_of_the_site_or_of_the_role() -> None:
    declared = {"source": "x", "names": NAMES, "site_names": [], "valid_for": "+9d", "renew_before": "+1d"}

    assert certificates_problems(declared)[0].startswith("certificates_source is")
    assert certificates_problems(declared, site=True)[0].startswith("liveconnect_certificates_source is")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("+1w1d1h1m1s", 694861), ("+30d", 2592000), ("+5", 5), ("30d", None), ("+", None), ("-1d", None), (None, None)],
)
def test_a_length_of_time_is_written_as_for_community_crypto(text: str | None, seconds: int | None) -> None:
    length = certificates.duration(text)

    assert (length and length.total_seconds()) == seconds
    assert certificates.duration("+99999999999w") is None


@dataclass(frozen=True)
class Lies:
    """What lies on the node."""

    certificate: str = GOOD
    has_key: bool = True
    fits: bool = True
    is_pkcs8: bool = True


def due(served: Lies, authority: Lies | None = None, kafka: bool = False) -> dict[str, str]:
    found = {"served": vars(served), "authority": vars(authority or Lies(AUTHORITY)), "directory": ""}
    declared = {"names": ["*.PF1.example.com", "192.0.2.1"], "renew_before": "+30d", "kafka": kafka, "directory": ""}
    return certificates.due(found, declared, NOW)


def test_what_is_as_declared_is_left_alone() -> None:
    assert due(Lies()) == {}
    assert due(Lies(), kafka=True) == {}
    assert due(Lies(is_pkcs8=False)) == {}


NOTHING = Lies("", has_key=False, fits=False, is_pkcs8=False)


@pytest.mark.parametrize(
    ("served", "authority", "made"),
    [
        (NOTHING, NOTHING, {"authority": "there is none", "key": "there is none", "certificate": "there is none"}),
        (NOTHING, None, {"key": "there is none", "certificate": "there is none"}),
        (Lies(), NOTHING, {"authority": "there is none", "certificate": "another authority signed it"}),
        (Lies(is_pkcs8=False), None, {"key": "Kafka does not read its form"}),
        (Lies(fits=False), None, {"certificate": "it does not belong to the key beside it"}),
        (Lies("rubbish"), None, {"certificate": "it has no PEM block"}),
        (Lies(certificate(last=NOW + 29 * DAY)), None, {"certificate": "it is valid from 2026-06-30 to 2026-07-30"}),
        (Lies(FUTURE), None, {"certificate": "it is valid from 2026-07-02 to 2026-08-10"}),
        (Lies(certificate(names=ALL_NAMES[:1])), None, {"certificate": "it is for DNS:*.pf1.example.com"}),
        (
            Lies(certificate(names=[*ALL_NAMES, "DNS:x.org"])),
            None,
            {"certificate": "it is for DNS:*.pf1.example.com, DNS:x.org, IP:192.0.2.1"},
        ),
        (Lies(certificate(issuer_key=KEY)), None, {"certificate": "another authority signed it"}),
        (Lies(certificate(issuer="someone")), None, {"certificate": "another authority signed it"}),
        (Lies(), Lies("rubbish"), {"authority": "it has no PEM block", "certificate": "another authority signed it"}),
        (
            Lies(),
            Lies(authority("authority", last=NOW + 3 * DAY)),
            {"authority": "it is valid from 2026-06-30 to 2026-07-04", "certificate": "its authority is renewed"},
        ),
    ],
)  # fmt: skip
def test_what_is_due_is_named_with_the_reason(served: Lies, authority: Lies | None, made: dict[str, str]) -> None:
    assert due(served, authority, kafka=True) == made


@pytest.mark.parametrize(
    ("served", "issuer", "made"),
    [
        (Lies(), DIRECTORY, {}),
        (Lies(), "", {"certificate": f"{DIRECTORY} did not issue it"}),
        (Lies(), "https://staging.example.com/dir", {"certificate": f"{DIRECTORY} did not issue it"}),
        (Lies(is_pkcs8=False), DIRECTORY, {"key": "Kafka does not read its form"}),
        (NOTHING, "", {"key": "there is none", "certificate": "there is none"}),
        (
            Lies(certificate(last=NOW + 29 * DAY)),
            DIRECTORY,
            {"certificate": "it is valid from 2026-06-30 to 2026-07-30"},
        ),
        (Lies(certificate(names=ALL_NAMES[:1])), DIRECTORY, {"certificate": "it is for DNS:*.pf1.example.com"}),
    ],
)
def test_what_an_acme_server_is_asked_for_is_what_it_has_not_issued_or_ends(
    served: Lies, issuer: str, made: dict[str, str]
) -> None:
    found = {"served": vars(served), "authority": vars(NOTHING), "directory": f"{issuer}\n"}

    declared = {"names": ["*.pf1.example.com", "192.0.2.1"], "renew_before": "+30d", "kafka": True}

    assert certificates.due(found, {**declared, "directory": DIRECTORY}, NOW) == made


@pytest.fixture(scope="module")
def look() -> t.Any:
    """The script that runs on the node, as a module."""
    specification = importlib.util.spec_from_file_location("look", LOOK)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_node_tells_what_lies_there_but_never_a_key(look: t.Any, tmp_path: Path) -> None:
    certificate_file, key_file = tmp_path / "x.crt", tmp_path / "x.key"
    assert look.look(certificate_file, key_file) == vars(NOTHING)

    certificate_file.write_text(GOOD)
    assert look.look(certificate_file, key_file) == {**vars(NOTHING), "certificate": GOOD}
    key_file.write_text(key_text())
    assert look.look(certificate_file, key_file) == vars(Lies())
    key_file.write_text(key_text(form=TRADITIONAL))
    assert look.look(certificate_file, key_file) == vars(Lies(is_pkcs8=False))
    for unfit in (key_text(OTHER_KEY), "", key_text(encryption=serialization.BestAvailableEncryption(b"x"))):
        key_file.write_text(unfit)
        assert not look.look(certificate_file, key_file)["fits"]


def test_the_script_prints_one_object_that_the_filter_takes(tmp_path: Path) -> None:
    nowhere = [f"/nowhere/{name}" for name in ("ca.crt", "ca.key", "x.crt", "x.key")]

    def printed(issuer: Path) -> t.Any:
        command = [sys.executable, "-I", "-", *nowhere, issuer]
        return json.loads(subprocess.run(command, input=LOOK.read_bytes(), capture_output=True, check=True).stdout)

    nothing = {"authority": vars(NOTHING), "served": vars(NOTHING)}
    assert printed(tmp_path / "directory") == {**nothing, "directory": ""}
    (tmp_path / "directory").write_text(DIRECTORY)
    assert printed(tmp_path / "directory") == {**nothing, "directory": DIRECTORY}
