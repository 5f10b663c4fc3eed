# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.client import ConnectClient
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.validation import named_key
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import DeadlineError, RefusedError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import Access
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.patience import CONNECT, Patience
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.servers import FailoverTransport, UrlTransport
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.transport import (
    ConnectionFailedError,
    Response,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._masking import Mask
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


HINT = "Add worker to no_proxy."


@pytest.mark.parametrize(
    ("status", "body", "remedy"),
    [
        (200, b"<html>sign in</html>", HINT),
        (403, b"<html>no</html>", HINT),
        (407, b"", HINT),
        (503, b"<html>no way</html>", HINT),
        # What Connect itself says has nothing to do with a proxy.
        (401, b'{"error_code": 401, "message": "who"}', "Check url_username"),
        (400, b'{"error_code": 400, "message": "no"}', ""),
    ],
)
def test_an_answer_that_may_be_a_proxys(status, body, remedy):
    client = ConnectClient(Fake(Response(status, body, proxy_hint=HINT)), Mask(), Patience(0.01, first_pause=0.001))
    with pytest.raises((RefusedError, DeadlineError)) as caught:
        client.read(["a"])
    assert caught.value.remedy.startswith(remedy)
    assert bool(caught.value.remedy) == bool(remedy)


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (error(404, "HTTP 404 Not Found"), "needs Kafka 3.5 or later"),
        (error(404, "Unknown connector a"), ""),
        (error(403, "no"), "Check url_username"),
        ((407, b"", "text/plain"), "proxy on the way"),
        ((200, b"<html>sign in</html>", "text/html"), "Check that url is the address"),
    ],
)
def test_the_remedy_fits_a_refused_stop(client, worker, answer, remedy):
    worker.script = [answer]
    with pytest.raises(RefusedError) as caught:
        client.move("a", "stopped")
    assert remedy in caught.value.remedy
    assert bool(caught.value.remedy) == bool(remedy)


@pytest.mark.parametrize(
    ("answer", "size", "told"),
    [
        (error(500, "Failed to write to config topic; the request can be safely retried"), 1 << 20, "max.request.size"),
        (error(500, "RecordTooLargeException: no"), 1, "max.request.size"),
        (error(500, "Error writing connector configuration to Kafka"), 1, ""),
        ((413, b"<html>too large</html>", "text/html"), 1, "takes no request as large"),
    ],
)
def test_the_remedy_for_a_configuration_that_is_too_large(client, worker, answer, size, told):
    worker._route = lambda *_request: (404, {"error_code": 404, "message": "Connector a not found"})
    real = worker.answer
    worker.answer = lambda method, *request: answer if method == "PUT" else real(method, *request)
    with pytest.raises((RefusedError, DeadlineError)) as caught:
        client.configure("a", {"mapping": "x" * size})
    assert told in caught.value.remedy
    assert bool(caught.value.remedy) == bool(told)


def test_a_web_page_is_told_as_a_reader_sees_it(client, worker):
    worker.script = [(403, b"<html><style>x {}</style><h1>Company\nproxy</h1></html>", "text/html")]
    with pytest.raises(RefusedError, match=r"HTTP 403 Company proxy\. Check url_username"):
        client.read(["a"])


def test_what_is_no_answer_is_not_repeated_as_it_may_hold_secrets(client, worker):
    worker.script = [None, (200, b'{"a": {"info": {"config": ["hunter2"]}}}', "application/json")]
    worker.connectors["a"] = Held({})
    with pytest.raises(RefusedError, match=r"it answered a list instead of a map at a\.info\.config\. Check") as caught:
        client.read(["a"])
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ("Invalid value 7 for configuration topic: no", "topic"),
        ('Missing required configuration "queue.name" which has no default value.', "queue.name"),
        ("Invalid mode: fast", "mode"),
        ("mode: slow is meant", ""),
        ("the connection.mode fast", "connection.mode"),
        ("out of order", ""),
        ("org.example.Sink does not know fast", ""),
    ],
)
def test_the_key_that_a_message_is_about(message, key):
    config = {"connector.class": "org.example.Sink", "topic": "t", "mode": "fast", "connection.mode": "fast"}
    assert named_key(message, config) == key


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
    "pause": lambda client: client.move(NAME, "paused"),
    "stop": lambda client: client.move(NAME, "stopped"),
    "resume-failed": lambda client: client.move("failed", "running"),
    "stop-failed": lambda client: client.move("failed", "stopped"),
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
REFUSED, LOST = ConnectionFailedError("refused", certain=True), ConnectionFailedError("cut")


@pytest.mark.parametrize(
    ("outcomes", "method", "status", "asked"),
    [
        ([GOOD, GOOD], "PUT", 200, [1, 0]),
        ([REFUSED, GOOD], "PUT", 200, [1, 1]),
        ([AWAY, GOOD], "PUT", 200, [1, 1]),
        ([LOST, GOOD], "GET", 200, [1, 1]),
        ([REFUSED, AWAY], "PUT", 503, [1, 1]),
    ],
)
def test_the_next_server_is_tried(outcomes, method, status, asked):
    servers = [Fake(outcome) for outcome in outcomes]
    assert FailoverTransport(servers, CONNECT.is_unfit).request(method, "/").status == status
    assert [server.asked for server in servers] == asked


def test_a_write_that_may_have_arrived_is_left_to_the_caller():
    servers = [Fake(LOST), Fake(GOOD)]
    transport = FailoverTransport(servers, CONNECT.is_unfit)
    with pytest.raises(ConnectionFailedError):
        transport.request("PUT", "/")
    assert transport.request("PUT", "/").ok
    assert [server.asked for server in servers] == [1, 1]


def test_an_unknown_host_does_not_hide_one_that_may_come_back():
    unknown = ConnectionFailedError("unknown", certain=True, permanent=True)
    with pytest.raises(ConnectionFailedError) as caught:
        FailoverTransport([Fake(REFUSED), Fake(unknown)], CONNECT.is_unfit).request("GET", "/")
    assert not caught.value.permanent
