# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter java_properties."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.java_properties import java_properties

DOCUMENTATION = r"""
name: java_properties
short_description: Names and values as the lines of a file of properties
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Writes each name and value so that C(java.util.Properties) reads the same from a file in UTF-8, whatever is in them.
    C(FileConfigProvider) of Kafka reads its files so.
options:
  _input:
    description: Names and values, both text.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the lines
  ansible.builtin.debug:
    msg: "{{ {'the pin': '  0123'} | igrafx.liveconnect.java_properties }}"
"""

RETURN = r"""
_value:
  description: The lines, without their ends.
  type: list
  elements: str
"""


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"java_properties": java_properties}
