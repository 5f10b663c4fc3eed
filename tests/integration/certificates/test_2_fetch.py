# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate and key are read on another host, where root alone reads them, and the key is shown nowhere."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from front import Front, Pair, made

PATHS = {"certificate": "/etc/pki/front.crt", "key": "/etc/pki/front.key"}
FETCHED = {"certificates_source": "fetch", "certificates_fetch_from": {"host": "platform-vm", **PATHS}}


@pytest.fixture(scope="module")
def kept(front: Front, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """What lies on the platform's machine."""
    pair = made(tmp_path_factory.mktemp("kept") / "pair")
    front.run("umask 077; mkdir -p /etc/pki", machine="platform-vm")
    for path, file in ((PATHS["certificate"], pair.certificate), (PATHS["key"], pair.key)):
        front.run(f"umask 077; cat > {path}", file.read_text(), machine="platform-vm")
    return pair


def test_it_is_served_and_the_key_is_shown_nowhere(front: Front, kept: Pair) -> None:
    fetched = front.play(FETCHED, "--diff", "-vvv")

    assert fetched.changed == 2
    assert front.served() == kept.fingerprint
    key = kept.key.read_text()
    assert [line for line in key.splitlines()[1:-1] if line in fetched.output] == []
    assert front.run("cat /opt/liveconnect/conf/certificates/docker-star.key") == key.strip()
    assert front.play(FETCHED).changed == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"key": "/etc/pki/nowhere.key"},
            "certificates_fetch_from.key: '/etc/pki/nowhere.key' on 'platform-vm' cannot be",
        ),
        ({"certificate": "/bin/true"}, "'/bin/true' cannot be read as a certificate (it has no PEM block)"),
        ({"host": "nowhere"}, "certificates_fetch_from.host: 'nowhere' cannot be reached ("),
        ({"host": "unknown"}, "certificates_fetch_from.host: the inventory has no host 'unknown'"),
    ],
)
@pytest.mark.usefixtures("kept")
def test_what_cannot_be_fetched_is_one_sentence(
    front: Front, tmp_path: Path, change: dict[str, t.Any], words: str
) -> None:
    served = front.served()
    inventory = tmp_path / "hosts"
    inventory.write_text("nowhere ansible_host=127.0.0.1 ansible_port=9\n")

    fetch = {**FETCHED["certificates_fetch_from"], **change}
    refused = front.play({**FETCHED, "certificates_fetch_from": fetch}, "-i", str(inventory))

    assert refused.code != 0
    assert words in refused.output
    assert refused.output.count("FAILED!") == 1
    assert front.served() == served
