# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter runs_alive."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.runs import runs_alive

DOCUMENTATION = r"""
name: runs_alive
short_description: Which runs of Ansible on this control machine have not ended
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Keeps those of some lines whose process runs. They begin as P(igrafx.liveconnect.control_run#lookup) tells of a run.
positional: _input
options:
  _input:
    description: Lines, each of which begins with the number of a process and when it started.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show which of these runs are still there
  ansible.builtin.debug:
    msg: "{{ ['4711.938271 10:12:13 alice@laptop'] | igrafx.liveconnect.runs_alive }}"
"""

RETURN = r"""
_value:
  description: The lines of processes that run.
  type: list
  elements: str
"""


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"runs_alive": runs_alive}
