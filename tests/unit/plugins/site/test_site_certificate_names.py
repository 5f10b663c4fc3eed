# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names a certificate does not cover: as browsers judge a certificate's alternative names."""

from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.certificates import names_not_covered


@pytest.mark.parametrize(
    ("alternative_names", "missing"),
    [
        (["DNS:a.example.com", "DNS:b.example.com"], []),
        (["DNS:*.example.com"], []),
        (["DNS:*.EXAMPLE.com"], []),
        (["DNS:a.example.com"], ["B.example.com"]),
        (["DNS:*.com"], ["a.example.com", "B.example.com"]),
        (["DNS:example.com", "IP:10.0.0.1", "email:*.example.com"], ["a.example.com", "B.example.com"]),
        ([], ["a.example.com", "B.example.com"]),
    ],
)
def test_names_that_are_missing(alternative_names: list[str], missing: list[str]) -> None:
    assert names_not_covered(["a.example.com", "B.example.com"], alternative_names) == missing


def test_an_address_is_covered_by_the_same_address_alone() -> None:
    alternative_names = ["DNS:192.0.2.1", "DNS:*.0.2.2", "IP:192.0.2.3", "IP:2001:DB8:0::1"]

    assert names_not_covered(["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"], alternative_names) == [
        "192.0.2.1",
        "192.0.2.2",
    ]
