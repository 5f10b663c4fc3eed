# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Keeps secrets out of whatever an operator, a log or a result gets to see."""

from __future__ import annotations

import json
import re
import threading
import typing as t

MASK = "********"

# Keys that are secret by their name, because no plugin describes them (converters, client overrides) or none answers.
_TELLING = re.compile(
    r"passw(or)?d|passphrase|secret|token|credential|jaas|user\.info|(api|access|private|account)[._-]?key",
    re.IGNORECASE,
)
# The whole value is a reference to a config provider: it tells where the secret lies, not what it is.
_PLACEHOLDER = re.compile(r"\$\{[^{}]+\}")
# Values under keys that only look secret are masked in foreign texts from this length on, 'true' and '10' are not.
_SHORTEST_GUESSED = 6


def is_placeholder(value: str) -> bool:
    """True for ``${provider:path:key}`` and nothing else around it."""
    return _PLACEHOLDER.fullmatch(value) is not None


class Mask:
    """Knows secret values and secret keys; learns more of both while the module works, from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._typed: set[str] = set()

    def learn_secrets(self, values: t.Iterable[str]) -> None:
        """These values are secret wherever they appear."""
        with self._lock:
            for value in values:
                self._values |= _appearances(value)
            self._pattern = None

    def learn_guesses(self, values: t.Iterable[str]) -> None:
        """As learn_secrets, for values that are only likely to be secret: short ones are left alone."""
        self.learn_secrets([value for value in values if len(value) >= _SHORTEST_GUESSED])

    def learn_password_keys(self, keys: t.Iterable[str]) -> None:
        """A plugin types these keys PASSWORD."""
        self._typed.update(keys)

    def learn_config(self, config: t.Mapping[str, str]) -> None:
        """The values of this configuration's secret keys are secret wherever they appear."""
        self.learn_guesses(value for key, value in config.items() if self.hides(key, value))

    def hides(self, key: str, value: str) -> bool:
        """Whether ``value`` is secret by the type or the name of its key."""
        return (key in self._typed or _TELLING.search(key) is not None) and not is_placeholder(value)

    def text(self, text: str) -> str:
        """``text`` with every secret value masked."""
        with self._lock:
            if self._pattern is None and self._values:
                longest_first = sorted(self._values, key=len, reverse=True)
                self._pattern = re.compile("|".join(map(re.escape, longest_first)))
            return self._pattern.sub(MASK, text) if self._pattern else text

    def config(
        self,
        config: t.Mapping[str, str],
        secret_keys: t.Collection[str] = (),
        before: t.Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """``config`` in key order, fit to be shown; says so where the mask hides a difference from ``before``."""
        shown = {}
        for key in sorted(config):
            shown[key] = self._value(key, config[key], secret_keys)
            old = (before or config).get(key, config[key])
            if old != config[key] and shown[key] == self._value(key, old, secret_keys):
                shown[key] += " (changed)"
        return shown

    def _value(self, key: str, value: str, secret_keys: t.Collection[str]) -> str:
        return MASK if key in secret_keys or self.hides(key, value) else self.text(value)


def _appearances(secret: str) -> set[str]:
    """How a message may quote a secret: as it is, inside JSON, line by line."""
    lines = {line.strip() for line in secret.splitlines() if len(line.strip()) >= _SHORTEST_GUESSED}
    quoted = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {secret, secret.strip(), *quoted, *lines} if secret.strip() else set()
