# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter jupyter_problems."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import argon2, jupyter

DOCUMENTATION = r"""
name: jupyter_problems
short_description: What is wrong with the password of Jupyter
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each thing that is wrong with the options of the role P(igrafx.liveconnect.jupyter#role).
positional: _input, scheme, seed
options:
  _input:
    description: The password, which is in no sentence.
    type: raw
    required: true
  scheme:
    description: How it is hashed; V(argon2) is wrong where the control machine's Python does not have it.
    type: raw
    required: true
  seed:
    description: What the salt is derived from.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ '' | igrafx.liveconnect.jupyter_problems('argon2', inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The sentences; empty when nothing is wrong.
  type: list
  elements: str
"""


def jupyter_problems(password: object, scheme: object, seed: object) -> list[str]:
    """See DOCUMENTATION."""
    return jupyter.jupyter_problems(password, scheme, seed, has_argon2=argon2.has_argon2id())


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"jupyter_problems": jupyter_problems}
