# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What systemd and dpkg tell of a node."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .docker import Run


def installed(names: t.Sequence[str], run: Run) -> dict[str, str]:
    """The versions of those Debian packages of ``names`` that are installed."""
    # dpkg complains about names that it does not know, and lists the others all the same.
    printed = run(["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Package} ${Version}\n", *names])[1]
    rows = (line.split(" ") for line in printed.splitlines())
    return {name: version for status, name, version in rows if status == "installed"}


def units(names: t.Sequence[str], run: Run) -> dict[str, dict[str, str]]:
    """``active`` and ``enabled`` of systemd units, as ActiveState and UnitFileState say; empty when unknown."""
    states = {}
    for name in names:
        printed = run(["systemctl", "show", "--property=ActiveState,UnitFileState", name])[1]
        values = dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)
        states[name] = {"active": values.get("ActiveState", ""), "enabled": values.get("UnitFileState", "")}
    return states
