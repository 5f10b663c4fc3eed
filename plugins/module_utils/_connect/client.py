# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The REST API of a Kafka Connect worker: the only place of the domain that does I/O."""

from __future__ import annotations

import contextlib
import json
import re
import typing as t
from dataclasses import dataclass, replace
from urllib.parse import quote

from .._errors import DeadlineError, LiveConnectError, RefusedError, UnexpectedAnswerError, UnreachableError
from .._http.answers import Piece
from .._http.patience import CONNECT, Patience, Tries
from .._http.transport import ConnectionFailedError, Response, Transport, remedy_of_refusal, request_json
from .._masking import has_placeholder
from .model import FAILED, PAUSED, RUNNING, STOPPED, Connector, parse_config, parse_connectors
from .offsets import RESET, Offsets, Wanted, after, entries, parse_offsets
from .validation import Validated, named_key, parse_defaults, parse_password_keys, parse_validated

if t.TYPE_CHECKING:
    from .._masking import Mask

_NOT_FOUND, _CONFLICT, _PAYLOAD_TOO_LARGE, _ERROR, _GATEWAY_TIMEOUT = 404, 409, 413, 500, 504
_LONGEST_MESSAGE = 500
# What a producer and a topic take unless they are configured otherwise; and how Kafka words it.
_LARGEST_RECORD = 1024 * 1024
_TOO_LARGE = ("RecordTooLarge", "max.request.size", "larger than the max message size")
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_T = t.TypeVar("_T")

_VERBS = {PAUSED: "pause", RUNNING: "resume", STOPPED: "stop"}
_SEGMENTS = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True)
class FieldError:
    """What a worker finds wrong with one key of a configuration."""

    field: str
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Effect:
    """What shows that a write took place: GET ``path``, and whether its answer does.

    ``shown_by`` may raise UnexpectedAnswerError; ``proves`` is False when it may show without the write too.
    """

    path: str
    shown_by: t.Callable[[Response], bool]
    proves: bool = True


class ConnectClient:
    """Typed requests; each is repeated while the worker is starting or rebalancing, up to ``patience.timeout``.

    A write whose answer was lost is looked up first, and one that the worker may still be at is never sent again.

    ``patience.timeout`` is also how long a write without an answer is looked for.
    ``option`` is what the operator calls the worker's address.
    Raises UnreachableError when no worker answers, DeadlineError when it was busy all the time, RefusedError when
    it said no. Every server's text in them has gone through ``mask``.
    """

    def __init__(
        self, transport: Transport, mask: Mask, patience: Patience | None = None, *, option: str = "url"
    ) -> None:
        self._transport = transport
        self._mask = mask
        self._patience = patience or Patience()
        self._option = option
        self._check_url = f"Check that {option} is the address of a Kafka Connect worker."

    def impatient(self) -> ConnectClient:
        """The same client, which tries each request once."""
        return ConnectClient(self._transport, self._mask, replace(self._patience, timeout=0), option=self._option)

    # Reads

    def read(self, sought: t.Collection[str], *, others: bool = False) -> dict[str, Connector]:
        """The connectors with their configurations and states, in two requests when all of ``sought`` are there.

        One more when any is missing, or when ``others`` (those not sought) must be complete.
        """
        self._await_start(min(sought, default="-"))
        actual = self.poll()
        if others or not actual.keys() >= set(sought):
            actual = {**self._get("/connectors?expand=info", parse_connectors), **actual}
        return actual

    def configs(self) -> dict[str, t.Mapping[str, str]]:
        """The configuration of every connector, in two requests."""
        self._await_start("-")
        return {name: one.config for name, one in self._get("/connectors?expand=info", parse_connectors).items()}

    def _await_start(self, name: str) -> None:
        """Wait until the worker has read what the cluster holds.

        Before, it shows as its connectors what it has read so far: none, or ones that were deleted long ago. What is
        asked about one connector is only answered afterwards, whether there is such a connector or not.
        """
        response = self._send("GET", f"/connectors/{_quoted(name)}")
        if response.status != _NOT_FOUND:
            self._parsed(response, "tell its connectors", Piece.map)

    def poll(self) -> dict[str, Connector]:
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
        return self._parsed(response, f"tell the keys of {connector_class}", parse_password_keys)

    def defaults(self, connector_class: str) -> dict[str, str]:
        """The values that a connector class gives to keys which are not configured; none when it is not known."""
        response = self._send("GET", f"/connector-plugins/{_quoted(connector_class)}/config")
        if not response.ok:
            return {}
        return self._parsed(response, f"tell the keys of {connector_class}", parse_defaults)

    def validate(self, name: str, config: t.Mapping[str, str]) -> list[FieldError]:
        """What the worker finds wrong with ``config``. Its answer holds resolved secrets: only errors are kept.

        RefusedError when it is not able to say, and names none of the keys.
        """
        connector_class = config["connector.class"]
        response = self._send("PUT", _validation_path(config), {**config, "name": name})
        if not response.ok and "Failed to find any class" in response.text:
            return [FieldError("connector.class", (f"{connector_class} is not installed on the worker",))]
        if not response.ok and response.is_api_error:
            # Some classes do not collect what they find wrong, but break off at the first of it.
            said = self._said(response)
            key = named_key(said, config)
            if key:
                return [self._field_error(key, [said], config)]
        values = self._parsed(response, "validate", parse_validated)
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
            self._learn_resolved(parse_validated(Piece(response.json())), config)

    def _learn_resolved(self, values: t.Sequence[Validated], config: t.Mapping[str, str]) -> None:
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
            self._write("create", "POST", "/connectors", payload, effect=_holds(name, config))
            return
        self.configure(name, config)
        if state in (PAUSED, STOPPED):
            self.move(name, state)

    def configure(self, name: str, config: t.Mapping[str, str]) -> None:
        """Write the whole configuration; creates the connector when it does not exist."""
        path = f"/connectors/{_quoted(name)}/config"
        self._write("write the configuration", "PUT", path, config, effect=_holds(name, config))

    def move(self, name: str, state: str) -> None:
        """Pause, stop, or resume: ``state`` is ``paused``, ``stopped`` or ``running``."""
        path = f"/connectors/{_quoted(name)}"
        # One that has failed can be stopped, and shows no other state until it is restarted.
        shown = {state} if state == STOPPED else {state, FAILED}
        moved = Effect(f"{path}/status", lambda response: _state(response) in shown)
        self._write(_VERBS[state], "PUT", f"{path}/{_VERBS[state]}", effect=moved)

    def restart(self, name: str, *, only_failed: bool) -> None:
        """Restart the connector and its tasks, or those of them that failed."""
        path = f"/connectors/{_quoted(name)}"
        query = f"includeTasks=true&onlyFailed={'true' if only_failed else 'false'}"
        # Who waits for the connector sees whether it was; here it is enough that the worker answers again.
        begun = Effect(f"{path}/status", lambda response: response.ok, proves=False)
        self._write("restart", "POST", f"{path}/restart?{query}", effect=begun)

    def alter_offsets(self, name: str, offsets: Offsets) -> None:
        """Have a stopped connector go on from here; partitions that are not named keep their offsets."""
        path = f"/connectors/{_quoted(name)}/offsets"
        payload = {"offsets": entries(offsets)}
        self._write("alter the offsets", "PATCH", path, payload, effect=_has_come(path, offsets))

    def reset_offsets(self, name: str) -> None:
        """Have a stopped connector start from the beginning."""
        path = f"/connectors/{_quoted(name)}/offsets"
        self._write("reset the offsets", "DELETE", path, effect=_has_come(path, RESET))

    def delete(self, name: str) -> None:
        """Delete the connector; one that is gone already is fine."""
        path = f"/connectors/{_quoted(name)}"

        def gone(response: Response) -> bool:
            return (response.status == _NOT_FOUND and not CONNECT.is_unfit(response)) or (
                # So a follower of Kafka before 3.3 passes on the leader's 404.
                response.status == _ERROR and f"Connector {name} not found" in response.text
            )

        self._write("delete", "DELETE", path, effect=Effect(path, gone), is_fine=gone)

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
        raise RefusedError(
            f"Asked to {what}, it answered {answered}{page}.", remedy=response.proxy_hint or self._check_url
        )

    def _require_done(self, response: Response, what: str) -> None:
        """RefusedError unless the answer is that of a worker that did what it was asked to: nothing, or JSON."""
        self._refuse_unless_ok(response, what)
        if response.body:
            self._parsed(response, what, lambda answer: answer)

    def _write(
        self,
        what: str,
        method: str,
        path: str,
        payload: t.Any = None,
        *,
        effect: Effect,
        is_fine: t.Callable[[Response], bool] = lambda _refusal: False,
    ) -> None:
        """Carry out a write; RefusedError when it is refused, unless that ``is_fine`` or the ``effect`` shows anyhow.

        It does so when a worker fails at what comes after the write: it answers 500 when it cannot put the name of a
        new connector into the address that it tells (braces).
        """
        response = None
        try:
            response = self._send(method, path, payload, effect=effect)
            if response is None or is_fine(response):
                return
            if response.status == _ERROR and effect.proves and self._shows(effect, Tries(self._patience, CONNECT)):
                return
            self._require_done(response, what)
        except (RefusedError, DeadlineError) as error:
            error.remedy = _size_remedy(payload, response) or error.remedy
            raise

    @t.overload
    def _send(self, method: str, path: str, payload: t.Any = None) -> Response: ...

    @t.overload
    def _send(self, method: str, path: str, payload: t.Any = None, *, effect: Effect) -> Response | None: ...

    def _send(self, method: str, path: str, payload: t.Any = None, *, effect: Effect | None = None) -> Response | None:
        """The first answer that is final; None when none came to a write, and its ``effect`` shows.

        Reads are repeated whatever became of them. Anything else that is without an answer in time is not sent again,
        as the worker may still be working on it; what was cut off is over, and is when its effect does not show.
        """
        tries = Tries(self._patience, CONNECT)
        while True:
            try:
                timeout = tries.read_timeout if method == "GET" else self._patience.request
                response = request_json(self._transport, method, path, payload, timeout=timeout)
            except ConnectionFailedError as error:
                lost = not error.certain
                if error.slow and method != "GET":
                    self._look_for(effect, tries, f"{method} {path}")
                    return None
                problem: DeadlineError | UnreachableError = UnreachableError(
                    self._mask.text(error.message),
                    remedy=error.remedy or f"Check {self._option} and that the worker runs, or raise retry_timeout.",
                )
                if error.permanent:
                    raise problem from error
            else:
                if _already_exists(response) and tries.count > 1 and effect and self._shows(effect, tries):
                    # By an earlier try, which did not show at once.
                    return None
                if not CONNECT.is_passing(response):
                    return response
                if response.status == _GATEWAY_TIMEOUT and method != "GET":
                    self._look_for(effect, tries, f"{method} {path}")
                    return None
                lost = CONNECT.is_lost(response)
                problem = DeadlineError(
                    f"The worker could not serve {method} {path} within {self._patience.timeout:g} s: "
                    f"HTTP {response.status} {self._said(response)}.",
                    remedy=_through_proxy(response) or "Look at the worker's log, or raise retry_timeout.",
                )
            if lost and effect and self._shows(effect, tries):
                return None
            if not tries.again():
                raise problem

    def _look_for(self, effect: Effect | None, tries: Tries, request: str) -> None:
        """Wait until the effect of a write shows that had no answer in time; DeadlineError when it never does."""
        while effect is None or not self._shows(effect, tries):
            if effect is None or not tries.again():
                looked = f", and after {self._patience.timeout:g} s it does not show" if effect else ""
                raise DeadlineError(
                    f"The worker did not answer {request} within {self._patience.request:g} s{looked}. "
                    "It may still be at it.",
                    remedy="Raise timeout, which is what one request may take, and look at the worker's log.",
                )

    def _shows(self, effect: Effect, tries: Tries) -> bool:
        """Whether the worker, asked once, shows the effect of a write."""
        try:
            response = request_json(self._transport, "GET", effect.path, timeout=tries.read_timeout)
            return effect.shown_by(response)
        except (ConnectionFailedError, UnexpectedAnswerError):
            return False

    def _refuse_unless_ok(self, response: Response, what: str) -> None:
        if response.ok:
            return
        too_old = what == _VERBS[STOPPED] and response.status == _NOT_FOUND and "onnector" not in response.text
        remedy = remedy_of_refusal(response, self._check_url)
        if too_old and not remedy:
            remedy = "The state 'stopped' needs Kafka 3.5 or later."
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


def _size_remedy(payload: t.Any, response: Response | None) -> str:
    """What to do when a write failed because of its size; empty when it did not. ``response`` is None without one."""
    size = len(json.dumps(payload).encode())
    told = response is not None and any(text in response.text for text in _TOO_LARGE)
    # Of a record that is too large a worker mostly tells no more than that it could not write it.
    if told or (size > _LARGEST_RECORD and (response is None or response.status >= _ERROR)):
        return (
            f"The configuration has {size:,} bytes, and Kafka takes records of {_LARGEST_RECORD:,} unless "
            "producer.max.request.size of the worker and max.message.bytes of its config topic are raised."
        )
    if response is not None and response.status == _PAYLOAD_TOO_LARGE:
        return f"The configuration has {size:,} bytes: what stands before the worker takes no request as large."
    return ""


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


def _texts(answer: Piece) -> dict[str, str]:
    """A map of texts; a version that a plugin does not tell is missing or null."""
    return {key: value.text() for key, value in answer.map().items() if value}


def _shown(response: Response) -> str:
    """A body as it is fit for a message: of a web page what a browser would show."""
    return _TAGS.sub(" ", response.text) if _is_page(response) else response.text


def _is_page(response: Response) -> bool:
    return response.body.lstrip().startswith(b"<")


def _through_proxy(response: Response) -> str:
    """What to do about an answer that may be that of a proxy, as it has not Connect's form; empty without one."""
    return "" if response.is_api_error else response.proxy_hint


def _holds(name: str, config: t.Mapping[str, str]) -> Effect:
    """The connector is there with this configuration."""

    def shown_by(response: Response) -> bool:
        return response.ok and parse_config(Piece(response.json())["config"]) == config

    return Effect(f"/connectors/{_quoted(name)}", shown_by)


def _has_come(path: str, wanted: Wanted) -> Effect:
    """The connector's offsets are as wanted."""

    def shown_by(response: Response) -> bool:
        if not response.ok:
            return False
        current = parse_offsets(Piece(response.json()))
        return after(current, wanted) == current

    return Effect(path, shown_by)


def _state(response: Response) -> str:
    """The state in the answer to the question for a connector's status, empty when there is none."""
    return Piece(response.json())["connector"]["state"].text().lower() if response.ok else ""


def _already_exists(response: Response) -> bool:
    return response.status == _CONFLICT and not CONNECT.is_passing(response)
