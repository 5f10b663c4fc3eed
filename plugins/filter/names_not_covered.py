# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names a certificate does not stand for."""

from __future__ import annotations

import typing as t
from ipaddress import ip_address

DOCUMENTATION = r"""
name: names_not_covered
short_description: Names that a certificate's alternative names do not cover
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Keeps the names that no alternative name of a certificate covers, as browsers and Kafka's clients judge it.
  - A star stands for exactly one first part; letters compare without case; the subject's common name does not count.
  - An IP address is covered by the same address alone.
positional: _input, alternative_names
options:
  _input:
    description: The names and IP addresses.
    type: list
    elements: str
    required: true
  alternative_names:
    description: >-
      The certificate's alternative names, as C(community.crypto.x509_certificate_info) returns them
      (C(DNS:*.example.com), C(IP:192.0.2.1)), or none.
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
    """The ``names`` that none of the ``DNS:`` and ``IP:`` entries covers."""
    entries = [entry.split(":", 1) for entry in alternative_names or [] if entry.startswith(("DNS:", "IP:"))]
    covered = {(kind, _normal(name)) for kind, name in entries}
    return [name for name in names if not covered & _covering(name)]


def _covering(name: str) -> set[tuple[str, str]]:
    """The alternative names, of which each would cover ``name``."""
    normal = _normal(name)
    if _is_address(name):
        return {("IP", normal)}
    return {("DNS", normal), ("DNS", "*." + normal.partition(".")[2])}


def _normal(name: str) -> str:
    return str(ip_address(name)) if _is_address(name) else name.lower()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"names_not_covered": names_not_covered}
