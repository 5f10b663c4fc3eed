# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.apply import (
    Conduct,
    apply,
    preview,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.client import ConnectClient
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.model import (
    Connector,
    Declared,
    Task,
    declare,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.plan import Action, Rules, plan
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.read import read_offsets
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.wait import Timing
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.patience import Patience
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.transport import Response
from ansible_collections.igrafx.liveconnect.plugins.module_utils._masking import Mask
from fake_connect_worker import Held, Worker
from hypothesis import given, settings
from hypothesis import strategies as st

CONFIG = {"connector.class": "Sink"}


def actions(state, actual_state, *, tasks=("running",), differs=False, restart="failed"):
    declared = Declared("a", state, {**CONFIG, "topic": "new"} if differs else CONFIG)
    listed = tuple(Task(index, task) for index, task in enumerate(tasks))
    actual = Connector("a", CONFIG, "sink", actual_state, task_ids=tuple(range(len(tasks))), tasks=listed)
    (step,) = plan([declared], {"a": actual}, Rules(restart=restart))
    return [action.name.lower() for action in step.actions]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (actions("present", "paused"), []),
        (actions("present", None), []),
        (actions("running", None), ["resume"]),
        (actions("running", "running"), []),
        (actions("running", "paused", differs=True), ["configure", "resume"]),
        (actions("paused", "running", differs=True), ["pause", "configure"]),
        (actions("stopped", "failed"), ["stop"]),
        (actions("paused", "failed"), ["pause", "restart_failed"]),
        (actions("paused", "failed", restart="never"), []),
        (actions("running", "running", tasks=["failed"]), ["restart_failed"]),
        (actions("running", "running", tasks=["failed"], differs=True), ["configure", "restart_failed"]),
        (actions("running", "running", tasks=["failed"], restart="never"), []),
        (actions("running", "running", tasks=["failed"], restart="always"), ["restart"]),
        (actions("running", "running", restart="on_change"), []),
        (actions("running", "running", restart="on_change", differs=True), ["configure", "restart"]),
        (actions("stopped", "stopped", tasks=[], restart="always"), []),
        (actions("present", "stopped", tasks=[], restart="always"), []),
        (actions("absent", "running"), ["delete"]),
    ],
)
def test_steps_and_their_order(given, expected):
    assert given == expected


@pytest.mark.parametrize(
    ("value", "stored"),
    [(True, "true"), (False, "false"), (1, "1"), (1.5, "1.5"), ("x ", "x "), ([1, True, "b"], "1,true,b"), ([], "")],
)
def test_values_become_what_connect_stores(value, stored):
    assert declare([{"name": "a", "config": {"k": value}}])[0].config == {"k": stored}


class Direct:
    """A Transport into the worker without a network."""

    def __init__(self, worker):
        self.worker = worker

    def request(self, method, path, *, body=None, **_options):
        status, answer, _content_type = self.worker.answer(method, path, body)
        return Response(status, answer)


names = st.sampled_from(["a", "b", "c d", "p-1", "p-2"])
values = st.sampled_from(["1", "2", True, None, ["x", 1]])
configs = st.dictionaries(st.sampled_from(["k1", "k2", "token"]), values).map(lambda config: {**CONFIG, **config})
places = st.fixed_dictionaries(
    {
        "partition": st.sampled_from([{"file": "x"}, {"file": "y"}]),
        "offset": st.sampled_from([None, {"position": 1}, {"position": 2}]),
    }
)
offsets = st.lists(places, unique_by=lambda place: place["partition"]["file"])
entries = st.fixed_dictionaries(
    {
        "config": configs,
        "secrets": st.dictionaries(st.sampled_from(["k2", "s"]), st.sampled_from(["hunter2", "swordfish"])),
        "state": st.sampled_from(["present", "running", "paused", "stopped", "absent"]),
        "offsets": st.none() | st.just("reset") | offsets,
    }
).map(lambda entry: {**entry, "offsets": None} if entry["state"] == "absent" else entry)
stored = st.dictionaries(st.sampled_from(["k1", "k2", "k3"]), st.sampled_from(["1", "2", "true", "x,1"])).map(
    lambda config: {**CONFIG, **config}
)


@st.composite
def held(draw):
    state = draw(st.sampled_from(["RUNNING", "PAUSED", "STOPPED", "FAILED"]))
    tasks = [] if state in ("STOPPED", "FAILED") else [draw(st.sampled_from([state, "FAILED"]))]
    return Held(draw(stored), state, tasks, offsets=draw(offsets))


def needed(step):
    """The actions that are done where a worker restarts by itself what failed with the old configuration."""
    return tuple(one for one in step.actions if one != Action.RESTART_FAILED or Action.CONFIGURE not in step.actions)


@settings(max_examples=60, deadline=None)
@given(
    declared=st.dictionaries(names, entries, min_size=1),
    existing=st.dictionaries(names, held()),
    version=st.sampled_from(["3.6.0", "3.9.1"]),
    rules=st.builds(
        Rules,
        compare=st.sampled_from(["exact", "subset"]),
        ignore_keys=st.sampled_from([frozenset(), frozenset({"k1"})]),
        restart=st.sampled_from(["failed", "on_change"]),
        purge_match=st.sampled_from([None, re.compile("p-.*")]),
    ),
)
def test_what_was_applied_needs_nothing_more(declared, existing, version, rules):
    worker = Worker(version)
    worker.connectors = existing
    mask = Mask()
    client = ConnectClient(Direct(worker), mask, Patience(1))
    wanted = declare([{"name": name, **entry} for name, entry in declared.items()])

    def read():
        return read_offsets(client, wanted, client.read(declared, others=True), parallel=1)[0]

    untouched = existing.keys() - declared.keys()

    first = plan(wanted, read(), rules)
    timing = Timing(timeout=0.1, poll_interval=0, settle=0, settle_each=0, repair=0, heal=0)
    conduct = Conduct(parallel=2, stop_on_error=True, wait=timing)
    outcomes = apply(client, preview(first, {}, stop_on_error=True), conduct, mask)

    assert [outcome.error for outcome in outcomes] == [""] * len(outcomes)
    assert [outcome.done for outcome in outcomes] == list(map(needed, first))
    second = plan(wanted, read(), rules)
    # Of a connector that is not stopped nobody knows how far it has come.
    unknown = {one.name for one in wanted if one.offsets is not None and worker.connectors[one.name].state != "STOPPED"}
    assert [step.name for step in second if step.actions] == [one.name for one in wanted if one.name in unknown]
    assert not any(step.writes_config for step in second)
    if rules.purge_match is None:
        assert untouched <= worker.connectors.keys()
    assert not any(action is Action.DELETE for step in second for action in step.actions)
