# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter compose_mounts."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.compose import compose_mounts

DOCUMENTATION = r"""
name: compose_mounts
short_description: Which services of a compose file read which files when they start
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Takes the services that have the label C(com.igrafx.liveconnect.config), and the paths beside the compose file that
    are mounted read-only into them.
positional: _input
options:
  _input:
    description: The parsed compose file.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show them
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'docker-compose.yml') | from_yaml | igrafx.liveconnect.compose_mounts }}"
"""

RETURN = r"""
_value:
  description: C(service:path[:path]) for each service.
  type: list
  elements: str
"""


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"compose_mounts": compose_mounts}
