# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The Transport over ansible-core's own HTTP client."""

from __future__ import annotations

import http.client
import socket
import ssl
import typing as t
from functools import cached_property
from urllib.error import HTTPError, URLError

from ansible.module_utils.urls import NoSSLError, Request, SSLValidationError, make_context

from .._errors import InvalidInputError
from .transport import ConnectionFailedError, Response

if t.TYPE_CHECKING:
    from .access import Access


class UrlTransport:
    """Transport over ansible.module_utils.urls (proxies from the environment, TLS verified by default)."""

    def __init__(self, access: Access) -> None:
        self.access = access

    @cached_property
    def _request(self) -> Request:
        # One TLS context for all requests: making one takes 20 ms or more, several times a request to a near server.
        access = self.access
        try:
            # Reading the authorities takes a while too. Without https nobody is trusted, so no redirect leads there.
            context = (
                make_context(
                    cafile=access.ca_path,
                    validate_certs=access.validate_certs,
                    client_cert=access.client_cert,
                    client_key=access.client_key,
                )
                if access.url.startswith("https:")
                else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            )
        except OSError as error:
            raise InvalidInputError(
                f"The TLS files for {access.url} cannot be used: {error}.",
                remedy="Check ca_path, client_cert and client_key: PEM files on the target host.",
            ) from error
        return Request(
            url_username=access.username,
            url_password=access.password,
            force_basic_auth=access.username is not None,
            context=context,
            timeout=access.timeout,
            http_agent="igrafx.liveconnect",
        )

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
        sent = dict(headers or {})
        if self.access.bearer_token:
            sent["Authorization"] = f"Bearer {self.access.bearer_token}"
        url = self.access.url + path
        try:
            with self._request.open(method, url, data=body, headers=sent, timeout=timeout) as answer:
                return Response(answer.status, answer.read(), _lower(answer.headers))
        except HTTPError as error:
            with error:
                return Response(error.code, error.read(), _lower(error.headers))
        except (URLError, OSError, http.client.HTTPException) as error:
            raise self._connection_failed(error) from error

    def _connection_failed(self, error: Exception) -> ConnectionFailedError:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError | SSLValidationError | NoSSLError):
            return ConnectionFailedError(
                f"{self.access.url}: its certificate is not trusted: {reason}.",
                certain=True,
                permanent=True,
                remedy="Give the authority's certificate in ca_path.",
            )
        unknown = isinstance(reason, socket.gaierror) and reason.errno != socket.EAI_AGAIN
        return ConnectionFailedError(
            f"{self.access.url} does not answer: {reason}.",
            certain=isinstance(reason, ConnectionRefusedError | socket.gaierror),
            permanent=unknown,
        )


def _lower(headers: t.Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
