# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Talks to ksqlDB: the catalogue, dry runs, statements, and the wait for commands."""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass, replace
from urllib.parse import quote

from .._errors import DeadlineError, LiveConnectError, RefusedError
from .._http.answers import Piece, understood
from .._http.patience import KSQLDB, Patience, Tries
from .._http.transport import ConnectionFailedError, Response, Transport, remedy_of_refusal, request_json
from .lexer import Token
from .model import CHECK_URL, Catalogue, Echo, Json, Statement, parse_catalogue
from .places import Sent, with_places

# Queries in full, because only so the server tells the properties that they run with.
CATALOGUE_REQUEST = "DESCRIBE STREAMS; DESCRIBE TABLES; LIST QUERIES EXTENDED; LIST TYPES;"
SECONDS_PER_STATEMENT = 1.0  # what a request of many statements may take longer; measured: 0.2 on two cores
Answer = t.TypeVar("Answer")


class UnsettledError(LiveConnectError):
    """The server was busy, starting, or did not answer: look at the catalogue, then try again."""


class StatementRefusedError(LiveConnectError):
    """The server said no; ``answer`` is its JSON."""

    def __init__(self, message: str, answer: Json, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.answer = answer

    @property
    def echo(self) -> str:
        """Our statement as the server writes it, if that is what it refused: its source exists. Else empty."""
        found = self.answer.get("statementText")
        return found if isinstance(found, str) and _ECHOES.search(str(self.answer.get("message"))) else ""


@dataclass(frozen=True)
class Done:
    """A command that ended well; ``text`` is its statement as the server writes it."""

    message: str = ""
    query_id: str | None = None
    warnings: tuple[str, ...] = ()
    text: str = ""


# What ksqlDB answers for a statement on a source that exists, after it has normalised the statement: the second is
# its answer where an INSERT writes to the source too.
_ECHOES = re.compile("Cannot add .* same name already exists|REPLACE for sink .* multiple queries writing into it")


class KsqlClient:
    """One ksqlDB cluster.

    ``properties`` and ``variables`` go with every request. ``wait_timeout`` is for a command that the server accepted,
    in seconds. ``tries`` go on from one request to the next until there is progress.
    """

    def __init__(
        self,
        transport: Transport,
        patience: Patience,
        *,
        properties: t.Mapping[str, t.Any] | None = None,
        variables: t.Mapping[str, str] | None = None,
        wait_timeout: float = 120,
    ) -> None:
        self.transport = transport
        self.patience = patience
        self.tries = Tries(patience, KSQLDB)
        self.properties = dict(properties or {})
        self.variables = dict(variables or {})
        self.wait_timeout = wait_timeout
        self.sentinel = f"LIVECONNECT_DRY_RUN_{os.urandom(16).hex().upper()}"

    # -- reads, repeated until they succeed

    def ask(self, statements: str) -> list[Json]:
        """The answers to statements that only read, in one request."""
        return self._patiently(lambda: self._post([Sent(statements.removesuffix(";"))]))

    def catalogue(self) -> Catalogue:
        """Everything that the server holds."""
        answer = self.ask(CATALOGUE_REQUEST)
        with understood("ksqlDB", CHECK_URL):
            return parse_catalogue(answer)

    def info(self) -> Json:
        """``version``, ``kafkaClusterId``, ``ksqlServiceId`` and ``serverStatus`` of the server, texts all of them."""
        response = self._get("/info")
        found = response.json()
        if not response.ok or not isinstance(found, dict) or "KsqlServerInfo" not in found:
            sentence = f"The server does not say who it is. {_sentence(response)}"
            raise RefusedError(sentence, remedy=remedy_of_refusal(response, CHECK_URL) or CHECK_URL)
        return t.cast("Json", found["KsqlServerInfo"])

    def functions(self) -> frozenset[str]:
        """The names of all functions."""
        answer = self.ask("LIST FUNCTIONS;")
        with understood("ksqlDB", CHECK_URL):
            return frozenset(
                one["name"].text() for entity in Piece(answer).list() for one in entity["functions"].entries()
            )

    def dry_run(self, scripts: t.Sequence[Script]) -> StatementRefusedError | None:
        """Let the server validate statements without carrying them out; its refusal, or None.

        The whole request is validated before any of it runs, and the DESCRIBE of a name that does not exist at its end
        never passes. Only a refusal of exactly that, because of exactly that, says that the server came so far: what it
        says of another statement may repeat the rest of the line, or of the request.
        """
        sentinel = f"DESCRIBE {self.sentinel}"
        try:
            self._patiently(lambda: self._post([*written(scripts), Sent(sentinel)], len(scripts)))
        except StatementRefusedError as refused:
            reached = refused.answer.get("statementText") in (sentinel, f"{sentinel};")
            unknown = f"Could not find STREAM/TABLE '{self.sentinel}'" in str(refused.answer.get("message"))
            return None if reached and unknown else refused
        raise RefusedError("ksqlDB accepted a name that cannot exist; nothing it says can be relied on.")

    def first_refused(self, scripts: t.Sequence[Script]) -> tuple[int, StatementRefusedError] | None:
        """Which of ``scripts`` the server refuses first, and why, from dry runs: no answer surely says which it was."""
        refused = self.dry_run(scripts)
        if refused is None:
            return None
        good, bad = 0, len(scripts)  # the first `good` are valid, the first `bad` are not
        while bad - good > 1:
            middle = (good + bad) // 2
            found = self.dry_run(scripts[:middle])
            if found is None:
                good = middle
            else:
                bad, refused = middle, found
        return bad - 1, refused

    def echo(self, statement: Statement, before: t.Sequence[Script] = (), *, needed: bool = False) -> Echo:
        """How the server writes our statement of a source that exists: it says so when it refuses a plain CREATE.

        ``before`` are statements that may have to be there for it, or with ``needed`` surely have; an empty Echo says
        that the source is gone. RefusedError when the server refuses one of ``before``.
        """
        script = script_of(statement)
        refused = None if needed else self.dry_run([script])
        if needed or (refused is not None and before and not refused.echo):
            found = self.first_refused([*before, script])
            if found is not None and found[0] < len(before):
                raise RefusedError(f"{before[found[0]].label}: {found[1].message}", remedy=found[1].remedy)
            refused = found and found[1]
        if refused is None:
            return Echo()
        return Echo(text=refused.echo) if refused.echo else Echo(problem=refused.message)

    # -- writes, never repeated here

    def execute(self, scripts: t.Sequence[Script]) -> t.Iterator[Done]:
        """Carry out statements in one request; one Done for each text sent, as soon as its command is done.

        UnsettledError when the server was not able to, or when nobody knows whether it was done.
        """
        for entity in self._post(written(scripts), len(scripts)):
            if "commandStatus" in entity:
                yield self._finished(entity)
            elif "info" in entity or "connectorName" in entity:
                yield Done()  # a connector: ksqlDB has Connect's answer at once

    def _finished(self, entity: Json) -> Done:
        with understood("ksqlDB", CHECK_URL):
            piece = Piece(entity)
            status, command_id = piece["commandStatus"].plain(), piece["commandId"].text()
            state = piece["commandStatus"]["status"].text()
            warnings = tuple(one_line(str(one.plain().get("message"))) for one in piece["warnings"].entries())
        tries = Tries(replace(self.patience, timeout=self.wait_timeout), KSQLDB)
        while state not in ("SUCCESS", "ERROR"):
            if not tries.again():
                raise DeadlineError(
                    f"The command {command_id} is still {state} after {self.wait_timeout:g} s: "
                    f"{status.get('message')}.",
                    remedy="Give it longer with wait_timeout; running again takes up where this run stopped.",
                    details={"command": command_id, "status": status},
                )
            status = self._status(command_id) or status
            state = str(status["status"])
        message = one_line(str(status.get("message")))
        if state == "ERROR":
            raise RefusedError(f"The command {command_id} failed: {message}.", remedy="See ksqlDB's log.")
        if "already exists" in message or "already registered" in message:
            # A command that lost a race ends in SUCCESS with this message, though it changed nothing.
            raise UnsettledError(f"The command {command_id} came too late: {message}.")
        query_id = status.get("queryId")
        return Done(message, str(query_id) if query_id else None, warnings, str(entity.get("statementText")))

    def _status(self, command_id: str) -> dict[str, t.Any] | None:
        """How far a command is; None when the server does not say."""
        response = self._get(f"/status/{quote(command_id, safe='/')}")
        found = response.json()
        return found if response.ok and isinstance(found, dict) and isinstance(found.get("status"), str) else None

    # -- the wire

    def wait(self, error: LiveConnectError) -> None:
        """Pause before the next try after ``error``; DeadlineError when the time is over."""
        if not self.tries.again():
            raise DeadlineError(
                f"The request could not be carried out within {self.patience.timeout:g} s. {error.message}",
                remedy=error.remedy or "See its log; give it longer with retry_timeout.",
            ) from error

    def _patiently(self, ask: t.Callable[[], Answer]) -> Answer:
        """The answer of ``ask``, asked again while it raises UnsettledError and the patience lasts.

        It is progress only where there was no trouble before: a look around after a write that failed is none.
        """
        own = not self.tries.failed
        while True:
            try:
                answer = ask()
            except UnsettledError as error:
                self.wait(error)
            else:
                if own:
                    self.tries.progress()
                return answer

    def _get(self, path: str) -> Response:
        def ask() -> Response:
            response = _sent(self.transport, "GET", path, None, self.patience.request)
            if KSQLDB.is_unfit(response):
                raise _unsettled(response, _sentence(response))
            return response

        return self._patiently(ask)

    def _post(self, request: t.Sequence[Sent], changing: int = 0) -> list[Json]:
        """The entities that answer a request, ``changing`` of whose statements would change something."""
        payload = {
            "ksql": "\n".join(f"{sent.text};" for sent in request),
            "streamsProperties": self.properties,
            "sessionVariables": self.variables,
        }
        timeout = self.patience.request + SECONDS_PER_STATEMENT * changing
        response = _sent(self.transport, "POST", "/ksql", payload, timeout)
        answer = response.json()
        if response.ok and isinstance(answer, list) and all(isinstance(entity, dict) for entity in answer):
            return answer
        # The operator does not know of the sentinel.
        sentence = re.sub(f"(DESCRIBE )?{self.sentinel};?", "", with_places(_sentence(response), request)).rstrip()
        if KSQLDB.is_passing(response):
            raise _unsettled(response, sentence)
        remedy = remedy_of_refusal(response, CHECK_URL)
        if response.ok or remedy or not isinstance(answer, dict) or not isinstance(answer.get("message"), str):
            raise RefusedError(sentence, remedy=remedy or CHECK_URL)
        raise StatementRefusedError(sentence, answer, remedy=_remedy(sentence))


def _sent(transport: Transport, method: str, path: str, payload: t.Any, timeout: float) -> Response:
    try:
        return request_json(transport, method, path, payload, timeout=timeout)
    except ConnectionFailedError as error:
        if error.permanent:
            raise
        raise UnsettledError(error.message, remedy=error.remedy) from error


@dataclass(frozen=True)
class Script:
    """Statements to send with the settings that they are declared under; ``texts`` have no semicolon.

    ``label`` is how messages name them, ``origin`` what the operator wrote.
    """

    texts: tuple[str, ...]
    settings: tuple[str, ...] = ()
    label: str = ""
    origin: tuple[Token, ...] = ()


def script_of(statement: Statement, texts: tuple[str, ...] = ()) -> Script:
    """The statement as it is created, or ``texts`` that are sent for it."""
    return Script(texts or (statement.text,), statement.settings, statement.label, statement.origin)


def written(scripts: t.Sequence[Script]) -> list[Sent]:
    """The statements of one request: SET and DEFINE stand before the first statement that they hold for."""
    found: list[Sent] = []
    settings = 0
    for script in scripts:
        found += [Sent(one) for one in script.settings[settings:]]
        found += [Sent(one, script.origin) for one in script.texts]
        settings = max(settings, len(script.settings))
    return found


def one_line(text: str) -> str:
    """A message of the server on one line."""
    return " ".join(text.split())


def _sentence(response: Response) -> str:
    answer = response.json()
    if not response.ok and isinstance(answer, dict) and isinstance(answer.get("message"), str):
        return f"ksqlDB says: {one_line(answer['message'])}"
    return f"ksqlDB answers {response.status}: {response.excerpt() or 'nothing'}"


def _unsettled(response: Response, sentence: str) -> UnsettledError:
    return UnsettledError(sentence, remedy="" if response.is_api_error else response.proxy_hint)


def _remedy(sentence: str) -> str:
    if "Can't find any functions with the name" in sentence:
        return "Is the jar with this function in ksqlDB's extension directory, and was the server restarted since?"
    return ""
