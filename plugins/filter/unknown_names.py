# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variables nobody reads, most likely because they are misspelt."""

from __future__ import annotations

import difflib
import typing as t

DOCUMENTATION = r"""
name: unknown_names
short_description: Variables of a namespace that are not among those that are read
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each variable that is none of the known ones, with the known one that is written most alike.
positional: _input, known, prefix
options:
  _input:
    description: Names of variables that all begin with O(prefix).
    type: list
    elements: str
    required: true
  known:
    description: The names that are read.
    type: list
    elements: str
    required: true
  prefix:
    description: What all of them begin with, which does not count when names are compared.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is misspelt
  ansible.builtin.debug:
    msg: "{{ ['site_user'] | igrafx.liveconnect.unknown_names(['site_users', 'site_host'], 'site_') }}"
"""

RETURN = r"""
_value:
  description: The sentences, in the order of the names; empty when all are known.
  type: list
  elements: str
"""

# 1 is equal, and 0 has nothing in common; the standard library's own, 0.6, takes sftp_port for sftp_users.
ALIKE = 0.75


def unknown_names(names: t.Iterable[str], known: t.Iterable[str], prefix: str) -> list[str]:
    """One sentence for each of the ``names`` that is not ``known``."""
    rest = {name.removeprefix(prefix): name for name in known}
    return [
        _sentence(name, difflib.get_close_matches(name.removeprefix(prefix), rest, n=1, cutoff=ALIKE), prefix)
        for name in sorted(names)
        if name not in rest.values()
    ]


def _sentence(name: str, alike: list[str], prefix: str) -> str:
    if alike:
        return f"{name} is not a variable that anything reads: did you mean {prefix}{alike[0]}?"
    return (
        f"{name} is not a variable that anything reads: correct it, set a role's option under the role's own name,"
        f" or let a variable of your own begin otherwise than with {prefix}."
    )


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"unknown_names": unknown_names}
