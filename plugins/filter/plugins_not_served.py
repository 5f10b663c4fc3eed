# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installed plugins that a Connect worker does not serve, or serves in another version."""

from __future__ import annotations

import re
import typing as t

DOCUMENTATION = r"""
name: plugins_not_served
short_description: Installed plugins of which a Connect worker does not serve every class in its version
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Compares the classes of installed plugins with those that a worker serves, and gives one sentence for each plugin of
    which something is missing.
  - Classes that jars declare must all be served. Of a plugin whose classes were found by a scan (C(classes_declared) is
    false) one is enough, because a worker leaves out those whose libraries are missing. None is served by a worker with
    C(plugin.discovery=service_load).
  - Configuration providers and REST extensions are left out, because a worker does not list them. Kinds other than
    connectors are left out when the worker lists connectors only, as it does before Kafka 3.2.
  - The version that the worker reports of a connector is compared with the plugin's version, as a worker that was not
    restarted still serves the old one. A connector that tells none, or V(0.0.0.0), passes.
positional: _input, served
options:
  _input:
    description: The plugins, as M(igrafx.liveconnect.confluent_hub_plugin_info) returns them.
    type: list
    elements: dict
    required: true
  served:
    description: The worker's answer to C(GET /connector-plugins?connectorsOnly=false).
    type: list
    elements: dict
    required: true
  versions:
    description: Whether versions are compared. A connector may have a version that is not its plugin's.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Show what is missing
  ansible.builtin.debug:
    msg: "{{ installed.plugins | igrafx.liveconnect.plugins_not_served(worker.json) }}"
"""

RETURN = r"""
_value:
  description: The sentences; empty when every class is served in its version.
  type: list
  elements: str
"""

CONNECTORS = ("sources", "sinks")
OTHERS = ("converters", "header_converters", "transformations", "predicates")


def plugins_not_served(
    plugins: t.Sequence[t.Mapping[str, t.Any]], served: t.Sequence[t.Mapping[str, t.Any]], versions: bool = True
) -> list[str]:
    """Sentences for those of ``plugins`` of which a class is not in ``served``, or there in another version."""
    classes = {entry["class"] for entry in served}
    connectors_only = all(entry.get("type") in ("source", "sink") for entry in served)
    kinds = CONNECTORS if connectors_only else CONNECTORS + OTHERS
    problems = []
    for plugin in plugins:
        wanted = {name for kind in kinds for name in plugin["classes"].get(kind, [])}
        missing = sorted(wanted - classes)
        if not plugin["classes_declared"]:
            if wanted and wanted.isdisjoint(classes):
                problems.append(_not_scanned(plugin, missing))
        elif missing:
            problems.append(
                f"The Connect worker does not serve {', '.join(missing)} of the plugin '{plugin['name']}':"
                " restart it, because it reads plugins only when it starts, and look for the class in its log."
            )
        if versions:
            problems += _other_versions(plugin, served)
    return problems


def _not_scanned(plugin: t.Mapping[str, t.Any], missing: t.Sequence[str]) -> str:
    connectors = sorted(name for kind in CONNECTORS for name in plugin["classes"].get(kind, []))
    named = ", ".join(connectors or missing)
    return (
        f"The Connect worker serves no class of the plugin '{plugin['name']}' ({named}), which"
        " its jars do not declare in META-INF/services: if the worker runs with plugin.discovery=service_load"
        " (CONNECT_PLUGIN_DISCOVERY), which finds declared classes alone, set it to hybrid_warn; otherwise restart it,"
        " because it reads plugins only when it starts, and look for the classes in its log."
    )


def _other_versions(plugin: t.Mapping[str, t.Any], served: t.Sequence[t.Mapping[str, t.Any]]) -> t.Iterator[str]:
    for name in sorted(name for kind in CONNECTORS for name in plugin["classes"].get(kind, [])):
        told = [str(entry.get("version") or "") for entry in served if entry["class"] == name]
        known = [version for version in told if version[:1].isdigit() and not version.startswith("0.0.0")]
        if known and plugin["version"] and not any(_same(version, plugin["version"]) for version in known):
            yield (
                f"The Connect worker serves {name} as version {', '.join(known)}, but version {plugin['version']} of"
                f" the plugin '{plugin['name']}' is installed: restart the worker, because it reads plugins only when"
                " it starts; when the class has a version of its own, set connect_plugins_verify_versions to false."
            )


def _same(one: str, other: str) -> bool:
    """Whether two versions are the same but for a suffix, as ``3.2.0.Final`` and ``3.2.0.Final-plugin`` are."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and re.match(r"$|[-+]|\.\D", long[len(short) :]) is not None


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"plugins_not_served": plugins_not_served}
