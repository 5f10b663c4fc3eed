# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connector statements: compared with what Kafka Connect holds, carried out through ksqlDB."""

from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.client import ConnectClient
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import (
    DeadlineError,
    InvalidInputError,
    RefusedError,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import Access
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.servers import UrlTransport
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.transport import Response
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.apply import converge
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.read import Site, read
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.report import diff
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.steps import Rules
from ansible_collections.igrafx.liveconnect.plugins.module_utils._masking import Mask
from file_worker import FileWorker
from ksql_pipeline import ORDERS, actions, declared, removed
from ksqldb.request import Settings

SOURCE = (
    "CREATE SOURCE CONNECTOR IF NOT EXISTS file_src WITH ("
    "'connector.class'='org.apache.kafka.connect.file.FileStreamSourceConnector', "
    "'file'='/in', 'topic'='t', 'tasks.max'=1);"
)


@pytest.fixture
def worker(engine):
    worker = FileWorker()
    engine.settings = Settings(connect_url=worker.url)
    yield worker
    worker.close()


@pytest.fixture
def site(client, worker):
    return Site(client, connect=ConnectClient(UrlTransport(Access(worker.url)), Mask(), client.patience))


def run(site, text, *, check=False, on_drift="fail"):
    return converge(site, declared(text), Rules(on_drift), check=check)


def test_quartet_of_a_connector(site, worker):
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        outcome = run(site, ORDERS + SOURCE, check=check)
        assert outcome.changed is changed
        assert actions(outcome) == ["create" if changed else "none"] * 2
        assert list(worker.configs) == ([] if check and changed else ["FILE_SRC"])
    assert worker.configs["FILE_SRC"]["tasks.max"] == "1"


@pytest.mark.parametrize("on_drift", ["fail", "replace", "recreate"])
def test_a_configuration_that_differs_is_refused_with_its_difference(site, worker, on_drift):
    run(site, SOURCE.replace("'topic'='t'", "'topic'='t', 'sasl.password'='very-secret'"))
    worker.configs["FILE_SRC"]["file"] = "/other"
    differing = r"connector FILE_SRC \(s\.sql:1:1\): .* differs in file, sasl\.password, and .*kafka_connector can"
    with pytest.raises(RefusedError, match=differing) as caught:
        run(site, SOURCE, on_drift=on_drift)
    (difference,) = caught.value.details["diff"]
    assert "file = /other" in difference["before"]
    assert "file = /in" in difference["after"]
    assert "very-secret" not in str(caught.value.details)


def test_names_are_compared_as_ksqldb_compares_them(site, worker):
    run(site, SOURCE)
    worker.configs["file_src"] = worker.configs.pop("FILE_SRC")
    assert run(site, SOURCE).changed is False


def test_a_configuration_that_connect_refuses_names_the_statement(site, engine):
    with pytest.raises(RefusedError, match=r"connector FILE_SRC \(s\.sql:1:\d+\): .*Failed to find any class"):
        run(site, ORDERS + SOURCE.replace("FileStreamSource", "NoSuch"))
    assert engine.catalogue.sources == {}


@pytest.mark.parametrize("how", ["DROP CONNECTOR IF EXISTS file_src;", None])
def test_quartet_of_a_removal(site, worker, how):
    run(site, SOURCE)
    statements = declared(how) if how else removed(SOURCE)
    for check, changed in ((True, True), (False, True), (True, False), (False, False)):
        outcome = converge(site, statements, Rules(), check=check)
        assert (outcome.changed, actions(outcome)) == (changed, ["drop" if changed else "none"])
        assert len(diff(outcome)) == changed
        assert bool(worker.configs) is (check and changed)


def test_without_the_address_of_connect_nothing_can_be_compared(client):
    with pytest.raises(InvalidInputError, match=r"connector FILE_SRC .*connect_url"):
        run(Site(client), SOURCE)


class Answers:
    """A Transport that gives answers, the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def request(self, *_args, **_more):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


BOOTING = Response(404, b"<html><body><h2>HTTP ERROR 404 Not Found</h2></body></html>")
HELD = Response(200, b'{"a": {"info": {"name": "a", "config": {"name": "a", "k": "v"}}}, "gone": {"info": null}}')


def held(client, *answers):
    """The connectors as a worker that gives these answers tells them, read with the client's clock."""
    site = Site(client, connect=ConnectClient(Answers(*answers), Mask(), client.patience, option="connect_url"))
    return read(site, declared(SOURCE)).connectors


def test_a_worker_that_starts_is_waited_for(client):
    assert held(client, BOOTING, Response(503), HELD) == {"A": {"k": "v"}}


def test_a_worker_that_does_not_come_ends_at_the_deadline(client, clock):
    with pytest.raises(DeadlineError, match=r"Kafka Connect: .* within 60 s: HTTP 404"):
        held(client, BOOTING)
    assert 60 <= clock.now < 70


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [(Response(401), r"HTTP 401 .*url_username"), (Response(200, b"<html>"), "Check that connect_url is the address")],
)
def test_a_worker_that_refuses_is_not_asked_again(client, clock, answer, remedy):
    with pytest.raises(RefusedError, match=f"Kafka Connect: .*{remedy}"):
        held(client, answer)
    assert clock.now == 0
