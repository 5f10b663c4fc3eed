# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers that are killed, start and rebalance while the module works, and many connectors at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
import requests

LIGHT = {"connector.class": "FileStreamSource", "tasks.max": 1, "file": "/data/absent.txt", "topic": "lines"}
MANY = 200


def declared(prefix, count, state="running", **config):
    entries = [{"name": f"{prefix}-{index}", "config": {**LIGHT, **config}, "state": state} for index in range(count)]
    return entries if state != "absent" else [{**entry, "config": {}} for entry in entries]


def states(result):
    assert "msg" not in result, result["msg"]
    return {(one["state"], *(task["state"] for task in one["tasks"])) for one in result["connectors"]}


@contextmanager
def alongside(action):
    """Repeats an action in a thread of its own meanwhile; the requests that the storm itself loses do not matter."""
    over = threading.Event()

    def repeat():
        while not over.is_set():
            with suppress(requests.RequestException):
                action()

    with ThreadPoolExecutor(1) as pool:
        storm = pool.submit(repeat)
        try:
            yield
        finally:
            over.set()
    storm.result()


def test_a_storm_of_rebalances(run, request_to, cluster):
    payload = {key: str(value) for key, value in LIGHT.items()}

    def storm():
        for index in range(3):
            request_to(cluster.urls[1], f"/connectors/storm-{index}/config", "PUT", payload)
        for index in range(3):
            request_to(cluster.urls[1], f"/connectors/storm-{index}", "DELETE")

    with alongside(storm):
        for state, seen in (("running", ("running", "running")), ("paused", ("paused", "paused"))):
            assert states(run(connectors=declared("calm", 8, state))) == {seen}
        assert states(run(connectors=declared("calm", 8, "running", topic="other"))) == {("running", "running")}
        assert states(run(connectors=declared("calm", 8, "absent"))) == {("absent",)}


@pytest.mark.parametrize("worker", ["connect-1", "connect-2"])
def test_a_worker_is_killed_midway_and_comes_back(run, request_to, eventually, cluster, worker):
    # The one that was killed before may still be starting.
    cluster.wait_until_ready()
    # One of the two is the leader. The first url is the killed worker's: the other one takes over.
    urls = sorted(cluster.urls, key=lambda url: url != cluster.urls[worker == "connect-2"])
    killed = cluster.containers[worker]

    def kill():
        eventually(lambda: any(name.startswith("killed-") for name in request_to(urls[1], "/connectors")))
        killed.kill()
        killed.start()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(kill)
        result = run(url=urls, connectors=declared(f"killed-{worker}", 20))
        done.result()
    assert states(result) == {("running", "running")}
    again = run(url=urls, connectors=declared(f"killed-{worker}", 20))
    assert not again["changed"]
    assert states(again) == {("running", "running")}
    run(connectors=declared(f"killed-{worker}", 20, "absent"))


def test_a_worker_that_is_still_booting_knows_all_its_connectors(run, cluster):
    declared_ones = declared("boot", 5)
    run(connectors=declared_ones)
    killed = cluster.containers["connect-2"]
    for state, changed in (("running", False), ("absent", True)):
        killed.kill()
        killed.start()
        result = run(url=cluster.urls[1], connectors=declared("boot", 5, state))
        assert result["changed"] == changed
        assert len(states(result)) == 1


def test_two_hundred_connectors(quartet, run, cluster):
    entries = declared("many", MANY)
    done = quartet(connectors=entries)
    assert done["summary"] == {"create": MANY, "failed": 0}
    assert states(done) == {("running", "running")}

    def again():
        assert not run(url=cluster.urls[0], connectors=entries)["changed"]

    assert cluster.requests("connect-1", again) == 2
    gone = run(connectors=entries[:1], purge=True, purge_match="many-.*")
    assert gone["summary"] == {"delete": MANY - 1, "none": 1, "failed": 0}
