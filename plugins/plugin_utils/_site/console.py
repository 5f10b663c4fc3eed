# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with what a site publishes under the console's name. Pure."""

from __future__ import annotations

import typing as t

_EXPOSED = {"true", "open"}


def console_problems(declared: t.Mapping[str, t.Any]) -> list[str]:
    """Sentences about the variables of the site, ``declared`` by their names."""
    return [*_ksqldb_problems(declared)]


def _ksqldb_problems(declared: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    given = declared["liveconnect_expose_ksqldb"]
    exposed = str(given).lower()
    if exposed not in {"false", *_EXPOSED}:
        yield (
            f"liveconnect_expose_ksqldb: '{given}' is not known: write false, true (behind liveconnect_ksqldb_password)"
            " or open (for everybody who reaches port 443 of the node)."
        )
    elif exposed in _EXPOSED and "ksqldb" not in declared["liveconnect_components"]:
        yield (
            "liveconnect_expose_ksqldb publishes ksqlDB, and ksqldb is not among liveconnect_components: add it there,"
            " or set liveconnect_expose_ksqldb to false."
        )
