# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a workgroup's row says about its LiveConnect, and what may be declared for it."""

from __future__ import annotations

import ipaddress
import re
import typing as t
import uuid
from dataclasses import dataclass, fields
from urllib.parse import SplitResult, urlsplit

from .._errors import InvalidInputError

# PostgreSQL cuts longer identifiers off silently, and so would look at another column than the one given.
MAX_IDENTIFIER_BYTES = 63

# The network of Docker's default bridge: the same on every machine, so it never leads to this one.
DOCKER_BRIDGE = ipaddress.ip_network("172.17.0.0/16")
INTERNAL_DOMAINS = (".localhost", ".localdomain", ".docker.internal")

SCHEMES = ("http://", "https://")

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# The last part of a name is no number: resolvers take 127.1 and 0x7f.1 for 127.0.0.1.
_HOST_NAME = re.compile(r"(?!-)([A-Za-z0-9_-]{1,63}\.)*(?!(0[xX])?[0-9]*\.?$)[A-Za-z0-9_-]{1,63}\.?")


@dataclass(frozen=True)
class Registration:
    """What a workgroup's row is to say; None in both addresses means 'not registered'."""

    workgroup_id: str
    broker: str | None
    registry: str | None


@dataclass(frozen=True)
class Row:
    """What a workgroup's row says now; ``workgroup_id`` is the id as PostgreSQL writes it."""

    workgroup_id: str
    broker: str | None
    registry: str | None


@dataclass(frozen=True)
class WorkgroupTable:
    """Where the platform keeps its workgroups; every name exactly as PostgreSQL stores it."""

    schema: str = "public"
    table: str = "WORKGROUPS"
    id_column: str = "ID"
    broker_column: str = "KAFKA_BROKER"
    registry_column: str = "KAFKA_REGISTRY"

    def __post_init__(self) -> None:
        """Raise InvalidInputError for a name that PostgreSQL cannot hold."""
        for option, name in vars(self).items():
            if not name or "\0" in name or len(name.encode()) > MAX_IDENTIFIER_BYTES:
                raise InvalidInputError(
                    f"{option}: '{name}' is not a name that PostgreSQL can hold.",
                    remedy=f"Give the name as the database stores it: 1 to {MAX_IDENTIFIER_BYTES} bytes.",
                )

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> WorkgroupTable:
        """From the module's options; InvalidInputError for a name that PostgreSQL cannot hold."""
        return cls(**{each.name: params[each.name] for each in fields(cls)})

    @property
    def name(self) -> str:
        """The table's name for messages."""
        return f"{self.schema}.{self.table}"


def id_spellings(workgroup_id: str) -> list[str]:
    """The id as given, then as a uuid column would write it: lower case, with hyphens."""
    try:
        canonical = str(uuid.UUID(workgroup_id))
    except ValueError:
        return [workgroup_id]
    return list(dict.fromkeys([workgroup_id, canonical]))


def parse_registrations(params: t.Mapping[str, t.Any]) -> list[Registration]:
    """Read the module's options: one workgroup or the list ``workgroups``, the addresses as they will be written.

    Raises InvalidInputError when an address is missing, malformed or of no use to the platform, and when a
    workgroup is declared twice.
    """
    if params["url_prefix"] and not _SCHEME.fullmatch(params["url_prefix"]):
        raise InvalidInputError(
            f"url_prefix: '{params['url_prefix']}' is no scheme.",
            remedy="Give one such as http://, or an empty string.",
        )
    declared = params["workgroups"] if params["workgroups"] is not None else [params]
    registrations: list[Registration] = []
    seen: set[str] = set()
    for item in declared:
        workgroup_id = (item["workgroup_id"] or "").strip()
        if not workgroup_id or "\0" in workgroup_id:
            raise InvalidInputError("workgroup_id: a workgroup has no usable id.", remedy="Give the id of its row.")
        identity = id_spellings(workgroup_id)[-1]
        if identity in seen:
            raise InvalidInputError(f"workgroups: {workgroup_id} is declared twice.", remedy="Keep one of them.")
        seen.add(identity)
        if params["state"] == "absent":
            registrations.append(Registration(workgroup_id, None, None))
            continue
        addresses = [
            written_address(
                f"{option} of workgroup {workgroup_id}",
                item[option] or "",
                url_prefix=params["url_prefix"],
                port_required=option == "broker",
                allow_internal=params["allow_internal_address"],
            )
            for option in ("broker", "registry")
        ]
        registrations.append(Registration(workgroup_id, *addresses))
    return registrations


def written_address(what: str, given: str, *, url_prefix: str, port_required: bool, allow_internal: bool) -> str:
    """``given`` as the platform's column holds it: ``url_prefix`` in front when it has no scheme.

    Raises InvalidInputError, naming ``what``, when it is not one plain host and port, or when it is an address that
    leads elsewhere (or nowhere) from the platform's machine and ``allow_internal`` is false.
    """
    address = given.strip().rstrip("/")
    scheme = _SCHEME.match(address)
    if scheme and scheme[0].lower() not in (*SCHEMES, url_prefix.lower()):
        raise InvalidInputError(
            f"{what}: the platform does not know {scheme[0]}", remedy=f"Write {' or '.join(SCHEMES)}, or no scheme."
        )
    host = _checked_host(what, address if scheme else f"//{address}", port_required=port_required)
    reason = _why_internal(host)
    if reason and not allow_internal:
        raise InvalidInputError(
            f"{what}: {host} {reason}.",
            remedy="Give the address by which the platform reaches this node, or set allow_internal_address: true.",
        )
    return address if scheme else url_prefix + address


def internal_warnings(registrations: t.Sequence[Registration]) -> list[str]:
    """One sentence for each address that was allowed although it only works on one machine or in one Docker network."""
    warnings = []
    for registration in registrations:
        for option, address in (("broker", registration.broker), ("registry", registration.registry)):
            host = urlsplit(address if "://" in address else f"//{address}").hostname if address else None
            reason = _why_internal(host) if host else None
            if reason:
                what = f"{option} of workgroup {registration.workgroup_id}"
                warnings.append(f"{what}: {host} {reason}, so the platform must be there too.")
    return warnings


def _checked_host(what: str, url: str, *, port_required: bool) -> str:
    example = "192.168.1.128:19092" if port_required else "192.168.1.128:8081"
    remedy = f"Write one host and port, for example {example}."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidInputError(f"{what}: '{url}' is not an address: {error}.", remedy=remedy) from error
    if parts.username is not None or parts.password is not None:
        # The address itself stays out of the message: it holds a password.
        raise InvalidInputError(f"{what}: the address carries credentials, which every reader of the table would see.")
    shown = url.removeprefix("//")
    if not host or not _is_host(host) or any(character.isspace() or character == "\0" for character in url):
        raise InvalidInputError(f"{what}: '{shown}' is not an address.", remedy=remedy)
    if port_required and (port is None or _has_path(parts)):
        raise InvalidInputError(f"{what}: '{shown}' is not a host and a port.", remedy=remedy)
    if port == 0 or parts.query or parts.fragment:
        raise InvalidInputError(f"{what}: '{shown}' is not an address.", remedy=remedy)
    return host


def _has_path(parts: SplitResult) -> bool:
    return bool(parts.path.strip("/"))


def _is_host(host: str) -> bool:
    return _ip(host) is not None or _HOST_NAME.fullmatch(host) is not None


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _why_internal(host: str) -> str | None:
    """Why the host is of use on one machine or in one Docker network alone, or None."""
    ip = _ip(host)
    if ip is None:
        name = host.rstrip(".").lower()
        if "." not in name or name.endswith(INTERNAL_DOMAINS):
            return "is a name that only containers of the same Docker network, or this machine itself, can resolve"
        return None
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_loopback or ip.is_unspecified or ip.is_link_local or ip in DOCKER_BRIDGE:
        return "leads from the platform's machine to itself or nowhere"
    return None
