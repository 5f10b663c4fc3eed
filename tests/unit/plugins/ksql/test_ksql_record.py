# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record spares requests, and never counts against the server."""

from __future__ import annotations

import json

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import RefusedError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.apply import converge
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.read import Site
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.record import Record
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.steps import Rules
from ksql_pipeline import BIG, INSERT, ORDERS, PIPELINE, WIDER, declared
from ksqldb import execution
from ksqldb.request import Settings

MANY = "CREATE TYPE t AS INT;" + PIPELINE + "".join(ORDERS.replace("orders (", f"o{n} (") for n in range(20))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new/directory/record.json"


@pytest.fixture
def run(client, path, wire):
    def run_one(text, *, on_drift="fail", check=False):
        wire.sent.clear()
        site = Site(client, Record(str(path), "http://one"))
        return converge(site, declared(text), Rules(on_drift), check=check)

    return run_one


def test_unchanged_statements_cost_one_request_however_many_they_are(run, wire):
    run(MANY)
    assert run(MANY).changed is False
    assert len(wire.sent) == 1
    assert run(MANY, check=True).changed is False
    assert len(wire.sent) == 1


PLAIN = "CREATE TYPE money AS DECIMAL(10,2);" + "".join(
    f"""CREATE {kind} o{n} (id INT {role}KEY, `low` VARCHAR(9), m MAP<INT, ARRAY<money>>, s STRUCT<`a` money, b INT>,
        h BYTES HEADER('x')) WITH ({more}KAFKA_TOPIC='o{n}', VALUE_FORMAT='JSON', PARTITIONS=1);"""
    for n, (kind, role, more) in enumerate(
        [("STREAM", "", ""), ("TABLE", "PRIMARY ", ""), ("STREAM", "", "KEY_FORMAT='JSON', ")] * 10
    )
)


@pytest.mark.parametrize("check", [True, False])
def test_without_the_record_unchanged_plain_statements_cost_one_request_more(run, path, wire, check):
    """That one tells which formats the server takes by itself."""
    run(PLAIN)
    path.unlink()
    assert run(PLAIN, check=check).changed is False
    assert len(wire.sent) == 1 + 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("b INT>", "b BIGINT>"), ("MAP<INT,", "MAP<BIGINT,"), ("`low`", "low"), ("HEADER('x')", "HEADER('X')"),
        ("BYTES HEADER('x')", "BYTES"), ("KEY_FORMAT='JSON'", "KEY_FORMAT='KAFKA'"),
        ("PARTITIONS=1)", "TIMESTAMP='id', PARTITIONS=1)"),
        ("VALUE_FORMAT='JSON', P", "VALUE_FORMAT='DELIMITED', P"), ("CREATE TABLE", "CREATE SOURCE TABLE"),
        ("KAFKA_TOPIC='o0'", "KAFKA_TOPIC='o1'"), ("(10,2)", "(12,2)"), ("id INT KEY", "id INT"),
    ],
)  # fmt: skip
def test_without_the_record_every_difference_is_seen(run, path, old, new):
    run(PLAIN)
    path.unlink()
    with pytest.raises(RefusedError, match="its definition differs"):
        run(PLAIN.replace(old, new))


def test_what_a_server_takes_by_itself_is_learned_and_not_guessed(run, path, wire, monkeypatch):
    plain = ORDERS + ORDERS.replace("orders (", "more (")
    run(plain.replace("VALUE_FORMAT", "KEY_FORMAT='KAFKA', VALUE_FORMAT"))
    monkeypatch.setattr(execution, "DEFAULT_KEY_FORMAT", "JSON")
    path.unlink()
    with pytest.raises(RefusedError, match=r"stream ORDERS .* its definition differs; stream MORE .* its definition"):
        run(plain)
    assert len(wire.sent) == 1 + 2


def test_creating_costs_two_requests_however_many_they_are(run, wire):
    run(PLAIN)
    assert len(wire.sent) == 1 + 1
    assert wire.sent[1].count("CREATE") == 31


def test_the_record_is_private_and_holds_no_statement(run, path):
    run(PIPELINE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert "orders" not in path.read_text().lower().replace('"orders":', "")
    assert "CREATE" not in path.read_text()


def test_what_the_server_stored_counts_not_the_record(run, engine, wire):
    run(ORDERS)
    engine.post({"ksql": WIDER.replace("CREATE", "CREATE OR REPLACE")})
    with pytest.raises(RefusedError, match="its definition differs"):
        run(ORDERS)
    with pytest.raises(RefusedError, match="its definition differs"):
        run(WIDER.replace("price DOUBLE", "price INT"))
    assert run(WIDER).changed is False
    assert len(wire.sent) == 2
    assert run(WIDER).changed is False
    assert len(wire.sent) == 1


def test_a_query_that_was_terminated_is_seen_all_the_same(run, engine):
    run(ORDERS + BIG)
    engine.post({"ksql": "TERMINATE CSAS_BIG_1;"})
    with pytest.raises(RefusedError, match="its query was terminated"):
        run(ORDERS + BIG)


def test_a_type_that_changed_is_seen_all_the_same(run):
    typed = "CREATE TYPE money AS DECIMAL(10,2);" + ORDERS.replace("qty INT)", "qty INT, price MONEY)")
    run(typed)
    with pytest.raises(RefusedError, match=r"type MONEY .* stream ORDERS .* its definition"):
        run(typed.replace("(10,2)", "(12,2)"))


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "7", '{"http://one": 1}', '{"http://one": {"ORDERS": 1}}', "\x00\xff", "[" * 100_000]
)
def test_a_broken_record_only_costs_time(run, path, wire, content):
    run(PIPELINE)
    path.write_text(content)
    assert run(PIPELINE).changed is False
    assert len(wire.sent) == 1 + 3
    assert run(PIPELINE).changed is False
    assert len(wire.sent) == 1


def test_a_missing_record_only_costs_time(run, path, wire):
    run(PIPELINE)
    path.unlink()
    assert run(PIPELINE).changed is False
    assert len(wire.sent) == 1 + 3


def test_another_server_is_asked(client, path, wire):
    converge(Site(client, Record(str(path), "http://one")), declared(ORDERS), Rules(), check=False)
    for server, requests in (("http://other", 2), ("http://other", 1), ("http://one", 1)):
        wire.sent.clear()
        converge(Site(client, Record(str(path), server)), declared(ORDERS), Rules(), check=False)
        assert len(wire.sent) == requests


def test_what_is_gone_is_forgotten_and_other_tasks_are_kept(run, engine, path):
    run(ORDERS)
    run(ORDERS.replace("orders (", "more ("))
    engine.post({"ksql": "DROP STREAM orders;"})
    run(ORDERS.replace("orders (", "third ("))
    (server,) = json.loads(path.read_text()).values()
    assert set(server) == {"MORE", "THIRD"}


def test_what_takes_columns_from_a_registry_is_always_asked(run, path, wire, engine):
    engine.settings = Settings(schema_registry=True)
    text = "CREATE STREAM s (id INT KEY) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='AVRO', PARTITIONS=1);"
    run(text)
    assert not path.exists()
    run(text)
    assert len(wire.sent) == 2


def test_check_mode_writes_no_record(run, path):
    run(PIPELINE, check=True)
    assert not path.exists()


def test_a_record_that_cannot_be_written_is_a_warning(run, path):
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.touch()
    outcome = run(INSERT and PIPELINE)
    assert outcome.changed is True
    assert outcome.warnings[0].startswith(f"record: {path} cannot be written")
