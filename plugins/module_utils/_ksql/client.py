# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Talks to ksqlDB: the catalogue, dry runs, statements, and the wait for commands."""

from __future__ import annotations

import os
import re
import time
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from .._errors import DeadlineError, LiveConnectError, RefusedError
from .._http.transport import ConnectionFailedError, Response, Transport, request_json
from .model import Catalogue, Echo, Statement, parse_catalogue

# Queries in full, because only so the server tells the properties that they run with.
CATALOGUE_REQUEST = "DESCRIBE STREAMS; DESCRIBE TABLES; LIST QUERIES EXTENDED; LIST TYPES;"
SECONDS_PER_STATEMENT = 1.0  # what a request of many statements may take longer; measured: 0.2 on two cores
Answer = t.TypeVar("Answer")
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
# Answers after which nothing was applied and the same request may succeed.
_PASSING = re.compile(
    "Timeout while waiting for command topic consumer|has been fenced by another producer"
    "|Timed out while waiting for a previous command|configured rate limit"
    "|Could not write the statement .* same name already exists"
)
_CHECK_URL = "Check that url is the address of ksqlDB's REST API."
_UNAVAILABLE = (429, 502, 503, 504)


def is_unfit(response: Response) -> bool:
    """Whether the server that answered cannot serve now: it is starting, behind, or a proxy cannot reach it."""
    return response.status in _UNAVAILABLE


class UnsettledError(LiveConnectError):
    """The server was busy, starting, or did not answer: look at the catalogue, then try again."""


class StatementRefusedError(LiveConnectError):
    """The server said no; ``answer`` is its JSON."""

    def __init__(self, message: str, answer: t.Mapping[str, t.Any], *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.answer = answer


@dataclass(frozen=True)
class Done:
    """A command that ended well; ``text`` is its statement as the server writes it."""

    message: str = ""
    query_id: str | None = None
    warnings: tuple[str, ...] = ()
    text: str = ""


@dataclass
class Patience:
    """How long a server that cannot answer yet is tried again: ``seconds`` since the last success."""

    seconds: float
    clock: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep
    _since: float | None = None
    _pause: float = FIRST_PAUSE

    def wait(self, error: LiveConnectError) -> None:
        """Pause before the next try; DeadlineError when the time is over."""
        now = self.clock()
        self._since = now if self._since is None else self._since
        if now - self._since >= self.seconds:
            raise DeadlineError(
                f"The request could not be carried out within {self.seconds:g} s. {error.message}",
                remedy=error.remedy or "See its log; give it longer with retry_timeout.",
            ) from error
        self.sleep(self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def rewarded(self) -> None:
        """The server answered: the next trouble starts anew."""
        self._since = None
        self._pause = FIRST_PAUSE


class KsqlClient:
    """One ksqlDB cluster.

    ``properties`` and ``variables`` go with every request. ``timeout`` is for one request, ``wait_timeout`` for a
    command that the server accepted, both in seconds.
    """

    def __init__(
        self,
        transport: Transport,
        patience: Patience,
        *,
        properties: t.Mapping[str, t.Any] | None = None,
        variables: t.Mapping[str, str] | None = None,
        timeout: float = 30,
        wait_timeout: float = 120,
    ) -> None:
        self.transport = transport
        self.patience = patience
        self.properties = dict(properties or {})
        self.variables = dict(variables or {})
        self.timeout = timeout
        self.wait_timeout = wait_timeout
        self.sentinel = f"LIVECONNECT_DRY_RUN_{os.urandom(16).hex().upper()}"

    # -- reads, repeated until they succeed

    def ask(self, text: str) -> list[dict[str, t.Any]]:
        """The answers to statements that only read, in one request."""
        return patiently(self.patience, lambda: self._post(text))

    def catalogue(self) -> Catalogue:
        """Everything that the server holds."""
        return parse_catalogue(self.ask(CATALOGUE_REQUEST))

    def info(self) -> dict[str, str]:
        """``version``, ``kafkaClusterId``, ``ksqlServiceId`` and ``serverStatus`` of the server."""
        found = self._get("/info").json()
        if not isinstance(found, dict) or "KsqlServerInfo" not in found:
            raise RefusedError("The server does not say who it is.", remedy=_CHECK_URL)
        return t.cast("dict[str, str]", found["KsqlServerInfo"])

    def functions(self) -> frozenset[str]:
        """The names of all functions."""
        return frozenset(one["name"] for entity in self.ask("LIST FUNCTIONS;") for one in entity.get("functions", []))

    def dry_run(self, scripts: t.Sequence[Script]) -> StatementRefusedError | None:
        """Let the server validate statements without carrying them out; its refusal, or None.

        The whole request is validated before any of it runs, and the DESCRIBE of a name that does not exist at its end
        never passes.
        """
        text = f"{render(scripts)} DESCRIBE {self.sentinel};"
        try:
            patiently(self.patience, lambda: self._post(text, scripts))
        except StatementRefusedError as refused:
            return None if self.sentinel in str(refused.answer.get("statementText")) else refused
        raise RefusedError("ksqlDB accepted a name that cannot exist; nothing it says can be relied on.")

    def echo(self, statement: Statement, before: t.Sequence[Script] = (), *, needed: bool = False) -> Echo:
        """How the server writes our statement of a source that exists: it says so when it refuses a plain CREATE.

        ``before`` are statements that may have to be there for it, or with ``needed`` surely have; an empty Echo says
        that the source is gone.
        """
        refused = None if needed else self.dry_run([script_of(statement)])
        if needed or (refused is not None and before and not _already_exists(refused.answer)):
            refused = self.dry_run([*before, script_of(statement)])
        if refused is None:
            return Echo()
        if _already_exists(refused.answer):
            return Echo(text=str(refused.answer.get("statementText")))
        return Echo(problem=refused.message)

    # -- writes, never repeated here

    def execute(self, scripts: t.Sequence[Script]) -> t.Iterator[Done]:
        """Carry out statements in one request; one Done for each text sent, as soon as its command is done.

        UnsettledError when the server was not able to, or when nobody knows whether it was done.
        """
        entities = self._post(render(scripts), scripts)
        self.patience.rewarded()
        for entity in entities:
            if "commandStatus" in entity:
                yield self._finished(entity)
            elif "info" in entity or "connectorName" in entity:
                yield Done()  # a connector: ksqlDB has Connect's answer at once

    def _finished(self, entity: t.Mapping[str, t.Any]) -> Done:
        status, command_id = dict(entity["commandStatus"]), str(entity["commandId"])
        deadline = self.patience.clock() + self.wait_timeout
        pause = FIRST_PAUSE
        while status["status"] not in ("SUCCESS", "ERROR"):
            if self.patience.clock() >= deadline:
                raise DeadlineError(
                    f"The command {command_id} is still {status['status']} after {self.wait_timeout:g} s: "
                    f"{status.get('message')}.",
                    remedy="Give it longer with wait_timeout; running again takes up where this run stopped.",
                    details={"command": command_id, "status": status},
                )
            self.patience.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            status = self._status(command_id) or status
        message = one_line(str(status.get("message")))
        if status["status"] == "ERROR":
            raise RefusedError(f"The command {command_id} failed: {message}.", remedy="See ksqlDB's log.")
        if "already exists" in message or "already registered" in message:
            # A command that lost a race ends in SUCCESS with this message, though it changed nothing.
            raise UnsettledError(f"The command {command_id} came too late: {message}.")
        warnings = tuple(one_line(str(one.get("message"))) for one in entity.get("warnings", []))
        return Done(message, status.get("queryId"), warnings, str(entity.get("statementText")))

    def _status(self, command_id: str) -> dict[str, t.Any] | None:
        """How far a command is; None when the server does not say."""

        response = self._get(f"/status/{quote(command_id, safe='/')}")
        found = response.json()
        return found if response.ok and isinstance(found, dict) and "status" in found else None

    # -- the wire

    def _get(self, path: str) -> Response:
        def ask() -> Response:
            response = _sent(self.transport, "GET", path, None, self.timeout)
            if is_unfit(response):
                raise UnsettledError(_sentence(response))
            return response

        return patiently(self.patience, ask)

    def _post(self, text: str, scripts: t.Sequence[Script] = ()) -> list[dict[str, t.Any]]:
        payload = {"ksql": text, "streamsProperties": self.properties, "sessionVariables": self.variables}
        timeout = self.timeout + SECONDS_PER_STATEMENT * sum(len(script.texts) for script in scripts)
        response = _sent(self.transport, "POST", "/ksql", payload, timeout)
        answer = response.json()
        if response.ok and isinstance(answer, list):
            return answer
        sentence = _sentence(response)
        if is_unfit(response) or _PASSING.search(sentence):
            raise UnsettledError(sentence)
        if response.status in (401, 403):
            raise RefusedError(sentence, remedy="Check url_username and url_password, and what the user may do.")
        if not isinstance(answer, dict) or "message" not in answer:
            raise RefusedError(sentence, remedy=_CHECK_URL)
        raise StatementRefusedError(sentence, answer, remedy=_remedy(sentence))


class ConnectReader:
    """The configurations of the connectors of Kafka Connect, which ksqlDB itself does not tell."""

    def __init__(self, transport: Transport, patience: Patience, timeout: float = 30) -> None:
        self.transport = transport
        self.patience = patience
        self.timeout = timeout

    def configs(self) -> dict[str, dict[str, str]]:
        """The configuration of each connector, without its name, by its name in upper case, as ksqlDB compares them."""

        def ask() -> dict[str, t.Any]:
            response = _sent(self.transport, "GET", "/connectors?expand=info", None, self.timeout)
            found = response.json()
            if response.ok and isinstance(found, dict):
                return found
            sentence = f"Kafka Connect answers {response.status}: {response.excerpt()}"
            if response.status in (401, 403):
                raise RefusedError(sentence, remedy="Check url_username and url_password, and what the user may do.")
            # A worker that starts answers 404 in HTML.
            raise UnsettledError(sentence, remedy="Check connect_url, and that the worker runs.")

        held = {name: one["info"]["config"] for name, one in patiently(self.patience, ask).items() if one.get("info")}
        return {
            name.upper(): {key: value for key, value in config.items() if key != "name"}
            for name, config in held.items()
        }


def patiently(patience: Patience, ask: t.Callable[[], Answer]) -> Answer:
    """The answer of ``ask``, asked again while it raises UnsettledError and the patience lasts."""
    while True:
        try:
            answer = ask()
        except UnsettledError as error:
            patience.wait(error)
        else:
            patience.rewarded()
            return answer


def _sent(transport: Transport, method: str, path: str, payload: t.Any, timeout: float) -> Response:
    try:
        return request_json(transport, method, path, payload, timeout=timeout)
    except ConnectionFailedError as error:
        if error.permanent:
            raise
        raise UnsettledError(error.message, remedy=error.remedy) from error


@dataclass(frozen=True)
class Script:
    """Statements to send with the settings that they are declared under; ``texts`` have no semicolon."""

    texts: tuple[str, ...]
    settings: tuple[str, ...] = ()


def script_of(statement: Statement) -> Script:
    """The statement as it is created."""
    return Script((statement.text,), statement.settings)


def render(scripts: t.Sequence[Script]) -> str:
    """The text of one request: SET and DEFINE statements stand before the first statement that they hold for."""
    words: list[str] = []
    settings = 0
    for script in scripts:
        words += [*script.settings[settings:], *script.texts]
        settings = max(settings, len(script.settings))
    return " ".join(f"{word};" for word in words)


def one_line(text: str) -> str:
    """A message of the server on one line."""
    return " ".join(text.split())


def _already_exists(answer: t.Mapping[str, t.Any]) -> bool:
    message = str(answer.get("message"))
    return "Cannot add " in message and "same name already exists" in message and bool(answer.get("statementText"))


def _sentence(response: Response) -> str:
    answer = response.json()
    if isinstance(answer, dict) and "message" in answer:
        return f"ksqlDB says: {one_line(str(answer['message']))}"
    return f"ksqlDB answers {response.status}: {response.excerpt()}"


def _remedy(sentence: str) -> str:
    if "Can't find any functions with the name" in sentence:
        return "Is the jar with this function in ksqlDB's extension directory, and was the server restarted since?"
    return ""
