# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Files over HTTP, streamed to disk in constant memory: digested on the way, resumed, retried, redirected with care."""

from __future__ import annotations

import hashlib
import http.client
import json
import shutil
import ssl
import time
import typing as t
import urllib.request
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit

from .._errors import RefusedError, StorageError
from .._http.opener import REDIRECTS, authorization, lower_names, opener
from .._http.transport import ConnectionFailedError, Response, untrusted

if t.TYPE_CHECKING:
    from pathlib import Path

    from .._http.access import Access

CHUNK = 256 * 1024
REPORTED = 16 * 1024 * 1024  # bytes between two reports of a download's progress, or a tenth of it where that is more
MAX_DOCUMENT = 4 * 1024 * 1024  # a manifest or a checksum file; far above any real one
_SCHEMES = ("http", "https")
_MAX_REDIRECTS = 10
_PARTIAL_CONTENT = 206
_RANGE_NOT_SATISFIABLE = 416
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_T = t.TypeVar("_T")
# Hears how many bytes are there, of how many if the server says so.
Report: t.TypeAlias = "t.Callable[[int, int | None], None]"


@dataclass(frozen=True)
class Downloaded:
    """A complete file: its size in bytes and its digests in hex by algorithm."""

    size: int
    digests: t.Mapping[str, str]


class _TransferError(Exception):
    """The connection broke or the server is out of order: worth another try."""


class Web:
    """Opens web addresses with one set of credentials.

    ``access`` says how (its ``url`` is not used); its credentials and client certificate go to ``credential_hosts``
    (``host`` or ``host:port``, lower case) alone, at the first request and at every redirect alike. ``retries`` is
    how often a transfer is tried again, after ``pause`` seconds, doubled each time.
    """

    def __init__(
        self, access: Access, credential_hosts: t.Collection[str] = (), *, retries: int = 3, pause: float = 1
    ) -> None:
        self._access = access
        self._credential_hosts = frozenset(host.lower() for host in credential_hosts)
        self._retries = retries
        self._pause = pause

    def get(self, url: str) -> Response:
        """A small document with any status; ConnectionFailedError when no answer came after all tries."""

        def attempt() -> Response:
            try:
                with self._open(url, {"Accept": "application/json, */*;q=0.5"}) as answer:
                    return Response(answer.status, answer.read(MAX_DOCUMENT), lower_names(answer.headers))
            except HTTPError as error:
                with error:
                    if error.code in _TRY_AGAIN:
                        raise _TransferError(f"it answered {error.code}") from error
                    return Response(error.code, error.read(MAX_DOCUMENT))

        return self._retried(url, attempt)

    def download(
        self,
        url: str,
        target: Path,
        algorithms: t.Iterable[str],
        max_size: int,
        *,
        resume: bool = False,
        report: Report = lambda _size, _total: None,
    ) -> Downloaded:
        """Stream ``url`` into ``target``; RefusedError when the server says no or sends too much.

        What lies there is overwritten. With ``resume`` it is gone on with instead when it is the beginning of the same
        file, left by a run that was killed; the caller must hold the digests of the whole against known ones.
        ``report`` hears of the progress.
        """
        transfer = _Transfer(self, url, target, frozenset(algorithms), max_size, report=report)
        if resume:
            transfer.recall()
        return self._retried(url, transfer.attempt)

    def _retried(self, url: str, attempt: t.Callable[[], _T]) -> _T:
        pause = self._pause
        for left in range(self._retries, -1, -1):
            try:
                return attempt()
            except ssl.SSLCertVerificationError as error:
                raise untrusted(_shown(url), error.reason) from error
            except (_TransferError, URLError, OSError, http.client.HTTPException) as error:
                reason = getattr(error, "reason", error)
                if isinstance(reason, ssl.SSLCertVerificationError):
                    raise untrusted(_shown(url), reason) from error
                if not left:
                    raise ConnectionFailedError(
                        f"{_shown(url)} could not be fetched in {self._retries + 1} tries: {reason}.",
                        remedy="Check the address, the proxy and the network, or give a mirror.",
                    ) from error
                time.sleep(pause)
                pause *= 2
        raise AssertionError  # the loop returns or raises

    def _open(self, url: str, headers: dict[str, str]) -> t.Any:
        try:
            return self._follow(url, headers)
        except (OSError, http.client.HTTPException):
            raise
        except ValueError as error:
            # A name, a port or a letter that no address has, here or where it redirects to.
            raise RefusedError(
                f"{_shown(url)} is not an address, or redirects to none: {error}.",
                remedy="Check what the source names.",
            ) from error

    def _follow(self, url: str, headers: dict[str, str]) -> t.Any:
        # A hub's manifest says where an archive is: it may not name a file of the node.
        if urlsplit(url).scheme not in _SCHEMES:
            raise RefusedError(f"{_shown(url)} is not a web address.", remedy="Check what the source names.")
        for _hop in range(_MAX_REDIRECTS):
            parts = urlsplit(url)
            ours = parts.netloc.lower() in self._credential_hosts or parts.hostname in self._credential_hosts
            request = urllib.request.Request(  # noqa: S310 -- the scheme is checked at every hop
                url,
                headers={
                    "Accept-Encoding": "identity",
                    **headers,
                    **(authorization(self._access) if ours else {}),
                },
            )
            try:
                return opener(self._access, url, identified=ours).open(request, timeout=self._access.timeout)
            except HTTPError as error:
                location = error.headers.get("Location")
                if error.code not in REDIRECTS or not location:
                    raise
                error.close()
                url = _next_hop(url, location)
        raise RefusedError(f"{_shown(url)}: redirected more than {_MAX_REDIRECTS} times.", remedy="Check the address.")


class _Transfer:
    """One download over as many attempts as it takes; each goes on where the last one stopped.

    A note beside the target says of which file it is the beginning, for a later run.
    """

    def __init__(
        self, web: Web, url: str, target: Path, algorithms: frozenset[str], max_size: int, *, report: Report
    ) -> None:
        self._web = web
        self._url = url
        self._target = target
        self._note = target.with_name(f".{target.name}")
        self._algorithms = algorithms
        self._max_size = max_size
        self._report = report
        self._validator: str | None = None
        self._restart()

    def _restart(self) -> None:
        self._size = 0
        self._digests = {name: hashlib.new(name, usedforsecurity=False) for name in self._algorithms}

    def recall(self) -> None:
        """Go on with what an earlier run left, when its note fits."""
        try:
            note = json.loads(self._note.read_bytes())
            if note["url"] != _shown(self._url):
                return
            with self._target.open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    self._count(chunk)
            self._validator = str(note["validator"])
        except (OSError, ValueError, KeyError, TypeError):
            self._restart()

    def attempt(self) -> Downloaded:
        headers = {}
        if self._size and self._validator:
            headers = {"Range": f"bytes={self._size}-", "If-Range": self._validator}
        try:
            with self._web._open(self._url, headers) as answer:
                return self._receive(answer)
        except HTTPError as error:
            with error:
                if error.code == _RANGE_NOT_SATISFIABLE and self._size:
                    if error.headers.get("Content-Range") == f"bytes */{self._size}":
                        return self._done()
                    self._restart()
                    return self.attempt()
                if error.code in _TRY_AGAIN:
                    raise _TransferError(f"it answered {error.code}") from error
                raise RefusedError(
                    f"{_shown(self._url)} answered {error.code} {error.reason}.",
                    remedy="Check the address, the version and the credentials.",
                ) from error

    def _receive(self, answer: t.Any) -> Downloaded:
        goes_on = answer.headers.get("Content-Range", "").startswith(f"bytes {self._size}-")
        resumed = self._size > 0 and answer.status == _PARTIAL_CONTENT and goes_on
        if not resumed:
            self._restart()
        self._validator = _validator(answer)
        expected = None if answer.length is None else self._size + answer.length
        if expected is not None:
            self._check(expected)
            self._check_space(expected - self._size)
        step = max(REPORTED, (expected or 0) // 10)
        due = self._size + step
        with self._open_target(resumed=resumed) as stream:
            while chunk := answer.read(CHUNK):
                self._check(self._size + len(chunk))
                self._write(stream, chunk)
                self._count(chunk)
                if self._size >= due:
                    self._report(self._size, expected)
                    due += step
        if expected is not None and self._size < expected:
            raise _TransferError(f"it stopped at byte {self._size} of {expected}")
        return self._done()

    def _count(self, chunk: bytes) -> None:
        self._size += len(chunk)
        for digest in self._digests.values():
            digest.update(chunk)

    def _done(self) -> Downloaded:
        return Downloaded(self._size, {name: digest.hexdigest() for name, digest in self._digests.items()})

    # A full disk is not a broken connection: its errors leave the loop of attempts.
    def _open_target(self, *, resumed: bool) -> t.IO[bytes]:
        try:
            if resumed:
                return t.cast("t.IO[bytes]", self._target.open("ab", buffering=0))
            self._note.unlink(missing_ok=True)  # before the file that it is about
            stream = t.cast("t.IO[bytes]", self._target.open("wb", buffering=0))
            if self._validator:
                note = {"url": _shown(self._url), "validator": self._validator}
                self._note.write_text(json.dumps(note), encoding="utf-8")
        except OSError as error:
            raise StorageError.of(error, self._target) from error
        return stream

    def _write(self, stream: t.IO[bytes], chunk: bytes) -> None:
        try:
            view = memoryview(chunk)
            while view:
                view = view[stream.write(view) :]
        except OSError as error:
            raise StorageError.of(error, self._target) from error

    def _check(self, size: int) -> None:
        if size > self._max_size:
            raise RefusedError(
                f"{_shown(self._url)} sends more than the {self._max_size} bytes that max_size allows.",
                remedy="Check the address, or raise max_size.",
            )

    def _check_space(self, size: int) -> None:
        free = shutil.disk_usage(self._target.parent).free
        if size > free:
            raise RefusedError(
                f"{_shown(self._url)} has {size} bytes, but {self._target.parent} has only {free} bytes free.",
                remedy="Free some space on its file system.",
            )


def _next_hop(url: str, location: str) -> str:
    following = urljoin(url, location)
    scheme = urlsplit(following).scheme
    if scheme not in _SCHEMES or (urlsplit(url).scheme == "https" and scheme == "http"):
        raise RefusedError(f"{_shown(url)}: it redirects to {_shown(following)}, which is less safe.")
    return following


def _validator(answer: t.Any) -> str | None:
    """What tells two versions of a file apart, for If-Range; a weak tag does not."""
    tag = answer.headers.get("ETag")
    if tag and not tag.startswith("W/"):
        return str(tag)
    modified = answer.headers.get("Last-Modified")
    return str(modified) if modified else None


def _shown(url: str) -> str:
    """The address without its query, which may carry a signature."""
    return url.partition("?")[0]
