# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter specified_names."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import roles

DOCUMENTATION = r"""
name: specified_names
short_description: Those of some names that are options of roles of this collection
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Keeps the names of variables that a role of this collection specifies as its options, in their order.
positional: _input
options:
  _input:
    description: Names of variables.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show which variables of the inventory are options of roles
  ansible.builtin.debug:
    msg: "{{ query('ansible.builtin.varnames', '.+') | igrafx.liveconnect.specified_names }}"
"""

RETURN = r"""
_value:
  description: The names.
  type: list
  elements: str
"""


def specified_names(names: t.Iterable[str]) -> list[str]:
    """See DOCUMENTATION."""
    entries = [role["main"]["options"] for role in roles.specifications().values() if "main" in role]
    known = {name for options in entries for name in options}
    return [name for name in names if name in known]


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"specified_names": specified_names}
