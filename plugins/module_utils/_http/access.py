# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How a server is reached: its address, and the options that every HTTP module shares.

Apart from the transport: a module that may not have to ask a server at all goes without loading it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from .._errors import InvalidInputError

# Arguments of every module that talks to a server; doc fragment: plugins/doc_fragments/connection.py
HTTP_ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "url": {"type": "list", "elements": "str", "required": True},
    "url_username": {"type": "str"},
    "url_password": {"type": "str", "no_log": True},
    "bearer_token": {"type": "str", "no_log": True},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "ca_path": {"type": "path"},
    "validate_certs": {"type": "bool", "default": True},
    "timeout": {"type": "float", "default": 30},
}
HTTP_REQUIRED_TOGETHER = [("url_username", "url_password")]
HTTP_MUTUALLY_EXCLUSIVE = [("url_username", "bearer_token")]


@dataclass(frozen=True)
class Access:
    """How to reach a server: base URL, credentials, trust; ``timeout`` in seconds per request."""

    url: str
    username: str | None = None
    password: str | None = None
    bearer_token: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    ca_path: str | None = None
    validate_certs: bool = True
    timeout: float = 30

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> list[Access]:
        """One Access per ``url``, in order; InvalidInputError when a URL is not http(s) or carries credentials."""
        base = cls(
            url="",
            username=params["url_username"],
            password=params["url_password"],
            bearer_token=params["bearer_token"],
            client_cert=params["client_cert"],
            client_key=params["client_key"],
            ca_path=params["ca_path"],
            validate_certs=params["validate_certs"],
            timeout=params["timeout"],
        )
        return [replace(base, url=checked_url(url, "http://host:port").rstrip("/")) for url in params["url"]]


def checked_url(url: str, example: str, *, option: str = "url") -> str:
    """The address as it is; InvalidInputError when it is not http(s) or carries credentials.

    ``example`` is the form that the error tells the operator to write, ``option`` what it calls the address.
    """
    try:
        parts = urlsplit(url)
        understood = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # brackets that are no IPv6 address, a port that is no number
        understood = False
    if not understood:
        raise InvalidInputError(f"{option}: '{url}' is not a web address.", remedy=f"Write it as {example}.")
    if parts.username or parts.password:
        raise InvalidInputError(
            f"{option}: the address of {parts.hostname} carries credentials, which would be shown in logs.",
            remedy="Use url_username and url_password.",
        )
    return url
