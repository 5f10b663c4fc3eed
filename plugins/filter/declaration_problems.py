# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter declaration_problems."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import roles, site

DOCUMENTATION = r"""
name: declaration_problems
short_description: What is wrong with the variables of a site and of its roles by themselves
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each variable that is unknown, and for each value, at any depth, that is not as specified.
  - What is specified is read from the argument specifications of this collection's roles.
  - Secrets are checked, and never shown.
  - A variable that begins with the name of a role, is none of its options and is written almost like one is taken for
    a misspelt option; others pass, for they may be those of other roles.
positional: _input, names
options:
  _input:
    description: The variables that begin with C(liveconnect_) and the options of roles, and their values.
    type: dict
    required: true
  names:
    description: The names of all variables.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ {'liveconnect_hosts': 'pf1.example.com'} | igrafx.liveconnect.declaration_problems }}"
"""

RETURN = r"""
_value:
  description: The sentences; empty when nothing is wrong.
  type: list
  elements: str
"""


def declaration_problems(declared: t.Mapping[str, t.Any], names: t.Iterable[str] = ()) -> list[str]:
    """See DOCUMENTATION."""
    return site.declaration_problems(declared, roles.specifications(), names)


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"declaration_problems": declaration_problems}
