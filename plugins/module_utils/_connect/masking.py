# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Keeps secrets out of whatever an operator, a log or a result gets to see."""

from __future__ import annotations

import json
import re
import typing as t

MASK = "********"
MASK_CHANGED = "******** (changed)"

# Keys that are secret by their name, because no plugin describes them (converters, client overrides) or none answers.
_TELLING = re.compile(
    r"passw(or)?d|passphrase|secret|token|credential|jaas|user\.info|(api|access|private|account)[._-]?key", re.IGNORECASE
)
# The whole value is a reference to a config provider: it tells where the secret lies, not what it is.
_PLACEHOLDER = re.compile(r"\$\{[^{}]+\}")
# Values under keys that only look secret are masked in foreign texts from this length on, 'true' and '10' are not.
_SHORTEST_GUESSED = 6


def is_placeholder(value: str) -> bool:
    """True for ``${provider:path:key}`` and nothing else around it."""
    return _PLACEHOLDER.fullmatch(value) is not None


class Mask:
    """Knows secret values and secret keys; learns more of both while the module works."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._typed: set[str] = set()

    def learn_secrets(self, values: t.Iterable[str]) -> None:
        """These values are secret wherever they appear."""
        for value in values:
            if not value.strip():
                continue
            # As it is, as it stands inside JSON, and line by line: a message may quote any of them.
            self._values |= {value, value.strip(), json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
            if "\n" in value:
                self._values |= {line.strip() for line in value.splitlines() if len(line.strip()) >= _SHORTEST_GUESSED}
        longest_first = sorted(self._values, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def learn_password_keys(self, keys: t.Iterable[str]) -> None:
        """A plugin types these keys PASSWORD."""
        self._typed.update(keys)

    def learn_config(self, config: t.Mapping[str, str]) -> None:
        """The values of this configuration's secret keys are secret wherever they appear."""
        self.learn_secrets(
            value
            for key, value in config.items()
            if self.hides(key, value) and len(value) >= _SHORTEST_GUESSED and not is_placeholder(value)
        )

    def hides(self, key: str, value: str) -> bool:
        """Whether the value of ``key`` is secret by the key's type or name."""
        return (key in self._typed or _TELLING.search(key) is not None) and not is_placeholder(value)

    def text(self, text: str) -> str:
        """``text`` with every secret value masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def config(
        self, config: t.Mapping[str, str], secret_keys: t.Collection[str] = (), other: t.Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """``config`` in key order and fit to be shown; a masked value that differs from the one in ``other`` says so."""
        shown = {}
        for key in sorted(config):
            value = config[key]
            if key in secret_keys or self.hides(key, value):
                shown[key] = MASK_CHANGED if other is not None and other.get(key, value) != value else MASK
            else:
                shown[key] = self.text(value)
        return shown
