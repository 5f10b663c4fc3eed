# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the node offers to who speaks TLS with it, as a scanner finds it, is in Mozilla's intermediate profile."""

from __future__ import annotations

import subprocess
import typing as t
from xml.etree import ElementTree

import pytest

if t.TYPE_CHECKING:
    from conftest import Site

# Mozilla's guidelines for TLS servers, configuration "intermediate", version 5.8.
PROTOCOLS = {"1.2", "1.3"}
CIPHERS = {
    "TLSv1.3": {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"},
    "TLSv1.2": {
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
        "DHE-RSA-AES128-GCM-SHA256",
        "DHE-RSA-AES256-GCM-SHA384",
        "DHE-RSA-CHACHA20-POLY1305",
    },
}
# As the scanner names them: X25519, prime256v1, secp384r1. Debian's does not look for X25519MLKEM768 yet.
GROUPS = {"x25519mlkem768", "x25519", "secp256r1 (NIST P-256)", "secp384r1 (NIST P-384)"}


def scan(site: Site, name: str) -> ElementTree.Element:
    """What sslscan finds under a name of the site."""
    command = ["sslscan", "--xml=-", "--no-colour", f"--sni-name={name}", f"{site.address}:443"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    (test,) = ElementTree.fromstring(done.stdout).iter("ssltest")  # noqa: S314 -- our own scanner's
    return test


@pytest.fixture(scope="module", params=["console", "batch"])
def found(site: Site, request: pytest.FixtureRequest) -> ElementTree.Element:
    return scan(site, getattr(site, request.param))


def test_only_tls_1_2_and_1_3_are_spoken(found: ElementTree.Element) -> None:
    enabled = {protocol.get("version") for protocol in found.iter("protocol") if protocol.get("enabled") == "1"}

    assert enabled == PROTOCOLS
    assert {protocol.get("type") for protocol in found.iter("protocol")} == {"ssl", "tls"}


def test_no_cipher_is_offered_beyond_those_of_the_profile(found: ElementTree.Element) -> None:
    offered = {(cipher.get("sslversion"), cipher.get("cipher")) for cipher in found.iter("cipher")}
    allowed = {(version, name) for version, names in CIPHERS.items() for name in names}

    assert {version for version, _ in offered} == set(CIPHERS)
    assert offered - allowed == set()


def test_no_key_is_exchanged_by_another_group_than_those_of_the_profile(found: ElementTree.Element) -> None:
    offered = {group.get("name") for group in found.iter("group")}

    assert "x25519" in offered
    assert offered - GROUPS == set()


def test_nothing_that_broke_tls_before_is_there(found: ElementTree.Element) -> None:
    assert {bug.get("vulnerable") for bug in found.iter("heartbleed")} == {"0"}
    assert {bug.get("supported") for bug in found.iter("compression")} <= {"0"}
    assert [found.find("renegotiation").get(key) for key in ("supported", "secure")] in (["0", "0"], ["1", "1"])
