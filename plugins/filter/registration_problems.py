# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What workgroup_kafka_registration would refuse about a registration, told before anything else is tried."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._workgroup.model import parse_registrations

DOCUMENTATION = r"""
name: registration_problems
short_description: What is wrong with the addresses of a registration
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Checks a registration as M(igrafx.liveconnect.workgroup_kafka_registration) does, without a database.
positional: _input
options:
  _input:
    description: >-
      The module's options C(workgroup_id), C(broker), C(registry), C(state), C(url_prefix) and
      C(allow_internal_address).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong with an address
  ansible.builtin.debug:
    msg: "{{ registration | igrafx.liveconnect.registration_problems }}"
  vars:
    registration:
      workgroup_id: wk1
      broker: localhost:19092
      registry: 192.168.1.128:8081
      state: present
      url_prefix: http://
      allow_internal_address: false
"""

RETURN = r"""
_value:
  description: One sentence, or none.
  type: list
  elements: str
"""


def registration_problems(registration: t.Mapping[str, t.Any]) -> list[str]:
    """The sentence with which the module would refuse this registration; nothing when it would not."""
    try:
        parse_registrations({**registration, "workgroups": None})
    except InvalidInputError as error:
        return [str(error)]
    return []


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"registration_problems": registration_problems}
