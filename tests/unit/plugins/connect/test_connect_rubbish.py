# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every answer of a worker, one at a time, is replaced by what is none: one sentence comes of it, in time."""

from __future__ import annotations

import json
from functools import partial

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect import apply, read, runner, wait
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.patience import Patience
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.transport import Response
from ansible_collections.igrafx.liveconnect.plugins.modules import kafka_connector, kafka_connector_info
from fake_connect_worker import Held, Worker
from rubbish_answers import WHOLE, spoilt

SECRET = "s3cret-value"
CONFIG = {"connector.class": "org.example.Sink", "topic": "t", "url": f"db://u:{SECRET}@h", "f": "/d/${file:/x:y}/z"}
OTHER = {**CONFIG, "topic": "old"}
PLACE = {"partition": {"file": "x"}, "offset": {"position": 3}}
ONE = {"name": "one", "config": CONFIG}

# What is there, and what is asked for.
SCENARIOS = {
    "nothing": ({"one": Held(CONFIG)}, ONE),
    "create": ({}, ONE),
    "create-stopped": ({}, {**ONE, "state": "stopped"}),
    "update": ({"one": Held(OTHER)}, ONE),
    "pause": ({"one": Held(CONFIG)}, {**ONE, "state": "paused"}),
    "resume": ({"one": Held(CONFIG, "STOPPED", [])}, {**ONE, "state": "running"}),
    "delete": ({"one": Held(CONFIG)}, {"name": "one", "state": "absent"}),
    "purge": (
        {"one": Held(CONFIG), "two": Held(CONFIG)},
        {"connectors": [ONE], "purge": True, "purge_match": ".*"},
    ),
    "offsets": ({"one": Held(CONFIG, offsets=[PLACE])}, {**ONE, "offsets": "reset"}),
    "offsets-of-a-new-one": ({}, {**ONE, "offsets": [PLACE]}),
    "restart": ({"one": Held(CONFIG, tasks=["FAILED"])}, ONE),
    "failed": ({"one": Held(CONFIG, "FAILED", [])}, {**ONE, "restart": "never"}),
    "two": (
        {"one": Held(OTHER), "two": Held(OTHER, tasks=["FAILED"])},
        {"connectors": [ONE, {**ONE, "name": "two"}], "on_error": "continue"},
    ),
    "absent": ({}, {"name": "one", "state": "absent"}),
    "check": ({"one": Held(OTHER)}, {**ONE, "check": True}),
    "info": ({"one": Held(CONFIG), "two": Held(CONFIG, tasks=["FAILED"])}, None),
}
EVERY = 4
LONGEST = 10  # seconds that a request may be repeated, and that states are waited for


class Clock:
    """Time that passes while somebody sleeps, and a little at each look."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        self.now += 0.001
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Line:
    """The way to a worker; the answers to the requests of the numbers ``at`` are replaced on it."""

    def __init__(self, worker, at, answer):
        self.worker, self.at, self.answer = worker, at, answer
        self.answers = []

    def request(self, method, path, *, body=None, **_options):
        answer = self.worker.answer(method, path, body)
        self.answers.append(answer)
        if len(self.answers) - 1 in self.at:
            answer = self.answer
        return Response(answer[0], answer[1])


@pytest.fixture
def run(monkeypatch):
    """Runs a scenario over a Line; gives all that an operator would see of it."""

    def run(scenario, at=(), answer=None):
        held, options = SCENARIOS[scenario]
        worker = Worker()
        worker.connectors = {
            name: Held(dict(one.config), one.state, list(one.tasks), offsets=list(one.offsets))
            for name, one in held.items()
        }
        line, clock = Line(worker, at, answer), Clock()
        for module in (apply, read, wait):
            monkeypatch.setattr(module, "time", clock)
        monkeypatch.setattr(runner, "Patience", partial(Patience, clock=clock.monotonic, sleep=clock.sleep))
        monkeypatch.setattr(runner, "transport_from", lambda *_arguments: line)
        module = kafka_connector if options else kafka_connector_info
        given = {"url": "http://worker", "retry_timeout": LONGEST, **(options or {})}
        check = given.pop("check", False)
        if options:
            given |= {"wait_timeout": LONGEST, "poll_interval": LONGEST / 2, "parallel": 1}
        validated = ArgumentSpecValidator(module.ARGUMENT_SPEC).validate(given)
        assert not validated.error_messages
        shown = []
        try:
            if options:
                shown.append(runner.run(validated.validated_parameters, check_mode=check, diff=True, warn=shown.append))
            else:
                shown.append(runner.run_info(validated.validated_parameters))
        except LiveConnectError as error:
            shown.append({"msg": str(error), **error.details})
        return json.dumps(shown), line, clock

    return run


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_rubbish_is_one_sentence_in_time_and_no_secret(run, scenario):
    _shown, line, _clock = run(scenario)
    # While states are watched, the same is asked and answered many times.
    asked = zip(line.worker.requests, line.answers, strict=True)
    different = {exchange: at for at, exchange in enumerate(asked)}
    for (_request, good), at in different.items():
        once, ever = range(at, at + 1), range(at, 10_000)
        cases = [(kind, where, answer) for kind, answer in WHOLE.items() for where in (once, ever)]
        # Some of the others, each time other ones: there are thousands.
        cases += [(kind, once, answer) for kind, answer in list(spoilt(good))[at % EVERY :: EVERY]]
        for kind, where, answer in cases:
            shown, spoilt_line, clock = run(scenario, where, answer)
            case = f"{spoilt_line.worker.requests[at]} {kind} {where}"
            # The reads, the writes and the wait have a time each.
            assert clock.now < 4 * LONGEST, case
            for never in (SECRET, spoilt_line.worker.provided, "<h", "Traceback"):
                assert never not in shown, case
