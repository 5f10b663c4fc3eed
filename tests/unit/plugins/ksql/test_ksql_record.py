# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record spares requests, and is never believed against the server."""

from __future__ import annotations

import json

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import RefusedError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.apply import Site, converge
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.record import Record
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.steps import Rules
from ksql_pipeline import BIG, INSERT, ORDERS, PIPELINE, WIDER, declared

MANY = "CREATE TYPE t AS INT;" + PIPELINE + "".join(ORDERS.replace("orders (", f"o{n} (") for n in range(20))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new/directory/record.json"


@pytest.fixture
def run(client, path, wire):
    def run_one(text, *, on_drift="fail", check=False):
        wire.sent.clear()
        site = Site(client, Record(str(path), client.info()))
        return converge(site, declared(text), Rules(on_drift), check=check)

    return run_one


def test_unchanged_statements_cost_two_requests_however_many_they_are(run, wire):
    run(MANY)
    assert run(MANY).changed is False
    assert len(wire.sent) == 2
    assert run(MANY, check=True).changed is False
    assert len(wire.sent) == 2


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
    assert len(wire.sent) == 3
    assert run(WIDER).changed is False
    assert len(wire.sent) == 2


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
    "content", ["", "{", "[]", "7", '{"lab-emulator-moves-no-data/default_": 1}', '{"x": {"sources": []}}', "\x00\xff"]
)
def test_a_broken_record_only_costs_time(run, path, wire, content):
    run(PIPELINE)
    path.write_text(content)
    assert run(PIPELINE).changed is False
    assert len(wire.sent) == 2 + 3
    assert run(PIPELINE).changed is False
    assert len(wire.sent) == 2


def test_a_missing_record_only_costs_time(run, path, wire):
    run(PIPELINE)
    path.unlink()
    assert run(PIPELINE).changed is False
    assert len(wire.sent) == 2 + 3


def test_another_server_or_version_is_asked(client, path, wire):
    one, other = client.info(), {**client.info(), "ksqlServiceId": "other_"}
    converge(Site(client, Record(str(path), one)), declared(ORDERS), Rules(), check=False)
    for server, requests in ((other, 2), (other, 1), (one, 1), ({**one, "version": "9"}, 2), (one, 2)):
        wire.sent.clear()
        converge(Site(client, Record(str(path), server)), declared(ORDERS), Rules(), check=False)
        assert len(wire.sent) == requests


def test_what_is_gone_is_forgotten_and_other_tasks_are_kept(run, engine, path):
    run(ORDERS)
    run(ORDERS.replace("orders (", "more ("))
    engine.post({"ksql": "DROP STREAM orders;"})
    run(ORDERS.replace("orders (", "third ("))
    (server,) = json.loads(path.read_text()).values()
    assert set(server["sources"]) == {"MORE", "THIRD"}


def test_what_takes_columns_from_a_registry_is_always_asked(run, path, wire):
    text = "CREATE STREAM s (id INT KEY) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);"
    run(text)
    assert not path.exists()
    run(text)
    assert len(wire.sent) == 3


def test_check_mode_writes_no_record(run, path):
    run(PIPELINE, check=True)
    assert not path.exists()


def test_a_record_that_cannot_be_written_is_a_warning(run, path):
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.touch()
    outcome = run(INSERT and PIPELINE)
    assert outcome.changed is True
    assert outcome.warnings[0].startswith(f"record: {path} cannot be written")
