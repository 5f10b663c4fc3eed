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
    return [*_contradictions(declared), *_ksqldb_problems(declared)]


def _contradictions(declared: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    console, runs = declared["liveconnect_console"], "kafka_ui" in declared["liveconnect_components"]
    if console == "kafka_ui" and not runs:
        yield (
            "liveconnect_console is kafka_ui, and kafka_ui is not among liveconnect_components: add it there, or set"
            " liveconnect_console to none."
        )
    elif console != "kafka_ui" and runs:
        yield (
            f"liveconnect_console is {console}, and kafka_ui is among liveconnect_components: a site has one console;"
            " take kafka_ui out, or set liveconnect_console to kafka_ui."
        )


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
