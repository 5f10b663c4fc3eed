# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role hears the module's refusals before it opens a connection."""

from __future__ import annotations

from ansible_collections.igrafx.liveconnect.plugins.filter.registration_problems import registration_problems

REGISTRATION = {
    "workgroup_id": "wk1",
    "broker": "192.168.1.128:19092",
    "registry": "192.168.1.128:8081",
    "state": "present",
    "url_prefix": "http://",
    "allow_internal_address": False,
}


def test_a_registration_that_can_be_made_has_none() -> None:
    assert registration_problems(REGISTRATION) == []
    assert registration_problems({**REGISTRATION, "state": "absent", "broker": "", "registry": ""}) == []


def test_one_that_cannot_has_the_modules_sentence() -> None:
    (said,) = registration_problems({**REGISTRATION, "registry": "localhost:8081"})

    assert said.startswith("registry of workgroup wk1: localhost is a name that only")
