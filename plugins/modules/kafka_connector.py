#!/usr/bin/python

# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kafka_connector
short_description: Declare Kafka Connect connectors
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Creates, configures, pauses, stops, resumes, repairs and deletes connectors over the REST API of a worker.
  - Takes one connector (O(name)) or all of them in one task (O(connectors)), which is much faster than a loop.
  - Nothing is written that is already so. When all is as declared the module sends two requests for any number of
    connectors, three with O(purge) or connectors that are to be absent.
  - Secrets are masked in all that is shown; the values of O(secrets), of keys that the connector's class types as
    passwords or whose names suggest a secret, and passwords inside addresses and connection strings. What the worker
    puts for a reference such as C(${file:/path:key}) is masked where a message or a stack trace repeats it in its
    place, or as the worker reports it; to learn it, one request more is sent for each connector that failed and has
    references. The reference itself is shown.
  - While a worker is starting or rebalancing every request is repeated, for up to O(retry_timeout) seconds.
  - Works with Kafka 3.0 and later; a connector is created paused or stopped without running first from Kafka 3.7 on.
options:
  name:
    description:
      - Name of the one connector to manage.
      - Spaces and accents are fine. A V(/) is refused, because no worker could delete the connector.
      - Exactly one of O(name) and O(connectors) is given.
    type: str
  config:
    description:
      - The connector's configuration, as a flat dictionary with C(connector.class).
      - With O(compare=subset) a connector that exists needs only the keys to be set.
      - Values become the strings that Connect stores. Booleans become V(true) or V(false), lists are joined by commas.
      - A key whose value is null must not be there. A nested dictionary is refused, write dotted keys.
      - C(name) inside is not needed; when it is given it must be the connector's name.
      - Ansible shows it at C(-vvv). The module warns of a password in it, and names its key; it belongs in O(secrets).
        It is found by the key's name or inside an address in every run, and by the type that the connector's class
        gives the key where the keys are asked for anyway, which is when the configuration changes. References are fine
        here.
    type: dict
    default: {}
  secrets:
    description:
      - Configuration whose values must not be seen, merged over O(config). They are masked wherever they would appear.
      - Every value must be given, null is refused.
      - Short or common values (V(1), V(true)) are masked in all of the output, so keep plain settings in O(config).
    type: dict
    default: {}
  state:
    description:
      - V(present) creates a missing connector, running, and leaves the state of an existing one alone.
      - V(running), V(paused) and V(stopped) (Kafka 3.5 and later) also see to that state.
      - Running is what the worker reports. A sink that has had no record yet may not have tried its database, nor its
        password, and while a connector tries again by itself the worker shows it as running. What fails later is found
        in the next run, see O(restart).
      - V(absent) deletes the connector; O(config) is not looked at.
    type: str
    choices: [present, running, paused, stopped, absent]
    default: present
  offsets:
    description:
      - The offsets of the connector, for when it must continue from another place.
      - V(reset) makes it start from the beginning. A list says where it continues, as the worker reports it at
        C(/connectors/<name>/offsets); partitions that are not in the list keep their offsets, an offset that is null
        makes the connector start from the beginning in its partition.
      - The connector is stopped, its offsets are changed, and it gets back the state that it had or that O(state)
        says. A connector that had failed is resumed. A new connector does not run before its offsets are set (Kafka
        3.7 and later; before, it runs for a moment). When the worker refuses the offsets, the connector gets back its
        state, and a new one is left stopped.
      - A task that ends saves its offsets once more after its connector is told to be stopped, so they are watched for
        five seconds, the time that a worker gives it to end, and changed again where that happens.
      - Nothing is done to a connector that is stopped and whose offsets are already so. While it is not stopped the
        worker knows them as they were saved last, so it is stopped, and its offsets are changed, in every run. Give the
        option once, or together with O(state=stopped). The difference shows the offsets that were saved before.
      - Needs Kafka 3.6 or later. One request more for each connector that has the option, and one for the version.
      - With O(connectors) it belongs in the entries, as each connector has its own offsets.
    type: raw
  connectors:
    description: The connectors to manage. An empty list is fine without O(purge).
    type: list
    elements: dict
    suboptions:
      name:
        description: As O(name).
        type: str
        required: true
      config:
        description: As O(config).
        type: dict
        default: {}
      secrets:
        description: As O(secrets).
        type: dict
        default: {}
      state:
        description: As O(state).
        type: str
        choices: [present, running, paused, stopped, absent]
        default: present
      offsets:
        description: As O(offsets).
        type: raw
  compare:
    description:
      - V(exact) makes the configuration what is declared; other keys on the worker are removed.
      - V(subset) looks at the declared keys only and keeps the others.
    type: str
    choices: [exact, subset]
    default: exact
  ignore_keys:
    description: Keys that are only used to create a connector; afterwards they stay as they are on the worker.
    type: list
    elements: str
    default: []
  validate_config:
    description:
      - Whether the worker checks each new or changed configuration before anything is written, in check mode also.
      - One request for each such connector. A connector class may connect to its database while it checks.
    type: bool
    default: true
  on_error:
    description:
      - V(stop) begins nothing new after the first error, and writes nothing at all when a configuration is invalid.
      - V(continue) does all the others. The task fails in the end either way.
    type: str
    choices: [stop, continue]
    default: stop
  restart:
    description:
      - V(failed) restarts what has failed of a connector, and only that. After a new configuration, which mostly
        restarts it anyway, it does so when the worker has left it alone for ten seconds.
      - With O(wait), what had failed has to run on then for twice the time for which it tries again by itself, and for
        ten seconds at least, bounded by O(wait_timeout). When it fails again the task fails. Why it had failed before
        is in the result and in a warning, also when it is well again.
      - That time is taken from its configuration and from the defaults of its class, with one request for each class
        (C(max.retries) and C(retry.backoff.ms), C(connection.attempts) and C(connection.backoff.ms),
        C(errors.retry.timeout) and the like). For Confluent's JDBC sink with its defaults it is a minute.
      - V(on_change) also restarts a connector with all tasks after its configuration was changed.
        Connect does so itself from 3.9 on.
      - V(always) restarts all connectors with their tasks in every run.
      - V(never) leaves failed ones as they are. With O(wait) they are errors.
      - A connector that is stopped is never restarted.
    type: str
    choices: [never, failed, on_change, always]
    default: failed
  purge:
    description:
      - Whether connectors are deleted that are not declared in O(connectors) and whose name matches O(purge_match).
      - Refused when O(connectors) is empty. Check mode shows what would go.
    type: bool
    default: false
  purge_match:
    description: Python regular expression for the whole name. Required with O(purge); V(.*) for all.
    type: str
  wait:
    description:
      - Whether to wait until all connectors and tasks are running, or as declared, and deleted ones are gone.
      - A failed connector or task ends the wait; the message has the line that says why, and what to do about some
        failures that many meet, the result the whole trace.
      - A connector that is new, or has a new configuration, counts as running as soon as the worker says so. Only what
        had failed before is watched for longer, see O(restart). See O(state) for what running means.
      - A connector may run without tasks when it has nothing to read. The module accepts that 30 seconds after it was
        written, and warned of, also in later runs, because nothing flows through it.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait, for all connectors together.
    type: float
    default: 300
  poll_interval:
    description: Longest pause between two reads of the states while waiting, in seconds. Each is one request.
    type: float
    default: 0.5
  retry_timeout:
    description:
      - Seconds for which a request is repeated while no worker answers, or while it is starting or rebalancing.
      - Refusals are never repeated, nor is a write that had no answer within O(timeout), as the worker may still be
        working on it. Whether it was carried out is looked up for that many seconds. Where workers are slow to
        validate, raise O(timeout).
    type: float
    default: 120
  parallel:
    description: >-
      How many connectors are validated or written at a time. Changes made at the same time share their rebalances.
    type: int
    default: 16
attributes:
  check_mode:
    support: full
    description: Says what would change, after the worker has validated the new configurations, and writes nothing.
  diff_mode:
    support: full
    description: Configuration and state before and after, secrets masked.
  idempotent:
    support: full
    description: Except with O(restart=always), and with O(offsets) for a connector that is not stopped.
extends_documentation_fragment:
  - igrafx.liveconnect.action_group.connect
  - igrafx.liveconnect.connection
  - igrafx.liveconnect.connection.url
seealso:
  - module: igrafx.liveconnect.kafka_connector_info
"""

EXAMPLES = r"""
- name: Have a connector run
  igrafx.liveconnect.kafka_connector:
    url: http://127.0.0.1:8083
    name: incidents-sink
    state: running
    config:
      connector.class: io.debezium.connector.jdbc.JdbcSinkConnector
      tasks.max: 2
      topics: [incidents, changes]
      connection.url: jdbc:postgresql://data-transform:5432/transform
      connection.username: connect
    secrets:
      connection.password: "{{ vault_transform_password }}"

- name: Have exactly these connectors among those of the pipeline
  igrafx.liveconnect.kafka_connector:
    url: [http://connect-1:8083, http://connect-2:8083]
    connectors: "{{ pipeline_connectors }}"
    on_error: continue
    purge: true
    purge_match: incidents-.*

- name: Have a connector deliver a topic once more from the start of one of its partitions
  igrafx.liveconnect.kafka_connector:
    url: http://127.0.0.1:8083
    name: incidents-sink
    compare: subset
    offsets:
      - partition: {kafka_topic: incidents, kafka_partition: 0}
        offset: {kafka_offset: 0}

- name: Stop a connector and keep its configuration
  igrafx.liveconnect.kafka_connector:
    url: http://127.0.0.1:8083
    name: incidents-sink
    state: stopped
    compare: subset
"""

RETURN = r"""
connectors:
  description: One entry for each declared connector, in order, then those that were purged. Also when the task fails.
  returned: when the worker answered
  type: list
  elements: dict
  contains:
    name:
      description: Name of the connector.
      type: str
    action:
      description:
        - What was, or in check mode would be done; the weightiest step where there are several.
        - One of V(none), V(create), V(update), V(reset_offsets), V(alter_offsets), V(pause), V(resume), V(stop),
          V(restart), V(restart_failed), V(delete).
      type: str
    changed:
      description: Whether something was written.
      type: bool
    diff:
      description:
        - C(before) and C(after) with C(config) and C(state), secrets masked.
        - Also C(offsets) where they change, and C(stopped_meanwhile) when the connector is stopped for that.
      returned: when the action is not V(none)
      type: dict
    state:
      description:
        - As last seen, one of V(running), V(paused), V(stopped), V(failed), V(unassigned), V(restarting), V(absent)
          and V(unknown).
        - Without O(wait) it was last seen before the change. After an error it is what is there then.
      type: str
    trace:
      description: Stack trace of a failed connector.
      returned: when the connector has failed
      type: str
    failed_before:
      description: C(part) (V(connector), V(task 0)) and C(trace) of what had failed before this run.
      returned: when something had failed and something was done
      type: list
      elements: dict
    tasks:
      description: C(id), C(state), C(worker) and, where it failed, C(trace) of each task.
      type: list
      elements: dict
    type:
      description: V(source) or V(sink), empty for a connector that was not there.
      type: str
    error:
      description: What went wrong, empty when nothing did.
      type: str
    invalid:
      description: What the worker finds wrong with the configuration, a list of texts by key.
      returned: when the configuration is invalid
      type: dict
  sample:
    - name: incidents-sink
      action: update
      changed: true
      state: running
      type: sink
      error: ""
      tasks:
        - {id: 0, state: running, worker: "connect:8083"}
summary:
  description: How many connectors by action, and how many C(failed).
  returned: when the worker answered
  type: dict
  sample: {create: 2, none: 17, failed: 0}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.runner import run
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import (
    HTTP_ARGUMENT_SPEC,
    HTTP_MUTUALLY_EXCLUSIVE,
    HTTP_REQUIRED_TOGETHER,
)

CONNECTOR_SPEC = {
    "config": {"type": "dict", "default": {}},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "state": {
        "type": "str",
        "choices": ["present", "running", "paused", "stopped", "absent"],
        "default": "present",
    },
    "offsets": {"type": "raw"},
}
ARGUMENT_SPEC = {
    **HTTP_ARGUMENT_SPEC,
    "name": {"type": "str"},
    **CONNECTOR_SPEC,
    "connectors": {
        "type": "list",
        "elements": "dict",
        "options": {"name": {"type": "str", "required": True}, **CONNECTOR_SPEC},
    },
    "compare": {"type": "str", "choices": ["exact", "subset"], "default": "exact"},
    "ignore_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "validate_config": {"type": "bool", "default": True},
    "on_error": {"type": "str", "choices": ["stop", "continue"], "default": "stop"},
    "restart": {"type": "str", "choices": ["never", "failed", "on_change", "always"], "default": "failed"},
    "purge": {"type": "bool", "default": False},
    "purge_match": {"type": "str"},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 300},
    "poll_interval": {"type": "float", "default": 0.5},
    "retry_timeout": {"type": "float", "default": 120},
    "parallel": {"type": "int", "default": 16},
}


# What a module was called with is shown from -vvv on. Below, two hundred configurations are not sent back for nothing,
# nor are they in what a task registers.
SHOWS_INVOCATION = 3


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
        required_one_of=[("name", "connectors")],
        mutually_exclusive=[("name", "connectors"), ("offsets", "connectors"), *HTTP_MUTUALLY_EXCLUSIVE],
        required_if=[("purge", True, ["purge_match"])],
        required_together=HTTP_REQUIRED_TOGETHER,
    )
    invocation = {} if module._verbosity >= SHOWS_INVOCATION else {"invocation": {}}
    try:
        values = run(module.params, check_mode=module.check_mode, diff=module._diff, warn=module.warn)
        module.exit_json(**values, **invocation)
    except LiveConnectError as error:
        module.fail_json(msg=str(error), **error.details, **invocation)


if __name__ == "__main__":
    main()
