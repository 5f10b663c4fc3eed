# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""Whether names are DNS host names, and whether variables are among those that are read. Pure."""

from __future__ import annotations

import difflib
import re
import typing as t

MAX_NAME = 253
MAX_LABEL = 63
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
# 1 is equal, and 0 has nothing in common; the standard library's own, 0.6, takes sftp_port for sftp_users.
_ALIKE = 0.75
# Among names of which many are other people's, that of a role's variable is meant only where little is different.
_VERY_ALIKE = 0.85


def dns_problems(name: str, variable: str) -> list[str]:
    """One sentence for each rule of DNS host names that ``name``, made of ``variable``, breaks."""
    problems = []
    labels = name.split(".")
    if len(name) > MAX_NAME:
        problems.append(f"{variable}: '{name}' has {len(name)} characters and DNS allows {MAX_NAME}: shorten it.")
    if not all(labels):
        problems.append(
            f"{variable}: '{name}' has an empty part: write a name whose parts are separated by one dot each."
        )
    for label in filter(None, labels):
        if len(label) > MAX_LABEL:
            problems.append(
                f"{variable}: the part '{label}' of '{name}' has {len(label)} characters and DNS allows {MAX_LABEL}:"
                " shorten it."
            )
        if not _LABEL.fullmatch(label):
            problems.append(
                f"{variable}: the part '{label}' of '{name}' is not a host name:"
                " use letters, digits and hyphens only, with no hyphen at either end."
            )
    if labels[-1].isdigit():
        problems.append(f"{variable}: '{name}' ends in a number, as an address does: write a domain name.")
    return problems


def unknown_variables(names: t.Iterable[str], known: t.Iterable[str], prefix: str) -> list[str]:
    """One sentence for each of ``names``, which all begin with ``prefix``, that is not ``known``."""
    rest = {name.removeprefix(prefix): name for name in known}
    return [
        _unknown(name, difflib.get_close_matches(name.removeprefix(prefix), rest, n=1, cutoff=_ALIKE), prefix)
        for name in sorted(names)
        if name not in rest.values()
    ]


def _unknown(name: str, alike: list[str], prefix: str) -> str:
    if alike:
        return f"{name} is not a variable that anything reads: did you mean {prefix}{alike[0]}?"
    return (
        f"{name} is not a variable that anything reads: correct it, set a role's option under the role's own name,"
        f" or let a variable of your own begin otherwise than with {prefix}."
    )


def misspelt_variables(names: t.Iterable[str], known: t.Collection[str], roles: t.Collection[str]) -> list[str]:
    """One sentence for each of ``names`` that begins with a role's, is not ``known``, and is written almost like one.

    ``known``: the variables of the roles, each of which begins with its role's name. One may also be meant without it:
    ``sftp_port`` for ``compose_sftp_port``.
    """
    prefixes = tuple(f"{role}_" for role in roles)
    short = {name.removeprefix(prefix): name for name in known for prefix in prefixes if name.startswith(prefix)}
    meant = {name: full for name, full in short.items() if name.startswith(prefixes)} | {name: name for name in known}
    problems = []
    for name in sorted(names):
        if name in known or not name.startswith(prefixes):
            continue
        if alike := difflib.get_close_matches(name, meant, n=1, cutoff=_VERY_ALIKE):
            problems.append(
                f"{name} is not a variable that anything reads: did you mean {meant[alike[0]]}? Give a variable of your"
                " own a name that is less like it."
            )
    return problems


def closest(name: str, known: t.Iterable[str]) -> str:
    """``: did you mean …?`` where one of ``known`` is written much like ``name``, else the list of them."""
    listed = sorted(known)
    alike = difflib.get_close_matches(name, listed, n=1, cutoff=_ALIKE)
    return f"did you mean {alike[0]}?" if alike else f"choose from {', '.join(listed)}."
