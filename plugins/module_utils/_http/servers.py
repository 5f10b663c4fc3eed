# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Servers over HTTP: one of them, and those of a cluster tried in order."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
import typing as t
import urllib.request
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit

from .._errors import RefusedError
from .access import Access
from .opener import REDIRECTS, authorization, lower_names, opener
from .transport import ConnectionFailedError, Response, Transport, untrusted

# A proxy that will not connect us, however often it is asked.
_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: 4\d\d")


def transport_from(params: t.Mapping[str, t.Any], unfit: t.Callable[[Response], bool]) -> Transport:
    """The servers that a module's options name, tried in order; see Access and FailoverTransport."""
    return FailoverTransport([UrlTransport(access) for access in Access.from_params(params)], unfit)


class UrlTransport:
    """Transport over the standard library's client (proxies from the environment, TLS verified by default).

    Redirects are not followed, so that credentials go nowhere else: RefusedError tells the other address.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self._proxy_hint = _proxy_hint(access.url)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: t.Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Response:
        """See Transport."""
        access = self.access
        url = access.url + path
        sent = urllib.request.Request(  # noqa: S310 -- Access takes http and https alone
            url, data=body, headers={**(headers or {}), **authorization(access)}, method=method
        )
        client = opener(access, url)
        try:
            try:
                answer = client.open(sent, timeout=timeout or access.timeout)
            except HTTPError as refusal:
                answer = refusal
            with answer:
                return self._response(answer)
        # A ValueError: what http.client makes of a host's name that cannot be one.
        except (URLError, OSError, http.client.HTTPException, ValueError) as error:
            raise self._connection_failed(error) from error

    def _response(self, answer: t.Any) -> Response:
        headers = lower_names(answer.headers)
        if answer.status in REDIRECTS and headers.get("location"):
            raise RefusedError(
                f"{self.access.url} sends on to {_elsewhere(answer.url, headers['location'])}.",
                remedy=self._proxy_hint or "Give the address that it sends on to in url.",
            )
        return Response(answer.status, answer.read(), headers, self._proxy_hint)

    def _connection_failed(self, error: Exception) -> ConnectionFailedError:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            return untrusted(self.access.url, reason)
        unknown = isinstance(error, ValueError) or (
            isinstance(reason, socket.gaierror) and reason.errno != socket.EAI_AGAIN
        )
        timed_out = isinstance(reason, TimeoutError)
        # What urllib wraps happened before the request was sent as a whole.
        sent = not isinstance(error, URLError)
        return ConnectionFailedError(
            f"{self.access.url} does not answer: {reason}.",
            certain=isinstance(reason, ConnectionRefusedError | socket.gaierror) or (timed_out and not sent),
            permanent=unknown or _TUNNEL_REFUSED.search(str(reason)) is not None,
            slow=timed_out and sent,
            remedy=self._proxy_hint or ("Check the host in url." if unknown else ""),
        )


class FailoverTransport:
    """Sends a request to the server that answered last, else to the next ones.

    A request that may have reached a server is not sent to another, unless it is a GET: the error is raised, and the
    caller, who knows whether the request may be repeated, finds the next server at its next request.
    ``unfit`` tells the answers of a server that cannot serve now (it is still starting, say): the next one is asked,
    and the last such answer is returned when no server is better.
    """

    def __init__(self, transports: t.Sequence[Transport], unfit: t.Callable[[Response], bool]) -> None:
        self._transports = list(transports)
        self._unfit = unfit
        self._current = 0

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: t.Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Response:
        """See Transport."""
        answer: Response | None = None
        failure: ConnectionFailedError | None = None
        start = self._current
        for offset in range(len(self._transports)):
            index = (start + offset) % len(self._transports)
            try:
                answer = self._transports[index].request(method, path, body=body, headers=headers, timeout=timeout)
            except ConnectionFailedError as error:
                failure = error if failure is None or failure.permanent else failure
                self._current = (index + 1) % len(self._transports)
                if not error.certain and method != "GET":
                    raise
                continue
            if not self._unfit(answer):
                self._current = index
                return answer
        if answer is not None:
            return answer
        if failure is None:
            raise AssertionError("There is at least one server.")
        raise failure


def _elsewhere(url: str, location: str) -> str:
    """Where a redirect leads, without a query, which may carry a token."""
    with contextlib.suppress(ValueError):  # no address: told as it is
        location = urljoin(url, location)
    return location.partition("?")[0]


def _proxy_hint(url: str) -> str:
    """What to do when the proxy that the environment names for ``url`` is in the way; empty when it names none."""
    parts = urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if not proxy or urllib.request.proxy_bypass(parts.netloc):
        return ""
    # A proxy's address may carry credentials.
    address = proxy.rpartition("@")[2].rpartition("//")[2].rstrip("/")
    return (
        f"It is asked through the proxy {address}, which {parts.scheme}_proxy in the environment names: add "
        f"{parts.hostname} to no_proxy there when it is to be reached directly, else look at the proxy."
    )
