#!/usr/bin/python
# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgres_script
short_description: Run an SQL script in a container's PostgreSQL, as a whole or not at all
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Runs a script that can be repeated, such as one of C(CREATE TABLE IF NOT EXISTS), C(CREATE OR REPLACE VIEW),
    C(DROP POLICY IF EXISTS) with C(CREATE POLICY), and C(INSERT … ON CONFLICT DO NOTHING), in one transaction.
  - It changed something when what is defined in the database is not the same afterwards, whatever kind of object it is,
    or when rows were written. Everything in PostgreSQL's catalogue is compared, but passwords of roles.
  - An object that is dropped and made again as it was is no change, except a table, whose rows are gone. A row that is
    updated to what it was is written; let C(ON CONFLICT DO UPDATE) have a C(WHERE … IS DISTINCT FROM …). Values of
    sequences and the content of materialized views are not compared.
  - Statements that would end the transaction, such as C(COMMIT), are refused before anything is run. PostgreSQL refuses
    them again where it runs them, so that they can do no harm however they are hidden.
options:
  script:
    description: SQL. Commands of psql, and COPY from or to the script itself, cannot be run.
    type: str
    required: true
  name:
    description: What messages call the script, for example the name of its file.
    type: str
    default: script
  container:
    description: The container in which psql and the server run.
    type: str
    required: true
  login_user:
    description: The role that runs the script; the server must trust it inside of its container.
    type: str
    required: true
  login_db:
    description: The database.
    type: str
    required: true
requirements:
  - docker on the node
  - PostgreSQL 15 or later in the container
attributes:
  check_mode:
    description:
      - The server runs the script and takes everything back, so that it says itself what would change or fail.
      - What PostgreSQL never takes back is done all the same, which is C(setval) and C(nextval) of sequences, and what
        leaves the database, as C(COPY … TO PROGRAM).
    support: full
  diff_mode:
    description: Shows a line for each object that changes, and the number of rows written into each table.
    support: full
  idempotent:
    description: As far as the script can be repeated.
    support: partial
"""

EXAMPLES = r"""
- name: Create the tables
  igrafx.liveconnect.postgres_script:
    script: "{{ lookup('igrafx.liveconnect.text_file', 'incidents/tables.sql') }}"
    name: incidents/tables.sql
    container: data-transform
    login_user: datamanager
    login_db: transform
"""

RETURN = r"""
objects:
  description: What was created, changed or dropped, by kind and name.
  returned: success
  type: list
  elements: str
  sample: ["table column public.incidents.id", "table public.incidents"]
rows:
  description: How many rows were written into which table.
  returned: success
  type: dict
  sample: {public.incidents: 2}
refused:
  description: What cannot be part of a transaction, each with its line.
  returned: when the script was not run because of it
  type: list
  elements: str
postgresql:
  description: All that psql printed about the failure.
  returned: when PostgreSQL refused a statement
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._postgres.runner import run

ARGUMENT_SPEC = {
    "script": {"type": "str", "required": True},
    "name": {"type": "str", "default": "script"},
    "container": {"type": "str", "required": True},
    "login_user": {"type": "str", "required": True},
    "login_db": {"type": "str", "required": True},
}


def main():
    """Entry point."""
    module = AnsibleModule(ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = run(module.params, module.run_command, check_mode=module.check_mode)
    except LiveConnectError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
