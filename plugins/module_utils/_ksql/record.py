# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What earlier runs found equal, kept on the node, so that an unchanged statement needs no request of its own.

The file holds digests only: for each server and source, one of our statement and one of the text that the server stored
for it. It saves a question, it never answers one: the stored text is read from the server in every run, and only where
both digests match is the statement taken for unchanged. Without the file, or with a broken one, the server is asked.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import typing as t
from pathlib import Path

from .model import Statement


class Record:
    """The digests of one server; without ``path`` nothing is known and nothing is kept.

    ``server`` is the address that it is asked at. Another version of it may write our statement in another way, but it
    keeps the text that it once stored for it.
    """

    def __init__(self, path: str = "", server: str = "") -> None:
        self._path = Path(path) if path else None
        self._server = server
        self._all = _load(self._path) if self._path else {}
        self._loaded: dict[str, t.Any] = self._all.get(self._server, {})
        self._sources = dict(self._loaded)

    def knows(self, statement: Statement, fingerprint: str, stored: str) -> bool:
        """Whether the server was once asked about this very statement, and has stored the same text ever since."""
        return self._sources.get(statement.name) == [fingerprint, _digest(stored)]

    def note(self, statement: Statement, fingerprint: str, stored: str) -> None:
        """Remember that the server writes the statement as ``stored``, unless that depends on a schema registry."""
        if not statement.inferred:
            self._sources[statement.name] = [fingerprint, _digest(stored)]

    def save(self, held: t.Collection[str]) -> str:
        """Write what has changed, for the sources that exist; a sentence when that failed, which does no harm."""
        kept = {name: digests for name, digests in self._sources.items() if name in held}
        if self._path is None or kept == self._loaded:
            return ""
        servers = {**self._all, self._server: kept}
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # mkstemp gives the file the mode 0600; the rename puts it in place whole.
            handle, draft = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(servers, file)
                Path(draft).replace(self._path)
            except OSError:
                Path(draft).unlink(missing_ok=True)
                raise
        except OSError as error:
            return f"record: {self._path} cannot be written, so the next run asks the server again: {error}."
        return ""


def fingerprint(statement: Statement, types: t.Mapping[str, str]) -> str:
    """A digest of all that the server's text of the statement follows from, ``types`` being those that it may name."""
    named = {name: types[name] for name in sorted(statement.words & types.keys())}
    return _digest(json.dumps([statement.canonical, dict(statement.properties), named], sort_keys=True))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _load(path: Path) -> dict[str, t.Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {name: one for name, one in found.items() if isinstance(one, dict)} if isinstance(found, dict) else {}
