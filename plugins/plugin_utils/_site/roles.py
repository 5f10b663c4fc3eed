# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What the roles of this collection say that they take, read from their files."""

from __future__ import annotations

import functools
import typing as t
from pathlib import Path

import yaml

_ROLES = Path(__file__).resolve().parents[3] / "roles"


@functools.cache
def specifications() -> dict[str, t.Any]:
    """The argument specifications of the collection's roles, by their names, with the defaults of the roles."""
    found = {}
    for file in _ROLES.glob("*/meta/argument_specs.yml"):
        entries, role = _read(file)["argument_specs"], file.parents[1]
        defaults = role / "defaults/main.yml"
        for name, default in (_read(defaults) if defaults.is_file() else {}).items():
            entries.get("main", {}).get("options", {}).get(name, {}).setdefault("default", default)
        found[role.name] = entries
    return found


def _read(file: Path) -> dict[str, t.Any]:
    # libyaml, where PyYAML has it, reads ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, t.Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 -- both are safe
    return loaded
