# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates end soon."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import certificates

DOCUMENTATION = r"""
name: certificates_warnings
short_description: Which certificates end soon
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Gives one sentence for each certificate of a chain that is valid now, and not any more after some days.
requirements:
  - cryptography 40 or newer on the control machine, which ansible-core brings along
positional: _input
options:
  _input:
    description: >-
      What P(igrafx.liveconnect.certificates_problems#filter) takes and finds nothing wrong with, with the days in
      C(warn_days).
    type: dict
    required: true
  site:
    description: Whether the sentences name a site's variables, and not the role's own.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show which certificates end soon
  ansible.builtin.debug:
    msg: "{{ declared | igrafx.liveconnect.certificates_warnings }}"
  vars:
    declared:
      source: files
      certificate: server.crt
      certificate_text: "{{ lookup('ansible.builtin.file', 'server.crt') }}"
      warn_days: 21
"""

RETURN = r"""
_value:
  description: The sentences; empty when all last longer.
  type: list
  elements: str
"""


def certificates_warnings(declared: t.Mapping[str, t.Any], *, site: bool = False) -> list[str]:
    """See DOCUMENTATION."""
    variables = certificates.SITE if site else certificates.ROLE
    return certificates.warnings(declared, variables, datetime.datetime.now(datetime.UTC))


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"certificates_warnings": certificates_warnings}
