# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client on answers recorded from a real server (7.6.14), word for word: what is retried, and what is not.

A busy command runner (45 to 51), a sequence number that is not reached (227), clients that met (371, 372, 470),
start-up (378, 381), Kafka Connect out of reach (389), and authentication (412 to 414).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import DeadlineError, RefusedError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.patience import Patience
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.transport import Response
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.client import (
    KsqlClient,
    Script,
    StatementRefusedError,
    UnsettledError,
)

RECORDED = {one["number"]: one for one in json.loads(Path(__file__).with_name("recorded_answers.json").read_text())}
ANYTHING = Script(("CREATE STREAM x (y INT)",))


def answer(number):
    return Response(RECORDED[number]["status"], json.dumps(RECORDED[number]["answer"]).encode())


class Recording:
    """A Transport that plays recorded answers, the last one for ever."""

    def __init__(self, *numbers):
        self.answers = [answer(number) for number in numbers]
        self.asked = []

    def request(self, method, path, **_more):
        self.asked.append(f"{method} {path}")
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def client(clock):
    def made(*numbers):
        return KsqlClient(Recording(*numbers), Patience(60, clock=clock, sleep=clock.sleep), wait_timeout=30)

    return made


@pytest.mark.parametrize("number", [46, 227, 371, 372, 378, 381, 470])
def test_a_write_that_was_not_carried_out_may_be_tried_again(client, number):
    with pytest.raises(UnsettledError, match="ksqlDB says"):
        list(client(number).execute([ANYTHING]))


@pytest.mark.parametrize("number", [46, 227, 371, 372, 378, 381, 470])
def test_a_read_is_tried_again_until_the_deadline(client, clock, number):
    with pytest.raises(DeadlineError, match="within 60 s"):
        client(number).catalogue()
    assert 60 <= clock.now < 70


@pytest.mark.parametrize(
    ("number", "error"),
    [(number, StatementRefusedError) for number in (51, 389)] + [(number, RefusedError) for number in (412, 413, 414)],
)
def test_a_refusal_is_not_tried_again(client, number, error):
    asking = client(number)
    with pytest.raises(error):
        list(asking.execute([ANYTHING]))
    assert len(asking.transport.asked) == 1


def test_a_command_that_is_executing_is_waited_for(client):
    asking = client(45, 48, 48, 50)
    (done,) = asking.execute([ANYTHING])
    assert done.query_id == "CSAS_BIG_ORDERS_11"
    assert done.text.startswith("CREATE OR REPLACE STREAM BIG_ORDERS")
    assert asking.transport.asked[1:] == ["GET /status/stream/%60BIG_ORDERS%60/create"] * 3


def test_a_command_that_stays_executing_is_left_at_the_deadline(client, clock):
    with pytest.raises(DeadlineError, match="still EXECUTING after 30 s"):
        list(client(45, 48).execute([ANYTHING]))
    assert 30 <= clock.now < 40
