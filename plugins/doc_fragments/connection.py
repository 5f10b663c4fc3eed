# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the modules that talk to a server over HTTP; their specification is in module_utils/_http/access.py."""

from __future__ import annotations


class ModuleDocFragment:
    """C(igrafx.liveconnect.connection)."""

    # How to be let in.
    DOCUMENTATION = r"""
options:
  url_username:
    description: User for basic authentication.
    type: str
  url_password:
    description: Password for basic authentication.
    type: str
  bearer_token:
    description: Token sent in the C(Authorization) header as C(Bearer).
    type: str
  client_cert:
    description: PEM file on the target host with the client certificate, and its key unless O(client_key) is given.
    type: path
  client_key:
    description: PEM file on the target host with the client certificate's key.
    type: path
  ca_path:
    description: PEM file on the target host with the authorities to trust.
    type: path
  validate_certs:
    description: Whether the server's certificate is verified.
    type: bool
    default: true
  timeout:
    description: Seconds that one request may take.
    type: float
    default: 30
"""

    # One server, or one cluster; left out by modules whose addresses are options of their own.
    URL = r"""
options:
  url:
    description:
      - Address of the server, for example V(http://127.0.0.1:8083).
      - Several addresses of one cluster are tried in order.
      - Must not carry credentials; use O(url_username) and O(url_password).
      - Redirects are not followed, so that credentials go nowhere else; the error names the other address.
    type: list
    elements: str
    required: true
"""
