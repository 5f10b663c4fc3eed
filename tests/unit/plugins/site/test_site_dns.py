# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names do not lead to the node, in which words, and the records and hosts files that make them do so."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.dns import dns_report, hosts_file_problems

ADDRESS = "192.0.2.1"
CONSOLE, BATCH = "liveconnect-wk1.example.com", "liveconnect-batch-wk1.example.com"
RECORDS = "The records to create, as lines of a zone:"
KNOWN = {CONSOLE: [ADDRESS, "198.51.100.7"], BATCH: [ADDRESS]}


def report(known: dict[str, Any], target: str = ADDRESS, refused: bool = False) -> list[str]:
    return dns_report(KNOWN | known, [CONSOLE, BATCH], target, refused)


def test_names_that_lead_to_the_node_are_not_mentioned() -> None:
    assert report({}) == []
    assert report({"vm.example.com": [ADDRESS]}, "vm.example.com") == []
    # Written in another way.
    assert report({CONSOLE: ["2001:db8::1"], BATCH: ["2001:db8::1"]}, "2001:DB8:0::1") == []


@pytest.mark.parametrize(
    ("found", "target", "words", "record"),
    [
        ([], ADDRESS, "is not known to the control machine", f"{BATCH}. IN A {ADDRESS}"),
        (["203.0.113.9"], ADDRESS, f"leads to 203.0.113.9 and not to {ADDRESS}", f"{BATCH}. IN A {ADDRESS}"),
        (None, ADDRESS, "could not be looked up", f"{BATCH}. IN A {ADDRESS}"),
    ],
)
def test_a_name_that_does_not_is_named_with_its_record(found: Any, target: str, words: str, record: str) -> None:
    sentence, title, line = report({BATCH: found}, target)
    assert sentence.startswith(f"{BATCH} {words}")
    assert (title, line) == (RECORDS, record)


def test_the_record_is_of_the_kind_of_what_it_leads_to() -> None:
    assert report({BATCH: []}, "2001:db8::1")[-1] == f"{BATCH}. IN AAAA 2001:db8::1"
    assert report({BATCH: [], "vm.example.com": []}, "vm.example.com")[1:] == [
        RECORDS,
        f"{BATCH}. IN CNAME vm.example.com.",
    ]


def test_nothing_is_refused_for_want_of_a_network() -> None:
    assert report({CONSOLE: None, BATCH: None}, refused=True) == []
    sentence, _, record = report({CONSOLE: None, BATCH: []}, refused=True)
    assert sentence.startswith(BATCH)
    assert record.startswith(BATCH)


def test_hosts_of_the_inventory_get_an_address() -> None:
    entries = [{"host": "localhost", "address": "127.0.0.1"}, {"host": "desk", "state": "absent"}]
    assert list(hosts_file_problems(entries, "vm.example.com", ["desk"])) == []
    assert list(hosts_file_problems([{"host": "localhost"}], ADDRESS, [])) == []


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"host": "dekstop"}, "the inventory has no host 'dekstop'"),
        ({"host": "desk", "address": "vm"}, "'vm' is no IP address, as the hosts file of desk needs it"),
    ],
)
def test_what_a_hosts_file_cannot_have_is_one_sentence(entry: dict[str, str], words: str) -> None:
    (sentence,) = hosts_file_problems([entry], ADDRESS, ["desk"])
    assert sentence.startswith("liveconnect_hosts_file: ")
    assert words in sentence
