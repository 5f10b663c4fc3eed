# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every answer of the hub and of the Maven repository replaced by rubbish: one sentence comes of it, or the plugin."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import Access
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.destination import Destination
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.model import Declaration, parse_declarations
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.options import Options, Servers
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.runner import Runner
from hub.server import Handler

from ..rubbish import WHOLE, Answer, spoilt
from .conftest import jar_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Site

JAR_PATH = "org/example/sink/2.0/sink-2.0.jar"
METADATA = b"<metadata><versioning><release>2.0</release></versioning></metadata>"
SCENARIOS = {
    "hub, latest": Declaration(name="acme/csv"),
    "hub": Declaration(name="acme/csv:1.0"),
    "maven, latest": Declaration(maven="org.example:sink:latest", state="latest"),
    "maven and an extra jar": Declaration(maven="org.example:sink:2.0", extra=({"maven": "org.example:driver:1"},)),
    "url": Declaration(url="{maven}/" + JAR_PATH),
    "url that nothing proves": Declaration(url="{maven}/" + JAR_PATH, checksum="none"),
}
# What a server says of itself beside the body; none of it is JSON.
HEADERS: dict[str, dict[str, str]] = {
    "redirect without an address": {"Location": ""},
    "redirect to no address": {"Location": "http://[::1/x"},
    "redirect to a port that is none": {"Location": "http://127.0.0.1:99999999/x"},
    "redirect to a name that is none": {"Location": "http://" + "a" * 300 + "/x"},
    "redirect to letters that are none": {"Location": "http://127.0.0.1:1/\xfc"},
    "redirect to itself": {"Location": "?"},
}
DOCUMENTS = {
    "xml without a release": b"<metadata/>",
    "xml in no encoding": b'<?xml version="1.0" encoding="no-such"?><metadata/>',
    "xml in two bytes": b'<?xml version="1.0" encoding="shift_jis"?><metadata/>',
    "xml of a version that is a path": METADATA.replace(b"2.0", b"../../evil"),
    "address that is none": b'{"version": "1.0", "archive": {"url": "http://[::1/x"}}',
    "address with letters that are none": '{"version": "1.0", "archive": {"url": "http://127.0.0.1:1/ü"}}'.encode(),
    "address with a line break": b'{"version": "1.0", "archive": {"url": "http://127.0.0.1:1/\\r\\nX: y"}}',
}
MORE = 15  # requests that rubbish may cost: ten redirects, and a few digests beside a file


@dataclass
class Server:
    """The lab's hub with one answer, the one at ``at``, exchanged; ``seen`` counts the requests."""

    at: int = -1
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    given: list[Answer] = field(default_factory=list)

    def exchange(self, at: int, answer: Answer, **headers: str) -> None:
        self.at, self.seen = at, 0
        self.status, self.body, content_type = answer
        self.headers = {"Content-Type": content_type, **headers}


@pytest.fixture
def server(site: Site, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The hub of ``site``, with what the scenarios install."""
    site.publish("acme", "csv", "1.0")
    site.publish_file(JAR_PATH, jar_bytes(), "sha256")
    site.publish_file("org/example/driver/1/driver-1.jar", jar_bytes(), "sha1")
    site.publish_file("org/example/sink/maven-metadata.xml", METADATA)
    found = Server()
    original = Handler.do_GET
    original_json = Handler._json

    def answered(handler: Handler) -> None:
        found.seen += 1
        if found.seen - 1 != found.at:
            original(handler)
            return
        handler.send_response(found.status)
        for name, value in {**found.headers, "Content-Length": str(len(found.body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        if found.status != 204:
            handler.wfile.write(found.body)

    def noted(handler: Handler, document: Any) -> None:
        if document is not None:
            found.given.append((200, json.dumps(document).encode(), "application/json"))
        original_json(handler, document)

    monkeypatch.setattr(Handler, "do_GET", answered)
    monkeypatch.setattr(Handler, "_json", noted)
    return found


def rubbish(given: Answer | None) -> Iterator[tuple[str, Answer, dict[str, str]]]:
    """What may come instead; ``given`` is the good answer where that is JSON."""
    yield from ((name, answer, {}) for name, answer in WHOLE.items())
    yield from ((name, (302, b"", "text/html"), headers) for name, headers in HEADERS.items())
    yield from ((name, (200, body, "text/plain"), {}) for name, body in DOCUMENTS.items())
    if given:
        yield from ((name, answer, {}) for name, answer in spoilt(given))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_rubbish_gives_one_sentence_or_the_plugin(site: Site, server: Server, scenario: str) -> None:
    declaration = SCENARIOS[scenario]
    if declaration.url:
        declaration = replace(declaration, url=declaration.url.format(maven=site.maven))

    def install() -> str:
        """The sentence of an error, or nothing."""
        servers = Servers(Access(url="", timeout=5), retries=0, hub_url=site.url, maven_repository=site.maven)
        runner = Runner(Destination(str(site.dest)), Options(servers), lambda _line: None)
        try:
            runner.run(parse_declarations([declaration]))
        except LiveConnectError as error:
            return error.message
        return ""

    assert install() == ""
    requests, documents = server.seen, list(server.given)
    sentences = set()
    for at in range(requests):
        for name, answer, headers in rubbish(documents[at] if at < len(documents) else None):
            shutil.rmtree(site.dest)
            server.exchange(at, answer, **headers)
            sentences.add(sentence := install())
            assert server.seen < requests + MORE, name
            assert len(sentence) < 1000, name
            found = Destination(str(site.dest)).read(verify=True)
            assert [item.damage for item in found] == ([] if sentence else [()]), name
            assert not (site.dest.parent / ".plugins-staging").exists(), name
            site.dest.mkdir(exist_ok=True)
    assert len(sentences) > 1
