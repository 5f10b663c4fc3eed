# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter nginx_problems."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.nginx import nginx_problems

DOCUMENTATION = r"""
name: nginx_problems
short_description: What is wrong with the declaration of the role nginx
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each thing that is wrong with the templates that are declared for the role
    P(igrafx.liveconnect.nginx#role).
positional: _input, files
options:
  _input:
    description: The declared paths of templates and of directories with templates.
    type: list
    elements: str
    required: true
  files:
    description: The files that there are of them on the control machine.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ ['/site/nginx'] | igrafx.liveconnect.nginx_problems(['/site/nginx/more.conf.template']) }}"
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
        return {"nginx_problems": nginx_problems}
