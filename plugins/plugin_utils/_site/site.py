# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with a site as a whole, compared with its node. Pure."""

from __future__ import annotations

import re
import typing as t

from .console import console_problems
from .names import dns_problems, misspelt_variables, unknown_variables
from .ports import port_problems
from .specification import Options, value_problems, with_options_of_roles

_PREFIX = "liveconnect_"
_SYSTEMS = ("Debian 12", "Debian 13", "Ubuntu 24.04")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_PROJECT = "liveconnect"
# What a role sets for others to read.
_FACTS = {"compose_external_credentials"}


def declaration_problems(
    declared: t.Mapping[str, t.Any], specifications: t.Mapping[str, t.Any], names: t.Iterable[str] = ()
) -> list[str]:
    """Sentences about variables that are unknown or misspelt, and about those that are not as they are specified.

    ``declared``: all variables that begin with ``liveconnect_``, and the options of roles that have a value;
    ``specifications``: the argument specifications of the roles by their names, with their defaults; ``liveconnect``
    has the entry point ``variables``; ``names``: those of all variables.
    """
    roles = [specification["main"]["options"] for specification in specifications.values() if "main" in specification]
    site: Options = with_options_of_roles(specifications["liveconnect"]["variables"]["options"], roles)
    of_site = {name: value for name, value in declared.items() if name.startswith(_PREFIX)}
    problems = [
        *unknown_variables(of_site, site, _PREFIX),
        *misspelt_variables(
            (name for name in names if not name.startswith(_PREFIX)),
            _variables_of_roles(specifications),
            specifications,
        ),
        *value_problems(of_site, site),
    ]
    for options in roles:
        problems += value_problems(declared, options)
    return problems


def _variables_of_roles(specifications: t.Mapping[str, t.Any]) -> set[str]:
    entries = [entry for specification in specifications.values() for entry in specification.values()]
    return {name for entry in entries for name in entry["options"]} | _FACTS


def site_problems(
    declared: t.Mapping[str, t.Any],
    node: t.Mapping[str, t.Any],
    names: t.Mapping[str, t.Iterable[str]],
    ports: t.Iterable[t.Mapping[str, t.Any]],
    of_roles: t.Iterable[str] = (),
) -> list[str]:
    """Sentences about a site whose variables are ``declared`` as they are specified, and its node.

    ``node``: the facts of node_info; ``names``: the DNS names of the site by the variables that declare them;
    ``ports``: what it publishes; ``of_roles``: the sentences of the roles' own checks, which follow, but for those
    about a variable that is wrong already.
    """
    problems = [
        *_system_problems(node["system"]),
        *_name_problems(declared, names),
        *console_problems(declared),
        *_address_problems(declared, node["names"]),
        *port_problems(ports, node["sockets"], _PROJECT),
        *_room_problems(declared, node),
        *_registry_problems(declared["liveconnect_image_registry"], node),
    ]
    wrong = {_subject(sentence) for sentence in problems}
    return problems + [sentence for sentence in of_roles if _subject(sentence) not in wrong & declared.keys()]


def _subject(sentence: str) -> str:
    return re.split(r"[: ]", sentence, maxsplit=1)[0]


def _system_problems(system: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    runs = f"{system['distribution']} {system['release']}"
    if runs not in _SYSTEMS:
        yield f"The node runs {runs}: use one with {', '.join(_SYSTEMS)}."
    if system["architecture"] not in _ARCHITECTURES:
        usual = " or ".join(_ARCHITECTURES.values())
        yield f"The node's architecture is {system['architecture']}: use one with {usual}."


def _name_problems(declared: t.Mapping[str, t.Any], names: t.Mapping[str, t.Iterable[str]]) -> list[str]:
    host, workgroup = declared["liveconnect_host"], declared["liveconnect_workgroup_id"]
    problems = []
    if not host:
        problems.append(
            "liveconnect_host is not set: write the domain below which the site's names are made,"
            " such as pf1.example.com."
        )
    if not workgroup:
        problems.append(
            "liveconnect_workgroup_id is not set: write the identifier of the workgroup, as the platform shows it."
        )
    if problems := problems or dns_problems(host, "liveconnect_host"):
        return problems
    given = [(variable, name) for variable, values in names.items() for name in values]
    # Those that would pass with another workgroup are all wrong in the same way: it is said of the longest.
    wrong = [name for variable, name in given if dns_problems(name, variable)]
    made = [name for name in wrong if not dns_problems(name.replace(workgroup, "w"), "")]
    if made:
        problems = dns_problems(max(made, key=len), "liveconnect_workgroup_id")
    for variable, name in given:
        if name not in made:
            problems += dns_problems(name, variable)
    return [*problems, *_repeated(given)]


def _repeated(given: t.Iterable[tuple[str, str]]) -> t.Iterator[str]:
    seen: dict[str, str] = {}
    for variable, name in given:
        if before := seen.get(name.lower()):
            yield f"{variable}: '{name}' is a name of {before} already: a name leads to one place, write it once."
        seen[name.lower()] = variable


def _address_problems(declared: t.Mapping[str, t.Any], meanings: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    variable, given = "liveconnect_advertised_address", declared["liveconnect_advertised_address"]
    if not given:
        yield f"{variable} is not set: write the address or name under which the platform reaches this node."
        return
    meaning = meanings.get(given) or {"addresses": [], "loopback": False, "own": False}
    if not meaning["addresses"]:
        yield f"{variable}: the node does not know the name '{given}': correct it, or make it known by DNS."
    elif meaning["loopback"]:
        yield (
            f"{variable}: '{given}' means the node itself, which nobody else can reach:"
            " write the address or name under which the platform reaches it."
        )
    elif given in meaning["addresses"] and not meaning["own"] and not declared["liveconnect_address_translated"]:
        yield (
            f"{variable}: {given} is not an address of this node: correct it, or set"
            " liveconnect_address_translated to true when a router before the node has it."
        )


def _room_problems(declared: t.Mapping[str, t.Any], node: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    directory = declared["liveconnect_directory"]
    disk, least = node["disks"][directory], float(declared["liveconnect_minimum_disk_gb"])
    free = disk["free_mb"] / 1024
    if free < least:
        yield (
            f"The file system of {directory} (mounted at {disk['mount']}) has {free:.1f} GB free and"
            f" liveconnect_minimum_disk_gb asks for {least:.12g}: free some space, or lower the minimum."
        )
    memory, wanted = node["memory_mb"], int(declared["liveconnect_minimum_memory_mb"])
    if memory < wanted:
        yield (
            f"The node has {memory} MB of memory and liveconnect_minimum_memory_mb asks for {wanted}:"
            " give it more, or lower the minimum."
        )


def _registry_problems(registry: str, node: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if registry and not node["registry"]["answers"]:
        yield (
            f"liveconnect_image_registry: no image registry answers at '{registry}' from this node"
            f" ({node['registry']['error']}): correct host and port, or open the way to it."
        )
