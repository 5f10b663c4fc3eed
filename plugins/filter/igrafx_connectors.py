# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter igrafx_connectors."""

from __future__ import annotations

import typing as t

from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.igrafx import igrafx_connectors

DOCUMENTATION = r"""
name: igrafx_connectors
short_description: The configurations of iGrafx's connectors
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Makes of C(igrafx_aggregation) and C(igrafx_sink) of a pipeline, as the role P(igrafx.liveconnect.pipelines#role)
    takes them, the complete configurations of the connectors. Indexes and the number of fields follow from the order of
    the columns.
  - The key of the workgroup is not among them, but a reference to it, which the Connect worker replaces.
  - What is declared has to be right, see P(igrafx.liveconnect.pipelines_problems#filter).
positional: _input
options:
  _input:
    description: One pipeline.
    type: dict
    required: true
  workgroup:
    description: The workgroup of a sink that names none.
    type: str
    required: true
  bootstrap_servers:
    description: The broker, as the Connect worker reaches it.
    type: str
    required: true
  schema_registry_url:
    description: The schema registry, as the Connect worker reaches it.
    type: str
    required: true
seealso:
  - module: igrafx.liveconnect.kafka_connector
"""

EXAMPLES = r"""
- name: Deliver a topic to a project
  igrafx.liveconnect.kafka_connector:
    url: http://127.0.0.1:8083
    connectors: >-
      {{ pipeline | igrafx.liveconnect.igrafx_connectors(
           workgroup='wk1', bootstrap_servers='broker:29092', schema_registry_url='http://schema-registry:8081') }}
  vars:
    pipeline:
      name: incidents
      igrafx_sink:
        topic: incidents
        project: 325151bf-2007-4308-b94d-b436a61a35c5
        api_url: https://api.pf1.example.com
        auth_url: https://id.pf1.example.com/realms/igrafx
        columns:
          - {name: Incident, role: case}
          - {name: Activity, role: activity}
          - {name: Date, role: time, format: "dd-MM-yyyy HH:mm:ss"}
          - {name: Priority, role: dimension, scope: case, aggregation: first}
          - {name: Cost, role: metric, unit: EUR}
"""

RETURN = r"""
_value:
  description:
    - The connectors as M(igrafx.liveconnect.kafka_connector) takes them, with C(name), C(state) and C(config), of which
      all values are text. First the aggregation, then the sink; none of what the pipeline does not declare.
  type: list
  elements: dict
"""


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"igrafx_connectors": igrafx_connectors}
