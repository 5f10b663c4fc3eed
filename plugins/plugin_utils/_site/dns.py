# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""Whether a site's names lead to its node, which DNS records make them do so, and what hosts files say. Pure."""

from __future__ import annotations

import typing as t
from ipaddress import ip_address

# The addresses of names; none of a name that there is not, and None for what could not be looked up.
Known = t.Mapping[str, t.Sequence[str] | None]


def dns_report(known: Known, names: t.Sequence[str], target: str, refused: bool = False) -> list[str]:
    """Lines about those of ``names`` that do not lead to ``target``, an address or a name, and the records to create.

    ``known``: what the control machine knows of the names and of the target. ``refused``: leave out what could not be
    looked up, which is no reason to refuse a site. Nothing when all is well.
    """
    looked_up = [name for name in names if not (refused and known[name] is None)]
    faults = {name: fault for name in looked_up if (fault := _fault(known, name, target))}
    records = [_record(name, target) for name in faults]
    return [*faults.values(), "The records to create, as lines of a zone:", *records] if faults else []


def _fault(known: Known, name: str, target: str) -> str:
    found = known[name]
    wanted = [target] if is_address(target) else known.get(target)
    if found is None:
        return f"{name} could not be looked up on the control machine, which reaches no name server."
    if not found:
        return f"{name} is not known to the control machine: create a record for it."
    # Where the target itself is not known nothing can be compared.
    if wanted and not {ip_address(each) for each in found} & {ip_address(each) for each in wanted}:
        return (
            f"{name} leads to {', '.join(found)} and not to {target}: correct its record, or set"
            " liveconnect_web_address to the address that browsers are to reach."
        )
    return ""


def _record(name: str, target: str) -> str:
    if not is_address(target):
        return f"{name}. IN CNAME {target}."
    return f"{name}. IN {'AAAA' if ip_address(target).version == 6 else 'A'} {target}"  # noqa: PLR2004 - of the protocol


def is_address(text: str) -> bool:
    """Whether this is an IP address and not a name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def hosts_file_problems(
    entries: t.Iterable[t.Mapping[str, t.Any]], target: str, hosts: t.Collection[str]
) -> t.Iterator[str]:
    """Sentences about the hosts (``host``, ``state``, ``address``) whose hosts files are to have the names.

    ``target``: what the names lead to where an entry has no address; ``hosts``: those of the inventory.
    """
    for entry in entries:
        host, address = entry["host"], entry.get("address") or target
        if host not in {"localhost", *hosts}:
            yield f"liveconnect_hosts_file: the inventory has no host '{host}': correct it, or add it there."
        if entry.get("state") != "absent" and not is_address(address):
            yield (
                f"liveconnect_hosts_file: '{address}' is no IP address, as the hosts file of {host} needs it:"
                " give the entry an address."
            )
