# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the certificate that is declared, and with its key."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site import certificates

DOCUMENTATION = r"""
name: certificates_problems
short_description: What is wrong with a certificate and its key
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Checks what the role P(igrafx.liveconnect.certificates#role) is given, and gives one sentence for each problem.
  - With V(files) every PEM block must be a certificate that OpenSSL, and so nginx, reads and finds strong enough. The
    one that belongs to the key must cover the names; each further one must be an authority that signed another one. All
    must be valid now, and for C(refuse_days) more.
  - No sentence contains the text of a key.
requirements:
  - cryptography 40 or newer on the control machine, which ansible-core brings along
positional: _input
options:
  _input:
    description: >-
      The role's variables C(source), C(names), C(certificate), C(key), C(kafka), C(valid_for), C(renew_before) and
      C(refuse_days), the texts of the two files in C(certificate_text) and C(key_text) (empty for a file that is not
      there), and in C(site_names) the names of which others check whether they can be DNS names. With V(fetch) also
      C(fetch), C(hosts) (the names of the inventory's hosts), and in C(fetched) the results of
      M(ansible.builtin.slurp) for the certificate and the key, or null before they are read. With V(acme) also
      C(acme_directory), C(acme_terms_agreed), C(acme_challenge), C(acme_ca) and its text in C(acme_ca_text),
      C(acme_dns_tasks) and in C(acme_dns_tasks_exist) whether there is that file, and in C(publishes_http) whether
      nginx answers on port 80.
    type: dict
    required: true
  site:
    description: Whether the sentences name a site's variables, and not the role's own.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show what is wrong with a certificate
  ansible.builtin.debug:
    msg: "{{ declared | igrafx.liveconnect.certificates_problems }}"
  vars:
    declared:
      source: files
      names: [liveconnect-wk1.pf1.example.com]
      site_names: []
      certificate: server.crt
      certificate_text: "{{ lookup('ansible.builtin.file', 'server.crt') }}"
      key: server.key
      key_text: "{{ lookup('ansible.builtin.file', 'server.key') }}"
      kafka: false
      valid_for: +397d
      renew_before: +30d
      refuse_days: 0
"""

RETURN = r"""
_value:
  description: The sentences; empty when nothing is wrong.
  type: list
  elements: str
"""


def certificates_problems(declared: t.Mapping[str, t.Any], *, site: bool = False) -> list[str]:
    """See DOCUMENTATION."""
    variables = certificates.SITE if site else certificates.ROLE
    return certificates.problems(declared, variables, datetime.datetime.now(datetime.UTC))


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"certificates_problems": certificates_problems}
