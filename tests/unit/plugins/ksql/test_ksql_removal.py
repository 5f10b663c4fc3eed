# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is dropped: to be built again, because it is declared absent, or because nobody declares it."""

from __future__ import annotations

import json
import re

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError, RefusedError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.transport import ConnectionFailedError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql import apply
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.apply import converge
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.read import Site
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.steps import Rules
from ksql_pipeline import BIG, BUSY, INSERT, ORDERS, PIPELINE, actions, declared, remove, run

TOTALS = "CREATE TABLE totals AS SELECT item, COUNT(*) AS n FROM big GROUP BY item;"
OTHER_KEY = PIPELINE.replace("id INT KEY", "id BIGINT KEY")


def test_quartet_of_building_again(client, engine, wire):
    run(client, PIPELINE)
    before = dict(engine.catalogue.queries)
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        wire.sent.clear()
        outcome = run(client, OTHER_KEY, on_drift="recreate", check=check)
        assert outcome.changed is changed
        assert actions(outcome) == ["recreate" if changed else "none"] * 4
        assert len(apply.diff(outcome)) == (4 if changed else 0)
        if check and changed:
            assert engine.catalogue.queries == before
    assert engine.catalogue.sources["ORDERS"].columns[0].type.name == "BIGINT"
    assert list(engine.catalogue.sources) == ["ORDERS", "BIG", "TOTALS"]
    assert not engine.catalogue.queries.keys() & (before.keys() - {one for one in before if one.startswith("INSERT_")})


def test_building_again_ends_dependants_first_in_the_same_request(client, wire):
    run(client, PIPELINE)
    wire.sent.clear()
    run(client, OTHER_KEY, on_drift="recreate")
    (sent,) = [json.loads(one.split(" ", 2)[2])["ksql"] for one in wire.sent if "DROP" in one]
    assert [" ".join(one.split()[:3]) for one in sent.split(";\n")][:5] == [
        "DROP TABLE `TOTALS`",
        sent.split(";\n")[1],
        "DROP STREAM `BIG`",
        "DROP STREAM `ORDERS`",
        "CREATE STREAM orders",
    ]
    assert sent.split(";\n")[1].startswith("TERMINATE INSERT_BIG_")


def test_what_is_not_declared_is_never_dropped_to_build_again(client, engine):
    run(client, PIPELINE)
    sequence = engine.catalogue.sequence
    for check in (True, False):
        with pytest.raises(RefusedError, match=r"stream ORDERS .*TOTALS, not declared here, depends on it"):
            run(client, OTHER_KEY.replace(TOTALS, ""),
                on_drift="recreate", check=check)  # fmt: skip
    with pytest.raises(RefusedError, match=r"stream ORDERS .*INSERT_BIG_\w+, not declared here, depends on it"):
        run(client, OTHER_KEY.replace(INSERT, ""), on_drift="recreate")
    assert engine.catalogue.sequence == sequence


def test_a_drifted_insert_is_built_again(client, engine):
    named = "INSERT INTO big WITH (QUERY_ID='mine') SELECT * FROM orders WHERE qty < 0;"
    run(client, ORDERS + BIG + named)
    outcome = run(client, ORDERS + BIG + named.replace("< 0", "< 1"), on_drift="recreate")
    assert actions(outcome) == ["none", "none", "recreate"]
    assert "< 1" in engine.catalogue.queries["MINE"].text


def test_the_kind_of_a_source_changes_by_building_it_again(client, engine):
    run(client, ORDERS)
    table = ORDERS.replace("STREAM", "TABLE").replace("INT KEY", "INT PRIMARY KEY")
    assert actions(run(client, table, on_drift="recreate")) == ["recreate"]
    assert engine.catalogue.sources["ORDERS"].kind == "TABLE"


def test_building_again_that_is_refused_drops_nothing(client, engine):
    run(client, PIPELINE)
    with pytest.raises(RefusedError, match=r"stream BIG .*NOPE.*cannot be resolved"):
        run(
            client,
            OTHER_KEY.replace("* FROM orders WHERE qty >", "nope FROM orders WHERE qty >"),
            on_drift="recreate",
        )
    assert list(engine.catalogue.sources) == ["ORDERS", "BIG", "TOTALS"]


def test_building_again_goes_on_after_a_busy_moment(client, wire, engine):
    run(client, PIPELINE)
    wire.faults, wire.only = [BUSY, ConnectionFailedError("timed out")], "DROP"
    outcome = run(client, OTHER_KEY, on_drift="recreate")
    assert actions(outcome) == ["recreate"] * 4
    assert run(client, OTHER_KEY).changed is False
    assert len(engine.catalogue.sources) == 3


def test_quartet_of_absence(client, engine):
    run(client, PIPELINE + "CREATE TYPE t AS INT;")
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        outcome = remove(client, PIPELINE + "CREATE TYPE t AS INT;", check=check)
        assert outcome.changed is changed
        assert actions(outcome) == (["drop"] * 3 + ["terminate", "drop"] if changed else ["none"] * 5)
    assert engine.catalogue.sources == engine.catalogue.queries == engine.catalogue.types == {}
    assert set(engine.catalogue.topics) == {"orders", "BIG", "TOTALS"}


def test_absence_is_refused_while_something_undeclared_depends_on_it(client, engine):
    run(client, PIPELINE)
    with pytest.raises(RefusedError, match=r"ORDERS \(s\.sql:1:1\): BIG, INSERT_BIG_\w+, not declared here, depends"):
        remove(client, ORDERS)
    assert len(engine.catalogue.sources) == 3


def test_quartet_of_topics_that_go_too(client, engine, wire):
    run(client, PIPELINE)
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        wire.sent.clear()
        outcome = remove(client, PIPELINE, check=check, delete_topic=True)
        topics = ["orders", "BIG", "TOTALS", None] if changed else [None] * 4
        assert [entry["topic"] for entry in outcome.results()] == topics
        assert ("with its topic orders" in apply.diff(outcome)[0]["before"]) if changed else not apply.diff(outcome)
        assert bool(engine.catalogue.topics) is (check and changed)
        deleting = [json.loads(one.split(" ", 2)[2])["ksql"] for one in wire.sent if "DELETE TOPIC" in one]
        names = ["TABLE `TOTALS`", "STREAM `BIG`", "STREAM `ORDERS`"] if changed and not check else []
        assert deleting == [f"DROP {name} DELETE TOPIC;" for name in names]


def test_a_shared_topic_goes_with_the_last_source_only(client, engine):
    run(client, ORDERS + ORDERS.replace("orders (", "again ("))
    with pytest.raises(RefusedError, match="its topic orders is also that of AGAIN, not declared here"):
        remove(client, ORDERS, delete_topic=True)
    assert "orders" in engine.catalogue.topics
    outcome = remove(client, ORDERS + ORDERS.replace("orders (", "again ("), delete_topic=True)
    assert [entry["topic"] for entry in outcome.results()] == [None, "orders"]
    assert engine.catalogue.topics == {}


def test_a_reader_that_comes_in_between_saves_the_topic(client, engine, wire):
    run(client, ORDERS)
    wire.sent.clear()
    real = wire.request

    def interfering(method, path, **more):
        if sum("DESCRIBE STREAMS" in one for one in wire.sent) == 1:
            engine.post({"ksql": BIG})
        return real(method, path, **more)

    wire.request = interfering
    with pytest.raises(RefusedError, match="ORDERS was not dropped, nor its topic orders deleted: BIG has come"):
        remove(client, ORDERS, delete_topic=True)
    assert "orders" in engine.catalogue.topics


def test_a_lost_answer_to_a_deletion_is_looked_after(client, engine, wire):
    run(client, ORDERS)
    wire.faults, wire.only, wire.lost = [ConnectionFailedError("timed out")], "DELETE TOPIC", True
    assert remove(client, ORDERS, delete_topic=True).changed is True
    assert engine.catalogue.topics == {}


def test_the_topic_of_a_read_only_source_stays(client, engine):
    run(client, ORDERS)
    table = ORDERS.replace("STREAM orders (id INT KEY", "SOURCE TABLE seen (id INT PRIMARY KEY").replace(
        "'orders'", "'own'"
    )
    run(client, table)
    assert remove(client, table, delete_topic=True).results()[0]["topic"] is None
    assert set(engine.catalogue.topics) == {"orders", "own"}


def purge(client, text, match=".*", *, check=False, on_drift="fail"):
    return converge(Site(client), declared(text), Rules(on_drift, re.compile(match)), check=check)


def test_quartet_of_a_purge(client, engine):
    run(client, PIPELINE + "CREATE TYPE t AS INT;")
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        outcome = purge(client, ORDERS, check=check)
        assert outcome.changed is changed
        assert [(entry["name"], entry["action"], entry["source"]) for entry in outcome.results()][1:3] == (
            [("BIG", "drop", "purge"), ("TOTALS", "drop", "purge")] if changed else []
        )
        assert len(outcome.results()) == (4 if changed else 1)
        assert len(engine.catalogue.sources) == (3 if check and changed else 1)
    assert engine.catalogue.queries == {}
    assert list(engine.catalogue.types) == ["T"]
    assert "BIG" in engine.catalogue.topics


def test_a_purge_looks_at_whole_names_only(client, engine):
    run(client, PIPELINE)
    assert purge(client, ORDERS + BIG + INSERT, "TOTAL|OTAL.*").changed is False
    assert purge(client, ORDERS + BIG + INSERT, "TOTAL.*").changed is True
    assert list(engine.catalogue.sources) == ["ORDERS", "BIG"]


def test_a_purge_with_nothing_declared_is_refused(client, engine):
    run(client, PIPELINE)
    with pytest.raises(InvalidInputError, match="nothing is declared in statements or src"):
        purge(client, "")
    assert len(engine.catalogue.sources) == 3


def test_what_is_purged_may_be_what_a_declared_source_was_made_from(client, engine):
    run(client, ORDERS + ORDERS.replace("orders", "other") + BIG)
    moved = ORDERS.replace("orders", "other") + BIG.replace("FROM orders", "FROM other")
    with pytest.raises(RefusedError, match="definition differs"):
        purge(client, moved)
    assert list(engine.catalogue.sources) == ["ORDERS", "OTHER", "BIG"]
    outcome = purge(client, moved, on_drift="recreate")
    assert actions(outcome) == ["none", "recreate", "drop"]
    assert list(engine.catalogue.sources) == ["OTHER", "BIG"]


def test_what_is_purged_and_depends_on_what_is_built_again_goes_first(client, engine):
    run(client, PIPELINE)
    outcome = purge(client, OTHER_KEY.replace(INSERT, ""), "INSERT_BIG_.*", on_drift="recreate")
    assert actions(outcome) == ["recreate"] * 3 + ["terminate"]
    assert list(engine.catalogue.sources) == ["ORDERS", "BIG", "TOTALS"]


def test_a_purge_of_what_a_declared_source_is_made_from_is_refused(client, engine):
    run(client, ORDERS + BIG)
    with pytest.raises(RefusedError, match=r"stream ORDERS \(purge\): .*BIG"):
        purge(client, BIG)
    assert len(engine.catalogue.sources) == 2
