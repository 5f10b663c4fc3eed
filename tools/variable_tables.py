# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills the tables of variables in the roles' READMEs from their argument specifications.

``python tools/variable_tables.py`` writes them; with ``--check`` it only names the READMEs that are behind, and fails
if there are any.
"""

from __future__ import annotations

import argparse
import re
import sys
import typing as t
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- variables -->", "<!-- /variables -->"

Option = t.Mapping[str, t.Any]


def specifications() -> dict[Path, t.Mapping[str, t.Any]]:
    """README -> the entry points that it tells of, each with its ``options``.

    A default that is a template is in defaults/main.yml alone.
    """
    found = {}
    for role in sorted((ROOT / "roles").iterdir()):
        entries, defaults = _read(role / "meta/argument_specs.yml")["argument_specs"], role / "defaults/main.yml"
        given = _read(defaults) if defaults.is_file() else {}
        for entry in entries.values():
            for name in given.keys() & entry.get("options", {}).keys():
                if not entry["options"][name].get("required"):
                    entry["options"][name].setdefault("default", given[name])
        found[role / "README.md"] = entries
    return found


def _read(file: Path) -> dict[str, t.Any]:
    # libyaml reads ten times as fast.
    loaded: dict[str, t.Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def table(options: t.Mapping[str, Option]) -> str:
    """One Markdown table with a row per option, nested options below their own: ``name[].part``, ``name.part``."""
    rows = [
        "| Variable | Type | Default | Meaning |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{name}` | {_type(option)} | {_default(option)} | {_description(option)} |"
            for name, option in _flat(options)
        ),
    ]
    return "\n".join(rows)


def _flat(options: t.Mapping[str, Option], parent: str = "") -> t.Iterator[tuple[str, Option]]:
    for name, option in options.items():
        yield parent + name, option
        separator = "[]." if option.get("type") == "list" else "."
        yield from _flat(option.get("options") or {}, f"{parent}{name}{separator}")


def _type(option: Option) -> str:
    kind = f"list of {option['elements']}" if option.get("type") == "list" else str(option.get("type"))
    choices = option.get("choices")
    return f"{kind}: {', '.join(f'`{choice}`' for choice in choices)}" if choices else kind


def _default(option: Option) -> str:
    if option.get("required"):
        return "**required**"
    value = option.get("default")
    if value is None:
        return ""
    # Flow style on one line is how an operator would write it.
    text = yaml.safe_dump(value, default_flow_style=True, width=sys.maxsize).removesuffix("\n").removesuffix("\n...")
    return f"`{_cell(text)}`"


def _description(option: Option) -> str:
    description = option.get("description", "")
    text = " ".join(description) if isinstance(description, list) else str(description)
    # Ansible's markup: C() code, V() value, O() option, E() environment, P() plugin, I() and B() emphasis.
    text = re.sub(r"\b[CVOEP]\(([^)]*)\)", r"`\1`", text)
    return _cell(re.sub(r"\b[IB]\(([^)]*)\)", r"*\1*", text))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def filled(readme: str, entries: t.Mapping[str, t.Any]) -> str:
    """``readme`` with the tables between its markers; one table when all entry points take the same variables."""
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the markers {BEGIN} and {END} are missing")
    tables = {name: table(entry.get("options") or {}) for name, entry in entries.items()}
    if len(set(tables.values())) == 1:
        text = next(iter(tables.values()))
    else:
        text = "\n\n".join(f"### `tasks_from: {name}`\n\n{rows}" for name, rows in tables.items())
    return f"{head}{BEGIN}\n{text}\n{END}{tail}"


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Fill the READMEs; with ``--check`` return 1 when one would change."""
    parser = argparse.ArgumentParser(description="Fill the tables of variables in READMEs.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a README is behind")
    check = parser.parse_args(arguments).check
    behind = 0
    for readme, entries in specifications().items():
        before = readme.read_text(encoding="utf-8")
        after = filled(before, entries)
        if after != before:
            behind += 1
            print(f"{readme.relative_to(ROOT)}: {'behind, run tools/variable_tables.py' if check else 'written'}")
            if not check:
                readme.write_text(after, encoding="utf-8")
    return 1 if check and behind else 0


if __name__ == "__main__":
    sys.exit(main())
