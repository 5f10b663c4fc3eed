# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a client needs of HTTP: one request, one response. Servers' refusals are responses, not exceptions."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from .._errors import LiveConnectError

MAX_BODY_IN_ERROR = 300
_UNAUTHORIZED, _FORBIDDEN, _PROXY_LOGIN = 401, 403, 407


@dataclass(frozen=True)
class Response:
    """An HTTP answer of any status; ``headers`` has lower-case names.

    ``proxy_hint`` is what to do when the proxy of the environment answered instead of the server; empty without one.
    """

    status: int
    body: bytes = b""
    headers: t.Mapping[str, str] = field(default_factory=dict)
    proxy_hint: str = ""

    @property
    def ok(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 -- the range is the definition

    @property
    def text(self) -> str:
        """The body as text, broken characters replaced."""
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> t.Any:
        """The body parsed as JSON whatever its content type says, or None when it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):  # the latter for what is nested too deep
            return None

    @property
    def is_api_error(self) -> bool:
        """Whether the body is an error as Connect and ksqlDB put it: no page of a proxy, say, or of another program."""
        body = self.json()
        return isinstance(body, dict) and "error_code" in body

    def excerpt(self) -> str:
        """The start of the body on one line, for an error message."""
        return " ".join(self.text.split())[:MAX_BODY_IN_ERROR]


def remedy_of_refusal(response: Response, check_url: str) -> str:
    """What to do about an answer that is no success; empty when the server itself says what is wrong.

    ``check_url`` is the advice where another program seems to have answered.
    """
    proxy_hint = "" if response.is_api_error else response.proxy_hint
    if response.status in (_UNAUTHORIZED, _FORBIDDEN):
        return (
            proxy_hint or "Check url_username and url_password, bearer_token or client_cert, and what the user may do."
        )
    if response.status == _PROXY_LOGIN:
        return response.proxy_hint or "It is a proxy on the way that wants a login, not the server."
    return "" if response.is_api_error else proxy_hint or check_url


class ConnectionFailedError(LiveConnectError):
    """No HTTP answer: refused, reset, timed out, unknown host, untrusted certificate.

    ``certain`` is True when the request cannot have reached the server, so that repeating it is safe; ``permanent``
    when repeating it cannot help (unknown host, untrusted certificate); ``slow`` when the server had the request and
    gave no answer in time, so that it may still be at it.
    """

    def __init__(
        self,
        message: str,
        *,
        certain: bool = False,
        permanent: bool = False,
        slow: bool = False,
        remedy: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.certain = certain
        self.permanent = permanent
        self.slow = slow


def untrusted(address: str, reason: object) -> ConnectionFailedError:
    """What to raise when the certificate of the server at ``address`` could not be verified."""
    return ConnectionFailedError(
        f"{address}: its certificate is not trusted: {reason}.",
        certain=True,
        permanent=True,
        remedy="Give the authority's certificate in ca_path.",
    )


class Transport(t.Protocol):
    """Sends one request below a base URL. Raises ConnectionFailedError only when no answer came."""

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: t.Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Response:
        """Send ``method path`` (path begins with ``/``, already quoted); ``timeout`` in seconds."""


def request_json(
    transport: Transport, method: str, path: str, payload: t.Any = None, *, timeout: float | None = None
) -> Response:
    """Send ``payload`` as JSON (nothing when None) and ask for JSON."""
    headers = {"Accept": "application/json"}
    body = None
    if payload is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(payload).encode()
    return transport.request(method, path, body=body, headers=headers, timeout=timeout)
