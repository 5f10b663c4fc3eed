# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role firewall refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.firewall import firewall_problems
from jinja2 import Environment

DEFAULTS = Path(__file__).resolve().parents[4] / "roles/firewall/defaults/main.yml"
GOOD: dict[str, Any] = {
    "state": "present",
    "addresses": ["192.168.1.20", "10.0.0.0/8", "2001:db8::/64"],
    "ports": [1, "65535"],
}
NONE = {"active": "inactive", "enabled": ""}


def problems(declared: dict[str, Any], unit: dict[str, str] = NONE) -> list[str]:
    return firewall_problems(declared, unit)


def test_what_is_good_passes() -> None:
    assert problems(GOOD) == []
    assert problems({"state": "absent", "addresses": [], "ports": []}) == []


@pytest.mark.parametrize("entry", ["platform.example.com", "192.168.1.5/24", "300.1.1.1", "", 3232235796, None])
def test_what_is_no_address_is_named(entry: object) -> None:
    (sentence,) = problems(GOOD | {"addresses": ["192.168.1.20", entry]})
    assert f"(firewall_addresses): {entry}: write IP addresses" in sentence


@pytest.mark.parametrize("ports", [[], [0], [65536], ["ssh"], [22, -1]])
def test_what_is_no_port_is_named(ports: list[Any]) -> None:
    assert problems(GOOD | {"ports": ports})[0].startswith("firewall_ports: ")


def test_nobody_locks_everybody_out() -> None:
    assert "is empty" in problems(GOOD | {"addresses": []})[0]


@pytest.mark.parametrize(
    "unit",
    [
        {"active": "active", "enabled": "enabled"},
        {"active": "active", "enabled": "disabled"},
        {"active": "failed", "enabled": "enabled"},
    ],
)
def test_what_is_closed_is_opened_only_where_that_is_said(unit: dict[str, str]) -> None:
    nothing = {"state": "undeclared", "addresses": [], "ports": [8081, 19092]}
    (sentence,) = problems(nothing, unit)

    assert "closed ports 8081 and 19092" in sentence
    assert "set firewall_state to absent" in sentence
    assert problems(nothing | {"state": "absent"}, unit) == []
    assert problems(nothing) == []


def test_without_addresses_nothing_is_said_of_opening() -> None:
    default = Environment().from_string(yaml.safe_load(DEFAULTS.read_text())["firewall_state"])  # noqa: S701 -- no HTML

    assert default.render(firewall_addresses=[]) == "undeclared"
    assert default.render(firewall_addresses=["192.0.2.1"]) == "present"
