# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server refuses ends the run at once, changes nothing, and is told in the operator's own lines."""

from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import RefusedError
from ksql_pipeline import BIG, INSERT, ORDERS, PIPELINE, actions, run

# Each is refused in words that repeat more of the request than the statement itself.
REFUSED = {
    "syntax": ("CREATE STREAM bad AS SELCT id FROM orders;", r"s\.sql:2:22: Syntax Error"),
    "syntax in a later line": ("CREATE STREAM bad AS\n  SELECT id\n  FRM orders;", r"s\.sql:4:7: Syntax Error"),
    "reserved word": ("CREATE STREAM bad (v INT WITH (KAFKA_TOPIC='x');", r"s\.sql:2:26: Syntax Error"),
    "other partitions": (
        ORDERS.replace("orders (", "bad (").replace("PARTITIONS=1", "PARTITIONS=6"), "KSQL expects 6 partitions",
    ),
    "too many replicas": (
        ORDERS.replace("orders", "bad").replace("PARTITIONS=1", "PARTITIONS=1, REPLICAS=3"), "cannot be reached",
    ),
    "a back-tick in a column": (ORDERS.replace("orders", "bad").replace("qty", "`a``b`"), "could not be deserialized"),
    "a column": ("CREATE STREAM bad AS\n  SELECT nope FROM orders;", r"s\.sql:3:10: SELECT column 'NOPE'"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("after", ["", f"\n{BIG}{INSERT}"])
@pytest.mark.parametrize("check", [True, False])
def test_a_refusal_ends_the_run_and_names_the_statement(client, wire, case, after, check):
    statement, message = REFUSED[case]
    with pytest.raises(RefusedError, match=rf"^stream BAD \(s\.sql:2:1\): .*{message}") as caught:
        run(client, f"{ORDERS}\n{statement}{after}", check=check)
    assert "LIVECONNECT" not in str(caught.value) + str(caught.value.details)
    assert caught.value.details["changed"] is False
    assert [bool(entry["error"]) for entry in caught.value.details["statements"]][:2] == [False, True]
    assert client.catalogue().sources == {}
    assert client.patience.clock() == 0
    assert len(wire.sent) <= 7


@pytest.mark.parametrize(("statement", "message"), REFUSED.values(), ids=REFUSED)
def test_before_a_script_with_an_error_nothing_is_replaced(client, engine, statement, message):
    run(client, ORDERS + BIG)
    sequence = engine.catalogue.sequence
    other = BIG.replace("> 10", "> 20")
    with pytest.raises(RefusedError, match=rf"stream BAD .*{message}"):
        run(client, f"{ORDERS}{other}\n{statement}", on_drift="replace")
    assert engine.catalogue.sequence == sequence


@pytest.mark.parametrize("check", [True, False])
def test_a_source_that_exists_is_not_blamed_for_a_new_one_before_it(client, engine, check):
    run(client, ORDERS + BIG)
    sequence = engine.catalogue.sequence
    other = BIG.replace("* FROM orders", "id, item, qty FROM bad")
    with pytest.raises(RefusedError, match=r"^stream BAD \(s\.sql:2:1\): ksqlDB says: s\.sql:2:22: Syntax Error"):
        run(client, f"{ORDERS}\nCREATE STREAM bad AS SELCT * FROM orders;\n{other}", on_drift="recreate", check=check)
    assert engine.catalogue.sequence == sequence


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("/* one\ntwo */ CREATE OR REPLACE STREAM IF NOT EXISTS bad AS -- why\nSELECT nope FROM orders;", "3:8"),
        ("SET 'auto.offset.reset'='earliest';\nCREATE STREAM bad AS SELECT ${x} FROM orders;", "2:29"),
        ("CREATE STREAM bad AS\r\nSELECT id,\r\n  nope FROM orders;", "3:3"),
        ("CREATE STREAM good AS SELECT * FROM orders; INSERT INTO good\n SELECT id, nope, qty FROM orders;", "2:13"),
    ],
)
def test_places_are_those_of_the_operators_file(client, text, place):
    run(client, ORDERS)
    client.variables = {"x": "NOPE"}
    with pytest.raises(RefusedError, match=rf": ksqlDB says: .*s\.sql:{place}: SELECT column 'NOPE'"):
        run(client, text, variables={"x": "NOPE"})


@pytest.mark.parametrize("on_drift", ["fail", "replace", "recreate"])
def test_a_stream_with_several_writers_is_unchanged_without_a_record(client, engine, on_drift):
    run(client, PIPELINE)
    sequence = engine.catalogue.sequence
    assert run(client, PIPELINE, on_drift=on_drift).changed is False
    assert engine.catalogue.sequence == sequence


def test_a_stream_with_several_writers_that_differs_is_drift(client):
    run(client, PIPELINE)
    changed = PIPELINE.replace("> 10", "> 20")
    with pytest.raises(RefusedError, match=r"stream BIG .*its definition differs"):
        run(client, changed)
    assert actions(run(client, changed, on_drift="recreate"))[:2] == ["none", "recreate"]
    assert run(client, changed, on_drift="recreate").changed is False


TYPES = (
    "CREATE TYPE `low` AS STRUCT<a INT>; CREATE TYPE m AS MAP<INT, ARRAY<`low`>>;"
    "CREATE STREAM s (id INT KEY, v `Low`, w m) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);"
)


def test_quartet_of_types_that_the_server_writes_otherwise(client, engine):
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        assert run(client, TYPES, check=check).changed is changed
    assert engine.catalogue.types.keys() == {"LOW", "M"}
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        outcome = run(client, "DROP STREAM s; DROP TYPE m; DROP TYPE `low`;", check=check)
        assert outcome.changed is changed
    assert engine.catalogue.types == {}


def test_a_type_that_differs_in_more_than_the_key_of_a_map_is_drift(client):
    run(client, TYPES)
    assert run(client, TYPES.replace("MAP<INT,", "MAP<BIGINT,").split("CREATE STREAM")[0]).changed is False
    with pytest.raises(RefusedError, match=r"type M .*its definition differs"):
        run(client, TYPES.replace("ARRAY<`low`>", "ARRAY<INT>"))


@pytest.mark.parametrize(
    ("more", "asked"),
    [("FORMAT='JSON'", False), ("KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON'", False), ("FORMAT='AVRO'", True)],
)
def test_a_stream_without_a_key_is_asked_for_where_the_format_has_a_registry(client, wire, engine, more, asked):
    engine.settings = type(engine.settings)(schema_registry=True)
    text = f"CREATE STREAM s (v INT) WITH (KAFKA_TOPIC='s', {more}, PARTITIONS=1);"
    run(client, text)
    wire.sent.clear()
    assert run(client, text).changed is False
    assert len(wire.sent) == 1 + asked
