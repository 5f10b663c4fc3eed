# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever comes instead of an answer, once or for ever: a sentence for the operator, in time, and no Python error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.client import ConnectClient
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.patience import Patience
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.transport import Response
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.apply import converge
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.client import (
    KsqlClient,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.info import REQUEST, described
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.read import Site
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.steps import Rules
from ansible_collections.igrafx.liveconnect.plugins.module_utils._masking import Mask
from conftest import Clock
from ksql_pipeline import BIG, ORDERS, PIPELINE, WIDER, Direct, declared, removed, run
from ksqldb.engine import Engine

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from rubbish import WHOLE, spoilt

RETRY, WAIT, LONGEST_PAUSE = 60, 30, 5
ALL = "CREATE TYPE t AS STRUCT<a DECIMAL(4,1), b MAP<INT, ARRAY<INT>>>;" + PIPELINE
OTHER_KEY = ORDERS.replace("INT KEY", "BIGINT KEY")
CONNECTOR = "CREATE SOURCE CONNECTOR c WITH ('connector.class'='x.Y', 'tasks.max'=1);"
HELD = {"C": {"info": {"name": "C", "config": {"name": "C", "connector.class": "x.Y", "tasks.max": "1"}}}}


@dataclass
class Case:
    """What the server holds before, and what is asked of it."""

    before: str
    act: Callable[[KsqlClient], Any]


def info(client):
    return described(client.info(), client.ask(REQUEST), show_strings=False)


CASES = {
    "create": Case("", lambda client: run(client, ALL)),
    "check": Case("", lambda client: run(client, ALL, check=True)),
    "refused": Case("", lambda client: run(client, f"{ORDERS}{BIG}\nCREATE STREAM bad AS SELCT * FROM big;")),
    "nothing": Case(ALL, lambda client: run(client, ALL)),
    "replace": Case(ORDERS + BIG, lambda client: run(client, WIDER + BIG, on_drift="replace")),
    "recreate": Case(ORDERS + BIG, lambda client: run(client, OTHER_KEY + BIG, on_drift="recreate")),
    "absent": Case(
        ORDERS, lambda client: converge(Site(client), removed(ORDERS), Rules(delete_topic=True), check=False)
    ),
    "info": Case(ALL, info),
}


@dataclass
class Spoiled:
    """A Transport that gives ``instead`` in place of one answer, or of it and all after it."""

    inner: Any
    place: int = -1
    instead: Response | None = None
    for_ever: bool = False
    answers: list[Response] = field(default_factory=list)

    def request(self, method, path, **more):
        place = len(self.answers)
        chosen = place == self.place or (self.for_ever and 0 <= self.place <= place)
        answer = self.instead if chosen else self.inner.request(method, path, **more)
        self.answers.append(answer)
        return answer


class Slow(Engine):
    """Its commands are not done at once: their status must be asked for."""

    def post(self, body):
        status, answer = super().post(body)
        for entity in answer if isinstance(answer, list) else ():
            if "commandStatus" in entity:
                entity["commandStatus"] = {"status": "EXECUTING", "message": "Executing statement", "queryId": None}
        return status, answer


HOLDING = {before: Engine() for before in {case.before for case in CASES.values()}}
for text, made in HOLDING.items():
    run(KsqlClient(Direct(made), Patience(0)), text)


def attempt(case, place=-1, instead=None, *, for_ever=False):
    """The answers that were given; LiveConnectError is a good end, and so is success."""
    engine, clock = Slow(), Clock()
    engine.catalogue = HOLDING[case.before].catalogue.sandbox()
    transport = Spoiled(Direct(engine), place, instead, for_ever)
    client = KsqlClient(transport, Patience(RETRY, clock=clock, sleep=clock.sleep), wait_timeout=WAIT)
    told = ""
    try:
        case.act(client)
    except LiveConnectError as error:
        told = str(error) + json.dumps(error.details)
    assert client.sentinel not in told
    assert clock.now <= RETRY + WAIT + 2 * LONGEST_PAUSE
    assert len(transport.answers) < 150
    return transport.answers


def response(status, body, _content_type):
    return Response(status, body)


@pytest.mark.parametrize("rubbish", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_rubbish_instead_of_any_answer(case, rubbish):
    for place in range(len(attempt(case))):
        for for_ever in (False, True):
            attempt(case, place, response(*rubbish), for_ever=for_ever)


@pytest.mark.parametrize("rubbish", WHOLE.values(), ids=WHOLE)
def test_rubbish_instead_of_the_answer_to_a_dry_run_is_no_success(rubbish):
    clock = Clock()
    transport = Spoiled(Direct(Engine()), 2, response(*rubbish), for_ever=True)
    client = KsqlClient(transport, Patience(RETRY, clock=clock, sleep=clock.sleep))
    with pytest.raises(LiveConnectError):
        CASES["check"].act(client)


def parts(answer):
    """The answer with each of its parts spoilt, every entity of a list for itself."""
    document = json.loads(answer.body)
    for place, entity in enumerate(document if isinstance(document, list) else [document]):
        for what, (status, body, _type) in spoilt((answer.status, json.dumps(entity).encode(), "")):
            changed = json.loads(body)
            if isinstance(document, list):
                changed = [*document[:place], changed, *document[place + 1 :]]
            yield what, Response(status, json.dumps(changed).encode())


@pytest.mark.parametrize("case", [CASES[name] for name in ("create", "nothing", "absent", "info")])
def test_every_part_of_every_answer_may_be_spoilt(case):
    """Of answers that are alike, as the looks at the catalogue before and after, only the first."""
    seen = set()
    for place, answer in enumerate(attempt(case)):
        document = json.loads(answer.body)
        kind = [sorted(one) for one in document] if isinstance(document, list) else sorted(document)
        if str(kind) in seen:
            continue
        seen.add(str(kind))
        for _what, instead in parts(answer):
            attempt(case, place, instead)


RECORDED = Path(__file__).resolve().parents[2] / "lab/ksqldb_exchanges"
EXCHANGES = [one for file in sorted(RECORDED.glob("*.json")) for one in json.loads(file.read_text())]
EXCHANGES += json.loads(Path(__file__).with_name("recorded_answers.json").read_text())
# One of each kind: those that begin alike are alike.
REFUSALS = {
    (one["status"], str(one["answer"].get("message"))[:16]): one
    for one in EXCHANGES
    if one.get("status", 200) >= 400 and isinstance(one.get("answer"), dict)
}


@pytest.mark.parametrize("refusal", [pytest.param(one, id=str(one["number"])) for one in REFUSALS.values()])
def test_the_same_refusal_for_ever_ends(refusal):
    answer = Response(refusal["status"], json.dumps(refusal["answer"]).encode())
    for name in ("create", "nothing", "absent"):
        for place in range(len(attempt(CASES[name]))):
            attempt(CASES[name], place, answer, for_ever=True)


def connect(client_clock, answer, statements=CONNECTOR):
    class Worker:
        def request(self, *_args, **_more):
            return answer

    client = KsqlClient(Direct(Engine()), Patience(RETRY, clock=client_clock, sleep=client_clock.sleep))
    reader = ConnectClient(Worker(), Mask(), Patience(RETRY, clock=client_clock, sleep=client_clock.sleep))
    return converge(Site(client, connect=reader), declared(statements), Rules(), check=True)


def test_rubbish_from_kafka_connect():
    held = Response(200, json.dumps(HELD).encode())
    assert connect(Clock(), held).changed is False
    for _what, answer in [*parts(held), *((name, response(*one)) for name, one in WHOLE.items())]:
        clock = Clock()
        try:
            connect(clock, answer)
        except LiveConnectError as error:
            json.dumps(error.details)
        assert clock.now <= RETRY + LONGEST_PAUSE
