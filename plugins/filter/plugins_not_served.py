# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installed plugins that a Connect worker does not serve."""

from __future__ import annotations

import typing as t

DOCUMENTATION = r"""
name: plugins_not_served
short_description: Installed plugins of which a Connect worker does not serve every class
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Holds the classes of installed plugins against those that a worker serves, and gives one sentence for each plugin of
    which something is missing.
  - Configuration providers and REST extensions are left out, because a worker does not list them. Kinds other than
    connectors are left out when the worker lists connectors only, as it does before Kafka 3.2.
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
"""

EXAMPLES = r"""
- name: Show what is missing
  ansible.builtin.debug:
    msg: "{{ installed.plugins | igrafx.liveconnect.plugins_not_served(worker.json) }}"
"""

RETURN = r"""
_value:
  description: The sentences; empty when every class is served.
  type: list
  elements: str
"""

CONNECTORS = ("sources", "sinks")
OTHERS = ("converters", "header_converters", "transformations", "predicates")


def plugins_not_served(
    plugins: t.Sequence[t.Mapping[str, t.Any]], served: t.Sequence[t.Mapping[str, t.Any]]
) -> list[str]:
    """One sentence for each of ``plugins`` of which a class is not in ``served``."""
    classes = {entry["class"] for entry in served}
    connectors_only = all(entry.get("type") in ("source", "sink") for entry in served)
    kinds = CONNECTORS if connectors_only else CONNECTORS + OTHERS
    problems = []
    for plugin in plugins:
        declared = plugin["classes"]
        missing = sorted({name for kind in kinds for name in declared.get(kind, [])} - classes)
        if missing:
            problems.append(
                f"The Connect worker does not serve {', '.join(missing)} of the plugin '{plugin['name']}':"
                " restart it, because it reads plugins only when it starts, and look for the class in its log."
            )
    return problems


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"plugins_not_served": plugins_not_served}
