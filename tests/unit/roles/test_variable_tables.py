# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of variables are made from the specifications, and every README is up to date."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SPEC = importlib.util.spec_from_file_location("variable_tables", ROOT / "tools" / "variable_tables.py")
assert SPEC is not None
assert SPEC.loader is not None
variable_tables = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(variable_tables)


SPECIFICATIONS = variable_tables.specifications()


def test_every_role_has_a_specification() -> None:
    assert {readme.parent for readme in SPECIFICATIONS} == {*(ROOT / "roles").iterdir()}


@pytest.mark.parametrize("readme", SPECIFICATIONS, ids=lambda readme: readme.parent.name)
def test_the_readme_shows_the_specification(readme: Path) -> None:
    text = readme.read_text(encoding="utf-8")

    assert text == variable_tables.filled(text, SPECIFICATIONS[readme]), "run tools/variable_tables.py"


def test_a_table_shows_type_choices_default_and_nested_options() -> None:
    options = {
        "x_mode": {
            "type": "str",
            "choices": ["a", "b"],
            "default": "a",
            "description": ["V(a).", "Or | O(x_mode=b)."],
        },
        "x_users": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "description": "Who.",
            "options": {"name": {"type": "str", "description": "Login."}},
        },
        "x_empty": {"type": "list", "elements": "str", "default": [], "description": "None."},
    }

    assert variable_tables.table(options).splitlines()[2:] == [
        r"| `x_mode` | str: `a`, `b` | `a` | `a`. Or \| `x_mode=b`. |",
        "| `x_users` | list of dict | **required** | Who. |",
        "| `x_users[].name` | str |  | Login. |",
        "| `x_empty` | list of str | `[]` | None. |",
    ]


def test_filling_twice_changes_nothing_and_missing_markers_are_told() -> None:
    entries = {"main": {"options": {"x": {"type": "int", "description": "X."}}}}
    once = variable_tables.filled("a\n<!-- variables -->\nold\n<!-- /variables -->\nb\n", entries)

    assert variable_tables.filled(once, entries) == once
    assert once.startswith("a\n")
    assert once.endswith("\nb\n")
    with pytest.raises(ValueError, match="markers"):
        variable_tables.filled("nothing", entries)


def test_entry_points_with_other_variables_get_tables_of_their_own() -> None:
    entries = {
        "main": {"options": {"x": {"type": "int", "description": "X."}}},
        "up": {"options": {"y": {"type": "int", "description": "Y."}}},
    }

    assert "### `tasks_from: up`" in variable_tables.filled("<!-- variables --><!-- /variables -->", entries)
