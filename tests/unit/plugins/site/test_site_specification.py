# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values are held against specifications at any depth, and what is wrong is said in one sentence each."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.specification import (
    value_problems,
    with_options_of_roles,
)

OPTIONS: dict[str, Any] = {
    "x_mode": {"type": "str", "choices": ["fast", "slow"]},
    "x_port": {"type": "int"},
    "x_on": {"type": "bool"},
    "x_secret": {"type": "int", "no_log": True},
    "x_names": {"type": "list", "elements": "str"},
    "x_users": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True, "description": "Login of the user. More."},
            "uid": {"type": "int"},
            "rights": {"type": "dict", "options": {"read": {"type": "bool"}, "write": {"type": "bool"}}},
        },
    },
    "x_login": {"type": "dict", "options": {"host": {"type": "str", "required": True}}},
    "x_free": {"type": "dict"},
    "x_any": {"type": "raw"},
}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"x_mode": "fast", "x_port": "22", "x_on": "yes", "x_names": ["a"], "x_free": {"a": None}, "x_any": None},
        {"x_users": [{"name": "a", "uid": "7", "rights": {"read": True}}], "x_names": []},
        {"x_users": [{"name": "a", "uid": None}]},
        {"x_login": {}},
    ],
)
def test_what_is_as_specified_passes(values: dict[str, Any]) -> None:
    assert value_problems(values, OPTIONS) == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"x_mode": "fats"}, "x_mode: 'fats' is not known: did you mean fast?"),
        ({"x_mode": "zebra"}, "x_mode: 'zebra' is not known: choose from fast, slow."),
        ({"x_port": "ssh"}, "x_port: 'ssh' is not a whole number."),
        ({"x_on": "perhaps"}, "x_on: 'perhaps' is not true or false."),
        ({"x_secret": "hunter2"}, "x_secret: what it holds is not a whole number."),
        ({"x_mode": ["fast"]}, "x_mode must be text, not a list."),
        ({"x_names": None}, "x_names is null: write a list, or leave it out."),
        (
            {"x_names": "a"},
            "x_names is not a list: write each entry on a line of its own after '- ', or all in [brackets].",
        ),
        ({"x_names": [["a"]]}, "x_names must be text, not a list."),
        ({"x_free": ["a"]}, "x_free is not a dictionary: write its parts as 'key: value' below it."),
        ({"x_users": [{"uid": 7}]}, "x_users[1].name is missing: Login of the user."),
        ({"x_users": [{"name": "a", "uidd": 7}]}, "x_users[a].uidd is not known: did you mean uid?"),
        (
            {"x_users": [{"name": "a", "rights": {"wirte": 1}}]},
            "x_users[a].rights.wirte is not known: did you mean write?",
        ),
        ({"x_users": ["a"]}, "x_users is not a dictionary: write its parts as 'key: value' below it."),
    ],
)
def test_what_is_wrong_is_one_sentence(values: dict[str, Any], sentence: str) -> None:
    assert value_problems(values, OPTIONS) == [sentence]


def test_everything_is_told_at_once() -> None:
    assert len(value_problems({"x_mode": 1, "x_port": "a", "x_users": [{}, {"name": "b", "c": 1}]}, OPTIONS)) == 4


def test_the_parts_of_a_value_are_those_of_the_role_that_takes_it() -> None:
    site: dict[str, Any] = {
        "liveconnect_users": {"type": "list", "elements": "dict"},
        "liveconnect_port": {"type": "int"},
    }
    site["liveconnect_platform"] = {"type": "dict", "options": {"login": {"type": "dict"}}}
    role = {
        "x_users": {
            "type": "list",
            "default": "{{ liveconnect_users | igrafx.liveconnect.paths_below(inventory_dir, key='keys') }}",
            "options": {"name": {"type": "str"}},
        },
        "x_login": {"default": "{{ liveconnect_platform.login | default({}) }}", "options": {"user": {"type": "str"}}},
        "x_address": {"type": "str", "default": "{{ liveconnect_host ~ ':' ~ liveconnect_port }}"},
    }
    completed = with_options_of_roles(site, [role])

    declared = {"liveconnect_users": [{"nam": "a"}], "liveconnect_platform": {"login": {"usr": "b"}}}
    assert value_problems(declared, completed) == [
        "liveconnect_users[1].nam is not known: did you mean name?",
        "liveconnect_platform.login.usr is not known: did you mean user?",
    ]
    assert "options" not in site["liveconnect_users"]
    assert "options" not in site["liveconnect_platform"]["options"]["login"]
