# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role says what it takes, in full, and its defaults say the same."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from playbook import run_play

ROLES = Path(__file__).resolve().parents[3] / "roles"

TYPES = {"bool", "dict", "float", "int", "json", "list", "path", "raw", "str"}

each_role = pytest.mark.parametrize("role", sorted(ROLES.iterdir()), ids=lambda role: role.name)


# libyaml reads ten times as fast.
def read(path: Path) -> t.Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) if path.is_file() else {}


def entry_points(role: Path) -> dict[str, dict[str, t.Any]]:
    entries: dict[str, dict[str, t.Any]] = read(role / "meta" / "argument_specs.yml")["argument_specs"]
    return entries


def all_options(role: Path) -> dict[str, dict[str, t.Any]]:
    """Every variable of every entry point."""
    return {name: option for entry in entry_points(role).values() for name, option in entry["options"].items()}


def nested(options: dict[str, dict[str, t.Any]], parent: str = "") -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """Every option at every depth, with its full name."""
    for name, option in options.items():
        yield parent + name, option
        yield from nested(option.get("options") or {}, f"{parent}{name}.")


@each_role
def test_every_role_takes_the_variables_of_the_site(role: Path) -> None:
    dependencies = [entry["role"] for entry in read(role / "meta" / "main.yml")["dependencies"]]

    assert role.name == "liveconnect" or set(dependencies) & {
        "igrafx.liveconnect.liveconnect",
        "igrafx.liveconnect.node",
    }


def defaults(role: Path) -> dict[str, t.Any]:
    """The role's defaults."""
    return dict(read(role / "defaults" / "main.yml"))


@each_role
def test_defaults_and_specification_agree_in_value(role: Path) -> None:
    # When an argument is wrong, Ansible prints the whole specification, in which it has filled in the templates: a
    # default that refers to a secret of the site would be shown. So a template is in the defaults alone.
    options = all_options(role)
    specified = {name: option["default"] for name, option in options.items() if "default" in option}

    assert specified == {name: value for name, value in defaults(role).items() if "{{" not in str(value)}
    assert set(defaults(role)) <= set(options)


@each_role
def test_every_option_is_typed_and_described(role: Path) -> None:
    for name, option in nested(all_options(role)):
        assert option.get("type") in TYPES, f"{name} has no type"
        assert option.get("description"), f"{name} has no description"
        assert (option["type"] == "list") == ("elements" in option), f"{name}: a list, and only a list, has elements"
        assert not (option.get("required") and "default" in option), f"{name} is required and has a default"


@each_role
def test_a_default_is_of_its_type_and_among_its_choices(role: Path) -> None:
    python_types = {"bool": bool, "dict": dict, "int": int, "list": list, "path": str, "str": str}
    for name, option in nested(all_options(role)):
        if "default" not in option:
            continue
        default = option["default"]
        is_template = isinstance(default, str) and "{{" in default
        if option["type"] in python_types and not is_template:
            assert isinstance(default, python_types[option["type"]]), (
                f"{name}: its default is not of type {option['type']}"
            )
        if "choices" in option and not is_template:
            assert set(default if isinstance(default, list) else [default]) <= set(option["choices"]), name


@each_role
def test_variables_carry_the_roles_name(role: Path) -> None:
    wrong = [name for name in all_options(role) if not name.startswith(f"{role.name}_")]

    assert not wrong


@each_role
def test_secrets_are_declared_and_have_no_default(role: Path) -> None:
    for name, option in nested(all_options(role)):
        if name.rsplit("_", 1)[-1].rsplit(".", 1)[-1] == "password":
            assert option.get("no_log"), f"{name} must be no_log"
            # Empty, or what the operator declared for the site.
            default = option.get("default", defaults(role).get(name, ""))
            assert re.fullmatch(r"|\{\{ liveconnect_\w+_password \}\}", default), name


@each_role
def test_every_entry_point_says_what_it_does_and_who_made_it(role: Path) -> None:
    for name, entry in entry_points(role).items():
        assert (role / "tasks" / f"{name}.yml").is_file() or (role.name, name) == ("liveconnect", "variables"), name
        for key in ("short_description", "description", "author", "version_added"):
            assert entry.get(key), f"{name} has no {key}"


@each_role
def test_an_option_of_a_wrong_type_spoils_no_default_that_is_made_of_it(role: Path, tmp_path: Path) -> None:
    # It is refused by its name; a default that cannot be rendered would be an error of a filter before that.
    options = defaults(role)
    made = {
        name: {other for other in options if other != name and re.search(rf"\b{other}\b", str(value))}
        for name, value in options.items()
    }
    for others in set(map(frozenset, made.values())) - {frozenset()}:
        for wrong in (5, True, {}, []):
            play = {
                "vars": options | dict.fromkeys(others, wrong),
                "tasks": [{"debug": {"var": name}} for name, needs in made.items() if needs == others],
            }
            done = run_play(tmp_path, play)
            assert done.returncode == 0, done.stdout + done.stderr
