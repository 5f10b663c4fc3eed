# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import threading
from functools import partial

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect import client, runner
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.apply import Conduct
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.wait import Timing
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.patience import Patience
from ansible_collections.igrafx.liveconnect.plugins.modules import kafka_connector
from fake_connect_worker import BOOTING, REBALANCE_READ, REBALANCE_WRITE, Held, Worker, error, serve

PLAIN = {"connector.class": "org.example.Sink", "tasks.max": 1, "topic": "t", "flag": True, "list": ["a", "b"]}
STORED = {"connector.class": "org.example.Sink", "tasks.max": "1", "topic": "t", "flag": "true", "list": "a,b"}
PLACE = {"partition": {"file": "x"}, "offset": {"position": 3}}
ELSEWHERE = {"partition": {"file": "y"}, "offset": {"n": 1}}
MOVED = {**PLACE, "offset": {"position": 9}}


@pytest.fixture
def run(url, capsys, monkeypatch):
    """Runs the module as Ansible does; gives its result, and checks that no secret is in it."""
    monkeypatch.setattr(runner, "Patience", partial(Patience, first_pause=0.001, longest_pause=0.01))
    monkeypatch.setattr(runner, "Conduct", partial(Conduct, last_save=0.02))
    monkeypatch.setattr(runner, "Timing", partial(Timing, settle=0.02, settle_each=0, repair=0.02, heal=0.02))

    def run(*, check=False, hidden="no such text", **options):
        options = {"url": url, "poll_interval": 0.002, "retry_timeout": 5, "wait_timeout": 5, **options}
        arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": True}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            kafka_connector.main()
        output = capsys.readouterr().out
        assert hidden not in output
        return json.loads(output)

    return run


@pytest.fixture
def warned(monkeypatch):
    """What the module warns of. Where other tests have loaded Ansible's controller it goes to its display."""
    texts = []
    monkeypatch.setattr(kafka_connector.AnsibleModule, "warn", lambda _module, text: texts.append(text))
    return texts


def quartet(run, worker, *, settles=True, **options):
    """Check, do, check again, do again; gives the result of doing. Without ``settles`` it is done in every run."""
    preview = run(check=True, **options)
    assert preview["changed"]
    assert worker.writes == []
    done = run(**options)
    assert done["changed"]
    assert [one["action"] for one in done["connectors"]] == [one["action"] for one in preview["connectors"]]
    assert done["diff"] == preview["diff"]
    written = len(worker.writes)
    for again in (run(check=True, **options), run(**options)):
        assert again["changed"] != settles
        assert bool(again["diff"]) != settles
    assert (len(worker.writes) == written) == settles
    return done


def only_write(worker):
    (write,) = worker.writes
    return write


def only(result):
    assert "msg" not in result, result["msg"]
    (entry,) = result["connectors"]
    return entry


@pytest.mark.parametrize("state", ["present", "running", "paused", "stopped"])
@pytest.mark.parametrize("version", ["3.6.2", "3.9.0", "7.9.2-ccs"])
def test_creates_in_each_state(run, worker, state, version):
    worker.version = version
    entry = only(quartet(run, worker, name="a", config=PLAIN, state=state))
    expected = "running" if state == "present" else state
    assert (entry["action"], entry["state"], entry["type"], entry["error"]) == ("create", expected, "sink", "")
    assert entry["diff"]["before"] == {}
    assert worker.connectors["a"].config == STORED
    assert worker.connectors["a"].ran == (expected == "running" or version == "3.6.2")


@pytest.mark.parametrize(
    ("held", "state", "action"),
    [
        ("RUNNING", "paused", "pause"),
        ("RUNNING", "stopped", "stop"),
        ("PAUSED", "running", "resume"),
        ("STOPPED", "running", "resume"),
        ("RUNNING", "absent", "delete"),
    ],
)
def test_state_alone_writes_no_configuration(run, worker, held, state, action):
    worker.connectors["a"] = Held(dict(STORED), held, [] if held == "STOPPED" else [held])
    entry = only(quartet(run, worker, name="a", config=PLAIN, state=state))
    assert (entry["action"], entry["state"]) == (action, state)
    assert worker.writes == [("DELETE", "/connectors/a") if action == "delete" else ("PUT", f"/connectors/a/{action}")]


def test_updates_both_ways(run, worker):
    worker.connectors["a"] = Held({**STORED, "topic": "old", "gone": "1"})
    entry = only(quartet(run, worker, name="a", config=PLAIN))
    assert entry["action"] == "update"
    assert entry["diff"]["before"]["config"]["gone"] == "1"
    assert worker.connectors["a"].config == STORED


def test_subset_null_and_ignored_keys(run, worker):
    worker.connectors["a"] = Held({**STORED, "kept": "1", "unwanted": "1", "drifting": "7"})
    config = {"topic": "new", "unwanted": None, "drifting": 1}
    quartet(run, worker, name="a", config=config, compare="subset", ignore_keys=["drifting"])
    assert worker.connectors["a"].config == {**STORED, "kept": "1", "topic": "new", "drifting": "7"}


def test_a_new_configuration_of_a_stopped_connector_never_runs_before_it_may(run, worker):
    worker.connectors["a"] = Held({**STORED, "topic": "old"})
    quartet(run, worker, name="a", config=PLAIN, state="stopped")
    assert [path for _method, path in worker.writes] == ["/connectors/a/stop", "/connectors/a/config"]


def test_nothing_changed_is_two_requests(run, worker):
    names = [f"c{index}" for index in range(50)]
    worker.connectors = {name: Held(dict(STORED)) for name in names}
    result = run(connectors=[{"name": name, "config": PLAIN, "state": "running"} for name in names])
    assert not result["changed"]
    assert result["summary"] == {"none": 50, "failed": 0}
    assert worker.requests == [("GET", "/connectors/c0"), ("GET", "/connectors?expand=info&expand=status")]


def test_a_connector_without_tasks_is_warned_of(run, worker, warned):
    worker.connectors["a"] = Held(dict(STORED), tasks=[])
    assert not run(name="a", config=PLAIN, state="running")["changed"]
    assert warned[0].startswith("Running without any task, so that nothing flows: 'a'.")


def test_many_at_once_with_names_of_all_kinds(run, worker):
    names = ["a b", "é->ü", "50%", "x?y#z"]
    quartet(run, worker, connectors=[{"name": name, "config": PLAIN} for name in names])
    assert sorted(worker.connectors) == sorted(names)
    gone = run(connectors=[{"name": name, "state": "absent"} for name in names])
    assert gone["summary"] == {"delete": 4, "failed": 0}
    assert worker.connectors == {}


def test_purge_deletes_what_matches_and_is_not_declared(run, worker):
    worker.connectors = {name: Held(dict(STORED)) for name in ("p-old", "p-kept", "other-p-")}
    done = quartet(run, worker, connectors=[{"name": "p-kept", "config": PLAIN}], purge=True, purge_match="p-.*")
    assert [one["name"] for one in done["connectors"]] == ["p-kept", "p-old"]
    assert sorted(worker.connectors) == ["other-p-", "p-kept"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"connectors": [], "purge": True, "purge_match": ".*"}, "nothing is declared"),
        ({"name": "a", "config": PLAIN, "purge": True, "purge_match": ".*"}, "connectors"),
        ({"connectors": [{"name": "a"}], "purge": True}, "purge_match"),
        ({"connectors": [{"name": "a"}], "purge": True, "purge_match": "("}, "regular expression"),
        ({"name": "a/b", "config": PLAIN}, "'a/b'"),
        ({"name": "", "config": PLAIN}, "empty"),
        ({"name": "a ", "config": PLAIN}, "spaces"),
        ({"connectors": [{"name": "a"}, {"name": "a"}]}, "more than once"),
        ({"name": "a", "config": {**PLAIN, "name": "b"}}, "'name' inside config"),
        ({"name": "a", "config": {**PLAIN, "transforms": {"route": {}}}}, "config.transforms is a dictionary"),
        ({"name": "a", "config": {**PLAIN, "list": [1, {"x": 1}]}}, "config.list[1] is a dictionary"),
        ({"name": "a", "config": PLAIN, "secrets": {"pin": None}}, "secrets.pin has no value"),
        ({"name": "a", "config": {"topic": "t"}}, "connector.class"),
        ({"name": "a", "connectors": []}, "mutually exclusive"),
        ({"connectors": None}, "connectors: there is nothing in it, not even an empty list. Look at the file"),
        ({"name": None}, "connectors: there is nothing in it"),
        ({"connectors": [], "offsets": "reset"}, "mutually exclusive"),
        ({"connectors": [], "config": PLAIN}, "Move them into its entries"),
        ({"name": "a", "state": "absent", "offsets": "reset"}, "offsets are declared of a connector"),
        ({"name": "a", "config": PLAIN, "offsets": "rest"}, "offsets is neither 'reset' nor a list"),
        ({"name": "a", "config": PLAIN, "offsets": [{"partition": {}}]}, "offsets[0] has not exactly the keys"),
        ({"name": "a", "config": PLAIN, "offsets": [{"partition": {}, "offset": 1}]}, "offsets[0] has a partition or"),
        ({"name": "a", "config": PLAIN, "offsets": [PLACE, PLACE]}, "offsets[1] names a partition for the second"),
    ],
)
def test_refuses_in_one_sentence_before_writing(run, worker, options, said):
    result = run(**options)
    assert result["failed"]
    assert said in result["msg"]
    assert worker.writes == []


def test_a_failed_task_is_repaired_and_nothing_else(run, worker):
    worker.connectors["a"] = Held(dict(STORED), "RUNNING", ["FAILED"])
    worker.connectors["b"] = Held(dict(STORED))
    done = quartet(run, worker, connectors=[{"name": "a", "config": PLAIN}, {"name": "b", "config": PLAIN}])
    assert [one["action"] for one in done["connectors"]] == ["restart_failed", "none"]
    assert worker.writes == [("POST", "/connectors/a/restart?includeTasks=true&onlyFailed=true")]
    assert done["diff"][0]["before"] == {"state": "running", "failed": ["task 0"]}


@pytest.mark.parametrize(
    ("lazy", "wait", "restarts"),
    [
        # Restarted at once, it would fail with the old configuration once more, and that would pass for the new one's.
        (False, True, 0),
        (True, True, 1),
        (True, False, 1),
    ],
)
def test_what_had_failed_is_restarted_unless_the_new_configuration_does_it(run, worker, lazy, wait, restarts):
    worker.connectors["a"] = Held(dict(STORED), "RUNNING", ["FAILED"])
    worker.lazy = lazy
    entry = only(run(name="a", config={**PLAIN, "topic": "u"}, wait=wait))
    assert entry["action"] == "update"
    restart = ("POST", "/connectors/a/restart?includeTasks=true&onlyFailed=true")
    assert worker.writes == [("PUT", "/connectors/a/config"), *[restart] * restarts]
    assert worker.connectors["a"].tasks == ["RUNNING"]
    assert not wait or entry["tasks"][0]["state"] == "running"


def test_what_had_failed_and_cannot_be_restarted(run, worker):
    worker.connectors["a"] = Held(dict(STORED), "RUNNING", ["FAILED"])
    worker.lazy = True
    worker._restart = lambda *_args, **_options: (403, {"error_code": 403, "message": "not you"})
    refused = run(name="a", config={**PLAIN, "topic": "u"})
    assert "'a': The worker refused to restart: HTTP 403 not you" in refused["msg"]


def retrying(worker, times, milliseconds):
    """What the connector's class says of its own retries, which no configuration of the tests does."""
    worker.keys += [
        {"name": "max.retries", "type": "INT", "default_value": str(times)},
        {"name": "retry.backoff.ms", "type": "INT", "default_value": str(milliseconds)},
    ]


@pytest.mark.parametrize("change", [{}, {"topic": "u"}])
def test_what_fails_again_after_retries_of_its_own_is_a_failure_in_every_run(run, worker, change):
    # The worker shows it as running for some time after each restart.
    worker.connectors["a"] = Held(dict(STORED), "RUNNING", ["FAILED"], retries=5)
    retrying(worker, 10, 3000)
    for _run in range(3):
        result = run(name="a", config={**PLAIN, **change}, secrets={"password": "p4ss word"}, hidden="p4ss word")
        assert "'a': failed again: java.net.ConnectException: Connection refused" in result["msg"]
        (entry,) = result["connectors"]
        assert (entry["changed"], entry["tasks"][0]["state"]) == (True, "failed")
        (before,) = entry["failed_before"]
        assert before["part"] == "task 0"
        assert "login failed" in before["trace"]


def test_what_runs_on_for_longer_than_its_own_retries_is_well_again(run, worker, warned):
    worker.connectors["a"] = Held(dict(STORED), "RUNNING", ["FAILED"])
    retrying(worker, 10, 10)
    entry = only(run(name="a", config=PLAIN))
    assert (entry["action"], entry["tasks"][0]["state"]) == ("restart_failed", "running")
    assert "login failed" in entry["failed_before"][0]["trace"]
    (text,) = warned
    assert text.startswith("'a' had failed before this run: java.net.ConnectException: Connection refused")
    assert text.endswith("longer than it tries again by itself.")
    again = only(run(name="a", config=PLAIN))
    assert (again["changed"], "failed_before" in again, len(warned)) == (False, False, 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"wait_timeout": 0.05}, "may try again by itself for 60 s before it fails once more. Raise wait_timeout"),
        ({"wait": False}, "Whether it has run since was not looked at."),
    ],
)
def test_a_repair_that_was_not_watched_to_its_end_says_so(run, worker, warned, options, said):
    worker.connectors["a"] = Held(dict(STORED), "RUNNING", ["FAILED"])
    retrying(worker, 10, 3000)
    assert only(run(name="a", config=PLAIN, **options))["failed_before"]
    assert said in warned[0]


def test_a_failed_connector_is_brought_to_its_state(run, worker):
    worker.connectors["a"] = Held(dict(STORED), "FAILED", [])
    entry = only(quartet(run, worker, name="a", config=PLAIN, state="running"))
    assert (entry["action"], entry["state"]) == ("resume", "running")


def test_never_restart_reports_the_root_cause_and_the_trace(run, worker):
    worker.connectors["a"] = Held(dict(STORED), "RUNNING", ["FAILED"])
    result = run(name="a", config=PLAIN, restart="never")
    assert result["failed"]
    assert not result["changed"]
    assert "'a': failed: java.net.ConnectException: Connection refused" in result["msg"]
    assert "login failed" in result["connectors"][0]["tasks"][0]["trace"]


def test_a_new_connector_that_fails_ends_the_wait(run, worker):
    worker.failing.add("a")
    result = run(name="a", config=PLAIN, secrets={"password": "p4ss word"}, hidden="p4ss word")
    assert result["failed"]
    assert result["changed"]
    assert "Connection refused with ********" in result["msg"]


@pytest.mark.parametrize(("restart", "writes"), [("always", 1), ("failed", 0)])
def test_restart_always(run, worker, restart, writes):
    worker.connectors["a"] = Held(dict(STORED))
    assert run(name="a", config=PLAIN, restart=restart)["changed"] == bool(writes)
    assert worker.writes == [("POST", "/connectors/a/restart?includeTasks=true&onlyFailed=false")] * writes


def test_secrets_are_merged_compared_and_never_shown(run, worker):
    worker.connectors["a"] = Held({**STORED, "token.x": "old-secret", "pin": "old-pin-9", "login.password": "${f:p:k}"})
    config = {**PLAIN, "pin": "new-pin-9", "url": "jdbc://u:new-secret@h", "login.password": "${f:q:k}"}
    options = {"name": "a", "config": config, "secrets": {"token.x": "new-secret"}}
    diff = only(quartet(run, worker, hidden="new-secret", **options))["diff"]
    assert worker.connectors["a"].config["token.x"] == "new-secret"
    assert (diff["before"]["config"]["token.x"], diff["after"]["config"]["token.x"]) == (
        "*" * 8,
        "*" * 8 + " (changed)",
    )
    assert (diff["before"]["config"]["pin"], diff["after"]["config"]["pin"]) == ("*" * 8, "*" * 8 + " (changed)")
    assert diff["after"]["config"]["url"] == "jdbc://u:********@h"
    assert diff["after"]["config"]["login.password"] == "${f:q:k}"


def test_the_servers_words_are_masked(run, worker):
    worker.refuse["a"] = "Connector config {password=s3cret\nline two} contains no connector type"
    result = run(name="a", config=PLAIN, secrets={"password": "s3cret\nline two"}, hidden="s3cret")
    assert "{password=********} contains" in result["msg"]
    assert "line two" not in result["msg"]


def test_passwords_inside_values_are_masked(run, worker):
    worker.connectors["a"] = Held({**STORED, "url": "db://u:old-p4ss@h", "jdbc": "jdbc:x?user=u&password=p4ss-w0rd"})
    config = {**PLAIN, "url": "db://u:new-p4ss@h", "jdbc": "jdbc:x?user=u&password=p4ss-w0rd"}
    worker.failing.add("a")
    worker.trace = "org.example.Error: no login with new-p4ss"
    result = run(name="a", config=config, hidden="p4ss")
    diff = result["connectors"][0]["diff"]
    assert diff["before"]["config"]["url"] == "db://u:********@h"
    assert diff["after"]["config"]["url"] == "db://u:********@h (changed)"
    assert diff["after"]["config"]["jdbc"] == "jdbc:x?user=u&password=********"
    assert "failed: org.example.Error: no login with ********" in result["msg"]


@pytest.mark.parametrize(
    ("config", "trace", "told"),
    [
        # Where it stands tells that it is secret, although the worker cannot be asked.
        ({"file": "/nodir/${file:/x:pw}/x"}, "no file /nodir/hunter2-resolved/x", "no file /nodir/********/x"),
        ({"topic": "${file:/x:m}"}, "Invalid value hunter2-resolved for configuration topic", "value ******** for"),
        # Only the worker can tell.
        ({"file": "${file:/x:pw}", "pin": "0"}, "no file hunter2-resolved", "no file ********"),
        ({"file": "a${file:/x:pw}b", "pin": "0"}, "no file hunter2-resolved", "no file ********"),
    ],
)
def test_what_a_config_provider_gives_is_masked_in_a_later_run(run, worker, config, trace, told):
    worker.connectors["a"] = Held({**STORED, **config}, tasks=["FAILED"])
    worker.trace = f"org.example.Error: {trace}"
    if "pin" not in config:
        worker._validate = lambda _config: (500, {"error_code": 500, "message": "out of order"})
    result = run(name="a", config={**PLAIN, **config}, restart="never", hidden="hunter2")
    assert told in result["msg"]
    assert worker.writes == []


def test_what_a_config_provider_gives_is_masked_in_the_failure_of_before(run, worker, warned):
    worker.connectors["a"] = Held({**STORED, "file": "${file:/x:pw}"}, tasks=["FAILED"])
    worker.trace = "org.example.Error: no file hunter2-resolved"
    worker.healing = True
    entry = only(run(name="a", config={**PLAIN, "file": "${file:/x:pw}"}, hidden="hunter2"))
    assert entry["failed_before"][0]["trace"] == "org.example.Error: no file ********"
    assert "no file ********" in warned[0]


@pytest.mark.parametrize(
    ("options", "places"),
    [
        ({"config": {"connection.password": "x", "url": "db://u:x@h"}}, "connection.password, url"),
        ({"config": {"connection.password": "${file:/x:y}", "url": "db://u:${file:/x:y}@h"}}, ""),
        ({"config": {}, "secrets": {"connection.password": "x", "pin": "1"}}, ""),
        # Typed by the plugin: known where its keys are asked for, because something changes.
        ({"config": {"pin": "1"}}, "pin"),
    ],
)
def test_a_password_in_config_is_warned_of(run, worker, warned, options, places):
    options = {**options, "name": "a", "config": {**PLAIN, **options["config"]}}
    run(**options)
    said = f"There is a password in config, which Ansible shows at -vvv (connector 'a': {places}). Move these keys to"
    assert [text.startswith(said) for text in warned] == [True] * bool(places)
    worker.requests.clear()
    assert not run(**options)["changed"]
    assert len(worker.requests) == 2


@pytest.mark.parametrize("check", [True, False])
def test_validation_names_connector_and_field_before_anything_is_written(run, worker, check):
    entries = [
        {"name": "good", "config": PLAIN},
        {"name": "wrong", "config": {**PLAIN, "topic": "${f:p:k}bad", "pin": "bad"}},
        {"name": "missing", "config": {**PLAIN, "connector.class": "NoSuch"}},
    ]
    result = run(connectors=entries, check=check, hidden="hunter2")
    assert worker.writes == []
    good, wrong, missing = result["connectors"]
    assert good["error"].startswith("not begun")
    assert wrong["invalid"]["pin"] == ["Invalid value ******** for configuration pin"]
    assert "config provider" in wrong["invalid"]["topic"][0]
    assert missing["invalid"] == {"connector.class": ["NoSuch is not installed on the worker"]}
    assert "'wrong': its configuration is invalid" in result["msg"]


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("incremental", "Invalid mode: incremental"),
        ("${file:/x:m}", "the value that the config provider gives is not accepted"),
    ],
)
def test_a_class_that_breaks_off_while_it_validates_is_told_by_the_key(run, worker, mode, told):
    result = run(name="a", config={**PLAIN, "mode": mode}, hidden="hunter2")
    assert result["connectors"][0]["invalid"] == {"mode": [told]}
    assert f"its configuration is invalid: mode: {told}." in result["msg"]
    assert worker.writes == []


def test_a_class_that_cannot_validate(run, worker):
    worker._validate = lambda _config: (500, {"error_code": 500, "message": "no"})
    result = run(name="a", config=PLAIN)
    assert "its configuration is invalid: config: The worker refused to validate: HTTP 500 no." in result["msg"]


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_a_worker_that_creates_and_then_cannot_tell_the_address(run, worker, state):
    entry = only(quartet(run, worker, name="a{b}", config=PLAIN, state=state))
    assert (entry["action"], entry["state"]) == ("create", state)


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_a_configuration_that_no_record_takes(run, worker, state, monkeypatch):
    monkeypatch.setattr(client, "_LARGEST_RECORD", 1000)
    worker.largest_record = 1000
    config = {**PLAIN, "mapping": "x" * 1000}
    result = run(name="a", config=config, state=state)
    assert "HTTP 500 Error writing connector configuration to Kafka. The configuration has 1," in result["msg"]
    assert "producer.max.request.size" in result["msg"]
    # What is refused for another reason is not blamed on the size.
    worker.refuse["a"] = "no"
    assert "max.request.size" not in run(name="a", config=config)["msg"]


def test_null_in_a_stored_configuration_is_no_value(run, worker):
    worker.connectors["a"] = Held({**STORED, "old": None})
    assert not run(name="a", config=PLAIN)["changed"]


def test_on_error_continue_does_the_others(run, worker):
    worker.refuse["b"] = "no"
    entries = [{"name": name, "config": PLAIN} for name in "abc"]
    entries.append({"name": "d", "config": {**PLAIN, "topic": "bad"}})
    result = run(connectors=entries, on_error="continue")
    assert sorted(worker.connectors) == ["a", "c"]
    assert result["changed"]
    assert result["summary"] == {"create": 4, "failed": 2}
    assert [bool(one["error"]) for one in result["connectors"]] == [False, True, False, True]
    assert [one["state"] for one in result["connectors"]] == ["running", "absent", "running", "absent"]


def test_on_error_stop_begins_nothing_more(run, worker):
    worker.refuse["b"] = "no"
    result = run(connectors=[{"name": name, "config": PLAIN} for name in "abc"], parallel=1)
    assert sorted(worker.connectors) == ["a"]
    assert [one["changed"] for one in result["connectors"]] == [True, False, False]
    assert result["msg"].startswith("2 of 3 connectors went wrong. 'b': The worker refused to")


def test_a_create_that_takes_longer_than_a_request_may_is_a_create(run, worker):
    over = threading.Event()
    real = worker.answer

    def answer(method, target, body):
        given = real(method, target, body)
        if (method, target) == ("PUT", "/connectors/a/config"):
            over.wait()
        return given

    worker.answer = answer
    try:
        entry = only(run(name="a", config=PLAIN, timeout=0.2))
    finally:
        over.set()
    assert (entry["action"], entry["changed"], entry["state"]) == ("create", True, "running")
    assert only_write(worker) == ("PUT", "/connectors/a/config")


@pytest.mark.parametrize("on_error", ["stop", "continue"])
def test_of_the_only_connector_too_the_state_is_what_is_there(run, worker, on_error):
    real = worker.answer

    def answer(method, target, body):
        given = real(method, target, body)
        return error(400, "no") if (method, target) == ("PUT", "/connectors/a/config") else given

    worker.answer = answer
    result = run(name="a", config=PLAIN, on_error=on_error)
    assert "'a': The worker refused to write the configuration: HTTP 400 no." in result["msg"]
    assert result["connectors"][0]["state"] == "unassigned"


def test_after_an_error_the_state_is_what_is_there(run, worker):
    # Refused, but done all the same; and what was done before shows its state too.
    real = worker.answer

    def answer(method, target, body):
        given = real(method, target, body)
        return error(400, "no") if (method, target) == ("PUT", "/connectors/b/config") else given

    worker.answer = answer
    result = run(connectors=[{"name": name, "config": PLAIN} for name in "abc"], parallel=1)
    assert [(one["state"], bool(one["error"])) for one in result["connectors"]] == [
        ("unassigned", False),
        ("unassigned", True),
        ("absent", True),
    ]


def test_is_patient_with_a_worker_that_starts_and_rebalances(run, worker):
    storm = [BOOTING, error(503, "starting"), error(500, REBALANCE_READ), error(409, REBALANCE_WRITE)]
    worker.script = [*storm, None, BOOTING, None, None, None, error(409, REBALANCE_WRITE), error(500, REBALANCE_READ)]
    result = run(name="a", config=PLAIN)
    assert only(result)["state"] == "running"
    assert worker.script == []


def test_a_lost_answer_to_a_create_is_not_an_existing_connector(run, worker):
    # GET info, status, password keys, validate, version; then the POST is carried out but its answer is lost.
    real = worker.answer

    def lossy(method, target, body):
        answer = real(method, target, body)
        if method == "POST" and worker.requests.count((method, target)) == 1:
            return error(500, "Request timed out")
        return answer

    worker.answer = lossy
    entry = only(run(name="a", config=PLAIN, state="stopped"))
    assert (entry["action"], entry["state"]) == ("create", "stopped")


def test_a_connector_created_meanwhile_by_another_is_refused(run, worker):
    worker.script = [None, None, None, None, None, error(409, "Connector a already exists")]
    result = run(name="a", config=PLAIN, state="stopped")
    assert "already exists" in result["msg"]


def test_a_connector_without_status_yet_is_waited_for_and_not_created_again(run, worker, monkeypatch):
    monkeypatch.setattr(runner, "Conduct", partial(Conduct, last_save=0.02))
    monkeypatch.setattr(runner, "Timing", partial(Timing, settle=30))
    worker.connectors["a"] = Held(dict(STORED))
    worker.without_status["a"] = 3
    result = run(name="a", config=PLAIN, state="running")
    assert not result["changed"]
    assert only(result)["state"] == "running"
    assert worker.writes == []


def test_a_status_that_never_comes_is_not_waited_for_as_long_as_a_rebalance(run, worker):
    worker.connectors["a"] = Held(dict(STORED))
    worker.without_status["a"] = 10000
    result = run(name="a", config=PLAIN, state="paused", wait_timeout=0.05, retry_timeout=60)
    assert only_write(worker) == ("PUT", "/connectors/a/pause")
    assert "'a': not paused after 0.05 s, but without a status" in result["msg"]


def test_a_worker_that_still_reads_what_the_cluster_holds_is_waited_for(run, worker):
    # It shows no connectors, then only those that it has read; asked about one it answers when it has read all.
    worker.connectors["a"] = Held(dict(STORED))
    real = worker.answer
    asked = []

    def starting(method, target, body):
        asked.append(target)
        if len(asked) < 4 and target.startswith("/connectors/"):
            return error(500, "Request timed out. The worker is currently reading to the end of the config topic")
        return (200, b"{}", "application/json") if len(asked) < 4 else real(method, target, body)

    worker.answer = starting
    assert only(run(name="a", state="absent"))["action"] == "delete"
    assert worker.connectors == {}


def test_wait_ends_with_the_last_state(run, worker):
    worker.connectors["a"] = Held(dict(STORED), "RUNNING", ["UNASSIGNED"])
    result = run(name="a", config=PLAIN, wait_timeout=0.02)
    assert "'a': not running after 0.02 s, but connector running, task 0 unassigned" in result["msg"]


def test_does_not_wait_when_told(run, worker):
    worker.failing.add("a")
    entry = only(run(name="a", config=PLAIN, wait=False))
    assert (entry["changed"], entry["state"]) == (True, "unknown")
    assert only(run(name="a", state="absent", wait=False))["state"] == "absent"


def test_workers_are_tried_in_order(run, url, worker):
    booting = Worker()
    booting.script = [BOOTING] * 100
    with serve(booting) as other:
        run(url=["http://127.0.0.1:9", other, url], name="a", config=PLAIN)
    assert "a" in worker.connectors


def test_nobody_answers(run):
    result = run(url="http://127.0.0.1:9", name="a", config=PLAIN, retry_timeout=0.01)
    assert "does not answer" in result["msg"]
    assert "retry_timeout" in result["msg"]


@pytest.mark.parametrize(
    "moves",
    [
        ("RUNNING", "present", ["stop", "offsets", "resume"]),
        ("PAUSED", "present", ["stop", "offsets", "pause"]),
        ("STOPPED", "present", ["offsets"]),
        ("FAILED", "present", ["stop", "offsets", "resume"]),
        ("STOPPED", "running", ["offsets", "resume"]),
        ("RUNNING", "stopped", ["stop", "offsets"]),
    ],
)
@pytest.mark.parametrize(
    "change",
    [
        ("reset", "reset_offsets", []),
        ([PLACE], "alter_offsets", [ELSEWHERE, PLACE]),
        ([{**PLACE, "offset": None}], "alter_offsets", [ELSEWHERE]),
    ],
)
def test_offsets_are_changed_while_stopped(run, worker, moves, change):
    held, state, verbs = moves
    offsets, action, left = change
    tasks = [] if held in ("STOPPED", "FAILED") else [held]
    worker.connectors["a"] = Held(dict(STORED), held, tasks, offsets=[MOVED, ELSEWHERE])
    settles = verbs[-1] == "offsets"
    entry = only(quartet(run, worker, name="a", config=PLAIN, state=state, offsets=offsets, settles=settles))
    assert entry["action"] == action
    assert worker.connectors["a"].offsets == left
    assert [path.rsplit("/", 1)[1] for _method, path in worker.writes[: len(verbs)]] == verbs
    shown = sorted(left, key=str)
    assert sorted(entry["diff"]["after"]["offsets"], key=str) == shown
    assert entry["diff"]["before"]["offsets"] == [MOVED, ELSEWHERE]
    assert entry["diff"]["after"].get("stopped_meanwhile", False) == (verbs[0] == "stop" and verbs[-1] != "offsets")


@pytest.mark.parametrize("offsets", ["reset", [{**PLACE, "offset": None}]])
def test_a_partition_that_is_named_without_an_offset_has_none(run, worker, offsets):
    # As a worker answers for a while after they were removed.
    worker.connectors["a"] = Held(dict(STORED), "STOPPED", [], offsets=[{**PLACE, "offset": None}])
    done = run(name="a", config=PLAIN, state="stopped", offsets=offsets)
    assert (done["changed"], done["diff"]) == (False, [])


@pytest.mark.parametrize("offsets", ["reset", [PLACE]])
@pytest.mark.parametrize(("version", "ran"), [("3.9.0", False), ("3.6.2", True)])
def test_a_new_connector_begins_where_it_is_told(run, worker, offsets, version, ran):
    worker.version = version
    entry = only(run(name="a", config=PLAIN, state="paused", offsets=offsets))
    assert (entry["action"], entry["state"]) == ("create", "paused")
    assert (worker.connectors["a"].offsets, worker.connectors["a"].ran) == ([PLACE] if offsets == [PLACE] else [], ran)
    assert entry["diff"]["after"]["offsets"] == worker.connectors["a"].offsets


def test_a_new_configuration_and_offsets_take_one_stop(run, worker):
    worker.connectors["a"] = Held({**STORED, "topic": "old"}, offsets=[MOVED])
    entry = only(run(connectors=[{"name": "a", "config": PLAIN, "offsets": [PLACE]}]))
    assert entry["action"] == "update"
    assert [path.rsplit("/", 1)[1] for _method, path in worker.writes] == ["stop", "config", "offsets", "resume"]


@pytest.mark.parametrize("offsets", ["reset", [PLACE]])
@pytest.mark.parametrize("held", ["RUNNING", "PAUSED"])
@pytest.mark.parametrize("linger", [False, True])
def test_offsets_that_a_connector_has_not_saved_yet_count(run, worker, offsets, held, linger):
    # While it runs the worker tells what is wanted.
    told = [] if offsets == "reset" else [PLACE]
    worker.connectors["a"] = Held(dict(STORED), held, [held], offsets=told, unsaved=[MOVED], linger=linger)
    entry = only(run(name="a", config=PLAIN, offsets=offsets))
    assert entry["changed"]
    assert worker.connectors["a"].offsets == told
    assert worker.connectors["a"].state == held


def test_offsets_of_a_sink_may_come_as_text(run, worker):
    stored = {"partition": {"kafka_topic": "t", "kafka_partition": 0}, "offset": {"kafka_offset": 7}}
    worker.connectors["a"] = Held(dict(STORED), "STOPPED", [], offsets=[stored])
    as_text = {"partition": {"kafka_partition": "0", "kafka_topic": "t"}, "offset": {"kafka_offset": "7"}}
    assert not run(name="a", config=PLAIN, offsets=[as_text])["changed"]


def test_refused_offsets_leave_the_state_as_it_was(run, worker):
    refused = [{"partition": {"refused": 1}, "offset": {"position": 1}}]
    worker.connectors["a"] = Held(dict(STORED), "PAUSED", ["PAUSED"])
    entries = [{"name": name, "config": PLAIN, "offsets": refused} for name in ("a", "new")]
    result = run(connectors=entries, on_error="continue")
    old, new = result["connectors"]
    assert "'position' key is expected to be a Long value" in old["error"]
    assert worker.connectors["a"].state == "PAUSED"
    assert new["error"].endswith("It was created stopped, and is left so.")
    assert worker.connectors["new"].state == "STOPPED"
    assert result["summary"]["failed"] == 2


@pytest.mark.parametrize("check", [True, False])
def test_a_worker_that_cannot_change_offsets_is_left_alone(run, worker, check):
    worker.version = "3.5.1"
    worker.connectors["a"] = Held(dict(STORED), offsets=[MOVED])
    result = run(name="a", config=PLAIN, offsets="reset", check=check)
    assert "offsets: the worker is of version 3.5.1 and cannot change them." in result["msg"]
    assert worker.writes == []


def test_offsets_that_cannot_be_read_hold_up_their_connector_only(run, worker):
    worker.connectors = {name: Held(dict(STORED), offsets=[MOVED]) for name in "ab"}
    real = worker.answer
    worker.answer = lambda *request: (
        error(500, "not authorized") if request[1] == "/connectors/a/offsets" else real(*request)
    )
    result = run(connectors=[{"name": n, "config": PLAIN, "offsets": "reset"} for n in "ab"], on_error="continue")
    assert "offsets: The worker refused to answer GET /connectors/a/offsets: HTTP 500 not authorized" in result["msg"]
    assert [one["changed"] for one in result["connectors"]] == [False, True]


def test_secrets_in_offsets_are_masked(run, worker):
    worker.connectors["a"] = Held(
        {**STORED, "pin": "p4ssw0rd"}, offsets=[{"partition": {"f": "x?p4ssw0rd"}, "offset": {}}]
    )
    done = run(name="a", config=PLAIN, secrets={"pin": "p4ssw0rd"}, offsets="reset", hidden="p4ssw0rd")
    assert done["changed"]
