# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter pipelines_problems."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.pipelines import pipelines_problems

DOCUMENTATION = r"""
name: pipelines_problems
short_description: What is wrong with the declared pipelines
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each thing that is wrong with the pipelines of the role
    P(igrafx.liveconnect.pipelines#role), and for each file that is not on the control machine.
  - Of what is in the files only that is told with which they cannot be used at all; ksqlDB, Connect and PostgreSQL say
    the rest.
  - What is to be delivered to iGrafx is held against the rules of its connectors.
positional: _input, source
options:
  _input:
    description: The option C(pipelines_pipelines) of the role.
    type: raw
    required: true
  source:
    description: The directory that the files are relative to.
    type: str
    required: true
  variable:
    description: The variable that the sentences name.
    type: str
    default: pipelines_pipelines
  workgroup:
    description: The workgroup of an C(igrafx_sink) that names none.
    type: str
    default: ''
  secrets:
    description:
      - What connectors can refer to, names and values. The key of each C(igrafx_sink) has to be among them; no value is
        shown.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ [{'name': 'incidents', 'ksql': 'streams.sql'}] | igrafx.liveconnect.pipelines_problems(inventory_dir) }}"
"""

RETURN = r"""
_value:
  description: The sentences; empty when nothing is wrong.
  type: list
  elements: str
"""


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"pipelines_problems": pipelines_problems}
