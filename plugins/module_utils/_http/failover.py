# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A Transport over the servers of one cluster, tried in order."""

from __future__ import annotations

import typing as t

from .transport import ConnectionFailedError, Response, Transport


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
