# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""Holds declared values against argument specifications, and says what is wrong with them in sentences. Pure."""

from __future__ import annotations

import copy
import re
import typing as t

from ansible.module_utils.common.validation import check_type_bool, check_type_float, check_type_int

from .names import closest

Options = t.Mapping[str, t.Mapping[str, t.Any]]

# A role's default that is nothing but a variable of the site or a part of one, perhaps filtered.
_REFERENCE = re.compile(r"\{\{ (liveconnect_[a-z0-9_]+)(?:\.([a-z0-9_]+))? (?:\| (?:[^{}]|\{\})* )?\}\}")
_CONVERTERS: dict[str, t.Callable[[t.Any], t.Any]] = {
    "int": check_type_int,
    "float": check_type_float,
    "bool": check_type_bool,
}
_NAMES = {"list": "a list", "dict": "a dictionary", "str": "text", "path": "a path", "bool": "true or false"}
_NAMES |= {"int": "a whole number", "float": "a number"}


def with_options_of_roles(site: Options, roles: t.Iterable[Options]) -> Options:
    """The site's options, with the parts of their values as the roles specify them that take them.

    A role takes a variable of the site, or a part of one, where its option's default refers to it.
    """
    completed: dict[str, dict[str, t.Any]] = {name: copy.deepcopy(dict(option)) for name, option in site.items()}
    for options in roles:
        for option in options.values():
            reference = _REFERENCE.fullmatch(str(option.get("default", "")))
            if reference and reference[1] in completed and "options" in option:
                taken = completed[reference[1]]
                if reference[2]:
                    taken = taken["options"][reference[2]]
                taken.setdefault("options", option["options"])
    return completed


def value_problems(values: t.Mapping[str, t.Any], options: Options) -> list[str]:
    """One sentence for each value, at any depth, that is not as ``options`` specify; unknown names are left out."""
    problems: list[str] = []
    for name, option in options.items():
        # Of a dictionary that is empty nothing is declared, and the role that needs it asks for its parts.
        if name in values and values[name] != {}:
            problems += _problems(name, values[name], option)
    return problems


def _problems(name: str, value: t.Any, option: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    kind = option.get("type", "str")
    if kind == "raw":
        return
    if value is None:
        yield f"{name} is null: write {_NAMES[kind]}, or leave it out."
    elif kind == "list":
        yield from _list_problems(name, value, option)
    elif kind == "dict":
        yield from _dict_problems(name, value, option)
    else:
        yield from _plain_problems(name, value, kind, option.get("choices"), option.get("no_log", False))


def _list_problems(name: str, value: t.Any, option: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if not isinstance(value, list | tuple):
        yield f"{name} is not a list: write each entry on a line of its own after '- ', or all in [brackets]."
        return
    element = {**option, "type": option.get("elements", "raw")}
    for index, entry in enumerate(value):
        yield from _problems(f"{name}[{_label(index, entry)}]" if isinstance(entry, dict) else name, entry, element)


def _label(index: int, entry: t.Mapping[str, t.Any]) -> str:
    """The name of an entry where it has one, else its place, counted from 1."""
    name = entry.get("name")
    return name if isinstance(name, str) else str(index + 1)


def _dict_problems(name: str, value: t.Any, option: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if not isinstance(value, dict):
        yield f"{name} is not a dictionary: write its parts as 'key: value' below it."
        return
    options: Options | None = option.get("options")
    if options is None:
        return
    for key in value:
        if key not in options:
            yield f"{name}.{key} is not known: {closest(str(key), options)}"
    for key, part in options.items():
        if value.get(key) is not None:
            yield from _problems(f"{name}.{key}", value[key], part)
        elif part.get("required"):
            yield f"{name}.{key} is missing: {_first_sentence(part)}"


def _first_sentence(option: t.Mapping[str, t.Any]) -> str:
    description = option.get("description", "")
    text = description[0] if isinstance(description, list) else description
    return re.sub(r"\b[A-Z]\(([^)]*)\)", r"\1", " ".join(text.split())).split(". ")[0].rstrip(".") + "."


def _plain_problems(name: str, value: t.Any, kind: str, choices: t.Any, secret: bool) -> t.Iterator[str]:
    shown = "what it holds" if secret else f"'{value}'"
    if isinstance(value, list | dict):
        yield f"{name} must be {_NAMES[kind]}, not a {'list' if isinstance(value, list) else 'dictionary'}."
        return
    if kind in _CONVERTERS:
        try:
            _CONVERTERS[kind](value)
        except TypeError:
            yield f"{name}: {shown} is not {_NAMES[kind]}."
            return
    if choices and value not in choices:
        yield f"{name}: {shown} is not known: {closest(str(value), map(str, choices))}"
