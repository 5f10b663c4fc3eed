# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of a chain in the order in which a server sends them."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import certificates

DOCUMENTATION = r"""
name: certificates_in_order
short_description: The certificates of a chain in the order in which a server sends them
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Puts the certificate that belongs to the key first, and behind each one the one that signed it.
  - Text that is in this order, or of which the order is not clear, is returned as it is.
requirements:
  - cryptography 40 or newer on the control machine, which ansible-core brings along
positional: _input
options:
  _input:
    description: The certificates, in PEM form.
    type: str
    required: true
  key:
    description: The unencrypted key of the server, in PEM form.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Write a chain as nginx wants it
  ansible.builtin.copy:
    content: "{{ chain | igrafx.liveconnect.certificates_in_order(key=server_key) }}"
    dest: /etc/nginx/server.crt
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The certificates in PEM form.
  type: str
"""


def certificates_in_order(certificate_text: str, *, key: str) -> str:
    """See DOCUMENTATION."""
    return certificates.in_served_order(certificate_text, key)


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"certificates_in_order": certificates_in_order}
