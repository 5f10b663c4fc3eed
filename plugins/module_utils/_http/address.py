# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a web address in an option must look like."""

from __future__ import annotations

from urllib.parse import urlsplit

from .._errors import InvalidInputError


def checked_url(url: str, example: str, *, option: str = "url") -> str:
    """The address as it is; InvalidInputError when it is not http(s) or carries credentials.

    ``example`` is the form that the error tells the operator to write, ``option`` what it calls the address.
    """
    try:
        parts = urlsplit(url)
        understood = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # brackets that are no IPv6 address, a port that is no number
        understood = False
    if not understood:
        raise InvalidInputError(f"{option}: '{url}' is not a web address.", remedy=f"Write it as {example}.")
    if parts.username or parts.password:
        raise InvalidInputError(
            f"{option}: the address of {parts.hostname} carries credentials, which would be shown in logs.",
            remedy="Use url_username and url_password.",
        )
    return url
