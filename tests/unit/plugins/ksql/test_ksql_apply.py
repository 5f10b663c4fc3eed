# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole way, over the wire, against the lab's emulator; faults are the recorded answers of a real server."""

# ruff: noqa: S608 -- statements of ksqlDB, no database
from __future__ import annotations

import json
import re

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import (
    DeadlineError,
    LiveConnectError,
    RefusedError,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.patience import KSQLDB, Patience, Tries
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.transport import ConnectionFailedError, Response
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql import apply
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.apply import converge
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.client import KsqlClient
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.plan import plan
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.read import Site, read
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.steps import Rules
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from ksql_pipeline import (
    BIG,
    BUSY,
    FENCED,
    INSERT,
    ORDERS,
    PIPELINE,
    STARTING,
    WIDER,
    Direct,
    actions,
    declared,
    refusal,
    run,
)
from ksqldb.engine import FENCED as FENCED_OFF
from ksqldb.engine import Engine
from ksqldb.functions import Functions


def test_quartet_of_a_pipeline(client, engine):
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        outcome = run(client, PIPELINE, check=check)
        assert outcome.changed is changed
        assert actions(outcome) == ["create" if changed else "none"] * 4
        assert list(engine.catalogue.sources) == ([] if check and changed else ["ORDERS", "BIG", "TOTALS"])
    assert sum(query.sink == "BIG" for query in engine.catalogue.queries.values()) == 2


def test_unchanged_statements_send_no_command(client, engine):
    run(client, PIPELINE)
    sequence = engine.catalogue.sequence
    run(client, PIPELINE)
    assert engine.catalogue.sequence == sequence


def test_quartet_of_a_replacement(client, engine):
    run(client, ORDERS)
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        outcome = run(client, WIDER, on_drift="replace", check=check)
        assert outcome.changed is changed
        assert actions(outcome) == ["replace" if changed else "none"]
    entry = engine.catalogue.sources["ORDERS"]
    assert [column.name for column in entry.columns] == ["ID", "ITEM", "QTY", "PRICE"]


@pytest.mark.parametrize("check", [True, False])
def test_drift_is_reported_and_nothing_is_done(client, engine, check):
    run(client, ORDERS)
    with pytest.raises(
        RefusedError, match=r"stream ORDERS \(s\.sql:1:1\): its definition differs.*on_drift: replace"
    ) as caught:
        run(client, WIDER + BIG, check=check)
    assert list(engine.catalogue.sources) == ["ORDERS"]
    before, after = (caught.value.details["diff"][0][side] for side in ("before", "after"))
    assert before.startswith("CREATE STREAM ORDERS (ID INTEGER KEY")
    assert "PRICE DOUBLE" in after
    assert caught.value.details["statements"][0]["error"] == "its definition differs"
    assert caught.value.details["changed"] is False


def test_what_cannot_be_replaced_is_refused_before_anything_is_done(client, engine):
    run(client, ORDERS)
    sequence = engine.catalogue.sequence
    changed_key = ORDERS.replace("id INT KEY", "id BIGINT KEY")
    for check in (True, False):
        with pytest.raises(RefusedError, match=r"stream ORDERS .*Key columns must be identical"):
            run(client, changed_key, on_drift="replace", check=check)
    assert engine.catalogue.sequence == sequence


def test_the_refused_statement_is_named(client, engine):
    with pytest.raises(RefusedError, match=r"table TOTALS \(s\.sql:3:1\).*NOPE.*cannot be resolved") as caught:
        run(client, f"{ORDERS}\n{BIG}\nCREATE TABLE totals AS SELECT nope FROM big GROUP BY nope;\n{INSERT}")
    assert [bool(entry["error"]) for entry in caught.value.details["statements"]] == [False, False, True, False]
    assert engine.catalogue.sources == {}


def test_an_unknown_function_points_to_the_jar(client):
    with pytest.raises(RefusedError, match="extension directory"):
        run(client, ORDERS + "CREATE STREAM s AS SELECT IGRAFX_SESSIONS(item) FROM orders;")


def test_a_changed_statement_may_use_what_is_new(client):
    run(client, ORDERS + "CREATE STREAM copy AS SELECT * FROM orders;")
    outcome = run(
        client,
        "CREATE TYPE money AS DECIMAL(10,2);"
        + ORDERS.replace("qty INT)", "qty INT, price MONEY)")
        + "CREATE STREAM copy AS SELECT * FROM orders;",
        on_drift="replace",
    )
    assert actions(outcome) == ["create", "replace", "none"]


def test_a_changed_type_changes_the_sources_that_use_it(client):
    typed = "CREATE TYPE money AS DECIMAL(10,2);" + ORDERS.replace("qty INT)", "qty INT, price MONEY)")
    run(client, typed)
    changed = typed.replace("money AS DECIMAL(10,2)", "money AS DECIMAL(12,2)")
    with pytest.raises(RefusedError, match=r"type MONEY .* its definition differs; stream ORDERS .* its definition"):
        run(client, changed)
    # ksqlDB itself cannot replace a column's type, and says so before anything is changed.
    with pytest.raises(RefusedError, match=r"stream ORDERS .*not upgradeable"):
        run(client, changed, on_drift="replace")
    assert actions(run(client, changed, on_drift="recreate")) == ["replace", "recreate"]
    assert run(client, changed).changed is False


def test_a_changed_type_changes_the_types_that_use_it(client):
    nested = "CREATE TYPE inner_one AS INT; CREATE TYPE outer_one AS ARRAY<inner_one>;"
    run(client, nested)
    changed = nested.replace("AS INT", "AS VARCHAR")
    assert actions(run(client, changed, on_drift="replace")) == ["replace", "replace"]
    assert run(client, changed).changed is False


def test_properties_of_a_query_are_compared(client, engine):
    run(client, ORDERS + BIG)
    earliest = {"auto.offset.reset": "earliest"}
    with pytest.raises(RefusedError, match="other properties"):
        run(client, ORDERS + BIG, properties=earliest)
    assert actions(run(client, ORDERS + BIG, properties=earliest, on_drift="replace")) == ["none", "replace"]
    assert run(client, ORDERS + BIG, properties=earliest).changed is False
    assert run(client, f"SET 'auto.offset.reset'='earliest'; {ORDERS}{BIG}").changed is False
    assert engine.catalogue.queries["CSAS_BIG_1"].properties == earliest


def test_all_missing_functions_are_named_before_anything_is_sent(client, wire, engine):
    calling = "CREATE STREAM s AS SELECT IGRAFX_SESSIONS(LCASE(item)) FROM orders;" + INSERT.replace(
        "qty", "OTHER_UDF(qty)"
    )
    for check in (True, False):
        with pytest.raises(RefusedError) as caught:
            run(client, ORDERS + BIG + calling, check=check)
        assert "stream S (s.sql:1:1" in str(caught.value)
        assert "IGRAFX_SESSIONS is missing; insert INSERT_BIG_" in str(caught.value)
        assert "OTHER_UDF is missing" in str(caught.value)
        assert "extensions/" in str(caught.value)
        assert [bool(entry["error"]) for entry in caught.value.details["statements"]] == [False, False, True, False]
    assert engine.catalogue.sources == {}
    assert sum("LIST FUNCTIONS" in one for one in wire.sent) == 2


def test_a_function_whose_jar_is_gone_is_named(client, engine, tmp_path):
    (tmp_path / "igrafx-udfs-assembly-1.1.0.jar").touch()
    engine.functions = Functions(str(tmp_path))
    calling = ORDERS + "CREATE STREAM s AS SELECT IGRAFX_SESSIONS(item) AS x FROM orders;"
    run(client, calling)
    assert run(client, calling).changed is False
    engine.functions = Functions(None)
    with pytest.raises(RefusedError, match=r"stream S \(s\.sql:1:\d+\): IGRAFX_SESSIONS is missing"):
        run(client, calling)


def test_functions_are_not_asked_for_when_nothing_changes(client, wire):
    run(client, PIPELINE)
    wire.sent.clear()
    run(client, PIPELINE)
    assert not any("LIST FUNCTIONS" in one for one in wire.sent)


def test_a_terminated_query_is_drift(client, engine):
    run(client, ORDERS + BIG)
    engine.post({"ksql": "TERMINATE CSAS_BIG_1;"})
    with pytest.raises(RefusedError, match="its query was terminated"):
        run(client, ORDERS + BIG)
    run(client, ORDERS + BIG, on_drift="replace")
    assert len(engine.catalogue.queries) == 1


def test_quartet_of_removals(client, engine):
    run(client, PIPELINE + "CREATE TYPE t AS INT;")
    insert_id = next(name for name in engine.catalogue.queries if name.startswith("INSERT_BIG_"))
    text = f"TERMINATE {insert_id}; DROP TABLE IF EXISTS totals; DROP STREAM big; DROP TYPE t; DROP STREAM never;"
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        outcome = run(client, text, check=check)
        assert outcome.changed is changed
    assert list(engine.catalogue.sources) == ["ORDERS"]
    assert "big" not in engine.catalogue.topics
    assert engine.catalogue.topics["BIG"] == 1


def test_a_changed_insert_warns_of_its_earlier_query(client):
    run(client, PIPELINE)
    outcome = run(client, PIPELINE.replace("qty < 0", "qty < 1"))
    assert actions(outcome) == ["none", "none", "none", "create"]
    assert "add TERMINATE INSERT_BIG_" in outcome.warnings[0]


def test_an_insert_with_an_id_of_its_own_cannot_be_replaced(client):
    named = "INSERT INTO big WITH (QUERY_ID='mine') SELECT * FROM orders WHERE qty < 0;"
    run(client, ORDERS + BIG + named)
    assert run(client, ORDERS + BIG + named.replace("  ", " ")).changed is False
    with pytest.raises(RefusedError, match="TERMINATE MINE first"):
        run(client, ORDERS + BIG + named.replace("< 0", "< 1"), on_drift="replace")


def test_the_kind_of_a_source_cannot_change(client):
    run(client, ORDERS)
    with pytest.raises(RefusedError, match="ORDERS exists as a stream"):
        run(client, ORDERS.replace("STREAM", "TABLE").replace("INT KEY", "INT PRIMARY KEY"), on_drift="replace")


OVERTAKEN = refusal(
    50000,
    "Could not write the statement 'X' into the command topic.\n"
    "Caused by: Cannot add stream 'X': A stream with the same name already exists",
)
BEHIND = refusal(
    50301, "Timed out while waiting for a previous command to execute. command sequence number: 9", status=503
)
LIMITED = refusal(42900, "DDL/DML rate is crossing the configured rate limit of statements/second", status=429)
PASSING = {
    "busy": BUSY, "fenced": FENCED, "starting": STARTING, "overtaken": OVERTAKEN, "behind": BEHIND, "limited": LIMITED,
}  # fmt: skip


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_passing_refusal_is_retried(client, wire, engine, fault):
    wire.faults = [fault, fault]
    assert actions(run(client, ORDERS + BIG)) == ["create", "create"]
    wire.faults, wire.only = [fault, fault], "OR REPLACE"
    run(client, WIDER, on_drift="replace")
    assert len(engine.catalogue.sources["ORDERS"].columns) == 4


def test_a_server_that_stays_busy_ends_at_the_deadline(client, wire, clock):
    wire.faults = [STARTING] * 1000
    with pytest.raises(DeadlineError, match=r"within 60 s\. ksqlDB says: KSQL is not yet ready"):
        run(client, ORDERS)
    assert 60 <= clock.now < 70


def test_a_lost_answer_is_looked_after_and_not_repeated(client, wire, engine):
    wire.faults, wire.only, wire.lost = [ConnectionFailedError("timed out")], '"CREATE STREAM orders', True
    outcome = run(client, ORDERS)
    assert outcome.changed is True
    assert actions(outcome) == ["create"]
    assert engine.catalogue.sequence == 0


def test_a_lost_request_is_repeated(client, wire, engine):
    wire.faults, wire.only = [ConnectionFailedError("timed out")], '"CREATE STREAM orders'
    assert run(client, ORDERS).changed is True
    assert engine.catalogue.sequence == 0


def test_a_request_that_is_carried_out_after_the_look_is_no_refusal(client, wire, engine):
    post, looks = engine.post, []

    def late(body):
        answer = post(body)
        looks.extend(["a look"] if body["ksql"].startswith("DESCRIBE STREAMS") else [])
        if len(looks) == 2 and not engine.catalogue.sources:
            post({"ksql": ORDERS})
        return answer

    engine.post = late
    wire.faults, wire.only = [ConnectionFailedError("timed out")], '"CREATE STREAM orders'
    assert [entry["changed"] for entry in run(client, ORDERS + BIG).results()] == [True, True]
    assert list(engine.catalogue.sources) == ["ORDERS", "BIG"]


def executing(command_id):
    status = {"status": "EXECUTING", "message": "Executing statement", "queryId": None}
    entity = {"@type": "currentStatus", "statementText": "", "commandId": command_id, "commandStatus": status}
    return Response(200, json.dumps([{**entity, "commandSequenceNumber": 0, "warnings": []}]).encode())


def test_a_command_is_waited_for(client, wire, engine):
    run(client, ORDERS)
    engine.catalogue.statuses["stream/`ORDERS`/create"] = {"status": "SUCCESS", "message": "done", "queryId": "Q_1"}
    wire.faults, wire.only = [executing("stream/`ORDERS`/create")], '"CREATE OR REPLACE'
    outcome = run(client, WIDER, on_drift="replace")
    assert outcome.results()[0]["query_id"] == "Q_1"
    assert wire.sent[-1].startswith("GET /status/stream/%60ORDERS%60/create")


def test_a_command_that_does_not_end(client, wire, engine):
    stuck = {"status": "EXECUTING", "message": "Executing statement", "queryId": None}
    engine.catalogue.statuses["stream/`ORDERS`/create"] = stuck
    wire.faults, wire.only = [executing("stream/`ORDERS`/create")], '"CREATE STREAM orders'
    with pytest.raises(DeadlineError, match="still EXECUTING after 30 s") as caught:
        run(client, ORDERS)
    assert caught.value.details["status"] == stuck


def test_success_that_says_already_exists_is_looked_at_again(client, wire, engine):
    message = "Cannot add stream `ORDERS`: A stream with the same name already exists."
    engine.catalogue.statuses["a/b/c"] = {"status": "SUCCESS", "message": message, "queryId": None}
    wire.faults, wire.only = [executing("a/b/c")], '"CREATE STREAM orders'
    assert run(client, ORDERS).changed is True
    assert list(engine.catalogue.sources) == ["ORDERS"]


@pytest.mark.parametrize("message", FENCED_OFF)
@pytest.mark.parametrize("done", range(4))
def test_after_a_fence_the_rest_goes_on_and_all_that_was_done_is_told(client, engine, message, done):
    engine.fences = [(done, message)]
    outcome = run(client, PIPELINE)
    assert [entry["changed"] for entry in outcome.results()] == [True] * 4
    assert len(engine.catalogue.sources) == 3
    assert len(engine.catalogue.queries) == 3
    assert run(client, PIPELINE).changed is False


@pytest.mark.parametrize("message", FENCED_OFF)
def test_who_is_fenced_off_for_ever_ends_at_the_deadline_and_tells_what_was_done(client, engine, clock, message):
    engine.fences = [(1, message), *[(0, message)] * 1000]
    with pytest.raises(DeadlineError, match="within 60 s") as caught:
        run(client, PIPELINE)
    assert 60 <= clock.now < 70
    assert [entry["changed"] for entry in caught.value.details["statements"]] == [True, False, False, False]
    assert caught.value.details["changed"] is True


def test_what_is_done_of_building_again_is_told_too(client, engine):
    run(client, PIPELINE)
    engine.fences = [(4, FENCED_OFF[0]), *[(0, FENCED_OFF[0])] * 1000]
    with pytest.raises(DeadlineError) as caught:
        run(client, PIPELINE.replace("id INT KEY", "id BIGINT KEY"), on_drift="recreate")
    assert engine.catalogue.sources == {}
    assert [entry["changed"] for entry in caught.value.details["statements"]] == [True] * 4


def test_what_was_done_is_looked_up_though_the_time_is_over(client, engine):
    client.tries = Tries(Patience(0), KSQLDB)
    engine.fences = [(1, FENCED_OFF[0])]
    with pytest.raises(DeadlineError) as caught:
        run(client, ORDERS + BIG)
    assert [entry["changed"] for entry in caught.value.details["statements"]] == [True, False]
    assert caught.value.details["changed"] is True


def test_work_that_somebody_else_undoes_is_no_progress(client, engine, clock, monkeypatch):
    monkeypatch.setattr(apply, "BATCH", 1)
    post = engine.post

    def undone(body):
        answer = post(body)
        if answer[0] == 500:
            post({"ksql": "DROP STREAM IF EXISTS orders;"})
        return answer

    engine.post = undone
    engine.fences = [(1, ""), (0, FENCED_OFF[0]), (1, "")] * 500
    with pytest.raises(DeadlineError, match="within 60 s"):
        run(client, ORDERS + BIG)
    assert 60 <= clock.now < 70


def test_a_refusal_half_way_says_what_was_done(client, engine):
    engine.fences = [(1, "No.")]
    with pytest.raises(RefusedError, match=r"stream BIG .*No\.") as caught:
        run(client, ORDERS + BIG)
    assert [entry["changed"] for entry in caught.value.details["statements"]] == [True, False]
    assert caught.value.details["changed"] is True


def test_an_answer_that_leaves_out_a_statement_is_no_success(client, wire, clock):
    wire.always = (Response(200, b"[]"), '"CREATE STREAM orders')
    with pytest.raises(DeadlineError, match=r"does not say what became of stream ORDERS \(s\.sql:1:1\)") as caught:
        run(client, ORDERS)
    assert caught.value.details["changed"] is False
    assert 60 <= clock.now < 70


HINT = "It is asked through the proxy p:3128."
PAGE = b"<html><h1>Company proxy</h1></html>"


@pytest.mark.parametrize("ask", [lambda client: run(client, ORDERS), lambda client: client.info()])
@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        ((403, PAGE), HINT),
        ((407, b""), HINT),
        ((200, PAGE), HINT),
        ((404, PAGE), HINT),
        ((503, PAGE), HINT),
        # What ksqlDB itself says has nothing to do with a proxy.
        ((403, b'{"@type":"generic_error","error_code":40300,"message":"no"}'), "Check url_username"),
        ((503, b'{"@type":"generic_error","error_code":50302,"message":"starting"}'), "See its log"),
    ],
)
def test_an_answer_that_may_be_a_proxys(client, wire, ask, answer, remedy):
    wire.faults = [Response(*answer, proxy_hint=HINT)] * 100
    with pytest.raises((RefusedError, DeadlineError)) as caught:
        ask(client)
    assert caught.value.remedy.startswith(remedy)


def test_credentials_are_asked_for(client, wire):
    wire.faults = [Response(401, b'{"@type":"generic_error","error_code":40100,"message":"Unauthorized"}')]
    with pytest.raises(RefusedError, match=r"Unauthorized.*url_username"):
        run(client, ORDERS)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Response(404, b"<html><body><h1>Resource not found</h1></body></html>"), "answers 404.*REST API"),
        (Response(200, b"{}"), "REST API"),
        (refusal(50000, "Not recognizable as ksql property: 'x'"), "Not recognizable"),
    ],
)
def test_a_lasting_refusal_is_not_retried(client, wire, answer, message):
    wire.faults = [answer]
    with pytest.raises(LiveConnectError, match=message):
        run(client, ORDERS)
    assert len(wire.sent) == 1


def test_an_untrusted_server_is_not_tried_again(client, wire):
    wire.faults = [ConnectionFailedError("not trusted", certain=True, permanent=True)]
    with pytest.raises(ConnectionFailedError, match="not trusted"):
        run(client, ORDERS)


def test_many_statements_go_in_one_request_after_the_look(client, wire):
    run(client, "".join(ORDERS.replace("orders (", f"orders{n} (") for n in range(40)))
    assert len(wire.sent) == 1 + 1


def test_very_many_are_validated_together_and_sent_in_parts(client, wire, monkeypatch):
    monkeypatch.setattr(apply, "BATCH", 4)
    run(client, "".join(ORDERS.replace("orders (", f"orders{n} (") for n in range(9)))
    assert len(wire.sent) == 1 + 1 + 3


COLUMNS = some.lists(some.sampled_from(["a INT", "b VARCHAR", "c DOUBLE", "`d` BIGINT"]), unique=True, max_size=3)


@some.composite
def worlds(draw):
    """A script of a few streams, queries on them, types and inserts, in an order that works."""
    text = []
    for name in draw(some.lists(some.sampled_from(["s1", "s2", "`S3`", "s_4"]), unique=True, min_size=1)):
        columns = ", ".join(["id INT KEY", "v INT", *draw(COLUMNS)])
        text.append(
            f"CREATE STREAM {name} ({columns}) WITH (KAFKA_TOPIC='{name[:2]}', VALUE_FORMAT='JSON', PARTITIONS=1);"
        )
        if draw(some.booleans()):
            copy = name.strip("`") + "_copy"
            text.append(f"CREATE STREAM {copy} AS SELECT id, v FROM {name} WHERE v > {draw(some.integers(0, 2))};")
            if draw(some.booleans()):
                text.append(f"INSERT INTO {copy} SELECT id, v FROM {name} WHERE v < 0;")
    if draw(some.booleans()):
        text.append(
            f"CREATE TYPE t AS {draw(some.sampled_from(['INT', 'ARRAY<VARCHAR>', 'STRUCT<a INT, b DECIMAL(4,1)>']))};"
        )
    return "\n".join(text)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(), worlds())
def test_after_apply_the_plan_is_empty(first, second):
    site = Site(KsqlClient(Direct(Engine()), Patience(0)))
    for text in (first, second):
        before = plan(declared(text), read(site, declared(text)), Rules("replace"))
        try:
            converge(site, declared(text), Rules("replace"), check=False)
        except LiveConnectError:
            # What the server cannot replace stays as it was; a first run finds nothing in its way.
            after = plan(declared(text), read(site, declared(text)), Rules("replace"))
            settled = (text == first, after) == (False, before)
        else:
            settled = plan(declared(text), read(site, declared(text)), Rules("replace")).pending == ()
        assert settled


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(), worlds())
def test_after_building_again_and_a_purge_the_server_holds_what_is_declared_and_nothing_else(first, second):
    site = Site(KsqlClient(Direct(engine := Engine()), Patience(0)))
    rules = Rules("recreate", re.compile(".*"))
    for text in (first, second):
        converge(site, declared(text), rules, check=False)
        assert plan(declared(text), read(site, declared(text)), rules).moves == ()
        names = {one.name for one in declared(text) if one.key[0] == "source"}
        assert engine.catalogue.sources.keys() == names
