# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds the lab's emulator of ksqlDB to exchanges recorded from a real server (7.6.14).

``ksqldb_exchanges/`` holds them, without what changes from run to run; the files of one chain were recorded one after
the other against one server. An exchange without an answer is sent only for what it changes; "connect": "down" says that
Kafka Connect did not answer.
"""

# ruff: noqa: E501, S608 -- statements of ksqlDB on one line each; no database
from __future__ import annotations

import functools
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
IMAGE = Path(__file__).resolve().parents[3] / "lab/images/ksqldb-server"
sys.path.insert(0, str(IMAGE))

from file_worker import FileWorker  # noqa: E402
from ksqldb.engine import Engine  # noqa: E402
from ksqldb.request import Settings  # noqa: E402
from ksqldb.server import serve  # noqa: E402

NO_WORKER = "http://127.0.0.1:9"
FILES = sorted((Path(__file__).parent / "ksqldb_exchanges").glob("*.json"))
EXCHANGES = {
    chain: [one for file in FILES if file.name.startswith(chain) for one in json.loads(file.read_text())]
    for chain in sorted({file.name.split("-")[0] for file in FILES})
}
NUMBERED = [
    pytest.param(chain, one, id=str(one["number"]))
    for chain, exchanges in EXCHANGES.items()
    for one in exchanges
    if "answer" in one
]
# What is recorded and not answered alike, with the reason.
NOT_COVERED = {
    "endpoints that nothing here uses: cluster status, metadata, heartbeats, lags": [4, 7, 8, 345, 346, 347],
    "topics of Kafka and Connect themselves, all functions and properties of a server": [38, 39, 82, 83, 95, 167],
    "an id made by chance": [98],
    "a busy command runner, held to the client": [45, 46, 47, 48, 49, 50, 51, 61, 395],
    "Connect's own answer": [160],
    "the wording of a JSON library": [229, 240],
    "rows: the emulator moves no data": [*range(316, 345), *range(350, 361)],
    "a topic deleted by Kafka": [348, 349],
    "after 100 streams that were made without being recorded": [364, 365, 366, 367, 368, 369, 370],
    "clients that meet, held to the client": [371, 372, 470],
    "a server that stops and starts, held to the client": [*range(373, 388)],
    "after 395, with numbers of commands that were not recorded": [396, 397, 398, 399, 400, 401],
    "Kafka down": [*range(402, 411)],
    "authentication, held to the client": [*range(411, 418), *range(420, 425)],
}
# The last command before the first exchange of a chain, where its server had done something before.
SEQUENCES = {"four": 3372}
# What no two servers answer alike.
VOLATILE = {
    "clusterErrorStats", "clusterStatistics", "consumerGroupId", "executionPlan", "kafkaClusterId",
    "ksqlHostQueryStatus", "queryOffsetSummaries", "statistics", "tasksMetadata", "topology", "version",
}  # fmt: skip


def stable(value):
    """An answer without what changes from run to run; lists that have no order are sorted."""
    if isinstance(value, dict):
        found = {key: stable(one) for key, one in value.items() if key not in VOLATILE}
        for start in ("Syntax Error", "Invalid JSON in request", "Connect to http", "available connectors are"):
            if start in str(found.get("message")):
                found["message"] = found["message"].split(start)[0] + start
        return found
    if isinstance(value, list):
        items = [stable(one) for one in value]
        if all(isinstance(one, str) for one in items):
            return sorted(items)
        if all(isinstance(one, dict) and ("id" in one or "topic" in one) for one in items):
            return sorted(items, key=lambda one: one.get("id") or one.get("name"))
        return items
    return value


class Server:
    """An emulator served in process."""

    def __init__(self, engine):
        self.engine = engine
        self.server = serve(engine, "127.0.0.1", 0)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def ask(self, method, path, body=None, accept="application/vnd.ksql.v1+json"):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=5)
        connection.request(method, path, body=body if body is None else body.encode(), headers={"Accept": accept})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@functools.cache
def replayed(chain):
    """The emulator's answers to one chain, by number."""
    server, worker = Server(Engine()), FileWorker()
    server.engine.catalogue.sequence = SEQUENCES.get(chain, server.engine.catalogue.sequence)
    answers = {}
    for one in EXCHANGES[chain]:
        connect = NO_WORKER if one.get("connect") == "down" else worker.url
        server.engine.settings = Settings(service_id="ksql_local_", connect_url=connect)
        accepted = one.get("accept", "application/vnd.ksql.v1+json")
        answers[one["number"]] = server.ask(one["method"], one["path"], one.get("body"), accepted)
    server.close()
    worker.close()
    return answers


@pytest.mark.parametrize(("chain", "exchange"), NUMBERED)
def test_answers_as_recorded(chain, exchange):
    status, answer = replayed(chain)[exchange["number"]]
    assert (status, stable(answer)) == (exchange["status"], stable(exchange["answer"]))


def test_every_recorded_exchange_is_answered_or_has_a_reason():
    answered = [one.values[1]["number"] for one in NUMBERED]
    left_out = [number for numbers in NOT_COVERED.values() for number in numbers]
    assert sorted(answered + left_out) == [*range(1, 465), 470]


def create(name="s", topic="t", more="PARTITIONS=1, "):
    return f"CREATE STREAM {name} (id INT KEY, v VARCHAR) WITH (KAFKA_TOPIC='{topic}', {more}VALUE_FORMAT='JSON');"


def test_a_restart_keeps_everything(tmp_path):
    state = tmp_path / "catalogue.json"
    text = (
        "CREATE TYPE deep AS MAP<STRING, ARRAY<STRUCT<a INT, `b` DECIMAL(4,1)>>>;"
        + create().replace("v VARCHAR", "v DEEP, h BYTES HEADER('x')")
        + "CREATE STREAM c AS SELECT id FROM s; INSERT INTO c SELECT id FROM s;"
    )
    first = Engine(state_file=state)
    status, _answer = first.post({"ksql": text, "streamsProperties": {"auto.offset.reset": "earliest"}})
    assert status == 200
    assert Engine(state_file=state).catalogue == first.catalogue


def test_says_that_it_is_the_labs_emulator():
    info = Engine().info()["KsqlServerInfo"]
    assert "emulator" in info["version"]
    assert info["serverStatus"] == "RUNNING"


def test_an_extension_jar_is_seen_and_its_functions_are_believed(tmp_path):
    statement = {"ksql": create() + "CREATE STREAM d AS SELECT id, IGRAFX_SESSIONS(v) AS w FROM s;"}
    assert Engine().post(statement)[0] == 400
    (tmp_path / "igrafx-udfs-assembly-1.1.0.jar").touch()
    (tmp_path / "own-functions.jar").touch()
    engine = Engine(Settings(extension_directory=str(tmp_path)))
    assert engine.post(statement)[0] == 200
    listed = {one["name"] for one in engine.post({"ksql": "LIST FUNCTIONS;"})[1][0]["functions"]}
    assert {"IGRAFX_SESSIONS", "OWN-FUNCTIONS", "COUNT"} <= listed


def test_avro_needs_a_registry():
    statement = {"ksql": create().replace("JSON", "AVRO")}
    assert Engine().post(statement)[0] == 428
    assert Engine(Settings(schema_registry=True)).post(statement)[0] == 200


def test_connector_statements_fail_as_if_connect_were_down():
    status, answer = Engine(Settings(connect_url=NO_WORKER)).post({"ksql": "SHOW CONNECTORS;"})
    assert (status, answer["error_code"]) == (500, 50000)
    assert f"Connect to {NO_WORKER}" in answer["message"]


NORMALISED = [
        ("SELECT CASE WHEN v IS NULL THEN 'a' ELSE UCASE(v) END AS x FROM s", "(CASE WHEN (S.V IS NULL) THEN 'a' ELSE UCASE(S.V) END) X"),
        ("SELECT v FROM s WHERE id BETWEEN 1 AND 2 OR NOT v LIKE 'a%'", "WHERE (S.ID BETWEEN 1 AND 2 OR NOT S.V LIKE 'a%')"),
        ("SELECT id, CAST(id AS VARCHAR) x, v IN ('a', 'b') y FROM s", "CAST(S.ID AS STRING) X,\n  (S.V IN ('a', 'b')) Y"),
        ("SELECT TRANSFORM(SPLIT(v, ','), w => UCASE(w)) AS x FROM s", "TRANSFORM(SPLIT(S.V, ','), W => UCASE(W)) X"),
        ("SELECT MAP('k' := v) x, ARRAY[id, 2][1] y, STRUCT(a := id)->a z FROM s", "MAP('k' := S.V) X,\n  ARRAY[S.ID, 2][1] Y,\n  STRUCT(A := S.ID)->A Z"),
        ("SELECT REDUCE(l, 0, (total, id) => total + id) * id AS x FROM s", "(REDUCE(S.L, 0, (TOTAL, ID) => TOTAL + ID) * S.ID) X"),
        ("SELECT id, COUNT(*) n FROM s WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 5 MINUTES) GROUP BY id HAVING COUNT(*) > 1", "HAVING (COUNT(*) > 1)"),
        ("SELECT id, -1 * (id + 2) x FROM s PARTITION BY id", "(-1 * (S.ID + 2)) X\nFROM S S\nPARTITION BY S.ID"),
        ("SELECT l.id, r.v FROM s l JOIN s2 r WITHIN 5 MINUTES GRACE PERIOD 1 HOUR ON l.id = r.id", "INNER JOIN S2 R WITHIN 5 MINUTES GRACE PERIOD 1 HOURS ON ((L.ID = R.ID))"),
]  # fmt: skip


@pytest.mark.parametrize(("select", "normal"), NORMALISED)
def test_normalised_text_is_stable(select, normal):
    engine = Engine()
    sources = create().replace("v VARCHAR", "v VARCHAR, l ARRAY<INT>") + create("s2")
    status, answer = engine.post(
        {"ksql": f"{sources} CREATE {'TABLE' if 'GROUP' in select else 'STREAM'} x AS {select};"}
    )
    assert status == 200, answer
    stored = engine.catalogue.sources["X"].statement
    assert normal in stored
    again = re.sub("CLEANUP_POLICY='[a-z,]*', ", "", stored)
    assert engine.post({"ksql": again})[1]["statementText"] == stored


@pytest.mark.parametrize(
    "text", ["id +", "id IN 1", "v NOT 1", "(id", "id BETWEEN", "CASE id END", "id = = 1", "CAST(id AS", ""]
)
def test_what_is_no_expression_is_refused(text):
    status, answer = Engine().post({"ksql": f"{create()} CREATE STREAM x AS SELECT {text} FROM s;"})
    assert (status, answer["error_code"]) == (400, 40001)
    assert "Syntax Error" in answer["message"]


def test_a_type_that_is_a_guess_refuses_nothing():
    engine = Engine()
    sink = create("sink").replace("v VARCHAR", "n INT, d DATE")
    insert = "INSERT INTO sink SELECT id, LEN(v) + 1 AS n, {} AS d FROM s;"
    assert engine.post({"ksql": create() + sink + insert.format("PARSE_DATE(v, 'y')")})[0] == 200
    assert "Incompatible schema" in engine.post({"ksql": insert.format("v")})[1]["message"]


def test_the_websocket_of_queries_opens_and_says_that_there_is_no_data():
    server = Server(Engine())
    with socket.create_connection(("127.0.0.1", server.server.server_port), timeout=5) as wire:
        wire.sendall(
            b"GET /ws/query HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        answer = b"".join(iter(lambda: wire.recv(4096), b""))
    server.close()
    assert answer.startswith(b"HTTP/1.1 101")
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer  # the example of RFC 6455
    assert b"moves no data" in answer


def test_starts_from_the_environment_of_the_image():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "ksqldb"],
        cwd=IMAGE,
        env={**os.environ, "KSQL_LISTENERS": f"http://127.0.0.1:{port}", "KSQL_KSQL_SERVICE_ID": "lab_"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert "emulator" in process.stderr.readline()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/info")
        assert json.load(connection.getresponse())["KsqlServerInfo"]["ksqlServiceId"] == "lab_"
        connection.close()
    finally:
        process.terminate()
        process.communicate()
