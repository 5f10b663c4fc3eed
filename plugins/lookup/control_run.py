# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup control_run."""

from __future__ import annotations

DOCUMENTATION = r"""
name: control_run
short_description: Which run of Ansible this is
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives the number of the run's process on the control machine and when it started, and who runs it.
"""

EXAMPLES = r"""
- name: Show which run this is
  ansible.builtin.debug:
    msg: "{{ lookup('igrafx.liveconnect.control_run') }}"
"""

RETURN = r"""
_raw:
  description: Number, start in ticks since the boot, user and host, as in V(4711.938271 alice@laptop).
  type: list
  elements: str
"""

import typing as t

from ansible.plugins.lookup import LookupBase
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.runs import control_run


class LookupModule(LookupBase):
    """The lookup."""

    def run(self, terms: list[t.Any], variables: t.Any = None, **kwargs: t.Any) -> list[str]:  # noqa: ARG002 -- the interface
        """See DOCUMENTATION."""
        return [control_run()]
