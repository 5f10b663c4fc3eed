# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The REST API of a Kafka Connect worker: the only place of the domain that does I/O."""

from __future__ import annotations

import random
import re
import time
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from .._errors import DeadlineError, RefusedError, UnreachableError
from .._http.transport import ConnectionFailedError, Response, Transport, request_json
from .model import PAUSED, STOPPED, Actual, parse_actual
from .offsets import Offsets, entries, parse_offsets
from .plan import Step

if t.TYPE_CHECKING:
    from .masking import Mask

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _ERROR = 401, 403, 404, 409, 500
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
            infos = self._get("/connectors?expand=info")
            actual = {**parse_actual({name: entry.get("info") for name, entry in infos.items()}, {}), **actual}
        return actual

    def _await_start(self, name: str) -> None:
        """Wait until the worker has read what the cluster holds.

        Before, it shows as its connectors what it has read so far: none, or ones that were deleted long ago. What is
        asked about one connector is only answered afterwards, whether there is such a connector or not.
        """
        response = self._send("GET", f"/connectors/{_quoted(name)}")
        if response.status != _NOT_FOUND:
            self._body(response, "tell its connectors")

    def poll(self) -> dict[str, Actual]:
        """Connectors that have a status, in one request: for waiting, where 'no status' is 'not yet' anyway.

        The part about configurations tells how many tasks are to be expected.
        """
        entries = self._get("/connectors?expand=info&expand=status")
        statuses = {name: entry["status"] for name, entry in entries.items() if entry.get("status")}
        return parse_actual({name: entry.get("info") for name, entry in entries.items()}, statuses)

    def worker(self) -> dict[str, str]:
        """``version``, ``commit`` and ``kafka_cluster_id`` of the worker."""
        return t.cast("dict[str, str]", self._get("/"))

    def plugins(self) -> list[dict[str, str]]:
        """``class``, ``type`` and ``version`` of every plugin that the worker found when it started."""
        return t.cast("list[dict[str, str]]", self._get("/connector-plugins?connectorsOnly=false"))

    def password_keys(self, connector_class: str) -> frozenset[str]:
        """The keys that a connector class types PASSWORD; none when the worker does not know the class."""
        path = f"/connector-plugins/{_quoted(connector_class)}/config"
        response = self._send("GET", path)
        keys = response.json() if response.ok else None
        return frozenset(key["name"] for key in keys or [] if key.get("type") == "PASSWORD")

    def validate(self, name: str, config: t.Mapping[str, str]) -> list[FieldError]:
        """What the worker finds wrong with ``config``. Its answer holds resolved secrets: only errors are kept."""
        connector_class = config["connector.class"]
        path = f"/connector-plugins/{_quoted(connector_class)}/config/validate"
        response = self._send("PUT", path, {**config, "name": name})
        if "Failed to find any class" in response.text:
            return [FieldError("connector.class", (f"{connector_class} is not installed on the worker",))]
        self._refuse_unless_ok(response, "validate")
        values = [entry["value"] for entry in response.json()["configs"]]
        provided = {key for key, value in config.items() if "${" in value}
        self._mask.learn_guesses(str(value.get("value") or "") for value in values if value["name"] in provided)
        return [
            # Of a provided value that it cannot parse the worker quotes what only it knows, so nothing could be masked.
            FieldError(value["name"], ("the value that the config provider gives is not accepted",))
            if value["name"] in provided
            else FieldError(value["name"], tuple(self._message(error) for error in value["errors"]))
            for value in values
            if value.get("errors")
        ]

    def offsets(self, name: str) -> Offsets:
        """How far the connector has come."""
        return parse_offsets(self._get(f"/connectors/{_quoted(name)}/offsets"))

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
            response = self._send("POST", "/connectors", payload, tries=tries)
            # A repeated POST meets the connector that the first one created before its answer was lost.
            if not (_already_exists(response) and tries.count > 1):
                self._refuse_unless_ok(response, "create")
                return
        self.configure(name, config)
        if state in (PAUSED, STOPPED):
            self.move(name, Step.PAUSE if state == PAUSED else Step.STOP)

    def configure(self, name: str, config: t.Mapping[str, str]) -> None:
        """Write the whole configuration; creates the connector when it does not exist."""
        response = self._send("PUT", f"/connectors/{_quoted(name)}/config", config)
        self._refuse_unless_ok(response, "write the configuration")

    def move(self, name: str, step: Step) -> None:
        """Pause, resume or stop."""
        response = self._send("PUT", f"/connectors/{_quoted(name)}/{_STATE_PATHS[step]}")
        self._refuse_unless_ok(response, step.value)

    def restart(self, name: str, *, only_failed: bool) -> None:
        """Restart the connector and its tasks, or those of them that failed."""
        query = f"includeTasks=true&onlyFailed={'true' if only_failed else 'false'}"
        response = self._send("POST", f"/connectors/{_quoted(name)}/restart?{query}")
        self._refuse_unless_ok(response, "restart")

    def alter_offsets(self, name: str, offsets: Offsets) -> None:
        """Have a stopped connector go on from here; partitions that are not named keep their offsets."""
        response = self._send("PATCH", f"/connectors/{_quoted(name)}/offsets", {"offsets": entries(offsets)})
        self._refuse_unless_ok(response, "alter the offsets")

    def reset_offsets(self, name: str) -> None:
        """Have a stopped connector begin anew."""
        response = self._send("DELETE", f"/connectors/{_quoted(name)}/offsets")
        self._refuse_unless_ok(response, "reset the offsets")

    def delete(self, name: str) -> None:
        """Delete the connector; one that is gone already is fine."""
        response = self._send("DELETE", f"/connectors/{_quoted(name)}")
        gone = response.status == _NOT_FOUND or (
            # So a follower of Kafka before 3.3 passes on the leader's 404.
            response.status == _ERROR and f"Connector {name} not found" in response.text
        )
        if not gone:
            self._refuse_unless_ok(response, "delete")

    # The way there

    def _get(self, path: str) -> t.Any:
        return self._body(self._send("GET", path), f"answer GET {path}")

    def _body(self, response: Response, what: str) -> t.Any:
        self._refuse_unless_ok(response, what)
        body = response.json()
        if body is None:
            raise RefusedError(
                f"Asked to {what}, it sent no JSON: {self._message(response.text)}.",
                remedy="Check that url is the address of a Kafka Connect worker.",
            )
        return body

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
                    remedy="Look at the worker's log, or raise retry_timeout.",
                )

    def _refuse_unless_ok(self, response: Response, what: str) -> None:
        if response.ok:
            return
        remedy = ""
        if response.status in (_UNAUTHORIZED, _FORBIDDEN):
            remedy = "Check url_username and url_password, bearer_token or client_cert."
        elif what == Step.STOP.value and response.status == _NOT_FOUND:
            remedy = "The state 'stopped' needs Kafka 3.5 or later."
        raise RefusedError(
            f"The worker refused to {what}: HTTP {response.status} {self._said(response)}.", remedy=remedy
        )

    def _said(self, response: Response) -> str:
        body = response.json()
        message = body.get("message") if isinstance(body, dict) else None
        return self._message(message or response.text) or "without a message"

    def _message(self, text: str) -> str:
        # Masked before it is shortened: half a secret at the cut would no longer be recognised.
        return " ".join(self._mask.text(text).split())[:_LONGEST_MESSAGE].rstrip(".")


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
