# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect import wait
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.failures import longest_retries
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.model import (
    Connector,
    Task,
    parse_connectors,
    root_cause,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.wait import (
    Goal,
    Timing,
    is_reached,
    may_be_stale,
    wait_for,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.answers import Piece
from ansible_collections.igrafx.liveconnect.plugins.module_utils._masking import Mask

RUNS = Connector("a", state="running", task_ids=(0,), tasks=(Task(0, "running"),))
MOVES = Connector("a", state="running", task_ids=(0,), tasks=(Task(0, "unassigned"),))
FAILS = Connector("a", state="running", task_ids=(0,), tasks=(Task(0, "failed", trace="x\nCaused by: y"),))
NO_TASKS = Connector("a", state="running")
RESTS = Connector("a", state="stopped")


@pytest.mark.parametrize(
    ("expected", "actual", "reached"),
    [
        ("running", RUNS, True),
        (None, RUNS, True),
        ("paused", RUNS, False),
        ("running", MOVES, False),
        ("running", NO_TASKS, True),
        ("running", Connector("a", state="running", task_ids=(0, 1), tasks=(Task(0, "running"),)), False),
        ("running", Connector("a", state="restarting"), False),
        ("running", None, False),
        ("absent", None, True),
        ("absent", RUNS, False),
        ("stopped", RESTS, True),
    ],
)
def test_when_a_goal_is_reached(expected, actual, reached):
    assert is_reached(expected, actual) == reached


@pytest.mark.parametrize(
    ("before", "seen", "moved", "stale"),
    [
        (RUNS, RUNS, False, True),  # the status of the tasks before the new configuration
        (RUNS, RUNS, True, False),
        (FAILS, FAILS, False, True),  # the failure that is being repaired
        (FAILS, FAILS, True, False),
        (None, FAILS, False, False),
        (None, NO_TASKS, False, True),
        (RESTS, RESTS, False, False),
    ],
)
def test_a_status_right_after_a_write_may_be_the_old_one(before, seen, moved, stale):
    goal = Goal("a", "running", before, True)
    assert may_be_stale(goal, seen, fresh=True, moved=moved) == stale
    assert not may_be_stale(goal, seen, fresh=False, moved=moved)


class Film:
    """A client whose polls show one picture after the other, and stay at the last."""

    def __init__(self, *pictures):
        self.pictures = list(pictures)

    def poll(self):
        picture = self.pictures.pop(0) if len(self.pictures) > 1 else self.pictures[0]
        return {"a": picture} if picture else {}


@pytest.mark.parametrize(
    ("pictures", "settle", "error"),
    [
        ([RUNS, MOVES, RUNS], 60, ""),
        ([RUNS, MOVES, FAILS], 60, "failed: y"),
        ([RUNS], 0, ""),
        ([None, NO_TASKS, MOVES, RUNS], 60, ""),
        ([MOVES], 0, "not running after 0.05 s, but connector running, task 0 unassigned."),
        ([RUNS], 60, "not running after 0.05 s, but connector running, task 0 running."),
    ],
)
def test_waits_past_old_statuses(pictures, settle, error):
    timing = Timing(timeout=0.05, poll_interval=0.001, settle=settle, settle_each=0)
    goal = Goal("a", "running", RUNS, written=True)
    waited = wait_for(Film(*pictures), [goal], {}, timing, Mask(), stop_at_first=True)
    assert waited.errors.get("a", "").startswith(error)
    assert bool(waited.errors) == bool(error)


def test_all_have_arrived_at_the_same_look():
    film = Film(RUNS)
    looks = [{"a": RUNS, "b": MOVES}, {"a": MOVES, "b": RUNS}, {"a": RUNS, "b": RUNS}]
    film.poll = lambda: looks.pop(0)
    timing = Timing(timeout=1, poll_interval=0.001, settle=0)
    goals = [Goal("a", "running", None, written=True), Goal("b", "running")]
    waited = wait_for(film, goals, {}, timing, Mask(), stop_at_first=True)
    assert (waited.errors, looks) == ({}, [])


def test_an_old_failure_is_believed_later_than_an_old_success():
    timing = Timing(timeout=9, poll_interval=0.001, settle=0, settle_each=0, repair=9)
    goal = Goal("a", "running", FAILS, written=True)
    assert wait_for(Film(FAILS, FAILS, FAILS, RUNS), [goal], {}, timing, Mask(), stop_at_first=True).errors == {}


@pytest.mark.parametrize(
    ("pictures", "trial", "error"),
    [
        ([FAILS, MOVES, RUNS, RUNS, RUNS, FAILS], 60, "failed again: y"),
        # A rebalance begins it anew.
        ([RUNS, RUNS, MOVES, RUNS], 0.02, ""),
        ([RUNS], 0.02, ""),
        ([RUNS], 60, ""),
    ],
)
def test_what_had_failed_has_to_run_on(monkeypatch, pictures, trial, error):
    # The time that a look takes does not count: only the pauses do.
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
    clock.sleep = lambda seconds: setattr(clock, "now", clock.now + seconds)
    monkeypatch.setattr(wait, "time", clock)
    timing = Timing(timeout=0.1, poll_interval=0.001, settle=0, settle_each=0, repair=60)
    goal = Goal("a", "running", FAILS, written=True, trial=trial)
    waited = wait_for(Film(*pictures), [goal], {}, timing, Mask(), stop_at_first=True)
    assert waited.errors.get("a", "") == error
    assert error or waited.ran["a"] >= min(trial, 0.05)


def test_a_known_failure_comes_with_its_remedy():
    trace = "java.lang.IllegalStateException: Could not find any input file(s) to infer schema from.\n\tat x"
    timing = Timing(timeout=1, poll_interval=0.001, settle=0)
    goal = Goal("a", "running", None, written=True)
    film = Film(Connector("a", state="failed", trace=trace))
    error = wait_for(film, [goal], {}, timing, Mask(), stop_at_first=True).errors["a"]
    assert error.startswith("failed: java.lang.IllegalStateException: Could not find any input file(s)")
    assert "infer schema from. Declare key.schema and value.schema" in error


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        ({}, 0),
        ({"max.retries": "10", "retry.backoff.ms": "3000"}, 30),
        ({"connection.attempts": "3", "connection.backoff.ms": "10000", "max.retries": "1"}, 30),
        ({"flush.max.retries": "5", "flush.retry.delay.ms": "1000", "errors.retry.timeout": "600000"}, 600),
        ({"errors.max.retries": "-1", "retriable.restart.connector.wait.ms": "10000", "errors.retry.timeout": "-1"}, 0),
        ({"max.retries": "${file:p:k}", "retry.backoff.ms": "3000"}, 0),
    ],
)
def test_how_long_a_connector_tries_again(config, seconds):
    assert longest_retries(config) == seconds


def test_the_more_is_written_the_longer_a_connector_may_be_without_its_tasks():
    film = Film(RUNS)
    looks = [{"a": NO_TASKS, "b": RUNS}] * 5 + [{"a": RUNS, "b": RUNS}]
    film.poll = lambda: looks.pop(0)
    timing = Timing(timeout=9, poll_interval=0.001, settle=0, settle_each=4, taskless=0)
    goals = [Goal(name, "running", None, written=True) for name in "ab"]
    waited = wait_for(film, goals, {}, timing, Mask(), stop_at_first=True)
    assert (waited.errors, waited.seen["a"], looks) == ({}, RUNS, [])


@pytest.mark.parametrize(
    ("pictures", "taskless", "error"),
    [
        # The worker that started it died before it gave it tasks; a while later another one has it.
        ([NO_TASKS, NO_TASKS, NO_TASKS, RUNS], 9, ""),
        ([NO_TASKS], 0.01, ""),
        ([NO_TASKS], 9, "not running after 0.05 s, but connector running, no tasks."),
    ],
)
def test_a_connector_without_tasks_is_believed_late(pictures, taskless, error):
    timing = Timing(timeout=0.05, poll_interval=0.001, settle=0, settle_each=0, taskless=taskless)
    goal = Goal("a", "running", None, written=True)
    waited = wait_for(Film(*pictures), [goal], {}, timing, Mask(), stop_at_first=True)
    assert waited.errors.get("a", "").startswith(error)
    assert bool(waited.errors) == bool(error)
    assert waited.seen["a"] == pictures[-1]


def test_a_worker_that_never_learns_of_a_task_holds_up_only_what_was_written():
    unseen = Connector("a", state="running", task_ids=(0,))
    timing = Timing(timeout=0.05, poll_interval=0.001, settle=0.01)
    for written, errors in ((False, []), (True, ["a"])):
        goal = Goal("a", "running", unseen, written)
        waited = wait_for(Film(unseen), [goal], {"a": unseen}, timing, Mask(), stop_at_first=True)
        assert list(waited.errors) == errors


def test_statuses_of_tasks_that_are_gone_do_not_count():
    info = {"config": {"name": "a", "k": "v"}, "tasks": [{"connector": "a", "task": 0}], "type": "source"}
    status = {
        "connector": {"state": "RUNNING", "worker_id": "w"},
        "tasks": [{"id": 1, "state": "UNASSIGNED", "worker_id": "w"}, {"id": 0, "state": "RUNNING", "worker_id": "w"}],
    }
    found = parse_connectors(Piece({"a": {"info": info, "status": status}, "gone": {"info": None}}))
    assert list(found) == ["a"]
    assert found["a"].config == {"k": "v"}
    assert found["a"].tasks == (Task(0, "running", "w"),)


@pytest.mark.parametrize(
    ("trace", "cause"),
    [("", ""), ("a.B: c\n\tat d", "a.B: c"), ("a\nCaused by: b: 1\n\tat x\nCaused by: c: 2\n\t... 3 more", "c: 2")],
)
def test_root_cause(trace, cause):
    assert root_cause(trace) == cause


def test_masks_a_secret_however_it_is_quoted():
    mask = Mask()
    assert mask.text("nothing known") == "nothing known"
    mask.learn_secrets(['say "hi"', "-----BEGIN-----\nabcdefgh\n", "", "short", "shorter-still"])
    text = 'say "hi" | say \\"hi\\" | only abcdefgh | -----BEGIN-----\\nabcdefgh\\n | short | shorter-still'
    assert mask.text(text) == "******** | ******** | only ******** | ******** | ******** | ********"


def test_masks_by_key():
    mask = Mask()
    mask.learn_password_keys(["pin"])
    shown = mask.config(
        {"pin": "1", "sasl.jaas.config": "x", "api_key": "${env:K}", "key.converter": "c", "own": "1"}, {"own"}
    )
    hidden = "********"
    assert shown == {
        "api_key": "${env:K}",
        "key.converter": "c",
        "own": hidden,
        "pin": hidden,
        "sasl.jaas.config": hidden,
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (
            "jdbc:postgresql://h:1/d?user=u&password=p4ss&ssl=1",
            "jdbc:postgresql://h:1/d?user=u&password=********&ssl=1",
        ),
        ("jdbc:sqlserver://h;databaseName=d;pwd={a;b};x=1", "jdbc:sqlserver://h;databaseName=d;pwd=********;x=1"),
        ("jdbc:oracle:thin:scott/tiger@//h:1521/x", "jdbc:oracle:thin:scott/********@//h:1521/x"),
        ("jdbc:oracle:thin:@//h:1521/x", "jdbc:oracle:thin:@//h:1521/x"),
        ("mongodb://u:p@ss@h:1,h2:3/db?x=a@b", "mongodb://u:********@h:1,h2:3/db?x=a@b"),
        ("amqp://u:pa/ss@h", "amqp://u:********@h"),
        ("redis://:p4ss@h", "redis://:********@h"),
        ("http://u:p1@h,http://u:p2@h2/", "http://u:********@h,http://u:********@h2/"),
        ("http://h:8083/x?mail=a@b", "http://h:8083/x?mail=a@b"),
        ("AccountName=n;AccountKey=abc/def==;x=1", "AccountName=n;AccountKey=********;x=1"),
        ('M required username="u" password="a;b c\\"d";', 'M required username="u" password="********";'),
        ('{"user": "u", "password": "a b"}', '{"user": "u", "password": "********"}'),
        ("jdbc:x?password=${file:/x:pw}&y=2", "jdbc:x?password=${file:/x:pw}&y=2"),
        ("https://${file:/x:u}:${file:/x:p}@h", "https://${file:/x:u}:${file:/x:p}@h"),
        ("jdbc:x?password=${file:/x:pw}tail", "jdbc:x?password=********"),
        ('db: password="p4ss', 'db: password="********'),
        ('db: password="" or', 'db: password="" or'),
        ("SELECT password FROM t WHERE secret_level > 1", "SELECT password FROM t WHERE secret_level > 1"),
    ],
)
def test_masks_the_password_inside_a_value_and_nothing_else(value, shown):
    mask = Mask()
    assert mask.config({"of": value}) == {"of": shown}
    assert mask.text(f"cannot open {value}") == f"cannot open {shown}"
    # What was learned from the value is masked where only the password is repeated.
    mask.learn_config({"of": value.replace("p4ss", "p4ssw0rd")})
    assert mask.text("login with p4ssw0rd") == ("login with ********" if "p4ss" in value else "login with p4ssw0rd")


def test_a_hidden_difference_is_told():
    shown = Mask().config({"url": "db://u:new@h"}, before={"url": "db://u:old@h"})
    assert shown == {"url": "db://u:********@h (changed)"}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("no file /nodir/hunter2/x here", "no file /nodir/********/x here"),
        ("no file /nodir/hunter 2/x here", "no file /nodir/********/x here"),
        ("/nodir/hun/ter2/x", "/nodir/********/x"),
        ("no directory /nodir/hunter2", "no directory /nodir/********"),
        ("'jdbc:pg://hunter2:1/hunter3'", "'jdbc:pg://********:1/********"),
        ("hunter2:5432 refused", "********:5432 refused"),
        ("Invalid value hun\nter2 for configuration mode: no", "Invalid value ******** for configuration mode: no"),
        ("Invalid value null for configuration mode: no", "Invalid value null for configuration mode: no"),
        ("Invalid value 1 for configuration plain: no", "Invalid value 1 for configuration plain: no"),
        ("Invalid value 12 for configuration pin.", "Invalid value ******** for configuration pin."),
        ("with {plain=1, mode=hunter2, x=2}", "with {plain=1, mode=******** x=2}"),
        ("file = /nodir/${file:/x:pw}/x", "file = /nodir/${file:/x:pw}/x"),
    ],
)
def test_masks_what_stands_where_a_reference_or_a_secret_was(text, masked):
    mask = Mask()
    mask.learn_password_keys(["pin"])
    config = {"path": "/nodir/${file:/x:pw}/x", "mode": "${f:m}", "url": "jdbc:pg://${f:h}:1/${f:d}", "pin": "12"}
    mask.learn_config({**config, "at": "${f:h}:5432", "plain": "1", "weak": "a${f:h}"})
    assert mask.text(text) == masked
    assert mask.config(config) == {**config, "pin": "********"}


def test_masks_the_parts_that_the_worker_put_for_references():
    mask = Mask()
    mask.learn_resolved("a${f:u}:${f:p}b", "ahunter2:hunter3b")
    assert mask.text("hunter3 of hunter2 ab") == "******** of ******** ab"


@pytest.mark.parametrize("part", ["://", "://u:", "://${a}", "token=&", '"token":1', "Invalid value ", "a", "a:"])
def test_what_only_begins_as_a_place_is_left_alone_however_long(part):
    mask = Mask()
    mask.learn_config({"a": "/nodir/${f:p:k}/x", "b": "${f:p:k}:5432"})
    text = part * (100_000 // len(part))
    # A pattern that looked at everything from everywhere would take minutes here.
    assert mask.text(text) == text


@pytest.mark.parametrize(
    ("key", "value", "exposed"),
    [
        ("pin", "1", True),
        ("pin", "", False),
        ("pin", "${f:p:k}", False),
        ("connection.password", "x", True),
        ("camel.sink.accessKey", "x", True),
        ("connection.url", "db://u:x@h", True),
        ("sasl.jaas.config", 'M required password="x";', True),
        ("sasl.jaas.config", "M required useKeyTab=true;", False),
        ("sasl.jaas.config", 'M required password="${f:p:k}";', False),
        ("basic.auth.credentials.source", "USER_INFO", False),
        ("token.endpoint.url", "https://h", False),
        ("use.token", "true", False),
        ("topic", "t", False),
    ],
)
def test_tells_a_password_from_what_only_looks_like_one(key, value, exposed):
    mask = Mask()
    mask.learn_password_keys(["pin"])
    assert mask.exposes(key, value) == exposed
