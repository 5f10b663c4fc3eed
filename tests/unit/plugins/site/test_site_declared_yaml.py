# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What YAML would read otherwise than it looks is told with its line and key, and never with its value."""

from __future__ import annotations

import re

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.declared_yaml import yaml_problems


@pytest.mark.parametrize(
    "value",
    [
        *(
            '"{{ pw }}"',
            "'{{ pw }} or \\ #'",
            ">-\n    {{ pw }}\n",
            "jdbc:postgresql://{{ host }}/x",
            "1",
            "1.5",
            "true",
        ),
        *("False", "null", "", "~", "'0123'", "[a, b]", "{a: 1}", "text", '"{% if a %}b{% endif %}"'),
        "!vault |\n    $ANSIBLE_VAULT;1.1\n",
    ],
)
def test_what_arrives_as_it_is_written_is_no_problem(value: str) -> None:
    assert not yaml_problems(f"- name: a\n  secrets:\n   key: {value}\n")
    assert not yaml_problems("")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            "{{ pw }}",
            "the value of key begins with braces without quotes, and is read as a dictionary: write it in quotes",
        ),
        (
            "{{ pw }}-0123",
            'a value that begins with braces is read as a dictionary: write it in quotes, as in "{{ name }}"',
        ),
        ("{{ pw['a'] }}", "a value that begins with braces"),
        ("{{ pw | default('0123') }}", "begins with braces without quotes"),
        ("0123", "the value of key is read as a number and would not arrive as it is written: put it in quotes."),
        ("0x123", "is read as a number"),
        ("12_3", "is read as a number"),
        ("1:23", "is read as a number"),
        ("1.230", "is read as a number"),
        (".inf", "is read as a number"),
        ("2024-01-23", "is read as a date"),
        ("2024-02-31", "is read as a date"),
        ("[a, 0123]", "the value of key is read as a number"),
        (
            "yes",
            "is read as true or false and would not arrive as it is written: write true or false, or put it in quotes.",
        ),
        ("Off", "is read as true or false"),
        ('"0123', "it is not YAML (found unexpected end of stream)"),
        ("a: 0123", "it is not YAML (mapping values are not allowed here)"),
        ("@0123", "it is not YAML (found character '@' that cannot start any token)"),
    ],
)
def test_what_would_arrive_otherwise_is_told_without_the_value(value: str, words: str) -> None:
    (sentence,) = yaml_problems(f"- name: a\n  secrets:\n    key: {value}\n")

    assert words in sentence
    assert not {"123", "1:23", "1.23"} & set(re.findall(r"[0-9.:]+", sentence))
    assert sentence.startswith("line 3" if not value.startswith('"') else "line 4")


def test_statements_of_templates_outside_of_values_are_told() -> None:
    (sentence,) = yaml_problems("{% for i in [1] %}\n- name: a\n{% endfor %}\n")

    assert sentence.startswith("line 1: the file is read as YAML before its values are templated")


def test_keys_are_read_like_values() -> None:
    (sentence,) = yaml_problems("- config:\n    on: '1'")

    assert sentence.startswith("line 2: a key is read as true or false")


def test_every_value_is_told() -> None:
    assert [one[:7] for one in yaml_problems("- a: 01\n  b: yes\n- c: {{ x }}\n  d: '{{ x }}'\n")] == [
        "line 1:",
        "line 2:",
        "line 3:",
    ]
