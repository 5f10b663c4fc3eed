# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The Transport over HTTP."""

from __future__ import annotations

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
from .failover import FailoverTransport
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
        client = opener(access, encrypted=url.startswith("https:"))
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
            elsewhere = urljoin(answer.url, headers["location"]).partition("?")[0]
            raise RefusedError(
                f"{self.access.url} sends on to {elsewhere}.",
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
