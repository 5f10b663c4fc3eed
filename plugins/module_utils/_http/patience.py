# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""When a request is tried again and for how long: one way for all servers, and what each of them answers meanwhile."""

from __future__ import annotations

import random
import re
import time
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from .transport import Response

_NOT_FOUND = 404


@dataclass(frozen=True)
class ServerKind:
    """Which answers of one kind of server say that it cannot serve now.

    ``unavailable``: statuses with which it, or the gateway before it, cannot serve at all; ``starts_with_pages``: a 404
    that is not in the form of its API says that it is starting; ``passing``: texts, by status, after which the same
    request may succeed a little later; ``lost``: texts, by status, after which it may have been carried out all the
    same; ``first_read``: seconds for the first try of a request that only reads, doubled with each try.
    """

    unavailable: frozenset[int]
    passing: t.Mapping[int, re.Pattern[str]]
    lost: t.Mapping[int, re.Pattern[str]]
    starts_with_pages: bool = False
    first_read: float | None = None

    def is_unfit(self, response: Response) -> bool:
        """Whether the server that answered cannot serve at all for now: another one may."""
        starting = self.starts_with_pages and response.status == _NOT_FOUND and not response.is_api_error
        return starting or response.status in self.unavailable

    def is_passing(self, response: Response) -> bool:
        """Whether the same request can succeed a little later."""
        return self.is_unfit(response) or _says(response, self.passing)

    def is_lost(self, response: Response) -> bool:
        """Whether a write may have been carried out although this is the answer."""
        return _says(response, self.lost)


def _says(response: Response, texts: t.Mapping[int, re.Pattern[str]]) -> bool:
    return response.status in texts and texts[response.status].search(response.text) is not None


_ANYTHING = re.compile("")
# With a 500 a worker answers for the leader that it did not reach, or not in time.
_NO_LEADER = "Request timed out|IO Error trying to forward"

CONNECT = ServerKind(
    unavailable=frozenset({502, 503, 504}),
    passing={
        # It rebalances, unless a connector of the name exists.
        409: re.compile(r'\A(?!.*already exists["}\n ]*\Z)', re.DOTALL),
        500: re.compile(f"rebalance is expected|safely retried|Failed to start RestClient|{_NO_LEADER}"),
    },
    lost={500: re.compile(_NO_LEADER), 502: _ANYTHING},
    starts_with_pages=True,
    # A worker that starts leaves some requests without an answer.
    first_read=4,
)

# The statement that met one of these was not applied; those before it in the request may have been, whatever the answer
# lists.
KSQLDB = ServerKind(
    unavailable=frozenset({429, 502, 503, 504}),
    passing={
        500: re.compile(
            "Timeout while waiting for command topic consumer"
            "|has been fenced by another producer|newer producer with the same transactionalId which fences"
            "|Timed out while waiting for a previous command|configured rate limit"
            "|Could not write the statement .* same name already exists"
        )
    },
    lost={},
)


@dataclass(frozen=True)
class Patience:
    """How long a request is repeated while a server cannot serve it; all in seconds.

    ``timeout``: from the first try that failed; ``request``: what one try may take. The pauses between the tries double
    from ``first_pause`` to ``longest_pause``.
    """

    timeout: float = 120
    request: float = 30
    first_pause: float = 0.25
    longest_pause: float = 5
    clock: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep


class Tries:
    """The tries of one request, or of all requests until there is progress; ``count`` is the number of this one."""

    def __init__(self, patience: Patience, kind: ServerKind) -> None:
        self.patience = patience
        self._kind = kind
        self.count = 1
        self._since: float | None = None
        self._pause = patience.first_pause

    @property
    def failed(self) -> bool:
        """Whether a try failed since the last progress."""
        return self._since is not None

    @property
    def read_timeout(self) -> float:
        """Seconds for this try, when it only reads."""
        if self._kind.first_read is None:
            return self.patience.request
        return min(self._kind.first_read * float(2 ** (self.count - 1)), self.patience.request)

    def again(self) -> bool:
        """Pause before the next try; False, at once, when the time is over."""
        now = self.patience.clock()
        if self._since is None:
            self._since = now
        left = self._since + self.patience.timeout - now
        if left <= 0:
            return False
        self.patience.sleep(min(left, self._pause * random.uniform(0.5, 1)))  # noqa: S311 -- jitter, no secret
        self._pause = min(self._pause * 2, self.patience.longest_pause)
        self.count += 1
        return True

    def progress(self) -> None:
        """What went wrong so far is over: the next trouble is counted from zero."""
        self.count = 1
        self._since = None
        self._pause = self.patience.first_pause
