# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.client import (
    ConnectClient,
    Patience,
    is_unfit,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.masking import Mask
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.plan import Step
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import DeadlineError, RefusedError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import Access
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.failover import FailoverTransport
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.transport import (
    ConnectionFailedError,
    Response,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.urls import UrlTransport
from fake_connect_worker import BOOTING, CUT, REBALANCE_READ, Held, error


@pytest.fixture
def client(url):
    return ConnectClient(UrlTransport(Access(url)), Mask(), Patience(0.05, first_pause=0.001))


@pytest.mark.parametrize(
    ("version", "can"),
    [
        ("3.6.2", False),
        ("3.7.0", True),
        ("4.1.0", True),
        ("7.6.1-ccs", False),
        ("7.7.0-ccs", True),
        ("7.9.2-ce", True),
        ("8.0.0-ccs", True),
        ("unknown", False),
    ],
)
def test_versions_that_create_at_rest(client, worker, version, can):
    worker.version = version
    assert client.can_create_at_rest() == can


def test_a_worker_that_never_gets_ready(client, worker):
    worker.script = [BOOTING] * 10000
    with pytest.raises(DeadlineError, match=r"could not serve GET /connectors/a within 0.05 s: HTTP 404"):
        client.read(["a"])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (error(401, "who"), "url_username"),
        (error(500, "Cannot deserialize value"), "Cannot deserialize value"),
        ((200, b"<html>a web page</html>", "text/html"), "Check that url is the address of a Kafka Connect worker"),
    ],
)
def test_refusals_are_not_repeated(client, worker, answer, said):
    worker.script = [answer]
    with pytest.raises(RefusedError, match=said):
        client.read(["a"])
    assert len(worker.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [error(404, "Connector a not found"), error(500, "Error trying to forward REST request: Connector a not found")],
)
def test_deleting_what_is_gone_is_fine(client, worker, answer):
    worker.script = [answer]
    client.delete("a")


def test_the_error_never_holds_half_a_secret(worker, url):
    secret = "x" * 400
    mask = Mask()
    mask.learn_secrets([secret])
    worker.connectors["a"] = Held({})
    worker.refuse["a"] = "y" * 300 + secret
    with pytest.raises(RefusedError) as caught:
        ConnectClient(UrlTransport(Access(url)), mask).configure("a", {})
    assert "xx" not in str(caught.value)


NAME = "a b"
HELD = {"connector.class": "org.example.Sink", "topic": "t"}
KEY = '{"file": "x"}'
WRITES = {
    "create": lambda client: client.create("new", HELD, "stopped", at_rest=True),
    "create-running": lambda client: client.create("new", HELD, "present", at_rest=True),
    "configure": lambda client: client.configure(NAME, {**HELD, "topic": "u"}),
    "pause": lambda client: client.move(NAME, Step.PAUSE),
    "stop": lambda client: client.move(NAME, Step.STOP),
    "resume-failed": lambda client: client.move("failed", Step.RESUME),
    "stop-failed": lambda client: client.move("failed", Step.STOP),
    "restart": lambda client: client.restart("failed", only_failed=True),
    "reset": lambda client: client.reset_offsets("stopped"),
    "alter": lambda client: client.alter_offsets("stopped", {KEY: {"position": 9}}),
    "delete": lambda client: client.delete(NAME),
}


@pytest.fixture
def full(worker):
    worker.connectors = {
        NAME: Held(dict(HELD)),
        "failed": Held(dict(HELD), "FAILED", []),
        "stopped": Held(dict(HELD), "STOPPED", [], offsets=[{"partition": {"file": "x"}, "offset": {"position": 3}}]),
    }
    return worker


@pytest.fixture
def slowly(full):
    """Gives no answer to a write before the test is over; it is done after so many looks, None: never."""
    over, looked = threading.Event(), []
    real = full.answer

    def slowly(looks):
        may = threading.Event()

        def answer(method, target, body):
            if method == "GET":
                looked.append(target)
                if looks is not None and len(looked) > looks:
                    may.set()
                    done.wait()
                return real(method, target, body)
            if looks is None:
                full.requests.append((method, target))
            else:
                if looks:
                    may.wait()
                real(method, target, body)
            done.set()
            over.wait()
            return CUT

        done = threading.Event()
        full.answer = answer
        return looked

    yield slowly
    over.set()


def patient(url, timeout, request=30):
    return ConnectClient(UrlTransport(Access(url)), Mask(), Patience(timeout, request, first_pause=0.001))


# Of these the worker shows nothing by which they could be told from what was before.
UNSEEN = {"restart", "resume-failed"}


@pytest.mark.parametrize(
    ("write", "looks"), [(write, looks) for write in WRITES for looks in (0, 2) if not looks or write not in UNSEEN]
)
def test_a_write_without_an_answer_is_looked_for_and_not_sent_again(full, url, slowly, write, looks):
    looked = slowly(looks)
    WRITES[write](patient(url, 30, 0.1))
    assert len(full.writes) == 1
    assert looked


@pytest.mark.parametrize("write", sorted(WRITES.keys() - UNSEEN))
def test_a_write_that_never_shows_names_the_option_that_helps(full, url, slowly, write):
    slowly(None)
    with pytest.raises(DeadlineError, match=r"did not answer [A-Z]+ /connectors.* within 0.1 s, .* Raise timeout,"):
        WRITES[write](patient(url, 0.3, 0.1))
    assert len(full.writes) == 1


def test_a_validation_without_an_answer_is_not_sent_again(full, url, slowly):
    slowly(None)
    with pytest.raises(DeadlineError, match=r"did not answer PUT /connector-plugins/.* within 0.1 s. .* Raise timeout"):
        patient(url, 30, 0.1).validate("a", HELD)
    assert len(full.requests) == 1


@pytest.mark.parametrize("lost", [CUT, error(500, "IO Error trying to forward REST request"), (502, b"", "")])
@pytest.mark.parametrize(
    ("write", "carried_out"),
    # A state shows a little later, and moving there twice does no harm.
    [(write, False) for write in sorted(WRITES.keys() - UNSEEN)]
    + [(write, True) for write in ("create", "configure", "alter", "reset", "delete")],
)
def test_a_write_that_is_over_is_sent_again_only_when_it_does_not_show(full, url, write, carried_out, lost):
    real = full.answer

    def answer(method, target, body):
        if method == "GET" or full.writes:
            return real(method, target, body)
        if carried_out:
            real(method, target, body)
        else:
            full.requests.append((method, target))
        return lost

    full.answer = answer
    WRITES[write](patient(url, 30))
    assert len(full.writes) == (1 if carried_out else 2)


def test_a_create_that_shows_late_is_no_other_ones_connector(full, url):
    # It was carried out, and another worker learns of it later.
    full.script = [error(500, "Request timed out"), error(404, "Connector new not found")]
    full.connectors["new"] = Held(dict(HELD), "STOPPED", [])
    WRITES["create"](patient(url, 30))
    full.connectors["new"].config = {"connector.class": "Other"}
    full.script = [error(500, "Request timed out"), error(500, REBALANCE_READ)]
    with pytest.raises(RefusedError, match="already exists"):
        WRITES["create"](patient(url, 30))


class Fake:
    def __init__(self, outcome):
        self.outcome = outcome
        self.asked = 0

    def request(self, *_request, **_options):
        self.asked += 1
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


GOOD, AWAY = Response(200), Response(503)
REFUSED, CUT = ConnectionFailedError("refused", certain=True), ConnectionFailedError("cut")


@pytest.mark.parametrize(
    ("outcomes", "method", "status", "asked"),
    [
        ([GOOD, GOOD], "PUT", 200, [1, 0]),
        ([REFUSED, GOOD], "PUT", 200, [1, 1]),
        ([AWAY, GOOD], "PUT", 200, [1, 1]),
        ([CUT, GOOD], "GET", 200, [1, 1]),
        ([REFUSED, AWAY], "PUT", 503, [1, 1]),
    ],
)
def test_the_next_server_is_tried(outcomes, method, status, asked):
    servers = [Fake(outcome) for outcome in outcomes]
    assert FailoverTransport(servers, is_unfit).request(method, "/").status == status
    assert [server.asked for server in servers] == asked


def test_a_write_that_may_have_arrived_is_left_to_the_caller():
    servers = [Fake(CUT), Fake(GOOD)]
    transport = FailoverTransport(servers, is_unfit)
    with pytest.raises(ConnectionFailedError):
        transport.request("PUT", "/")
    assert transport.request("PUT", "/").ok
    assert [server.asked for server in servers] == [1, 1]


def test_an_unknown_host_does_not_hide_one_that_may_come_back():
    unknown = ConnectionFailedError("unknown", certain=True, permanent=True)
    with pytest.raises(ConnectionFailedError) as caught:
        FailoverTransport([Fake(REFUSED), Fake(unknown)], is_unfit).request("GET", "/")
    assert not caught.value.permanent
