# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small pipeline, and ways to bring a server to it; recorded answers of a server that cannot serve now."""

# ruff: noqa: S608 -- statements of ksqlDB, no database
from __future__ import annotations

import json
from urllib.parse import unquote

from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.transport import Response
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.apply import converge
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.declaration import parse
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.lexer import split
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.read import Site
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.steps import Rules

ORDERS = (
    "CREATE STREAM orders (id INT KEY, item VARCHAR, qty INT) "
    "WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON', PARTITIONS=1);"
)
WIDER = ORDERS.replace("qty INT)", "qty INT, price DOUBLE)")
BIG = "CREATE STREAM big AS SELECT * FROM orders WHERE qty > 10;"
INSERT = "INSERT INTO big SELECT * FROM orders WHERE qty < 0;"
PIPELINE = ORDERS + BIG + "CREATE TABLE totals AS SELECT item, COUNT(*) AS n FROM big GROUP BY item;" + INSERT


class Direct:
    """A Transport straight into an engine, for tests of many servers."""

    def __init__(self, engine):
        self.engine = engine

    def request(self, method, path, *, body=None, **_more):
        if method == "POST":
            status, answer = self.engine.post(json.loads(body))
        elif path == "/info":
            status, answer = 200, self.engine.info()
        else:
            answer = self.engine.catalogue.statuses.get(unquote(path).removeprefix("/status/"))
            status = 200 if answer else 404
        return Response(status, json.dumps(answer).encode())


def declared(text, variables=None, properties=None):
    return parse(split(text, "s.sql"), variables or {}, properties or {})


def run(client, text, *, on_drift="fail", check=False, properties=None, variables=None):
    client.properties = properties or {}
    return converge(Site(client), declared(text, variables, properties), Rules(on_drift), check=check)


def removed(text):
    return parse(split(text, "s.sql"), {}, {}, absent=True)


def remove(client, text, *, check=False, delete_topic=False):
    return converge(Site(client), removed(text), Rules(delete_topic=delete_topic), check=check)


def actions(outcome):
    return [entry["action"] for entry in outcome.results()]


def refusal(code, message, status=500):
    body = {"@type": "statement_error", "error_code": code, "message": message, "statementText": "", "entities": []}
    return Response(status, json.dumps(body).encode())


BUSY = refusal(
    50000,
    "Could not write the statement 'X' into the command topic.\n"
    "Caused by: Timeout while waiting for command topic consumer to process command\n\ttopic",
)
FENCED = refusal(
    50000, "Producer with transactionalId 'x' has been fenced by another producer with the same transactionalId"
)
STARTING = refusal(50302, "KSQL is not yet ready to serve requests.", status=503)
