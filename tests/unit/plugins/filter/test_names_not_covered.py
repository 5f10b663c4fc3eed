# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter names_not_covered: as browsers judge a certificate's alternative names."""

from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.filter.names_not_covered import names_not_covered


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
        (None, ["a.example.com", "B.example.com"]),
    ],
)
def test_names_that_are_missing(alternative_names: list[str] | None, missing: list[str]) -> None:
    assert names_not_covered(["a.example.com", "B.example.com"], alternative_names) == missing
