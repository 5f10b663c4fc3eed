# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ksql_statement as Ansible runs it, against the lab's emulator."""

from __future__ import annotations

import json
import re
from http.client import HTTPConnection

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.igrafx.liveconnect.plugins.modules import ksql_statement

STREAM = "CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='${topic}', VALUE_FORMAT='JSON', PARTITIONS=1);"


@pytest.fixture
def run(url, capsys, tmp_path):
    def run_module(**options):
        given = {"url": [url], "variables": {"topic": "t"}, "record": str(tmp_path / "cache/record.json"), **options}
        with patch_module_args(given), pytest.raises(SystemExit):
            ksql_statement.main()
        return json.loads(capsys.readouterr().out)

    return run_module


def test_quartet_with_a_file(run, engine, tmp_path):
    script = tmp_path / "streams.sql"
    script.write_text(f"-- sources\n{STREAM}\n")
    options = {"src": [str(script)], "statements": ["CREATE STREAM c AS SELECT * FROM s"]}
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        result = run(**options, _ansible_check_mode=check, _ansible_diff=True)
        assert result["changed"] is changed
        assert [entry["changed"] for entry in result["statements"]] == [changed, changed]
        assert len(result["diff"]) == (2 if changed else 0)
        assert bool(engine.catalogue.sources) is not (check and changed)
    assert result["statements"][0] == {
        "name": "S", "kind": "stream", "source": f"{script}:2:1", "action": "none", "changed": False,
        "diff": {"before": "", "after": ""}, "query_id": None, "topic": None,
        "error": None,
    }  # fmt: skip
    assert engine.catalogue.topics == {"t": 1, "C": 1}


def test_the_query_that_was_started_is_in_the_result(run):
    result = run(statements=[STREAM, "CREATE STREAM c AS SELECT * FROM s;"])
    assert [entry["query_id"] for entry in result["statements"]] == [None, "CSAS_C_1"]


def test_one_text_is_not_cut_at_its_commas(run):
    assert [entry["name"] for entry in run(statements=STREAM)["statements"]] == ["S"]


def test_a_text_may_have_the_name_that_messages_call_it_by(run):
    texts = [{"name": "streams.sql", "text": STREAM}, {"name": "queries.sql", "text": "\n  SELECT 1;"}]
    assert run(statements=texts)["msg"].startswith("queries.sql:2:3: SELECT is refused")
    assert run(statements=texts[:1])["statements"][0]["source"] == "streams.sql:1:1"


@pytest.mark.parametrize("statements", [{"a": "b"}, [1], 7, [{"text": "x"}], [{"name": "x", "text": 1}]])
def test_statements_that_are_no_text_are_refused(run, statements):
    assert run(statements=statements)["msg"].startswith("statements: this is neither a text nor a list")


CONNECTOR = "CREATE SOURCE CONNECTOR c WITH ('connector.class'='x.Y', 'password'='${secret}');"


def test_kafka_connect_is_asked_about_connectors_alone(run, url):
    assert "'nowhere' is not a web address" in run(statements=[STREAM], connect_url=["nowhere"])["msg"]
    assert run(statements=[STREAM], connect_url=["http://127.0.0.1:9"])["changed"]
    # ksqlDB is no Kafka Connect, and says so with words that a secret may be.
    secrets = {"secret": "Resource not found"}
    result = run(statements=[CONNECTOR], connect_url=[url], secrets=secrets, retry_timeout=0)
    assert result["msg"].startswith(
        "Kafka Connect: The worker could not serve GET /connectors/- within 0 s: HTTP 404 ***"
    )


def test_drift_fails_with_its_diff(run):
    run(statements=[STREAM])
    result = run(statements=[STREAM.replace("v INT", "v INT, w INT")])
    assert result["failed"] is True
    assert result["changed"] is False
    assert result["msg"].startswith("ksqlDB does not hold what is declared. stream S (statements[0]:1:1)")
    assert "W INTEGER" in result["diff"][0]["after"]
    assert result["statements"][0]["action"] == "drift"


def test_a_file_that_is_not_there(run, tmp_path):
    result = run(src=[str(tmp_path / "none.sql")])
    assert result["failed"] is True
    assert "none.sql cannot be read" in result["msg"]


@pytest.mark.parametrize("how", ["src", "statements"])
def test_byte_order_marks_and_line_ends_of_windows_make_no_difference(run, tmp_path, how):
    text = "\n".join(["-- sources", STREAM, "CREATE STREAM c AS SELECT id, 'two", "lines' AS k FROM s;"])
    assert run(statements=[text])["changed"] is True
    script = tmp_path / "streams.ksql"
    script.write_text(text, encoding="utf-8-sig", newline="\r\n")
    with script.open(encoding="utf-8", newline="") as file:
        given = {"src": [str(script)], "statements": [file.read()]}[how]
    result = run(**{how: given}, record="")
    assert result["changed"] is False
    assert [entry["source"].rpartition("]")[2].removeprefix(str(script)) for entry in result["statements"]] == [
        ":2:1",
        ":3:1",
    ]


def test_a_script_in_utf_16_is_named_as_such(run, tmp_path):
    script = tmp_path / "streams.ksql"
    script.write_text(STREAM, encoding="utf-16")
    assert run(src=[str(script)])["msg"].startswith(f"src: {script} cannot be read: it is UTF-16. Save it as UTF-8")


def test_bad_input_is_refused_before_anything_is_sent(run, engine):
    result = run(statements=[STREAM, "SELECT * FROM s;"])
    assert "statements[1]:1:1: SELECT is refused" in result["msg"]
    assert engine.catalogue.sources == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delete_topic": True}, "delete_topic: it works with state: absent only"),
        ({"purge": True, "purge_match": ".*", "state": "absent"}, "purge: it works with state: present only"),
        ({"purge": True, "purge_match": "("}, r"purge_match: '\(' is no regular expression"),
        ({"purge": True}, "purge is True but all of the following are missing: purge_match"),
        ({"purge": True, "purge_match": ".*", "statements": []}, "purge: nothing is declared in statements or src"),
    ],
)
def test_options_that_contradict_each_other_are_refused(run, engine, options, message):
    run(statements=[STREAM])
    assert re.search(message, run(**{"statements": [STREAM], **options})["msg"])
    assert list(engine.catalogue.sources) == ["S"]


def test_a_purge_is_previewed_and_shows_no_string_of_what_it_does_not_know(run, engine):
    run(statements=[STREAM, "CREATE STREAM c AS SELECT id, 'very-secret' AS k FROM s;"])
    for check in (True, False):
        result = run(statements=[STREAM], purge=True, purge_match="C", _ansible_check_mode=check, _ansible_diff=True)
        assert [(one["name"], one["action"], one["changed"]) for one in result["statements"][1:]] == [
            ("C", "drop", True)
        ]
        assert "very-secret" not in json.dumps(result)
        assert result["diff"][0]["before_header"] == "stream C (purge) on the server"
        assert ("C" in engine.catalogue.sources) is check


def test_absence_with_topics(run, engine):
    run(statements=[STREAM])
    result = run(statements=[STREAM], state="absent", delete_topic=True)
    assert (result["changed"], result["statements"][0]["topic"]) == (True, "t")
    assert engine.catalogue.topics == {}


def test_the_second_run_sends_one_request(run, engine):
    run(statements=[STREAM, "CREATE STREAM c AS SELECT * FROM s;"])
    seen = []
    post = engine.post
    engine.post = lambda body: seen.append(body["ksql"]) or post(body)
    assert run(statements=[STREAM, "CREATE STREAM c AS SELECT * FROM s;"])["changed"] is False
    assert len(seen) == 1
    assert run(statements=[STREAM, "CREATE STREAM c AS SELECT * FROM s;"], record="")["changed"] is False
    assert len(seen) == 1 + 1 + 2


def test_nothing_declared_changes_nothing(run):
    assert run()["changed"] is False


def test_no_server(run):
    result = run(url=["http://127.0.0.1:9"], retry_timeout=0, statements=[STREAM])
    assert "does not answer" in result["msg"]
    assert result["failed"] is True


def test_the_next_address_is_tried_when_one_refuses(run, url):
    assert run(url=["http://127.0.0.1:9", url], statements=[STREAM])["changed"] is True


def test_secrets_are_sent_and_not_shown(run, engine):
    options = {
        "statements": [STREAM, "CREATE STREAM c AS SELECT id, '${key}' AS k FROM s;"],
        "secrets": {"key": "very-secret-value"},
    }
    for changed in (True, False):
        result = run(**options, _ansible_diff=True)
        assert result["changed"] is changed
        assert "very-secret-value" not in json.dumps(result)
    options["secrets"]["key"] = "another-secret-value"
    result = run(**options, on_drift="replace", _ansible_diff=True)
    assert result["diff"]
    assert "secret-value" not in json.dumps(result)
    assert "another-secret-value" in engine.catalogue.sources["C"].statement


@pytest.mark.parametrize(
    ("options", "header"),
    [
        ({"url_username": "u", "url_password": "very-secret"}, "Basic dTp2ZXJ5LXNlY3JldA=="),
        ({"bearer_token": "very-secret"}, "Bearer very-secret"),
    ],
)
def test_credentials_go_with_every_request_and_are_not_shown(run, monkeypatch, options, header):
    seen = []
    send = HTTPConnection.request

    def listening(self, method, url, body=None, headers=None, **more):
        seen.append((headers or {}).get("Authorization"))
        return send(self, method, url, body, headers, **more)

    monkeypatch.setattr(HTTPConnection, "request", listening)
    result = run(statements=[STREAM], **options)
    assert result["changed"] is True
    assert [header in str(one) for one in seen] == [True] * 2
    assert "very-secret" not in json.dumps(result)
