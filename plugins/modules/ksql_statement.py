#!/usr/bin/python
# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ksql_statement
short_description: Declare ksqlDB streams, tables, types and queries
version_added: 0.1.0
description:
  - Reads C(.sql) scripts as declarations and brings a ksqlDB server to them. What is missing is created, what equals is
    left alone, what differs is reported or replaced. The same run twice changes nothing.
  - The server itself decides what differs. It is shown our statement in a request that cannot be carried out, and
    answers with the text that it would store; that is compared with the text that it has stored. It is not asked about
    a C(CREATE) whose columns and properties are word for word the stored ones.
  - C(OR REPLACE) and C(IF NOT EXISTS) in a statement make no difference; O(on_drift) says what happens to what differs.
  - C(CREATE STREAM), C(CREATE TABLE), with columns or C(AS SELECT), and C(CREATE TYPE) declare that the thing exists.
  - C(INSERT INTO ... SELECT) declares that its query runs. Without C(WITH (QUERY_ID='...')) it is given an id made from
    its text, because without an id every run would add another query. A changed text is another query, so the module
    warns of the query of an earlier text.
  - C(DROP) of a stream, table, type or connector, and C(TERMINATE), declare that the thing does not exist.
    C(DROP ... DELETE TOPIC) is refused, because ksqlDB deletes the topic while it validates, even in a dry run;
    use O(state=absent) with O(delete_topic).
  - C(CREATE SOURCE CONNECTOR) and C(CREATE SINK CONNECTOR) declare a connector with exactly this configuration.
    ksqlDB shows no configurations, so Kafka Connect is asked for them, see O(connect_url). One that differs is refused
    whatever O(on_drift) says, because ksqlDB cannot change a connector.
    M(igrafx.liveconnect.kafka_connector) can, keeps secrets out of the statements, and waits for the tasks; prefer it.
  - C(SET), C(UNSET), C(DEFINE) and C(UNDEFINE) hold for the statements after them in the same task.
  - Everything else is refused with the reason. C(SELECT), C(PRINT), C(LIST), C(SHOW), C(DESCRIBE), C(EXPLAIN) and
    C(ASSERT) declare nothing. C(INSERT INTO ... VALUES) would write its row at every run. C(PAUSE) and C(RESUME) are
    not kept apart from a failed query. C(ALTER) makes a source that can no longer be compared.
  - Before anything new is sent, the functions that it calls are looked for on the server, and the missing ones named.
  - ksqlDB serialises changes, and clients that change it at the same time fence each other off. Run one such task at a
    time for each cluster, for example with C(run_once) or C(throttle) set to 1. After being fenced off the module looks
    at what was done, and goes on with the rest.
  - A script with an error changes nothing; the message names the file and the line. Scripts are UTF-8, with or without
    a byte order mark, and with the line ends of any system.
extends_documentation_fragment:
  - igrafx.liveconnect.action_group.ksql
  - igrafx.liveconnect.connection
  - igrafx.liveconnect.connection.url
options:
  src:
    description:
      - Script files on the target host, in order; read before O(statements).
      - Every statement in them ends with a semicolon.
    type: list
    elements: path
    default: []
  statements:
    description:
      - One text, or a list of texts.
      - Statements written in the playbook, one or more in each item.
      - An item may also be a dictionary of C(text) and the C(name) that messages call it by, such as a file on the
        controller that the text was read from.
      - The last statement of an item may lack its semicolon.
    type: raw
    default: []
  variables:
    description:
      - Values of C(${name}) in the statements, as session variables of ksqlDB.
      - A variable that is used and not given is refused.
    type: dict
    default: {}
  secrets:
    description:
      - Variables whose values are shown nowhere, merged over O(variables).
      - Of a statement that uses one, no string is shown in the difference, because an older secret may stand there.
      - ksqlDB itself stores statements with their values, and shows them to everyone who may read its catalogue.
    type: dict
    default: {}
  properties:
    description:
      - Properties of the queries that are started, for example V(auto.offset.reset) set to V(earliest).
      - A query that runs with other properties counts as drift.
    type: dict
    default: {}
  state:
    description:
      - V(present) brings the server to what the statements declare.
      - V(absent) removes what they declare, dependants first, whatever its definition is. Queries of C(INSERT)
        statements are terminated. What something depends on that is not declared here is refused.
    type: str
    choices: [present, absent]
    default: present
  delete_topic:
    description:
      - With O(state=absent), whether the Kafka topics of the streams and tables go with them, and all their records.
      - Refused where a source that is not declared here has the same topic. The topic of a C(CREATE SOURCE) stays.
      - Each is dropped in a request of its own, after a check that nothing depends on it by now.
    type: bool
    default: false
  on_drift:
    description:
      - What to do when a stream, table or type exists with another definition, when its query was terminated, or when
        it runs with other properties.
      - With V(fail) nothing is changed at all, and the differences are shown.
      - With V(replace) it is replaced, by C(CREATE OR REPLACE) where it is a stream or table. ksqlDB allows that for
        added columns and changed filters, and refuses it for changed keys, sources and aggregates; it then says so
        before anything is changed. A query of an C(INSERT) cannot be replaced.
      - With V(recreate) it is dropped and created. Before that, what depends on it is dropped and terminated, and after
        it created again as declared; all of that must be declared in the same task, or nothing is done. The new queries
        start where C(auto.offset.reset) says, and their state is rebuilt. Topics stay.
    type: str
    choices: [fail, replace, recreate]
    default: fail
  purge:
    description:
      - Whether streams, tables and queries are removed that are not declared in O(src) and O(statements) and whose name
        or query id matches O(purge_match). Types and connectors stay, and so do topics.
      - Refused when nothing is declared. Check mode shows what would go.
    type: bool
    default: false
  purge_match:
    description: Python regular expression for the whole name. Required with O(purge); V(.*) for all.
    type: str
  connect_url:
    description:
      - Address of Kafka Connect, needed when a connector is declared. Several addresses are tried in order.
      - It is reached with the same credentials and TLS settings as O(url).
    type: list
    elements: str
    default: []
  record:
    description:
      - File on the target host with digests of the statements that were found equal and of the texts that the server
        stored for them, by O(url). As long as both match, an unchanged statement needs no request of its own.
      - The stored texts are read from the server in every run; without the file, or with a broken one, a run asks again
        about the statements with C(AS SELECT). It is written in one step, for its owner alone. Statements whose columns
        come from a schema registry are always asked for. Delete it after changing the server's default formats.
      - An empty value keeps no record.
    type: path
    default: ~/.cache/igrafx.liveconnect/ksql_statement.json
  wait_timeout:
    description: Seconds to wait until a command that the server has accepted is done.
    type: float
    default: 120
  retry_timeout:
    description:
      - Seconds for which a server that is starting, busy or out of reach is tried again, while nothing gets done.
      - After a time-out the module reads what the server has before it repeats anything.
    type: float
    default: 120
attributes:
  check_mode:
    support: full
    description: The server validates everything that would be sent, and carries out none of it.
  diff_mode:
    support: full
    description: Shows the stored and the declared statement, both as the server writes them.
  idempotent:
    support: full
    description: A second run changes nothing.
seealso:
  - module: igrafx.liveconnect.ksql_info
  - module: igrafx.liveconnect.kafka_connector
author:
  - iGrafx LiveConnect contributors (@igrafx)
"""

EXAMPLES = r"""
- name: Declare a pipeline
  igrafx.liveconnect.ksql_statement:
    url: http://127.0.0.1:8088
    src: [/opt/liveconnect/pipelines/incidents/streams.sql]
    variables:
      topic: incidents
    properties:
      auto.offset.reset: earliest

- name: Add a column, and end a query that is no longer wanted
  igrafx.liveconnect.ksql_statement:
    url: http://127.0.0.1:8088
    on_drift: replace
    statements:
      - |
        CREATE STREAM incidents (id VARCHAR KEY, state VARCHAR, priority INT)
          WITH (KAFKA_TOPIC='incidents', VALUE_FORMAT='JSON', PARTITIONS=1);
      - TERMINATE INSERT_INCIDENTS_0123456789AB;

- name: Change a key, which ksqlDB cannot replace, and have nothing else of this pipeline
  igrafx.liveconnect.ksql_statement:
    url: http://127.0.0.1:8088
    src: [/opt/liveconnect/pipelines/incidents/streams.sql]
    on_drift: recreate
    purge: true
    purge_match: INCIDENTS_.*

- name: Remove a pipeline with its records
  igrafx.liveconnect.ksql_statement:
    url: http://127.0.0.1:8088
    src: [/opt/liveconnect/pipelines/incidents/streams.sql]
    state: absent
    delete_topic: true
"""

RETURN = r"""
statements:
  description: One entry for each declared statement, in order, then those that were purged. Also when the task failed.
  returned: always, unless the statements could not be read or the server not be reached
  type: list
  elements: dict
  contains:
    name:
      description: Name of the stream, table or type, or id of the query.
      type: str
      returned: success
    kind:
      description: One of V(stream), V(table), V(type), V(insert), V(query) and V(connector).
      type: str
      returned: success
    source:
      description: File, line and column of the statement, or V(purge).
      type: str
      returned: success
    action:
      description:
        - V(none), V(create), V(replace), V(recreate), V(drop) or V(terminate).
        - V(drift) when it differs and O(on_drift) is V(fail), V(refused) when it cannot be done as the options say.
      type: str
      returned: success
    changed:
      description: Whether this was done, or in check mode would be.
      type: bool
      returned: success
    diff:
      description: The stored text as C(before), the declared one as C(after); both empty when nothing differs.
      type: dict
      returned: success
    query_id:
      description: Id of the query that runs for it, where this run knows it.
      type: str
      returned: success
    topic:
      description: The topic that is deleted with it.
      type: str
      returned: success
    error:
      description: Why it was not done.
      type: str
      returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import (
    HTTP_ARGUMENT_SPEC,
    HTTP_MUTUALLY_EXCLUSIVE,
    HTTP_REQUIRED_TOGETHER,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.runner import run

ARGUMENT_SPEC = {
    **HTTP_ARGUMENT_SPEC,
    "src": {"type": "list", "elements": "path", "default": []},
    # Not a list of strings: Ansible would cut one string into a list at its commas.
    "statements": {"type": "raw", "default": []},
    "variables": {"type": "dict", "default": {}},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "properties": {"type": "dict", "default": {}},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "delete_topic": {"type": "bool", "default": False},
    "on_drift": {"type": "str", "choices": ["fail", "replace", "recreate"], "default": "fail"},
    "purge": {"type": "bool", "default": False},
    "purge_match": {"type": "str"},
    "connect_url": {"type": "list", "elements": "str", "default": []},
    "record": {"type": "path", "default": "~/.cache/igrafx.liveconnect/ksql_statement.json"},
    "wait_timeout": {"type": "float", "default": 120},
    "retry_timeout": {"type": "float", "default": 120},
}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        required_if=[("purge", True, ["purge_match"])],
        required_together=HTTP_REQUIRED_TOGETHER,
        mutually_exclusive=HTTP_MUTUALLY_EXCLUSIVE,
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module.params, check_mode=module.check_mode, warn=module.warn))
    except LiveConnectError as error:
        module.fail_json(msg=str(error), **error.details)


if __name__ == "__main__":
    main()
