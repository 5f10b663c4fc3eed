# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences about a name that DNS would not take."""

from __future__ import annotations

import re
import typing as t

DOCUMENTATION = r"""
name: dns_name_problems
short_description: What keeps a name from being a DNS host name
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Holds a name against the rules for host names, and gives one sentence for each rule that it breaks.
  - The rules are at most 253 characters in all, parts of 1 to 63 letters, digits and hyphens with no hyphen at either
    end, and a last part that is not a number, because that would be an address.
positional: _input, variable
options:
  _input:
    description: The name.
    type: str
    required: true
  variable:
    description: The variable that the sentences name.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong with a name
  ansible.builtin.debug:
    msg: "{{ 'live_connect.example.com' | igrafx.liveconnect.dns_name_problems('liveconnect_host') }}"
"""

RETURN = r"""
_value:
  description: The sentences; empty when the name is a host name.
  type: list
  elements: str
"""

MAX_NAME = 253
MAX_LABEL = 63
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")


def dns_name_problems(name: str, variable: str) -> list[str]:
    """One sentence for each rule of host names that ``name`` breaks."""
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
        if not LABEL.fullmatch(label):
            problems.append(
                f"{variable}: the part '{label}' of '{name}' is not a host name:"
                " use letters, digits and hyphens only, with no hyphen at either end."
            )
    if labels[-1].isdigit():
        problems.append(f"{variable}: '{name}' ends in a number, as an address does: write a domain name.")
    return problems


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"dns_name_problems": dns_name_problems}
