# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The module's options that are not about one plugin, checked and made into what the logic takes."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible.module_utils.common.text.formatters import human_to_bytes

from .._errors import InvalidInputError
from .._http.access import Access, checked_url
from .model import Desired, HubSource, MavenSource, UrlSource

PUBLIC_HUB = "https://api.hub.confluent.io"
_LEAST = {"parallel": 1, "retries": 0, "max_files": 1, "max_ratio": 1}


@dataclass(frozen=True)
class Limits:
    """Caps of one archive: unpacked size in bytes, number of entries, unpacked size over packed size."""

    size: int = 2 * 1024**3
    files: int = 20_000
    ratio: float = 100


@dataclass(frozen=True)
class Servers:
    """Where the hub and the Maven repository are, and how every server is reached; see client.Sources, download.Web."""

    access: Access
    credential_hosts: tuple[str, ...] = ()
    retries: int = 3
    hub_url: str = PUBLIC_HUB
    maven_repository: str | None = None


@dataclass(frozen=True)
class Options:
    """How to carry out a plan.

    ``parallel`` is how many plugins are fetched at a time, ``purge`` removes what a receipt says is ours and nobody
    declares.
    """

    servers: Servers
    check_mode: bool = False
    verify: bool = False
    accept_licenses: bool = False
    purge: bool = False
    parallel: int = 4
    limits: Limits = Limits()

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any], declared: t.Iterable[Desired], *, check_mode: bool) -> Options:
        """Take the options out of a module's parameters; InvalidInputError says which one is wrong."""
        for option, least in _LEAST.items():
            if params[option] < least:
                raise InvalidInputError(f"{option}: {params[option]} is too small.", remedy=f"Write {least} or more.")
        return cls(
            Servers(
                _access(params),
                credential_hosts(params, declared),
                params["retries"],
                params["hub_url"],
                params["maven_repository"],
            ),
            check_mode=check_mode,
            verify=params["verify"],
            accept_licenses=params["accept_licenses"],
            purge=_purge(params),
            parallel=params["parallel"],
            limits=Limits(_size(params["max_size"]), params["max_files"], params["max_ratio"]),
        )


def _access(params: t.Mapping[str, t.Any]) -> Access:
    """How the servers are reached; InvalidInputError when an address is none."""
    for option in ("hub_url", "maven_repository"):
        checked_url(params[option] or PUBLIC_HUB, "https://host", option=option)
    return Access.from_params({**params, "url": [PUBLIC_HUB]})[0]


def credential_hosts(params: t.Mapping[str, t.Any], declared: t.Iterable[Desired]) -> tuple[str, ...]:
    """The hosts that credentials may be sent to; InvalidInputError when they are given and it is not clear whose."""
    given = [name for name in ("url_username", "bearer_token", "client_cert") if params[name]]
    if not given or params["credential_hosts"]:
        return tuple(map(str, params["credential_hosts"]))
    named: set[str] = set()
    for part in (part for desired in declared for part in desired.parts):
        match part.source:
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
    return tuple(hosts)


def _size(text: str) -> int:
    """Bytes from ``2G``, ``500M`` or a plain number."""
    try:
        size = int(human_to_bytes(text))
    except ValueError as error:
        raise InvalidInputError(f"max_size: '{text}' is not a size.", remedy="Write bytes, or as in 500M.") from error
    if size <= 0:
        raise InvalidInputError(f"max_size: {text} allows nothing.", remedy="Write a larger size.")
    return size


def _purge(params: t.Mapping[str, t.Any]) -> bool:
    """Whether to purge; InvalidInputError when nothing says what is to stay."""
    if params["purge"] and not params["plugins"]:
        raise InvalidInputError(
            "purge: plugins declares nothing, so every installed plugin would be removed.",
            remedy="Declare what stays in plugins, or the last ones with state: absent.",
        )
    return bool(params["purge"])
