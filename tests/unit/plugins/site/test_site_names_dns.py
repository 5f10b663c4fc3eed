# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule: host names pass, everything else is said in a sentence."""

from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.names import dns_problems
from hypothesis import given
from hypothesis import strategies as st

LABELS = st.from_regex(r"\A[a-z]([a-z0-9-]{0,61}[a-z0-9])?\Z")


@given(st.lists(LABELS, min_size=1, max_size=3))
def test_host_names_pass(labels: list[str]) -> None:
    assert dns_problems(".".join(labels), "host") == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (".".join(["a" * 60] * 5), "has 304 characters and DNS allows 253"),
        ("a" * 64 + ".example.com", "has 64 characters and DNS allows 63"),
        ("pf1..example.com", "an empty part"),
        ("pf1.example.com.", "an empty part"),
        ("my_host.example.com", "the part 'my_host'"),
        ("-pf1.example.com", "no hyphen at either end"),
        ("pf1-.example.com", "no hyphen at either end"),
        ("pf1.example.com\n", "letters, digits and hyphens only"),
        ("é.example.com", "letters, digits and hyphens only"),
        ("192.168.1.128", "ends in a number"),
    ],
)
def test_one_sentence_names_the_variable_and_the_fault(name: str, words: str) -> None:
    (sentence,) = dns_problems(name, "liveconnect_host")
    assert sentence.startswith("liveconnect_host: ")
    assert words in sentence
