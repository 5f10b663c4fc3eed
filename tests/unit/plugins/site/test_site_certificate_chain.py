# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain behind a certificate is verified up to what was given, as OpenSSL verifies it."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.certificates import read_chain
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.chain import chain_problems
from certificate_maker import DAY, KEY, NOW, authority, certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ROOT_KEY, MIDDLE_KEY, LOW_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
ROOT = authority("root", key=ROOT_KEY, issuer_key=ROOT_KEY)


def signed_by_root(subject: str, key: t.Any, **change: t.Any) -> str:
    return authority(subject, **{"key": key, "issuer": "root", "issuer_key": ROOT_KEY, **change})


MIDDLE = signed_by_root("middle", MIDDLE_KEY)
LOW = authority("low", key=LOW_KEY, issuer="middle", issuer_key=MIDDLE_KEY)
LEAF = certificate(issuer="low", issuer_key=LOW_KEY)
FROM_MIDDLE = certificate(issuer="middle", issuer_key=MIDDLE_KEY)


def with_usage(*, may_sign: bool) -> str:
    usage = x509.KeyUsage(True, *[False] * 4, may_sign, False, False, False)
    return signed_by_root("middle", MIDDLE_KEY, extensions=[x509.BasicConstraints(True, 0), usage])


def said(*chain: str) -> list[str]:
    return list(chain_problems(read_chain("".join(chain)), NOW))


GOOD_CHAINS: dict[str, tuple[str, ...]] = {
    "alone": (LEAF,),
    "without its root": (LEAF, LOW, MIDDLE),
    "with its root": (LEAF, LOW, MIDDLE, ROOT),
    "one authority may be below": (LEAF, LOW, signed_by_root("middle", MIDDLE_KEY, path_length=1), ROOT),
    "may sign": (FROM_MIDDLE, with_usage(may_sign=True), ROOT),
    "signed itself": (certificate(issuer="node", issuer_key=KEY),),
}

BAD_CHAINS: dict[str, tuple[tuple[str, ...], str]] = {
    "expired": (
        (FROM_MIDDLE, signed_by_root("middle", MIDDLE_KEY, first=NOW - 9 * DAY, last=NOW - 2 * DAY), ROOT),
        "holds certificate number 2 ('CN=middle'), which expired on 2026-06-29 (it is valid from 2026-06-22 12:00 to",
    ),
    "not yet": (
        (FROM_MIDDLE, signed_by_root("middle", MIDDLE_KEY, first=NOW + DAY), ROOT),
        "holds certificate number 2 ('CN=middle'), which is not valid before 2026-07-02",
    ),
    "missing": (
        (LEAF, MIDDLE, ROOT),
        "holds certificate number 2 ('CN=middle'), which did not sign certificate number 1 ('CN=node'): put the"
        " certificate of 'CN=low', which did, behind that one, and leave out what belongs elsewhere.",
    ),
    "wrong order": (
        (LEAF, MIDDLE, LOW, ROOT),
        "holds certificate number 2 ('CN=middle'), which did not sign certificate number 1 ('CN=node'): move"
        " certificate number 3 ('CN=low'), which did, behind that one.",
    ),
    "unrelated": (
        (LEAF, LOW, MIDDLE, authority("elsewhere")),
        "holds certificate number 4 ('CN=elsewhere'), which did not sign certificate number 3 ('CN=middle'): put the"
        " certificate of 'CN=root', which did, behind that one",
    ),
    "same name": (
        (LEAF, authority("low", key=MIDDLE_KEY)),
        "holds certificate number 2 ('CN=low'), which did not sign certificate number 1 ('CN=node')",
    ),
    "twice": (
        (LEAF, LEAF),
        "holds certificate number 2 ('CN=node'), which stands there before: take it out.",
    ),
    "behind the root": (
        (LEAF, LOW, MIDDLE, ROOT, authority("elsewhere")),
        "holds certificate number 5 ('CN=elsewhere'), but its chain ends with certificate number 4 ('CN=root')",
    ),
    "no authority": (
        (FROM_MIDDLE, signed_by_root("middle", MIDDLE_KEY, extensions=[x509.BasicConstraints(False, None)]), ROOT),
        "holds certificate number 2 ('CN=middle'), which signed certificate number 1 ('CN=node'), but is not an"
        " authority (CA:FALSE)",
    ),
    "not marked": (
        (FROM_MIDDLE, signed_by_root("middle", MIDDLE_KEY, extensions=[]), ROOT),
        "but is not marked as an authority (CA:TRUE)",
    ),
    "path length": (
        (LEAF, LOW, signed_by_root("middle", MIDDLE_KEY, path_length=0), ROOT),
        "holds certificate number 3 ('CN=middle'), which signed certificate number 2 ('CN=low'), but may have 0"
        " authorities below it (pathlen), and has 1",
    ),
    "may not sign": (
        (FROM_MIDDLE, with_usage(may_sign=False), ROOT),
        "but may not sign certificates (its key usage has no keyCertSign)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("chain", GOOD_CHAINS.values(), ids=GOOD_CHAINS)
def test_nothing_is_wrong_with_a_chain_that_clients_verify(chain: tuple[str, ...]) -> None:
    assert said(*chain) == []


@pytest.mark.parametrize(("chain", "words"), BAD_CHAINS.values(), ids=BAD_CHAINS)
def test_what_is_wrong_is_named_by_its_position_and_subject(chain: tuple[str, ...], words: str) -> None:
    (sentence,) = said(*chain)

    assert words in sentence


def test_everything_that_is_wrong_with_single_certificates_is_told_before_the_first_break() -> None:
    old = signed_by_root("middle", MIDDLE_KEY, first=NOW - 9 * DAY, last=NOW - 2 * DAY)

    assert [sentence.split("(")[0] for sentence in said(LEAF, old, LEAF)] == ["holds certificate number 2 "] * 2


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (rsa.generate_private_key(65537, 1024), "has a key of 1024 bits, too weak for nginx"),  # noqa: S505 -- meant
        (ec.generate_private_key(ec.SECP192R1()), "has a key of 192 bits, too weak for nginx"),
    ],
    ids=["RSA", "EC"],
)
def test_what_nginx_would_not_start_with_is_told(key: t.Any, words: str) -> None:
    (sentence,) = said(certificate(key=key))
    assert words in sentence

    weak = authority("low", key=key, issuer="middle", issuer_key=MIDDLE_KEY)
    (sentence,) = said(certificate(issuer="low", issuer_key=key), weak)
    assert sentence.startswith(f"holds certificate number 2 ('CN=low'), which {words}")


@pytest.mark.component
@pytest.mark.parametrize(
    ("chain", "is_good"),
    [
        *(pytest.param(chain, True, id=name) for name, chain in GOOD_CHAINS.items()),
        # What stands there twice disturbs Java alone, by which Kafka reads it.
        *(pytest.param(chain, False, id=name) for name, (chain, _words) in BAD_CHAINS.items() if name != "twice"),
    ],
)
def test_openssl_judges_the_same(chain: tuple[str, ...], is_good: bool, tmp_path: Path) -> None:
    """Each certificate must be verified by the one behind it; the command itself would look for the best order."""
    verified = []
    for number, certificate_text in enumerate(chain):
        leaf, below, issuer = tmp_path / "leaf", tmp_path / "below", tmp_path / "issuer"
        leaf.write_text(chain[0])
        below.write_text("".join(chain[1:number]))
        issuer.write_text(certificate_text)
        command = ["openssl", "verify", "-attime", str(int(NOW.timestamp())), "-partial_chain"]
        command += ["-trusted", str(issuer), *(["-untrusted", str(below)] if number > 1 else []), str(leaf)]
        verified.append(subprocess.run(command, capture_output=True, check=False).returncode == 0)

    assert all(verified) is is_good
