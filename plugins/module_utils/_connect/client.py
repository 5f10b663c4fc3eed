# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The REST API of a Kafka Connect worker: the only place of the domain that does I/O."""

from __future__ import annotations

import contextlib
import json
import random
import re
import time
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from .._errors import DeadlineError, LiveConnectError, RefusedError, UnreachableError
from .._http.answers import Piece, UnexpectedAnswerError
from .._http.transport import ConnectionFailedError, Response, Transport, request_json
from .masking import has_placeholder
from .model import PAUSED, STOPPED, Actual, parse_config, parse_connectors
from .offsets import Offsets, entries, parse_offsets
from .plan import Step

if t.TYPE_CHECKING:
    from .masking import Mask

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _PROXY_LOGIN, _CONFLICT = 401, 403, 404, 407, 409
_PAYLOAD_TOO_LARGE, _ERROR = 413, 500
# A gateway or a worker that cannot serve at this moment.
_UNAVAILABLE = (502, 503, 504)
# What a worker says with a 500 although the same request will succeed later.
_PASSING_ERRORS = (
    "rebalance is expected",
    "Request timed out",
    "safely retried",
    "IO Error trying to forward",
    "Failed to start RestClient",
)
_LONGEST_MESSAGE = 500
_CHECK_URL = "Check that url is the address of a Kafka Connect worker."
# What a producer and a topic take unless they are configured otherwise; and how Kafka words it.
_LARGEST_RECORD = 1024 * 1024
_TOO_LARGE = ("RecordTooLarge", "max.request.size", "larger than the max message size")
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
# How Connect says which key it finds wrong.
_ABOUT_KEY = re.compile(r"for configuration ([\w.-]+)|[Cc]onfiguration (?:named )?[\"']([\w.-]+)[\"']")
_WORD = re.compile(r"[\w.-]*\w")
_T = t.TypeVar("_T")

_STATE_PATHS = {Step.PAUSE: "pause", Step.RESUME: "resume", Step.STOP: "stop"}
_SEGMENTS = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True)
class Patience:
    """How long a request is repeated while the worker cannot serve it; all in seconds.

    ``request`` is what one try may take. A first read gets less, as a worker that starts leaves some without an answer.
    """

    timeout: float = 120
    request: float = 30
    first_read: float = 4
    first_pause: float = 0.25
    longest_pause: float = 5


@dataclass(frozen=True)
class FieldError:
    """What a worker finds wrong with one key of a configuration."""

    field: str
    errors: tuple[str, ...]


def is_unfit(response: Response) -> bool:
    """Whether this worker cannot serve at all for now: it answers in HTML while it starts, or is said to be away."""
    if response.status in _UNAVAILABLE:
        return True
    return response.status == _NOT_FOUND and not _is_json_error(response)


class ConnectClient:
    """Typed requests; each is repeated while the worker is starting or rebalancing, up to ``patience.timeout``.

    Raises UnreachableError when no worker answers, DeadlineError when it was busy all the time, RefusedError when
    it said no. Every server's text in them has gone through ``mask``.
    """

    def __init__(self, transport: Transport, mask: Mask, patience: Patience | None = None) -> None:
        self._transport = transport
        self._mask = mask
        self._patience = patience or Patience()

    # Reads

    def read(self, sought: t.Collection[str], *, others: bool = False) -> dict[str, Actual]:
        """The connectors with their configurations and states, in two requests when all of ``sought`` are there.

        One more when any is missing, or when ``others`` (those not sought) must be complete.
        """
        self._await_start(min(sought, default="-"))
        actual = self.poll()
        if others or not actual.keys() >= set(sought):
            actual = {**self._get("/connectors?expand=info", parse_connectors), **actual}
        return actual

    def _await_start(self, name: str) -> None:
        """Wait until the worker has read what the cluster holds.

        Before, it shows as its connectors what it has read so far: none, or ones that were deleted long ago. What is
        asked about one connector is only answered afterwards, whether there is such a connector or not.
        """
        response = self._send("GET", f"/connectors/{_quoted(name)}")
        if response.status != _NOT_FOUND:
            self._parsed(response, "tell its connectors", Piece.map)

    def poll(self) -> dict[str, Actual]:
        """Connectors that have a status, in one request: for waiting, where 'no status' is 'not yet' anyway.

        The part about configurations tells how many tasks are to be expected.
        """
        return self._get("/connectors?expand=info&expand=status", parse_connectors)

    def worker(self) -> dict[str, str]:
        """``version``, ``commit`` and ``kafka_cluster_id`` of the worker."""
        return self._get("/", _texts)

    def plugins(self) -> list[dict[str, str]]:
        """``class``, ``type`` and ``version`` of every plugin that the worker found when it started."""
        return self._get("/connector-plugins?connectorsOnly=false", lambda answer: [*map(_texts, answer.list())])

    def password_keys(self, connector_class: str) -> frozenset[str]:
        """The keys that a connector class types PASSWORD; none when the worker does not know the class."""
        path = f"/connector-plugins/{_quoted(connector_class)}/config"
        response = self._send("GET", path)
        if not response.ok:
            return frozenset()
        return self._parsed(response, f"tell the keys of {connector_class}", _password_keys)

    def validate(self, name: str, config: t.Mapping[str, str]) -> list[FieldError]:
        """What the worker finds wrong with ``config``. Its answer holds resolved secrets: only errors are kept.

        RefusedError when it is not able to say, and names none of the keys.
        """
        connector_class = config["connector.class"]
        response = self._send("PUT", _validation_path(config), {**config, "name": name})
        if not response.ok and "Failed to find any class" in response.text:
            return [FieldError("connector.class", (f"{connector_class} is not installed on the worker",))]
        if not response.ok and _is_json_error(response):
            # Some classes do not collect what they find wrong, but break off at the first of it.
            said = self._said(response)
            key = named_key(said, config)
            if key:
                return [self._field_error(key, [said], config)]
        values = self._parsed(response, "validate", _validated)
        self._learn_resolved(values, config)
        return [self._field_error(value.key, value.errors, config) for value in values if value.errors]

    def learn_provided(self, name: str, config: t.Mapping[str, str]) -> None:
        """Have the mask know what config providers give for ``config``, as far as the worker tells; one try."""
        if not ("connector.class" in config and any(map(has_placeholder, config.values()))):
            return
        with contextlib.suppress(LiveConnectError):
            response = request_json(
                self._transport,
                "PUT",
                _validation_path(config),
                {**config, "name": name},
                timeout=self._patience.request,
            )
            self._learn_resolved(_validated(Piece(response.json())), config)

    def _learn_resolved(self, values: t.Sequence[_Validated], config: t.Mapping[str, str]) -> None:
        for value in values:
            if value.resolved and has_placeholder(config.get(value.key, "")):
                self._mask.learn_resolved(config[value.key], value.resolved)

    def _field_error(self, key: str, errors: t.Sequence[str], config: t.Mapping[str, str]) -> FieldError:
        if has_placeholder(config.get(key, "")):
            # Of a provided value that it cannot parse the worker quotes what only it knows.
            return FieldError(key, ("the value that the config provider gives is not accepted",))
        return FieldError(key, tuple(self._message(error) for error in errors))

    def offsets(self, name: str) -> Offsets:
        """How far the connector has come."""
        return self._get(f"/connectors/{_quoted(name)}/offsets", parse_offsets)

    def can_create_at_rest(self) -> bool:
        """Whether a connector can be created paused or stopped (Kafka 3.7, Confluent Platform 7.7)."""
        return _kafka(self.worker().get("version", "")) >= (3, 7)

    def require_offsets(self) -> None:
        """RefusedError when offsets cannot be changed, which takes Kafka 3.6 (Confluent Platform 7.6)."""
        version = self.worker().get("version", "")
        if _kafka(version) < (3, 6):
            raise RefusedError(
                f"offsets: the worker is of version {version or 'unknown'} and cannot change them.",
                remedy="Leave the option out, or bring the workers to Kafka 3.6 or later.",
            )

    # Writes

    def create(self, name: str, config: t.Mapping[str, str], state: str, *, at_rest: bool) -> None:
        """Create a connector that comes to be ``state``; ``at_rest``: the worker can create it paused or stopped."""
        if state in (PAUSED, STOPPED) and at_rest:
            payload = {"name": name, "initial_state": state.upper(), "config": config}
            tries = _Tries(self._patience)
            with _telling_size(config):
                response = self._send("POST", "/connectors", payload, tries=tries)
            # A repeated POST meets the connector that the first one created before its answer was lost.
            if not (_already_exists(response) and tries.count > 1):
                self._require_written(response, "create", name, config)
                return
        self.configure(name, config)
        if state in (PAUSED, STOPPED):
            self.move(name, Step.PAUSE if state == PAUSED else Step.STOP)

    def configure(self, name: str, config: t.Mapping[str, str]) -> None:
        """Write the whole configuration; creates the connector when it does not exist."""
        with _telling_size(config):
            response = self._send("PUT", f"/connectors/{_quoted(name)}/config", config)
        self._require_written(response, "write the configuration", name, config)

    def move(self, name: str, step: Step) -> None:
        """Pause, resume or stop."""
        response = self._send("PUT", f"/connectors/{_quoted(name)}/{_STATE_PATHS[step]}")
        self._require_done(response, step.value)

    def restart(self, name: str, *, only_failed: bool) -> None:
        """Restart the connector and its tasks, or those of them that failed."""
        query = f"includeTasks=true&onlyFailed={'true' if only_failed else 'false'}"
        response = self._send("POST", f"/connectors/{_quoted(name)}/restart?{query}")
        self._require_done(response, "restart")

    def alter_offsets(self, name: str, offsets: Offsets) -> None:
        """Have a stopped connector go on from here; partitions that are not named keep their offsets."""
        response = self._send("PATCH", f"/connectors/{_quoted(name)}/offsets", {"offsets": entries(offsets)})
        self._require_done(response, "alter the offsets")

    def reset_offsets(self, name: str) -> None:
        """Have a stopped connector begin anew."""
        response = self._send("DELETE", f"/connectors/{_quoted(name)}/offsets")
        self._require_done(response, "reset the offsets")

    def delete(self, name: str) -> None:
        """Delete the connector; one that is gone already is fine."""
        response = self._send("DELETE", f"/connectors/{_quoted(name)}")
        gone = response.status == _NOT_FOUND or (
            # So a follower of Kafka before 3.3 passes on the leader's 404.
            response.status == _ERROR and f"Connector {name} not found" in response.text
        )
        if not gone:
            self._require_done(response, "delete")

    # The way there

    def _get(self, path: str, parse: t.Callable[[Piece], _T]) -> _T:
        return self._parsed(self._send("GET", path), f"answer GET {path}", parse)

    def _parsed(self, response: Response, what: str, parse: t.Callable[[Piece], _T]) -> _T:
        self._refuse_unless_ok(response, what)
        body = response.json()
        try:
            if body is not None:
                return parse(Piece(body))
            answered = "without JSON"
        except UnexpectedAnswerError as error:
            answered = error.message
        # Of an answer that is no web page nothing is repeated: it may hold configurations, with secrets yet unknown.
        page = f" but with the page '{self._message(_shown(response))}'" if _is_page(response) else ""
        raise RefusedError(f"Asked to {what}, it answered {answered}{page}.", remedy=response.proxy_hint or _CHECK_URL)

    def _require_done(self, response: Response, what: str) -> None:
        """RefusedError unless the answer is that of a worker that did what it was asked to: nothing, or JSON."""
        self._refuse_unless_ok(response, what)
        if response.body:
            self._parsed(response, what, lambda answer: answer)

    def _require_written(self, response: Response, what: str, name: str, config: t.Mapping[str, str]) -> None:
        """RefusedError unless the connector has this configuration now.

        A worker may fail at what comes after the write: it answers 500 when it cannot put the name of a new connector
        into the address that it tells (braces).
        """
        if response.status == _ERROR:
            with contextlib.suppress(LiveConnectError):
                held = self._get(f"/connectors/{_quoted(name)}", lambda one: parse_config(one["config"]))
                if held == config:
                    return
        with _telling_size(config, response):
            self._parsed(response, what, Piece.map)

    def _send(self, method: str, path: str, payload: t.Any = None, *, tries: _Tries | None = None) -> Response:
        """The first answer that is final. All requests of this API may be repeated safely, POST /connectors too."""
        tries = tries or _Tries(self._patience)
        while True:
            try:
                timeout = tries.read_timeout if method == "GET" else self._patience.request
                response = request_json(self._transport, method, path, payload, timeout=timeout)
            except ConnectionFailedError as error:
                if error.permanent or not tries.again():
                    raise UnreachableError(
                        self._mask.text(error.message),
                        remedy=error.remedy or "Check url and that the worker runs, or raise retry_timeout.",
                    ) from error
                continue
            if not _is_passing(response):
                return response
            if not tries.again():
                raise DeadlineError(
                    f"The worker could not serve {method} {path} within {self._patience.timeout:g} s: "
                    f"HTTP {response.status} {self._said(response)}.",
                    remedy=_through_proxy(response) or "Look at the worker's log, or raise retry_timeout.",
                )

    def _refuse_unless_ok(self, response: Response, what: str) -> None:
        if response.ok:
            return
        if response.status == _PROXY_LOGIN:
            remedy = response.proxy_hint or "It is a proxy on the way that wants a login, not the worker."
        elif not _is_json_error(response):
            remedy = response.proxy_hint or _CHECK_URL
        elif what == Step.STOP.value and response.status == _NOT_FOUND and "onnector" not in response.text:
            remedy = "The state 'stopped' needs Kafka 3.5 or later."
        else:
            remedy = ""
        if response.status in (_UNAUTHORIZED, _FORBIDDEN) and not _through_proxy(response):
            remedy = "Check url_username and url_password, bearer_token or client_cert."
        raise RefusedError(
            f"The worker refused to {what}: HTTP {response.status} {self._said(response)}.", remedy=remedy
        )

    def _said(self, response: Response) -> str:
        body = response.json()
        message = body.get("message") if isinstance(body, dict) else None
        return self._message(message if isinstance(message, str) else _shown(response)) or "without a message"

    def _message(self, text: str) -> str:
        # Masked before it is shortened: half a secret at the cut would no longer be recognised.
        return " ".join(self._mask.text(text).split())[:_LONGEST_MESSAGE].rstrip(".")


@contextlib.contextmanager
def _telling_size(config: t.Mapping[str, str], response: Response | None = None) -> t.Iterator[None]:
    """Where a write fails, say so if the configuration may be too large; ``response`` is the worker's, if it came."""
    try:
        yield
    except (RefusedError, DeadlineError) as error:
        size = len(json.dumps(config).encode())
        told = response is not None and any(text in response.text for text in _TOO_LARGE)
        # Of a record that is too large a worker mostly tells no more than that it could not write it.
        if told or (size > _LARGEST_RECORD and (response is None or response.status >= _ERROR)):
            error.remedy = (
                f"The configuration has {size:,} bytes, and Kafka takes records of {_LARGEST_RECORD:,} unless "
                "producer.max.request.size of the worker and max.message.bytes of its config topic are raised."
            )
        elif response is not None and response.status == _PAYLOAD_TOO_LARGE:
            error.remedy = (
                f"The configuration has {size:,} bytes: what stands before the worker takes no request as large."
            )
        raise


class _Tries:
    """Pauses between the tries of one request, growing and jittered, until its deadline."""

    def __init__(self, patience: Patience) -> None:
        self.count = 1
        self._patience = patience
        self._deadline = time.monotonic() + patience.timeout
        self._pause = patience.first_pause

    @property
    def read_timeout(self) -> float:
        """Seconds for this try, when it only reads."""
        return min(self._patience.first_read * float(2 ** (self.count - 1)), self._patience.request)

    def again(self) -> bool:
        """Pause; False, at once, when the deadline has passed."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(left, self._pause * random.uniform(0.5, 1)))  # noqa: S311 -- jitter, no secret
        self._pause = min(self._pause * 2, self._patience.longest_pause)
        self.count += 1
        return True


def _kafka(version: str) -> tuple[int, int]:
    """The Kafka that a worker's version stands for; 0.0 when it does not tell."""
    match = _SEGMENTS.match(version)
    if match is None:
        return (0, 0)
    # Confluent's builds ('7.9.2-ccs', '7.9.2-ce') count four majors ahead of the Kafka that they contain.
    return (int(match[1]) - (4 if "-cc" in version or "-ce" in version else 0), int(match[2]))


def _quoted(segment: str) -> str:
    return quote(segment, safe="")


def _validation_path(config: t.Mapping[str, str]) -> str:
    return f"/connector-plugins/{_quoted(config['connector.class'])}/config/validate"


@dataclass(frozen=True)
class _Validated:
    """What a worker says about one key; ``resolved`` is its value, without references, where it tells."""

    key: str
    resolved: str
    errors: tuple[str, ...]


def _validated(answer: Piece) -> list[_Validated]:
    return [
        _Validated(
            value["name"].text(),
            value["value"].text() if value["value"] else "",
            tuple(error.text() for error in value["errors"].list()) if value["errors"] else (),
        )
        for value in (one["value"] for one in answer["configs"].list())
    ]


def _password_keys(answer: Piece) -> frozenset[str]:
    return frozenset(key["name"].text() for key in answer.list() if key["type"] and key["type"].text() == "PASSWORD")


def _texts(answer: Piece) -> dict[str, str]:
    """A map of texts; a version that a plugin does not tell is missing or null."""
    return {key: value.text() for key, value in answer.map().items() if value}


def named_key(message: str, config: t.Mapping[str, str]) -> str:
    """The key of ``config`` that a message is about; empty when it tells none.

    It says so in Connect's own words, or it has a key and its value in it (or the key alone, where the worker puts
    another value for it).
    """
    match = _ABOUT_KEY.search(message)
    if match:
        return str(match[1] or match[2]).rstrip(".")
    words = set(_WORD.findall(message)) | set(re.findall(r"\w+", message))
    named = [
        key
        for key, value in config.items()
        if key in words and key != "connector.class" and (has_placeholder(value) or (value and value in message))
    ]
    return max(named, key=len, default="")


def _shown(response: Response) -> str:
    """A body as it is fit for a message: of a web page what a browser would show."""
    return _TAGS.sub(" ", response.text) if _is_page(response) else response.text


def _is_page(response: Response) -> bool:
    return response.body.lstrip().startswith(b"<")


def _through_proxy(response: Response) -> str:
    """What to do about an answer that may be that of a proxy, as it has not Connect's form; empty without one."""
    return "" if _is_json_error(response) else response.proxy_hint


def _is_json_error(response: Response) -> bool:
    body = response.json()
    return isinstance(body, dict) and "error_code" in body


def _already_exists(response: Response) -> bool:
    return response.status == _CONFLICT and response.text.rstrip('"}\n ').endswith("already exists")


def _is_passing(response: Response) -> bool:
    """Whether the same request can succeed a little later: the worker starts, rebalances, or lost its leader."""
    if response.status == _CONFLICT:
        return not _already_exists(response)
    if response.status == _ERROR:
        return any(text in response.text for text in _PASSING_ERRORS)
    return is_unfit(response)
