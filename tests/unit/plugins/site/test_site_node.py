# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site held against its node: everything that is wrong with it at once."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.site import (
    declaration_problems,
    site_problems,
)

ADDRESS = "192.168.1.128"
DECLARED: dict[str, Any] = {
    "liveconnect_host": "pf1.example.com",
    "liveconnect_workgroup_id": "wk1",
    "liveconnect_components": ["ksqldb", "kafka_ui"],
    "liveconnect_console": "kafka_ui",
    "liveconnect_expose_ksqldb": False,
    "liveconnect_advertised_address": ADDRESS,
    "liveconnect_address_translated": False,
    "liveconnect_directory": "/opt/liveconnect",
    "liveconnect_minimum_disk_gb": 10,
    "liveconnect_minimum_memory_mb": 3700,
    "liveconnect_image_registry": "",
}
NAMES = {
    "liveconnect_console_name": ["liveconnect-{}.pf1.example.com"],
    "liveconnect_console_aliases": ["other.pf1.example.com"],
    "liveconnect_batch_name": ["liveconnect-batch-{}.pf1.example.com"],
}
NODE: dict[str, Any] = {
    "system": {"distribution": "Debian", "release": "13", "architecture": "x86_64"},
    "names": {ADDRESS: {"addresses": [ADDRESS], "loopback": False, "own": True}},
    "sockets": [],
    "disks": {"/opt/liveconnect": {"free_mb": 20480, "mount": "/"}},
    "memory_mb": 7900,
}


def problems(
    declared: dict[str, Any] | None = None,
    node: dict[str, Any] | None = None,
    names: dict[str, list[str]] | None = None,
) -> list[str]:
    site = DECLARED | (declared or {})
    made = {variable: [name.format(site["liveconnect_workgroup_id"]) for name in NAMES[variable]] for variable in NAMES}
    return site_problems(site, NODE | (node or {}), made | (names or {}), [])


def test_a_good_site_passes() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("declared", "node", "words"),
    [
        ({"liveconnect_host": ""}, {}, "liveconnect_host is not set"),
        ({"liveconnect_workgroup_id": ""}, {}, "liveconnect_workgroup_id is not set"),
        ({"liveconnect_host": "192.168.1.1"}, {}, "liveconnect_host: '192.168.1.1' ends in a number"),
        ({"liveconnect_workgroup_id": "my_group"}, {}, "the part 'liveconnect-batch-my_group'"),
        ({"liveconnect_workgroup_id": "w" * 46}, {}, "has 64 characters and DNS allows 63"),
        ({"liveconnect_advertised_address": ""}, {}, "liveconnect_advertised_address is not set"),
        (
            {},
            {"names": {ADDRESS: {"addresses": [], "loopback": False, "own": False}}},
            "the node does not know the name",
        ),
        ({}, {"names": {ADDRESS: {"addresses": [ADDRESS], "loopback": True, "own": True}}}, "means the node itself"),
        (
            {},
            {"names": {ADDRESS: {"addresses": [ADDRESS], "loopback": False, "own": False}}},
            "is not an address of this node",
        ),
        ({"liveconnect_minimum_disk_gb": 21}, {}, "has 20.0 GB free and liveconnect_minimum_disk_gb asks for 21"),
        ({"liveconnect_minimum_memory_mb": "8000"}, {}, "has 7900 MB of memory"),
        ({"liveconnect_image_registry": "r:5000"}, {"registry": {"answers": False, "error": "refused"}}, "at 'r:5000'"),
        (
            {},
            {"system": {"distribution": "Fedora", "release": "42", "architecture": "x86_64"}},
            "The node runs Fedora 42",
        ),
        (
            {},
            {"system": {"distribution": "Debian", "release": "12", "architecture": "sparc"}},
            "sparc: use one with amd64",
        ),
    ],
)
def test_what_cannot_work_is_one_sentence(declared: dict[str, Any], node: dict[str, Any], words: str) -> None:
    (sentence,) = problems(declared, node)
    assert words in sentence


def test_an_address_of_the_router_and_a_registry_that_answers_pass() -> None:
    elsewhere = {"names": {ADDRESS: {"addresses": [ADDRESS], "loopback": False, "own": False}}}
    assert problems({"liveconnect_address_translated": True}, elsewhere) == []
    assert problems({"liveconnect_image_registry": "r"}, {"registry": {"answers": True, "error": ""}}) == []


def test_everything_is_told_at_once() -> None:
    assert len(problems({"liveconnect_host": "", "liveconnect_minimum_disk_gb": 99}, {"memory_mb": 1})) == 3


def test_what_roles_say_of_a_variable_of_the_site_that_is_wrong_already_is_not_told_again() -> None:
    of_roles = ["liveconnect_host is empty.", "liveconnect_platform.api: wrong.", "The node is slow.", "x_port: wrong."]

    assert (
        site_problems(DECLARED | {"liveconnect_host": ""}, NODE | {"memory_mb": 1}, {}, [], of_roles)[-3:]
        == of_roles[1:]
    )
    assert site_problems(DECLARED, NODE, {}, [], of_roles) == of_roles


def test_a_declaration_is_held_against_the_sites_and_the_roles_specifications() -> None:
    specifications = {
        "liveconnect": {"variables": {"options": {"liveconnect_users": {"type": "list", "elements": "dict"}}}},
        "x": {
            "main": {
                "options": {"x_users": {"default": "{{ liveconnect_users }}", "options": {"name": {"type": "str"}}}}
            }
        },
    }
    declared = {"liveconnect_users": [{"name": "a", "keys": []}], "liveconnect_user": "b"}

    assert declaration_problems(declared, specifications) == [
        "liveconnect_user is not a variable that anything reads: did you mean liveconnect_users?",
        "liveconnect_users[a].keys is not known: choose from name.",
    ]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ({"liveconnect_console_name": ["my_name.example.com"]}, "liveconnect_console_name: the part 'my_name'"),
        ({"liveconnect_batch_aliases": ["batch.10"]}, "liveconnect_batch_aliases: 'batch.10' ends in a number"),
        (
            {"liveconnect_batch_aliases": ["Other.pf1.example.com"]},
            "liveconnect_batch_aliases: 'Other.pf1.example.com' is a name of liveconnect_console_aliases already",
        ),
    ],
)
def test_a_name_that_cannot_be_is_said_of_the_variable_that_declares_it(
    names: dict[str, list[str]], sentence: str
) -> None:
    (found,) = problems(names=names)
    assert found.startswith(sentence)


def test_a_workgroup_is_wrong_only_where_it_is_in_a_name() -> None:
    names = {"liveconnect_console_name": ["console.example.com"], "liveconnect_batch_name": ["batch.example.com"]}
    assert problems({"liveconnect_workgroup_id": "my_group"}, names=names) == []
    (found,) = problems(
        {"liveconnect_workgroup_id": "my_group"}, names={**names, "liveconnect_batch_aliases": ["my_group.a"]}
    )
    assert found.startswith("liveconnect_workgroup_id: the part 'my_group'")
