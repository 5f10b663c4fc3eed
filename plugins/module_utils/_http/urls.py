# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The Transport over HTTP."""

from __future__ import annotations

import http.client
import socket
import ssl
import typing as t
import urllib.request
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin

from .._errors import RefusedError
from .access import Access
from .failover import FailoverTransport
from .opener import REDIRECTS, authorization, lower_names, opener
from .transport import ConnectionFailedError, Response, Transport, untrusted


def transport_from(params: t.Mapping[str, t.Any], unfit: t.Callable[[Response], bool]) -> Transport:
    """The servers that a module's options name, tried in order; see Access and FailoverTransport."""
    return FailoverTransport([UrlTransport(access) for access in Access.from_params(params)], unfit)


class UrlTransport:
    """Transport over the standard library's client (proxies from the environment, TLS verified by default).

    Redirects are not followed, so that credentials go nowhere else: RefusedError tells the other address.
    """

    def __init__(self, access: Access) -> None:
        self.access = access

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
            with client.open(sent, timeout=timeout or access.timeout) as answer:
                return Response(answer.status, answer.read(), lower_names(answer.headers))
        except HTTPError as error:
            with error:
                if error.code in REDIRECTS and error.headers.get("Location"):
                    raise RefusedError(
                        f"{access.url} sends on to {urljoin(url, error.headers['Location']).partition('?')[0]}.",
                        remedy="Give the address that it sends on to in url.",
                    ) from error
                return Response(error.code, error.read(), lower_names(error.headers))
        except (URLError, OSError, http.client.HTTPException) as error:
            raise self._connection_failed(error) from error

    def _connection_failed(self, error: Exception) -> ConnectionFailedError:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            return untrusted(self.access.url, reason)
        unknown = isinstance(reason, socket.gaierror) and reason.errno != socket.EAI_AGAIN
        timed_out = isinstance(reason, TimeoutError)
        # What urllib wraps happened before the request was sent as a whole.
        sent = not isinstance(error, URLError)
        return ConnectionFailedError(
            f"{self.access.url} does not answer: {reason}.",
            certain=isinstance(reason, ConnectionRefusedError | socket.gaierror) or (timed_out and not sent),
            permanent=unknown,
            slow=timed_out and sent,
        )
