# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names a certificate does not stand for."""

from __future__ import annotations

import typing as t

DOCUMENTATION = r"""
name: names_not_covered
short_description: Names that a certificate's alternative names do not cover
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Keeps the names that no DNS alternative name of a certificate covers, as browsers judge it.
  - A star stands for exactly one first part; letters compare without case; the subject's common name does not count.
positional: _input, alternative_names
options:
  _input:
    description: The names.
    type: list
    elements: str
    required: true
  alternative_names:
    description: >-
      The certificate's alternative names, as C(community.crypto.x509_certificate_info) returns them
      (C(DNS:*.example.com)), or none.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show the names that the certificate lacks
  ansible.builtin.debug:
    msg: "{{ ['liveconnect.example.com'] | igrafx.liveconnect.names_not_covered(certificate.subject_alt_name) }}"
"""

RETURN = r"""
_value:
  description: The names that are not covered, in their order.
  type: list
  elements: str
"""


def names_not_covered(names: t.Sequence[str], alternative_names: t.Sequence[str] | None) -> list[str]:
    """The ``names`` that none of the ``DNS:`` entries covers."""
    covered = {entry[len("DNS:") :].lower() for entry in alternative_names or [] if entry.startswith("DNS:")}
    return [name for name in names if not covered & {name.lower(), "*." + name.lower().partition(".")[2]}]


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"names_not_covered": names_not_covered}
