#!/usr/bin/python
# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ksql_info
short_description: Read ksqlDB streams, tables, queries, types and functions
version_added: 0.1.0
author:
  - iGrafx LiveConnect contributors (@igrafx)
description:
  - Returns what a ksqlDB server holds, and which server it is, with two requests.
  - Values of properties whose names tell of a secret are masked.
options:
  show_strings:
    description:
      - Whether the strings that statements select or compare with are shown.
      - They are masked otherwise, because a secret may stand there, such as a key that is handed to a function.
    type: bool
    default: false
  retry_timeout:
    description: Seconds for which a request is repeated while no server answers, or while it is starting.
    type: float
    default: 120
extends_documentation_fragment:
  - igrafx.liveconnect.action_group.ksql
  - igrafx.liveconnect.connection
  - igrafx.liveconnect.connection.url
  - igrafx.liveconnect.reads_only
seealso:
  - module: igrafx.liveconnect.ksql_statement
"""

EXAMPLES = r"""
- name: Read what ksqlDB holds
  igrafx.liveconnect.ksql_info:
    url: http://127.0.0.1:8088
  register: ksql

- name: Show the queries that do not run
  ansible.builtin.debug:
    msg: "{{ ksql.queries | rejectattr('state', 'equalto', 'running') | map(attribute='id') }}"
"""

RETURN = r"""
server:
  description: C(version), C(kafka_cluster_id), C(service_id) and C(status) of the server.
  returned: success
  type: dict
streams:
  description: One entry for each stream.
  returned: success
  type: list
  elements: dict
  contains: &source
    name:
      description: Its name.
      type: str
    columns:
      description:
        - C(name), C(type) and C(key) (whether it belongs to the key) of each column.
        - ksqlDB does not tell the type of the keys of a C(MAP); V(…) stands there.
      type: list
      elements: dict
    topic:
      description: Its Kafka topic.
      type: str
    partitions:
      description: Partitions of the topic, 0 when the topic is gone.
      type: int
    replicas:
      description: Replicas of each partition, 0 when the topic is gone.
      type: int
    key_format:
      description: Format of the key, for example V(KAFKA).
      type: str
    value_format:
      description: Format of the value, for example V(JSON).
      type: str
    window:
      description: Kind of the window in the key, null without one.
      type: str
    statement:
      description: The statement that made it, as the server stores it.
      type: str
    read_by:
      description: The streams and tables that are made from it, and the ids of the queries that read it.
      type: list
      elements: str
    written_by:
      description: Ids of the queries that write into it.
      type: list
      elements: str
tables:
  description: One entry for each table, of the same form.
  returned: success
  type: list
  elements: dict
  contains: *source
queries:
  description: One entry for each persistent query.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
    state:
      description: V(running), V(paused), V(error) or V(unresponsive).
      type: str
    statement:
      description: Its statement.
      type: str
    sources:
      description: The streams and tables that it reads.
      type: list
      elements: str
    sinks:
      description: What it writes into.
      type: list
      elements: str
    properties:
      description: The properties that it was started with.
      type: dict
    errors:
      description: Messages of its last errors.
      type: list
      elements: str
types:
  description: The text of each custom type, by its name.
  returned: success
  type: dict
functions:
  description: Names of all functions, those from jars among them.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import (
    HTTP_ARGUMENT_SPEC,
    HTTP_MUTUALLY_EXCLUSIVE,
    HTTP_REQUIRED_TOGETHER,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.runner import run_info

ARGUMENT_SPEC = {
    **HTTP_ARGUMENT_SPEC,
    "show_strings": {"type": "bool", "default": False},
    "retry_timeout": {"type": "float", "default": 120},
}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
        required_together=HTTP_REQUIRED_TOGETHER,
        mutually_exclusive=HTTP_MUTUALLY_EXCLUSIVE,
    )
    try:
        module.exit_json(**run_info(module.params))
    except LiveConnectError as error:
        module.fail_json(msg=str(error), **error.details)


if __name__ == "__main__":
    main()
