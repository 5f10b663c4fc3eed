# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is declared comes to be on a real cluster, and nothing happens when it is so already."""

from __future__ import annotations

import json

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.client import ConnectClient
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import Access
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.servers import UrlTransport
from ansible_collections.igrafx.liveconnect.plugins.module_utils._masking import Mask

from lab import connect_cluster

SOURCE = {"connector.class": "FileStreamSource", "tasks.max": 1, "file": "/data/absent.txt", "topic": "lines"}
SINK = {"connector.class": "FileStreamSink", "tasks.max": 1, "topics": "lines", "file": "/data/sink.txt"}


def only(result):
    assert "msg" not in result, result["msg"]
    (entry,) = result["connectors"]
    return entry


def source(cluster, name, lines=10):
    """A configuration that reads a file of its own with that many lines of three bytes."""
    cluster.shell("connect-1", f"seq 10 {9 + lines} > '/data/{name}.txt'")
    return {**SOURCE, "file": f"/data/{name}.txt", "topic": f"lines-{name}"}


@pytest.mark.parametrize("state", ["present", "running", "paused", "stopped"])
def test_a_new_connector_in_each_state(quartet, status, offsets, cluster, state):
    name = f"new-{state}"
    entry = only(quartet(name=name, config=source(cluster, name), state=state))
    rests = "running" if state == "present" else state
    assert (entry["action"], entry["state"], entry["type"]) == ("create", rests, "source")
    # A connector that was never running has not been asked for tasks yet.
    connector, tasks = status(name)
    assert (connector, set(tasks)) == (rests.upper(), {"RUNNING"} if rests == "running" else set())
    # It has read nothing: it never ran.
    assert state not in ("paused", "stopped") or offsets(name) == []


@pytest.mark.parametrize("worker", [0, 1])
def test_from_state_to_state_over_one_worker(quartet, run, status, cluster, worker):
    # One of the two is the leader, the other one a follower.
    name, url = f"moves-{worker}", cluster.urls[worker]
    options = {"url": url, "name": name, "config": SINK}
    only(run(**options, state="running"))
    moves = [("paused", "pause"), ("stopped", "stop"), ("paused", "pause"), ("running", "resume"), ("absent", "delete")]
    for state, action in moves:
        entry = only(quartet(**options, state=state))
        assert (entry["action"], entry["state"]) == (action, state)
        if state != "absent":
            assert status(name)[0] == state.upper()
    assert not run(**options, state="absent")["changed"]


def test_a_new_configuration_both_ways(quartet, run, cluster):
    name = "configured"
    config = source(cluster, name)
    only(run(name=name, config={**config, "batch.size": 5, "topic": "old"}))
    entry = only(quartet(name=name, config=config))
    assert (entry["action"], entry["state"]) == ("update", "running")
    assert entry["diff"]["before"]["config"]["batch.size"] == "5"
    assert "batch.size" not in entry["diff"]["after"]["config"]


def test_some_keys_alone(quartet, run, request_to, cluster):
    name = "subset"
    config = source(cluster, name)
    only(run(name=name, config={**config, "batch.size": 5}))
    entry = only(quartet(name=name, config={"batch.size": 7}, compare="subset"))
    assert (entry["action"], entry["state"]) == ("update", "running")
    stored = request_to(cluster.urls[0], f"/connectors/{name}/config")
    assert (stored["batch.size"], stored["file"]) == ("7", config["file"])


@pytest.mark.parametrize("restart", ["always", "on_change"])
def test_restarts_when_told(run, cluster, restart):
    name = f"restart-{restart}"
    config = source(cluster, name)
    only(run(name=name, config=config, state="running"))
    assert run(name=name, config=config, restart=restart)["changed"] == (restart == "always")
    entry = only(run(name=name, config={**config, "batch.size": 5}, restart=restart))
    assert (entry["action"], entry["state"], len(entry["tasks"])) == ("update", "running", 1)


def test_the_plugin_says_which_keys_are_passwords_and_what_it_does_without_them(cluster):
    client = ConnectClient(UrlTransport(Access(cluster.urls[0])), Mask())
    keys = client.password_keys("io.debezium.connector.jdbc.JdbcSinkConnector")
    assert "connection.password" in keys
    assert "connection.username" not in keys
    assert client.defaults("io.debezium.connector.jdbc.JdbcSinkConnector")["flush.max.retries"] == "5"


def test_names_of_all_kinds(quartet, run, status):
    names = ["two words", "café", "a->b", "50%", "x?y#z"]
    done = quartet(connectors=[{"name": name, "config": SOURCE, "state": "running"} for name in names])
    assert [one["action"] for one in done["connectors"]] == ["create"] * len(names)
    assert {status(name)[0] for name in names} == {"RUNNING"}
    quartet(connectors=[{"name": name, "state": "absent"} for name in names])
    refused = run(name="a/b", config=SOURCE)
    assert "'a/b'" in refused["msg"]


def test_purge(quartet, run):
    entries = [{"name": f"purge-{index}", "config": SOURCE} for index in range(3)]
    run(connectors=entries)
    done = quartet(connectors=entries[:1], purge=True, purge_match="purge-.*")
    assert done["summary"] == {"delete": 2, "none": 1, "failed": 0}


def test_invalid_configurations_are_named_and_the_others_done(run, status):
    entries = [{"name": "valid", "config": SOURCE}, {"name": "wrong", "config": {**SOURCE, "tasks.max": "many"}}]
    refused = run(connectors=entries, check=True)
    assert not refused["connectors"][0]["changed"]
    assert "tasks.max" in refused["connectors"][1]["invalid"]
    done = run(connectors=entries, on_error="continue")
    assert [one["changed"] for one in done["connectors"]] == [True, False]
    assert status("valid")[0] == "RUNNING"


def test_rows_reach_the_database(quartet, run, cluster, eventually):
    field = {"field": "id", "type": "int32", "optional": False}
    schema = {"type": "struct", "name": "row", "fields": [field]}
    lines = "\n".join(json.dumps({"schema": schema, "payload": {"id": number}}) for number in range(3))
    cluster.shell("connect-1", f"cat > /data/rows.txt <<'END'\n{lines}\nEND\n")
    rows = {"name": "rows", "config": {**SOURCE, "file": "/data/rows.txt", "topic": "rows"}}
    sink = {
        "name": "rows to database",
        "config": {
            "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
            "topics": ["rows"],
            "connection.url": f"jdbc:postgresql://{connect_cluster.DATABASE}:5432/{connect_cluster.DATABASE_NAME}",
            "connection.username": connect_cluster.DATABASE_USER,
            "insert.mode": "insert",
            "primary.key.mode": "none",
            "schema.evolution": "basic",
            "collection.name.format": "incidents",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        },
        "secrets": {"connection.password": "wrong-p4ssword"},
        "state": "running",
    }
    failed = run(connectors=[rows, sink])
    assert "'rows to database': failed: " in failed["msg"]
    assert "wrong-p4ssword" not in str(failed)

    sink["secrets"] = {"connection.password": connect_cluster.DATABASE_PASSWORD}
    done = quartet(connectors=[rows, sink])
    assert [one["action"] for one in done["connectors"]] == ["none", "update"]
    assert connect_cluster.DATABASE_PASSWORD not in str(done)
    eventually(lambda: cluster.psql("SELECT to_regclass('incidents')"))
    eventually(lambda: cluster.psql("SELECT count(*) FROM incidents") == "3")


def test_a_task_that_fails_and_is_well_again(quartet, run, cluster, status):
    config = {**SINK, "file": "/data/later/sink.txt"}
    failed = run(name="fails", config=config)
    assert "'fails': failed: " in failed["msg"]
    assert "FileStreamSinkTask" in failed["connectors"][0]["tasks"][0]["trace"]
    cluster.shell("connect-1", "mkdir /data/later; chmod 777 /data/later")
    assert not run(name="fails", config=config, restart="never")["changed"]
    entry = only(quartet(name="fails", config=config))
    assert (entry["action"], entry["diff"]["before"]["failed"]) == ("restart_failed", ["task 0"])
    assert "FileStreamSinkTask" in entry["failed_before"][0]["trace"]
    assert status("fails") == ("RUNNING", ["RUNNING"])


def csv_source(cluster, name, **schemas):
    """A configuration that reads the files of a folder of its own, which is there and empty."""
    folders = {kind: f"/data/{name}/{kind}" for kind in ("input", "finished", "error")}
    cluster.shell("connect-1", f"mkdir -p {' '.join(folders.values())}; chmod -R 777 /data/{name}")
    return {
        "connector.class": "com.igrafx.liveconnect.lab.CsvSourceConnector",
        "topic": name,
        **{f"{kind}.path": folder for kind, folder in folders.items()},
        "input.file.pattern": ".*[.]csv",
        "csv.first.row.as.header": True,
        "csv.file.charset": "UTF-8",
        "value.converter": "org.apache.kafka.connect.json.JsonConverter",
        **schemas,
    }


def struct(**fields):
    """A schema as spooldir takes it; the fields' values are their types."""
    schemas = {name: {"type": kind, "isOptional": True} for name, kind in fields.items()}
    return json.dumps({"name": "row", "type": "STRUCT", "isOptional": False, "fieldSchemas": schemas})


def test_a_source_that_takes_its_schema_from_a_file_needs_one(run, quartet, cluster, status):
    config = csv_source(cluster, "generated", **{"schema.generation.enabled": True})
    for _run in range(2):
        failed = run(name="generated", config=config)
        assert "Could not find any input file(s) to infer schema from. Declare key.schema" in failed["msg"]
        assert failed["changed"]
    assert failed["connectors"][0]["failed_before"][0]["part"] == "connector"
    cluster.shell("connect-1", "printf 'a,b\\n1,x\\n' > /data/generated/input/one.csv")
    assert only(quartet(name="generated", config=config))["action"] == "restart_failed"
    assert status("generated") == ("RUNNING", ["RUNNING"])


def test_a_source_whose_schemas_are_declared_starts_on_an_empty_folder(run, cluster, status, eventually):
    config = csv_source(cluster, "declared")
    failed = run(name="declared", config={**config, "value.schema": struct(a="INT32")})
    assert "'key.schema' must be set if 'schema.generation.enabled' = false." in failed["msg"]
    schemas = {"key.schema": struct(), "value.schema": struct(a="INT32", b="STRING")}
    sink = {**SINK, "topics": "declared", "file": "/data/from-csv.txt", "value.converter": config["value.converter"]}
    run(connectors=[{"name": "declared", "config": {**config, **schemas}}, {"name": "declared-sink", "config": sink}])
    assert status("declared") == ("RUNNING", ["RUNNING"])
    # A column that is not declared is left out, one that is not there has no value.
    cluster.shell("connect-1", "printf 'a,c\\n1,x\\n' > /data/declared/input/one.csv")
    eventually(lambda: cluster.shell("connect-1", "cat /data/from-csv.txt").strip() == "Struct{a=1}")


def place(name, position):
    return {"partition": {"filename": f"/data/{name}.txt"}, "offset": position and {"position": position}}


def test_offsets_of_a_source(quartet, run, offsets, cluster, eventually):
    name = "offsets"
    config = source(cluster, name)
    only(run(name=name, config=config, state="running"))
    eventually(lambda: offsets(name) == [place(name, 30)])
    options = {"name": name, "config": config}
    # It is stopped for it, runs again, and so has read everything once more.
    entry = only(run(**options, offsets=[place(name, 15)]))
    assert (entry["action"], entry["state"]) == ("alter_offsets", "running")
    assert entry["diff"]["before"]["offsets"] == [place(name, 30)]
    assert entry["diff"]["after"] == {"offsets": [place(name, 15)], "state": "running", "stopped_meanwhile": True}
    eventually(lambda: offsets(name) == [place(name, 30)])
    # It may have read on since it saved them: only when it is stopped does it show.
    again = only(run(**options, offsets=[place(name, 30)]))
    assert (again["action"], again["state"]) == ("alter_offsets", "running")

    entry = only(quartet(**options, state="stopped", offsets=[place(name, 6)]))
    assert entry["action"] == "alter_offsets"
    entry = only(quartet(**options, state="stopped", offsets="reset"))
    assert (entry["action"], offsets(name)) == ("reset_offsets", [])
    refused = run(**options, offsets=[{"partition": {"filename": f"/data/{name}.txt"}, "offset": {"position": "x"}}])
    assert "expected to be a Long value" in refused["msg"]
    assert refused["connectors"][0]["state"] == "stopped"


def test_offsets_of_a_sink(quartet, run, offsets, cluster, eventually):
    config = source(cluster, "for-sink")
    sink = {**SINK, "topics": config["topic"], "file": "/data/from-sink.txt"}
    only(run(name="for-sink", config=config))
    done = [{"partition": {"kafka_topic": config["topic"], "kafka_partition": 0}, "offset": {"kafka_offset": 7}}]
    # It begins with the eighth of ten records.
    only(run(name="sink-at", config=sink, offsets=done))
    eventually(lambda: cluster.shell("connect-1", "cat /data/from-sink.txt").split() == ["17", "18", "19"])
    as_text = [{"partition": {"kafka_topic": config["topic"], "kafka_partition": "0"}, "offset": {"kafka_offset": "2"}}]
    only(quartet(name="sink-at", config=sink, state="stopped", offsets=as_text))
    only(run(name="sink-at", config=sink, state="paused", offsets="reset"))
    assert offsets("sink-at") == []


def test_offsets_that_are_not_saved_yet_are_reset(run, offsets, cluster):
    name = "unsaved"
    config = source(cluster, name)
    only(run(name=name, config=config, state="running"))
    entry = only(run(name=name, config=config, state="stopped", offsets="reset"))
    assert (entry["action"], entry["state"], offsets(name)) == ("reset_offsets", "stopped", [])
