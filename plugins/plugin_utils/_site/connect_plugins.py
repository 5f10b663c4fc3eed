# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with the declared plugins and functions. Pure."""

from __future__ import annotations

import typing as t


def connect_plugins_problems(plugins: t.Iterable[t.Mapping[str, t.Any]], files: t.Collection[str]) -> list[str]:
    """One sentence for each ``src`` that is to come from the control machine and is not among its ``files``."""
    return [
        f"liveconnect_plugins, liveconnect_udfs: there is no file '{source}' on the control machine:"
        " put it there, or correct src, or set remote_src if it is on the node."
        for source in _sources(plugins)
        if source not in files
    ]


def _sources(plugins: t.Iterable[t.Mapping[str, t.Any]]) -> t.Iterator[str]:
    for plugin in plugins:
        if plugin.get("state") == "absent":
            continue
        for entry in (plugin, *(plugin.get("extra") or [])):
            if entry.get("src") and not entry.get("remote_src"):
                yield entry["src"]
