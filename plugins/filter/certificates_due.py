# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of a certificate that is made or issued have to be made."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import certificates

DOCUMENTATION = r"""
name: certificates_due
short_description: Which parts of a certificate have to be made or issued
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Compares what is on the node with what is declared for V(selfsigned) and V(acme) in the role
    P(igrafx.liveconnect.certificates#role).
requirements:
  - cryptography 40 or newer on the control machine, which ansible-core brings along
positional: _input
options:
  _input:
    description: >-
      What is on the node. C(authority) and C(served), each with C(certificate) (its text), C(has_key), C(fits) and
      C(is_pkcs8). With O(directory) also C(directory), that of the ACME server which issued what is there.
    type: dict
    required: true
  names:
    description: The names that the certificate must have, and no others.
    type: list
    elements: str
    required: true
  renew_before:
    description: How long before its end a certificate is renewed, as V(+30d).
    type: str
    required: true
  kafka:
    description: Whether the key must be PKCS#8.
    type: bool
    default: false
  directory:
    description: The directory of the ACME server that issues the certificate; empty where the node's authority does.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show what would be made, and why
  ansible.builtin.debug:
    msg: "{{ found | igrafx.liveconnect.certificates_due(names=['wk1.example.com'], renew_before='+30d') }}"
"""

RETURN = r"""
_value:
  description: >-
    C(authority), C(key) and C(certificate), as far as they have to be made, each with the reason; empty when all is as
    declared.
  type: dict
"""


def certificates_due(
    found: t.Mapping[str, t.Any],
    *,
    names: t.Sequence[str],
    renew_before: str,
    kafka: bool = False,
    directory: str = "",
) -> dict[str, str]:
    """See DOCUMENTATION."""
    declared = {"names": names, "renew_before": renew_before, "kafka": kafka, "directory": directory}
    return certificates.due(found, declared, datetime.datetime.now(datetime.UTC))


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"certificates_due": certificates_due}
