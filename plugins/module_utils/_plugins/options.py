# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The module's options that are not about one plugin, checked and made into what the logic takes."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from ansible.module_utils.common.text.formatters import human_to_bytes

from .._errors import InvalidInputError
from .._http.access import Access
from .client import PUBLIC_HUB
from .model import Desired, HubSource, MavenSource, UrlSource


def access_from_params(params: t.Mapping[str, t.Any]) -> Access:
    """How the servers are reached; InvalidInputError when an address is none."""
    for option in ("hub_url", "maven_repository"):
        parts = urlsplit(params[option] or PUBLIC_HUB)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidInputError(f"{option}: '{params[option]}' is not a web address.", remedy="Write https://host.")
        if parts.username or parts.password:
            raise InvalidInputError(
                f"{option}: the address of {parts.hostname} carries credentials, which would be shown in logs.",
                remedy="Use url_username and url_password.",
            )
    return Access.from_params({**params, "url": [PUBLIC_HUB]})[0]


def credential_hosts(params: t.Mapping[str, t.Any], declared: t.Iterable[Desired]) -> list[str]:
    """The hosts that credentials may be sent to; InvalidInputError when they are given and it is not clear whose."""
    given = [name for name in ("url_username", "bearer_token", "client_cert") if params[name]]
    if not given or params["credential_hosts"]:
        return [str(host) for host in params["credential_hosts"]]
    named: set[str] = set()
    for desired in declared:
        match desired.source:
            case HubSource():
                named.add(params["hub_url"])
            case MavenSource():
                named.add(params["maven_repository"] or "")
            case UrlSource() as source:
                named.add(source.url)
    hosts = sorted({urlsplit(url).netloc.lower() for url in named} - {""})
    if len(hosts) > 1:
        raise InvalidInputError(
            f"{given[0]}: it is not clear which of {', '.join(hosts)} it is for.",
            remedy="List those hosts in credential_hosts.",
        )
    return hosts


def parse_size(text: str) -> int:
    """Bytes from ``2G``, ``500M`` or a plain number."""
    try:
        size = int(human_to_bytes(text))
    except ValueError as error:
        raise InvalidInputError(f"max_size: '{text}' is not a size.", remedy="Write bytes, or as in 500M.") from error
    if size <= 0:
        raise InvalidInputError(f"max_size: {text} leaves room for nothing.", remedy="Write a larger size.")
    return size


def purge_from_params(params: t.Mapping[str, t.Any]) -> bool:
    """Whether to purge; InvalidInputError when nothing says what is to stay."""
    if params["purge"] and not params["plugins"]:
        raise InvalidInputError(
            "purge: plugins declares nothing, so every installed plugin would be removed.",
            remedy="Declare what stays in plugins, or the last ones with state: absent.",
        )
    return bool(params["purge"])
