# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ksql_info as Ansible runs it, against the lab's emulator."""

# ruff: noqa: S608 -- statements of ksqlDB, no database
from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.info import hidden_strings
from ansible_collections.igrafx.liveconnect.plugins.modules import ksql_info
from ksql_pipeline import BIG, INSERT, ORDERS


@pytest.fixture
def run(url, capsys):
    def run_module(**options):
        with patch_module_args({"url": [url], **options}), pytest.raises(SystemExit):
            ksql_info.main()
        return json.loads(capsys.readouterr().out)

    return run_module


def test_shows_what_the_server_holds(run, engine):
    engine.post({"ksql": "CREATE TYPE money AS DECIMAL(10,2);" + ORDERS + BIG, "streamsProperties": {}})
    engine.post({"ksql": INSERT, "streamsProperties": {"auto.offset.reset": "earliest"}})
    result = run()
    assert result["changed"] is False
    assert result["server"]["service_id"] == "default_"
    assert result["server"]["status"] == "RUNNING"
    orders, big = result["streams"]
    assert orders["columns"][0] == {"name": "ID", "type": "INTEGER", "key": True}
    assert orders["read_by"] == ["BIG", "CSAS_BIG_3", "INSERTQUERY_5"]
    assert (orders["topic"], orders["partitions"], orders["value_format"]) == ("orders", 1, "JSON")
    assert big["written_by"] == ["CSAS_BIG_3", "INSERTQUERY_5"]
    assert result["tables"] == []
    assert [query["state"] for query in result["queries"]] == ["running", "running"]
    assert result["queries"][1]["properties"] == {"auto.offset.reset": "earliest"}
    assert result["types"] == {"MONEY": "DECIMAL(10, 2)"}
    assert "LCASE" in result["functions"]


def test_two_requests_are_enough(run, engine):
    seen = []
    post = engine.post
    engine.post = lambda body: seen.append(body) or post(body)
    run()
    assert len(seen) == 1


def test_strings_that_a_statement_selects_are_masked(run, engine):
    engine.post({"ksql": ORDERS + "CREATE STREAM k AS SELECT id, 'very-secret' AS k FROM orders;"})
    engine.post({"ksql": "INSERT INTO k SELECT id, 'very-secret' AS k FROM orders;",
                 "streamsProperties": {"ksql.streams.sasl.password": "very-secret"}})  # fmt: skip
    result = run()
    assert "very-secret" not in json.dumps(result)
    assert "KAFKA_TOPIC='K'" in result["streams"][1]["statement"]
    assert "'very-secret'" in run(show_strings=True)["streams"][1]["statement"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CREATE STREAM a (x INT) WITH (K='v');", "CREATE STREAM a (x INT) WITH (K='v');"),
        ("INSERT INTO a WITH (QUERY_ID='q') SELECT f('x''y', `'`) -- 's'\n FROM b WHERE c = 'd';",
         "INSERT INTO a WITH (QUERY_ID='q') SELECT f('********', `'`)  \n FROM b WHERE c = '********';"),
        ("CREATE STREAM a WITH (K='SELECT ') AS SELECT 'x' FROM b;\nALTER STREAM a ADD COLUMN c INT;",
         "CREATE STREAM a WITH (K='SELECT ') AS SELECT '********' FROM b;ALTER STREAM a ADD COLUMN c INT;"),
    ],
)  # fmt: skip
def test_hides_only_what_is_selected(text, shown):
    assert hidden_strings(text) == shown


def test_no_server(run):
    result = run(url=["http://127.0.0.1:9"], retry_timeout=0)
    assert result["failed"] is True
    assert "does not answer" in result["msg"]


def test_something_else_than_ksqldb(run, url):
    assert "does not say who it is" in run(url=[f"{url}/elsewhere"])["msg"]
