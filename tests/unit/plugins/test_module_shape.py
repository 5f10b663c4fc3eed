# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module is made of: a thin file that calls the runner of its domain; and a class's name says one thing."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
MODULES = sorted((PLUGINS / "modules").glob("*.py"))
LONGEST = 120
# It reads a directory, and would load all that downloads and unpacks for nothing.
WITHOUT_RUNNER = {"confluent_hub_plugin_info"}
# What every domain has, of its own things: what the options allow, what is to be done to one thing and to all of them,
# and the word that a result has for it.
IN_EVERY_DOMAIN = {"Rules", "Step", "Plan", "Action"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_file_is_documentation_options_and_a_call_of_its_runner(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    imports = [node for node in ast.parse(source).body if isinstance(node, ast.ImportFrom)]
    called = {
        (node.module or "").rpartition(".module_utils._")[2].partition(".")[2]
        for node in imports
        if any(alias.name.islower() for alias in node.names) and ".module_utils._" in (node.module or "")
    }
    assert called == {"runner"} or path.stem in WITHOUT_RUNNER
    first = next(node.lineno for node in imports if node.module == "ansible.module_utils.basic")
    assert len(source.splitlines()) - first < LONGEST


def test_the_name_of_a_class_has_one_meaning() -> None:
    names = Counter(
        node.name
        for path in (PLUGINS / "module_utils").rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, count in names.items() if count > 1} <= IN_EVERY_DOMAIN
