# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of a site's variables is what the playbooks read."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
NAME = r"\bliveconnect_[a-z_]*[a-z]\b"


# libyaml reads ten times as fast.
def read(path: Path) -> t.Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


DECLARED: dict[str, dict[str, t.Any]] = read(ROOT / "roles/liveconnect/meta/argument_specs.yml")["argument_specs"][
    "variables"
]["options"]
READ_BY = {
    path: set(re.findall(NAME, path.read_text(encoding="utf-8")))
    for folder, suffix in (("roles", "yml"), ("playbooks", "yml"), ("plugins/plugin_utils/_site", "py"))
    for path in sorted((ROOT / folder).rglob(f"*.{suffix}"))
    if path.relative_to(ROOT).parts[:3] not in (("roles", "liveconnect", "defaults"), ("roles", "liveconnect", "meta"))
}


def test_all_that_roles_and_playbooks_read_is_declared_and_nothing_else() -> None:
    assert set().union(*READ_BY.values()) == set(DECLARED)


def test_a_variable_of_the_site_reaches_its_use_in_one_hop() -> None:
    """Its use is a role's default, a condition of a playbook, or a value that several roles share."""
    shared = {"liveconnect", "node", "packages", "preflight"}
    for path, names in READ_BY.items():
        parts = path.relative_to(ROOT).parts
        if names and parts[0] == "roles" and parts[1] not in shared:
            assert parts[2] in ("defaults", "meta", "vars"), (
                f"{path} reads {names}: let a default of the role refer to it"
            )


@pytest.mark.parametrize("name", DECLARED)
def test_each_is_typed_and_described(name: str) -> None:
    assert DECLARED[name]["type"] in {"bool", "dict", "int", "list", "path", "str"}
    assert DECLARED[name]["description"]
    assert not (name.endswith("password") and DECLARED[name].get("default"))


@pytest.mark.parametrize(
    ("name", "role", "option"),
    [
        ("liveconnect_external_security", "compose", "compose_external_security"),
        ("liveconnect_certificates_source", "certificates", "certificates_source"),
    ],
)
def test_choices_are_those_of_the_role(name: str, role: str, option: str) -> None:
    specification = read(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]["main"]

    assert DECLARED[name]["choices"] == specification["options"][option]["choices"]


def test_inventories_set_what_is_declared() -> None:
    for path in sorted((ROOT / "inventories").rglob("*_vars/*.yml")):
        assert {name for name in read(path) if name.startswith("liveconnect_")} <= set(DECLARED), path


@pytest.mark.parametrize(
    ("playbook", "looking"), [("site", [["preflight", "always"]]), ("register", []), ("deregister", [])]
)
def test_every_tag_that_changes_something_takes_the_node_first(playbook: str, looking: list[list[str]]) -> None:
    (play,) = read(ROOT / f"playbooks/{playbook}.yml")
    lock = next(task for task in play["tasks"] if task["name"] == "Take the node for this run")
    before = play["tasks"][: play["tasks"].index(lock)]

    assert lock["ansible.builtin.import_role"] == {"name": "igrafx.liveconnect.preflight", "tasks_from": "lock"}
    assert [task["tags"] for task in before] == looking
    assert set(lock["tags"]) == {tag for task in play["tasks"] for tag in task["tags"]} - {"preflight", "always"}
