# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's emulator of ksqlDB, served in process, and a client of it that does not really sleep."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import Access
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.patience import Patience
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.servers import UrlTransport
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.transport import Response
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.client import KsqlClient

# The tests are imported one by one, without packages: what they share is found by path.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab"))
sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "lab/images/ksqldb-server"))

from ksqldb.engine import Engine
from ksqldb.server import serve


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    now: float = 0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Wire:
    """A Transport that notes what is sent, and gives the ``faults`` instead of the real answers while there are any.

    A fault is a Response or an exception, or None to let one request through; ``lost`` says that a request
    answered with an exception reaches the server nevertheless. Only requests with ``only`` in their body count.
    ``always`` is the answer to every request with a text in its body, and that text.
    """

    inner: object
    faults: list[object] = field(default_factory=list)
    lost: bool = False
    only: str = ""
    sent: list[str] = field(default_factory=list)
    always: tuple[Response, str] | None = None

    def request(self, method, path, *, body=None, headers=None, timeout=None):
        text = (body or b"").decode()
        self.sent.append(f"{method} {path} {text}")
        if self.always and self.always[1] in text:
            return self.always[0]
        fault = self.faults.pop(0) if self.faults and self.only in text else None
        if isinstance(fault, Response):
            return fault
        if fault is None or self.lost:
            answer = self.inner.request(method, path, body=body, headers=headers, timeout=timeout)
            if fault is None:
                return answer
        raise fault


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def url(engine):
    server = serve(engine, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def wire(url):
    return Wire(UrlTransport(Access(url)))


@pytest.fixture
def client(wire, clock):
    return KsqlClient(wire, Patience(60, clock=clock, sleep=clock.sleep), wait_timeout=30)
