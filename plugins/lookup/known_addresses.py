# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup known_addresses."""

from __future__ import annotations

DOCUMENTATION = r"""
name: known_addresses
short_description: Which addresses the control machine knows of names
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Asks the resolver of the control machine, with its hosts file and its name servers, for all names at once.
options:
  _terms:
    description: The names.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is known
  ansible.builtin.debug:
    msg: "{{ lookup('igrafx.liveconnect.known_addresses', 'a.example.com', 'b.example.com') }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary with a list of addresses for each name.
    - The list is empty for a name that there is not, and V(null) stands for one that could not be looked up.
  type: list
  elements: dict
"""

import socket
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ansible.plugins.lookup import LookupBase

_UNKNOWN = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
_AT_ONCE = 8


class LookupModule(LookupBase):
    """The lookup."""

    def run(self, terms: list[str], variables: t.Any = None, **kwargs: t.Any) -> list[dict[str, list[str] | None]]:  # noqa: ARG002 -- the interface
        """See DOCUMENTATION."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return [dict(zip(terms, pool.map(_addresses, terms), strict=True))]


def _addresses(name: str) -> list[str] | None:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return [] if error.errno in _UNKNOWN else None
    except (OSError, UnicodeError):
        return None
    return sorted({str(each[4][0]) for each in found})
