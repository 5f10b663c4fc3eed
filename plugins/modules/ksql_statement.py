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
    answers with the text that it would store; that is compared with the text that it has stored.
  - C(OR REPLACE) and C(IF NOT EXISTS) in a statement make no difference; O(on_drift) says what happens to what differs.
  - C(CREATE STREAM), C(CREATE TABLE), with columns or C(AS SELECT), and C(CREATE TYPE) declare that the thing exists.
  - C(INSERT INTO ... SELECT) declares that its query runs. Without C(WITH (QUERY_ID='...')) it is given an id made from
    its text, because without an id every run would add another query. A changed text is another query, so the module
    warns of the query of an earlier text.
  - C(DROP STREAM), C(DROP TABLE), C(DROP TYPE) and C(TERMINATE) declare that the thing does not exist.
    C(DROP ... DELETE TOPIC) is refused, because ksqlDB deletes the topic while it validates, even in a dry run.
  - C(SET), C(UNSET), C(DEFINE) and C(UNDEFINE) hold for the statements after them in the same task.
  - Everything else is refused with the reason. C(SELECT), C(PRINT), C(LIST), C(SHOW), C(DESCRIBE), C(EXPLAIN) and
    C(ASSERT) declare nothing. C(INSERT INTO ... VALUES) would write its row at every run. C(PAUSE) and C(RESUME) are
    not kept apart from a failed query. C(ALTER) makes a source that can no longer be compared. Connectors belong to
    M(igrafx.liveconnect.kafka_connector).
  - ksqlDB serialises changes, and clients that change it at the same time fence each other off. Run one such task at a
    time for each cluster, for example with C(run_once) or C(throttle) set to 1. Being fenced off is retried.
extends_documentation_fragment:
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
      - ksqlDB itself stores statements with their values, and shows them to everybody who may read its catalogue.
    type: dict
    default: {}
  properties:
    description:
      - Properties of the queries that are started, for example V(auto.offset.reset) set to V(earliest).
      - A query that runs with other properties counts as drift.
    type: dict
    default: {}
  on_drift:
    description:
      - What to do when a stream, table or type exists with another definition, when its query was terminated, or when
        it runs with other properties.
      - With V(fail) nothing is changed at all, and the differences are shown.
      - With V(replace) it is replaced, by C(CREATE OR REPLACE) where it is a stream or table. ksqlDB allows that for
        added columns and changed filters, and refuses it for changed keys, sources and aggregates; it then says so
        before anything is changed.
    type: str
    choices: [fail, replace]
    default: fail
  wait_timeout:
    description: Seconds to wait until a command that the server has accepted is done.
    type: float
    default: 120
  retry_timeout:
    description:
      - Seconds for which a server that is starting, busy or out of reach is tried again.
      - After a time-out the module looks at what the server holds before it repeats anything.
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
"""

RETURN = r"""
statements:
  description: One entry for each declared statement, in order; also when the task failed.
  returned: always, unless the statements could not be read or the server not be reached
  type: list
  elements: dict
  contains:
    name:
      description: Name of the stream, table or type, or id of the query.
      type: str
      returned: success
    kind:
      description: One of V(stream), V(table), V(type), V(insert) and V(query).
      type: str
      returned: success
    source:
      description: File, line and column of the statement.
      type: str
      returned: success
    action:
      description:
        - V(none), V(create), V(replace), V(drop) or V(terminate).
        - V(drift) when it differs and O(on_drift) is V(fail), V(refused) when it can never be replaced.
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
    error:
      description: Why it was not done.
      type: str
      returned: success
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError, LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.failover import FailoverTransport
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.urls import (
    HTTP_ARGUMENT_SPEC,
    HTTP_MUTUALLY_EXCLUSIVE,
    HTTP_REQUIRED_TOGETHER,
    Access,
    UrlTransport,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.apply import converge, diff
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.client import KsqlClient, Patience, is_unfit
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.lexer import Piece, split
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.model import as_texts, parse


def _pieces(sources: list[str], statements: object) -> list[Piece]:
    texts = [statements] if isinstance(statements, str) else statements
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidInputError("statements: this is neither a text nor a list of texts.", remedy="Write it as either.")
    found = []
    for source in sources:
        try:
            text = Path(source).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInputError(
                f"src: {source} cannot be read: {error}.", remedy="Put it on the target host first."
            ) from error
        found += split(text, source)
    for place, text in enumerate(texts):
        found += split(text, f"statements[{place}]", final_semicolon=False)
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **HTTP_ARGUMENT_SPEC,
            "src": {"type": "list", "elements": "path", "default": []},
            # Not a list of strings: Ansible would cut one string into a list at its commas.
            "statements": {"type": "raw", "default": []},
            "variables": {"type": "dict", "default": {}},
            "secrets": {"type": "dict", "default": {}, "no_log": True},
            "properties": {"type": "dict", "default": {}},
            "on_drift": {"type": "str", "choices": ["fail", "replace"], "default": "fail"},
            "wait_timeout": {"type": "float", "default": 120},
            "retry_timeout": {"type": "float", "default": 120},
        },
        required_together=HTTP_REQUIRED_TOGETHER,
        mutually_exclusive=HTTP_MUTUALLY_EXCLUSIVE,
        supports_check_mode=True,
    )
    given = module.params
    variables = as_texts({**given["variables"], **given["secrets"]})
    try:
        declared = parse(_pieces(given["src"], given["statements"]), variables, given["properties"], given["secrets"])
        client = KsqlClient(
            FailoverTransport([UrlTransport(access) for access in Access.from_params(given)], is_unfit),
            Patience(given["retry_timeout"]),
            properties=given["properties"],
            variables=variables,
            timeout=given["timeout"],
            wait_timeout=given["wait_timeout"],
        )
        outcome = converge(client, declared, given["on_drift"], check=module.check_mode)
    except LiveConnectError as error:
        module.fail_json(msg=str(error), **error.details)
    for warning in outcome.warnings:
        module.warn(warning)
    module.exit_json(changed=outcome.changed, statements=outcome.results(), diff=diff(outcome))


if __name__ == "__main__":
    main()
