# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only addresses and networks go into a packet filter; names, which it would resolve by itself, do not."""

from __future__ import annotations

from ansible_collections.igrafx.liveconnect.plugins.filter.not_networks import not_networks


def test_addresses_and_networks_of_both_kinds_pass() -> None:
    assert not_networks(["192.168.1.20", "10.0.0.0/8", "2001:db8::20", "2001:db8::/64", "0.0.0.0/0"]) == []


def test_names_and_what_could_be_meant_in_two_ways_do_not() -> None:
    wrong = [
        "platform.example.com",
        "",
        "192.168.1.5/24",
        "192.168.1",
        "fe80::1%eth0/64",
        "1.2.3.4; drop",
        "10.0.0.1-9",
    ]

    assert not_networks([*wrong, "10.0.0.1"]) == wrong
    assert not_networks([167772161]) == [167772161]  # type: ignore[list-item, comparison-overlap]
