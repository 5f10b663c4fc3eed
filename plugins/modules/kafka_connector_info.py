#!/usr/bin/python

# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kafka_connector_info
short_description: Read Kafka Connect connectors, plugins and versions
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Returns the configurations and states of connectors, the plugins and the version of a Kafka Connect worker.
  - Values of keys that a connector class types as passwords, or whose names suggest a secret, and passwords inside
    addresses and connection strings are masked. References to config providers such as C(${file:/path:key}) are shown;
    what the worker puts for them is masked in stack traces.
  - Sends five requests, one for each connector class, and one for each connector that failed and has references. With
    that one the worker validates the configuration, because only so it tells what it puts for them.
options:
  names:
    description:
      - The connectors to return; all when it is not given.
      - A connector that does not exist is not in the result.
    type: list
    elements: str
  retry_timeout:
    description: Seconds for which a request is repeated while no worker answers, or while it is starting.
    type: float
    default: 120
extends_documentation_fragment:
  - igrafx.liveconnect.action_group.connect
  - igrafx.liveconnect.connection
  - igrafx.liveconnect.connection.url
  - igrafx.liveconnect.reads_only
seealso:
  - module: igrafx.liveconnect.kafka_connector
"""

EXAMPLES = r"""
- name: Read all connectors
  igrafx.liveconnect.kafka_connector_info:
    url: http://127.0.0.1:8083
  register: connect

- name: Show those that do not run
  ansible.builtin.debug:
    msg: "{{ connect.connectors | rejectattr('state', 'equalto', 'running') | map(attribute='name') }}"
"""

RETURN = r"""
connectors:
  description: One entry for each connector, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the connector.
      type: str
    config:
      description: Its configuration without C(name), secrets masked. Not fit to be written back.
      type: dict
    type:
      description: V(source) or V(sink).
      type: str
    state:
      description: V(running), V(paused), V(stopped), V(failed), V(unassigned), V(restarting) or V(unknown).
      type: str
    trace:
      description: Stack trace of a failed connector.
      returned: when the connector has failed
      type: str
    tasks:
      description: C(id), C(state), C(worker) and, where it failed, C(trace) of each task.
      type: list
      elements: dict
plugins:
  description: C(class), C(type) and C(version) of each plugin of the worker.
  returned: success
  type: list
  elements: dict
worker:
  description: C(version), C(commit) and C(kafka_cluster_id) of the worker.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.runner import run_info
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import (
    HTTP_ARGUMENT_SPEC,
    HTTP_MUTUALLY_EXCLUSIVE,
    HTTP_REQUIRED_TOGETHER,
)

ARGUMENT_SPEC = {
    **HTTP_ARGUMENT_SPEC,
    "names": {"type": "list", "elements": "str"},
    "retry_timeout": {"type": "float", "default": 120},
}


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
        mutually_exclusive=HTTP_MUTUALLY_EXCLUSIVE,
        required_together=HTTP_REQUIRED_TOGETHER,
    )
    try:
        module.exit_json(**run_info(module.params))
    except LiveConnectError as error:
        module.fail_json(msg=str(error), **error.details)


if __name__ == "__main__":
    main()
