# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with what is to be registered with the platform. Pure."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from ipaddress import ip_address

from ...module_utils._errors import InvalidInputError
from ...module_utils._workgroup.model import parse_registrations, written_address
from .items import text
from .names import dns_problems
from .pem import blocks

_LOGIN = ("host", "user", "password")


def workgroup_problems(declared: t.Mapping[str, t.Any], hosts: t.Collection[str], *, site: bool = False) -> list[str]:
    """Sentences about the role's options, which ``declared`` has by their names without the role's.

    ``advertised_address`` in it is the site's, of which broker and registry may be made, and ``ca_cert`` the platform's
    file of authorities with ``ca_cert_text``, empty when it is not there; ``hosts`` are those of the inventory. With
    ``site`` the sentences name a site's variables.
    """
    problems = [
        *_api_problems(declared["api"], hosts, "liveconnect_platform.api" if site else "workgroup_api"),
        *_postgres_problems(declared["postgres"], "liveconnect_platform.postgres" if site else "workgroup_postgres"),
        *_registration_problems(declared, "liveconnect_workgroup_id" if site else "workgroup_id"),
        *_security_problems(declared["security"]),
    ]
    if declared["state"] != "absent":
        problems += _authority_problems(text(declared.get("ca_cert")), declared.get("ca_cert_text"))
    return problems


def _api_problems(api: object, hosts: t.Collection[str], variable: str) -> t.Iterator[str]:
    host = text(api.get("host")) if isinstance(api, Mapping) else ""
    if not host:
        yield f"{variable}.host is not set: give the platform's machine, by its name in the inventory."
    elif host not in hosts and host != "localhost":
        yield (
            f"{variable}.host: {host} is not in the inventory: add the platform's machine to it, or give the name that"
            " it has there."
        )


def _postgres_problems(postgres: object, variable: str) -> t.Iterator[str]:
    given = postgres if isinstance(postgres, Mapping) else {}
    if missing := [part for part in _LOGIN if not text(given.get(part))]:
        yield (
            f"{variable}: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set: write how the platform's"
            " host reaches the platform's database."
        )
    # libpq takes several, and directories of sockets.
    for host in filter(None, text(given.get("host")).split(",")):
        if not host.startswith(("/", "@")) and not _is_host(host):
            yield (
                f"{variable}.host: '{host}' is neither a host's name nor an IP address: write one, without scheme, and"
                " the port in port."
            )


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        # A single name, and names with an underscore, may stand in the hosts file of the platform's machine.
        return not dns_problems(host.replace("_", "-"), "")
    return True


def _registration_problems(declared: t.Mapping[str, t.Any], id_variable: str) -> t.Iterator[str]:
    """What the module workgroup_kafka_registration would refuse, before anything is connected to."""
    prefix, allowed = text(declared["url_prefix"]), bool(declared["allow_internal_address"])
    try:
        named = {"workgroup_id": text(declared["id"]), "url_prefix": prefix, "state": "absent", "workgroups": None}
        parse_registrations(named)
    except InvalidInputError as error:
        # Of the two the message names the one that is wrong.
        named_option = str(error).removeprefix("workgroup_")
        yield f"{id_variable}{named_option[2:]}" if named_option.startswith("id:") else f"workgroup_{named_option}"
    if declared["state"] == "absent":
        return
    # Broker and registry are made of one address: what is wrong with it is one sentence.
    found: dict[str, str] = {}
    for option in ("broker", "registry"):
        address = text(declared[option])
        is_advertised = address.startswith(f"{text(declared['advertised_address'])}:")
        what = "liveconnect_advertised_address" if is_advertised else f"workgroup_{option}"
        try:
            written_address(what, address, url_prefix=prefix, port_required=option == "broker", allow_internal=allowed)
        except InvalidInputError as error:
            found.setdefault(what, str(error).replace("set allow_internal", "set workgroup_allow_internal"))
    yield from found.values()


def _security_problems(security: object) -> t.Iterator[str]:
    given = security if isinstance(security, Mapping) else {"": security}
    if given and not (text(given.get("user")) and text(given.get("password"))):
        yield "workgroup_security: give user and password, or leave it out where the node asks for no login."
    elif authorities := text(given.get("ca_cert")):
        yield from (f"workgroup_security.ca_cert {problem}" for problem in _pem_problems(authorities))


def _authority_problems(file: str, content: object) -> t.Iterator[str]:
    if not file:
        return
    if not text(content):
        yield (
            f"liveconnect_platform.ca_cert: there is no file '{file}' on the control machine, or it is empty: put it"
            " there, or correct the path, which is relative to the inventory's directory."
        )
    else:
        yield from (f"liveconnect_platform.ca_cert: '{file}' {problem}" for problem in _pem_problems(text(content)))


def _pem_problems(pem: str) -> t.Iterator[str]:
    """The end of a sentence about a text that is not made of certificates."""
    try:
        kinds = [block.kind for block in blocks(pem)]
    except ValueError as error:
        yield f"cannot be read ({error}): give a PEM file of certificates."
        return
    if others := [kind for kind in kinds if kind != "CERTIFICATE"] or ["no certificate"] * (not kinds):
        yield f"holds {others[0]}: give a PEM file of certificates, and nothing else."
