#!/usr/bin/python
# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: workgroup_kafka_registration
short_description: Tell the platform where a workgroup's Kafka broker and schema registry are
version_added: 0.1.0
author:
  - iGrafx LiveConnect contributors (@igrafx)
description:
  - Writes the addresses of the Kafka broker and of the schema registry into the workgroup's row of the platform's
    PostgreSQL database.
  - A row is never created and never deleted; an unknown workgroup is a failure that names what is close.
  - Everything is compared and written in one transaction with the rows locked. A run that changes nothing takes no
    lock and needs no right to write.
  - Whether the platform reaches these addresses is not tested here; the role P(igrafx.liveconnect.workgroup#role)
    proves it first.
options:
  workgroup_id:
    description:
      - Id of the workgroup, compared with O(id_column) as text; a UUID may be written in any case.
      - Exactly one of O(workgroup_id) and O(workgroups) is required.
    type: str
  broker:
    description:
      - Host and port at which the platform reaches the broker, for example V(192.168.1.128:19092).
      - Required when O(state=present).
    type: str
  registry:
    description:
      - Host and port at which the platform reaches the schema registry, for example V(192.168.1.128:8081).
      - Required when O(state=present).
    type: str
  workgroups:
    description: Several workgroups in one task and one transaction; either all are written or none.
    type: list
    elements: dict
    suboptions:
      workgroup_id:
        description: See O(workgroup_id).
        type: str
        required: true
      broker:
        description: See O(broker).
        type: str
      registry:
        description: See O(registry).
        type: str
  state:
    description:
      - V(present) writes both addresses.
      - V(absent) writes NULL into both columns.
    type: str
    choices: [present, absent]
    default: present
  url_prefix:
    description:
      - Written before O(broker) and O(registry) when they have no scheme.
      - The platform expects V(http://), also before the broker. Set to an empty string to write host and port alone.
    type: str
    default: http://
  allow_internal_address:
    description:
      - Whether to accept an address that only works on the same machine or in the same Docker network, such as
        V(localhost:19092) or V(kafka-broker:29092).
      - The module then warns, and says why, instead of failing.
    type: bool
    default: false
  schema:
    description: Schema of O(table), written as the database stores it; capitals count.
    type: str
    default: public
  table:
    description: Table with one row per workgroup, written as the database stores it; capitals count.
    type: str
    default: WORKGROUPS
  id_column:
    description: Column with the workgroup's id, of type uuid or text, written as the database stores it.
    type: str
    default: ID
  broker_column:
    description: Column with the broker's address, written as the database stores it.
    type: str
    default: KAFKA_BROKER
  registry_column:
    description: Column with the registry's address, written as the database stores it.
    type: str
    default: KAFKA_REGISTRY
  lock_timeout:
    description: Seconds to wait for another session that holds the row; V(0) waits for ever.
    type: float
    default: 10
  connect_timeout:
    description: Seconds to wait for PostgreSQL to accept the connection.
    type: int
    default: 10
  login_host:
    description: Host of PostgreSQL; empty for O(login_unix_socket) or the local socket.
    type: str
    default: ''
  login_port:
    description: Port of PostgreSQL.
    type: int
    default: 5432
  login_unix_socket:
    description: Directory of PostgreSQL's socket, used when O(login_host) is empty.
    type: str
    default: ''
  login_user:
    description: Role that may SELECT and UPDATE the table.
    type: str
    default: postgres
  login_password:
    description: Password of O(login_user).
    type: str
    default: ''
  login_db:
    description: The platform's database; PostgreSQL takes the name of O(login_user) when it is empty.
    type: str
    default: ''
  ssl_mode:
    description: How far TLS is required and verified, as in libpq.
    type: str
    choices: [allow, disable, prefer, require, verify-ca, verify-full]
    default: prefer
  ca_cert:
    description: PEM file on the target host with the authorities to trust for O(ssl_mode=verify-ca) and V(verify-full).
    type: path
requirements:
  - psycopg2 2.8 or later (Debian package python3-psycopg2), or psycopg 3
attributes:
  check_mode:
    description: Reports what would be written, without locking or writing.
    support: full
  diff_mode:
    description: Shows both columns of every declared workgroup before and after.
    support: full
  idempotent:
    description: A row that says what is declared is left alone.
    support: full
"""

EXAMPLES = r"""
- name: Register the workgroup's broker and registry
  igrafx.liveconnect.workgroup_kafka_registration:
    workgroup_id: 325151bf-2007-4308-b94d-b436a61a35c5
    broker: 192.168.1.128:19092
    registry: 192.168.1.128:8081
    login_host: platform.example.com
    login_user: liveconnect
    login_password: "{{ vault_platform_password }}"
    login_db: platform
    ssl_mode: verify-full
    ca_cert: /etc/ssl/certs/ca-certificates.crt

- name: Take a whole fleet out, where the columns are not in capitals
  igrafx.liveconnect.workgroup_kafka_registration:
    state: absent
    workgroups:
      - workgroup_id: 325151bf-2007-4308-b94d-b436a61a35c5
      - workgroup_id: 0f0a7c52-7e38-4a94-9d5c-6a3c2a5b9a11
    table: workgroups
    id_column: id
    broker_column: kafka_broker
    registry_column: kafka_registry
    login_unix_socket: /var/run/postgresql
    login_db: platform
  become: true
  become_user: postgres
"""

RETURN = r"""
workgroups:
  description: Every declared workgroup, in the declared order, as its row stands after the run.
  returned: success
  type: list
  elements: dict
  contains:
    workgroup_id:
      description: Id as the database writes it.
      type: str
    broker:
      description: Content of the broker's column.
      type: str
    registry:
      description: Content of the registry's column.
      type: str
    changed:
      description: Whether the row was written, or would be in check mode.
      type: bool
  sample:
    - workgroup_id: 325151bf-2007-4308-b94d-b436a61a35c5
      broker: http://192.168.1.128:19092
      registry: http://192.168.1.128:8081
      changed: true
close:
  description: Ids of the table that resemble the unknown one.
  returned: when a workgroup has no row
  type: list
  elements: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._workgroup.runner import run

WORKGROUP_SPEC: dict[str, t.Any] = {
    "workgroup_id": {"type": "str"},
    "broker": {"type": "str"},
    "registry": {"type": "str"},
}
ARGUMENT_SPEC: dict[str, t.Any] = {
    **WORKGROUP_SPEC,
    "workgroups": {
        "type": "list",
        "elements": "dict",
        "options": {**WORKGROUP_SPEC, "workgroup_id": {"type": "str", "required": True}},
    },
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "url_prefix": {"type": "str", "default": "http://"},
    "allow_internal_address": {"type": "bool", "default": False},
    "schema": {"type": "str", "default": "public"},
    "table": {"type": "str", "default": "WORKGROUPS"},
    "id_column": {"type": "str", "default": "ID"},
    "broker_column": {"type": "str", "default": "KAFKA_BROKER"},
    "registry_column": {"type": "str", "default": "KAFKA_REGISTRY"},
    "lock_timeout": {"type": "float", "default": 10},
    "connect_timeout": {"type": "int", "default": 10},
    "login_host": {"type": "str", "default": ""},
    "login_port": {"type": "int", "default": 5432},
    "login_unix_socket": {"type": "str", "default": ""},
    "login_user": {"type": "str", "default": "postgres"},
    "login_password": {"type": "str", "default": "", "no_log": True},
    "login_db": {"type": "str", "default": ""},
    "ssl_mode": {
        "type": "str",
        "choices": ["allow", "disable", "prefer", "require", "verify-ca", "verify-full"],
        "default": "prefer",
    },
    "ca_cert": {"type": "path"},
}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        ARGUMENT_SPEC,
        supports_check_mode=True,
        required_one_of=[("workgroup_id", "workgroups")],
        mutually_exclusive=[("workgroup_id", "workgroups"), ("broker", "workgroups"), ("registry", "workgroups")],
    )
    try:
        module.exit_json(**run(module.params, check_mode=module.check_mode, warn=module.warn))
    except LiveConnectError as error:
        module.fail_json(msg=str(error), **error.details)


if __name__ == "__main__":
    main()
