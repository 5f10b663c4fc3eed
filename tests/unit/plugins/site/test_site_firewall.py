# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role firewall refuses."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.firewall import firewall_problems

GOOD: dict[str, Any] = {
    "state": "present",
    "addresses": ["192.168.1.20", "10.0.0.0/8", "2001:db8::/64"],
    "ports": [1, "65535"],
}


def test_what_is_good_passes() -> None:
    assert firewall_problems(GOOD) == []
    assert firewall_problems({"state": "absent", "addresses": [], "ports": []}) == []


@pytest.mark.parametrize("entry", ["platform.example.com", "192.168.1.5/24", "300.1.1.1", "", 3232235796, None])
def test_what_is_no_address_is_named(entry: object) -> None:
    (sentence,) = firewall_problems(GOOD | {"addresses": ["192.168.1.20", entry]})
    assert f"(firewall_addresses): {entry}: write IP addresses" in sentence


@pytest.mark.parametrize("ports", [[], [0], [65536], ["ssh"], [22, -1]])
def test_what_is_no_port_is_named(ports: list[Any]) -> None:
    assert firewall_problems(GOOD | {"ports": ports})[0].startswith("firewall_ports: ")


def test_nobody_locks_everybody_out() -> None:
    assert "is empty" in firewall_problems(GOOD | {"addresses": []})[0]
