# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The standard library's HTTP client with our options: trust, credentials, proxies from the environment.

Not ansible-core's own: it takes a twentieth of a second to load, is a third of what Ansible would pack and send for
every run of ours, and installs its opener for the whole process, which threads with different credentials must not
share.
"""

from __future__ import annotations

import base64
import functools
import ssl
import threading
import typing as t
import urllib.request
from urllib.parse import urlsplit

from .._errors import InvalidInputError

if t.TYPE_CHECKING:
    from .access import Access

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AGENT = "igrafx.liveconnect"


# Reading the system's authorities takes its time: threads that begin together shall not each do so.
_lock = threading.Lock()


def opener(access: Access, url: str, *, identified: bool = True) -> urllib.request.OpenerDirector:
    """An opener for ``url`` that follows no redirect; ``identified``: with the client certificate of ``access``.

    The caller decides about credentials at every hop. InvalidInputError when a TLS file cannot be used.
    """
    encrypted = urlsplit(url).scheme == "https"
    with _lock:
        return _opener(access, encrypted=encrypted, with_certificate=identified and access.client_cert is not None)


@functools.cache
def _opener(access: Access, *, encrypted: bool, with_certificate: bool) -> urllib.request.OpenerDirector:
    # Those of urllib's own opener that are for the web, without the one that follows redirects: it parses where they
    # lead before it can be told not to, and breaks off at what is no address.
    handlers: list[urllib.request.BaseHandler] = [
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ]
    if encrypted:
        handlers.append(urllib.request.HTTPSHandler(context=_context(access, with_certificate=with_certificate)))
    director = urllib.request.OpenerDirector()
    for handler in handlers:
        director.add_handler(handler)
    director.addheaders = [("User-Agent", _AGENT)]
    return director


def _context(access: Access, *, with_certificate: bool) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=access.ca_path)
        if not access.validate_certs:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if with_certificate and access.client_cert:
            context.load_cert_chain(access.client_cert, access.client_key)
    except OSError as error:
        raise InvalidInputError(
            f"The TLS files cannot be used: {error}.",
            remedy="Check ca_path, client_cert and client_key: PEM files on the target host.",
        ) from error
    return context


def authorization(access: Access) -> dict[str, str]:
    """The header with the credentials of ``access``; none when it has none."""
    if access.bearer_token:
        return {"Authorization": f"Bearer {access.bearer_token}"}
    if access.username is not None:
        pair = f"{access.username}:{access.password or ''}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {}


def lower_names(headers: t.Any) -> dict[str, str]:
    """Headers by their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}
