# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are read as strictly as by OpenSSL, which nginx reads them with: no certificate is lost without a word."""

from __future__ import annotations

import datetime
import ssl
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import certificates
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.chain import chain_problems
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.pem import blocks
from certificate_maker import KEY, authority, certificate, key_text
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

LEAF, ROOT = certificate(), authority("authority")
BOTH = LEAF + ROOT
BODY = ROOT.splitlines()
N = len(LEAF.splitlines())
LOST = f"line {N + 1} belongs to a block whose BEGIN line is missing, is indented, or shares its line"


def lines(*rows: str) -> str:
    return "".join(f"{row}\n" for row in rows)


def wrapped(width: int) -> str:
    """Both certificates with lines of this width."""
    texts = ["".join(text.splitlines()[1:-1]) for text in (LEAF, ROOT)]
    rows = [[text[at : at + width] for at in range(0, len(text), width)] for text in texts]
    return "".join(lines(BODY[0], *row, BODY[-1]) for row in rows)


GOOD: dict[str, str] = {
    "plain": BOTH,
    "without a last line break": BOTH.rstrip(),
    "CR LF": BOTH.replace("\n", "\r\n"),
    "spaces at the ends of lines": BOTH.replace("\n", " \t\n"),
    "byte order marks": f"\ufeff{LEAF}\ufeff{ROOT}",
    "remarks": f"Bag Attributes\n  friendlyName: é\n{LEAF}\n\n--- its authority -----\n{ROOT}",
    "indented content": LEAF + lines(BODY[0], *(f"  {line}" for line in BODY[1:-1]), BODY[-1]),
    **{f"{width} characters a line": wrapped(width) for width in (4, 63, 76, 252, 256, 9999)},
}
BAD: dict[str, tuple[str, str]] = {
    "CR": (BOTH.replace("\n", "\r"), "line 1 belongs to a block whose BEGIN line is missing, is indented, or shares"),
    "cut off": (LEAF + ROOT[:200], "its block number 2 is cut off: its END line is missing"),
    "without END": (LEAF + lines(*BODY[:-1]), "its block number 2 is cut off: its END line is missing"),
    "first without END": (LEAF.rpartition("-----END")[0] + ROOT, f"its block number 1 is cut off before line {N}"),
    "without BEGIN": (LEAF + lines(*BODY[1:]), LOST),
    "joined": (LEAF.rstrip() + ROOT, f"its block number 1 is cut off before line {N}, or its END line is indented or"),
    "second indented": (
        LEAF + lines(*(f" {line}" for line in BODY)),
        LOST,
    ),
    "END indented": (LEAF + lines(*BODY[:-1], f" {BODY[-1]}"), "its block number 2 is cut off before line"),
    "text behind BEGIN": (LEAF + lines(BODY[0] + " x", *BODY[1:]), LOST),
    "text behind END": (LEAF + lines(*BODY[:-1], BODY[-1] + " x"), "its block number 2 is cut off before line"),
    "four hyphens": (
        LEAF + ROOT.replace("-----BEGIN", "----BEGIN"),
        LOST,
    ),
    "six hyphens": (
        LEAF + ROOT.replace("-----BEGIN", "------BEGIN"),
        LOST,
    ),
    "small letters": (LEAF + ROOT.lower(), LOST),
    "other END": (LEAF + ROOT.replace("END CERT", "END X509 CERT"), "its block number 2 is cut off before line"),
    "blank line": (LEAF + lines(*BODY[:3], "", *BODY[3:]), f"its block number 2 is damaged in line {N + 4}, which"),
    "header": (
        LEAF + lines(BODY[0], "a: b", *BODY[1:]),
        f"its block number 2 is damaged in line {N + 2}, which",
    ),
    "no base64": (LEAF + ROOT.replace(BODY[2][:5], "*" * 5), f"its block number 2 is damaged in line {N + 3}"),
    "filled up": (LEAF + lines(BODY[0], BODY[1] + "==", *BODY[2:]), "its block number 2 is damaged: it is not base64"),
    "no certificate": (LEAF + lines(BODY[0], "AAAA", BODY[-1]), "its block number 2 is damaged, or of a kind"),
    "key": (LEAF + key_text(), "it holds 'PRIVATE KEY' too"),
    "key first": (key_text() + LEAF, "it holds 'PRIVATE KEY' too"),
    "key without BEGIN": (
        LEAF + "\n".join(key_text().splitlines()[1:]),
        LOST,
    ),
}


def loaded_by_openssl(pem: str, directory: Path, key: str | None = None) -> int:
    """How many certificates OpenSSL takes from a text; 0 when it refuses the whole."""
    chain_file, key_file = directory / "chain", directory / "key"
    chain_file.write_bytes(pem.encode())
    key_file.write_text(key or key_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(chain_file, key_file, password="")
    except OSError:
        return 0
    # The same reader, which can be asked what it has read.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=chain_file)
    return context.cert_store_stats()["x509"]


def refusal(pem: str) -> str:
    try:
        certificates.read_chain(pem)
    except ValueError as error:
        return str(error)
    return "not refused"


@pytest.mark.parametrize("pem", GOOD.values(), ids=GOOD)
def test_what_openssl_reads_is_read(pem: str, tmp_path: Path) -> None:
    assert len(certificates.read_chain(pem)) == 2
    assert loaded_by_openssl(pem, tmp_path) == 2


@pytest.mark.parametrize(("pem", "words"), BAD.values(), ids=BAD)
def test_what_openssl_refuses_or_loses_is_refused(pem: str, words: str, tmp_path: Path) -> None:
    told = refusal(pem)

    assert words in told
    assert not any(row in told for row in pem.split() if len(row) > 20)
    assert loaded_by_openssl(pem, tmp_path) < 2


PIECES = st.sampled_from([*"-a+= \t\r\n\ufeff\x0b\u00a0", *BODY, "\n", " PRIVATE KEY", "BEGIN"])


@given(st.lists(PIECES, max_size=30).map("".join))
def test_whatever_is_in_a_file_comes_to_blocks_or_to_one_sentence(text: str) -> None:
    try:
        found = blocks(text)
    except UnicodeError:
        raise
    except ValueError:
        return
    assert all(block.text.startswith("-----BEGIN ") for block in found)


@pytest.mark.component
@pytest.mark.parametrize("kind", ["strong", "short RSA", "short EC", "SHA-1"])
def test_what_is_too_weak_for_openssl_is_told(kind: str, tmp_path: Path) -> None:
    key: t.Any = KEY
    if kind == "short RSA":
        key = rsa.generate_private_key(65537, 1024)  # noqa: S505 -- the weak one is meant
    elif kind == "short EC":
        key = ec.generate_private_key(ec.SECP192R1())
    (tmp_path / "ca.key").write_text(key_text(KEY))
    (tmp_path / "node.key").write_text(key_text(key))
    for command in (
        "req -x509 -key ca.key -out ca.crt -subj /CN=authority",
        "req -new -key node.key -out node.csr -subj /CN=node",
        f"x509 -req -in node.csr -CA ca.crt -CAkey ca.key -set_serial 1 -out x {'-sha1' if kind == 'SHA-1' else ''}",
    ):
        subprocess.run(["openssl", *command.split()], cwd=tmp_path, check=True, capture_output=True)
    pem = (tmp_path / "x").read_text()

    told = [*chain_problems(certificates.read_chain(pem), datetime.datetime.now(datetime.UTC))]

    assert ["too weak for nginx" in sentence for sentence in told] == [True] * (kind != "strong")
    assert loaded_by_openssl(pem, tmp_path, key_text(key)) == (kind == "strong")
