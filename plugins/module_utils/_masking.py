# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Keeps secrets out of whatever an operator, a log or a result gets to see.

A secret is known by its value (declared, stored, or resolved by the worker), by the key that it stands under, or by
its place: a password in an address or a connection string, and what a worker puts for ``${provider:path:key}``.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
import typing as t
from urllib.parse import unquote

MASK = "********"

_WORDS = (
    r"passw(?:or)?d|(?<![a-z])pwd|passphrase|secret|token|credentials?|user\.info"
    r"|(?:api|access|private|account|secret|shared)[._-]?key"
)
# Keys that are secret by their name, because no plugin describes them (converters, client overrides) or none answers.
_TELLING = re.compile(rf"{_WORDS}|jaas", re.IGNORECASE)
# Of these keys the value itself is the secret: not so of 'password.encoder.iterations' or 'token.endpoint.url'.
_NAMED = re.compile(rf"(?:{_WORDS})$", re.IGNORECASE)
# A reference to a config provider: it tells where the secret lies, not what it is.
_REFERENCE = re.compile(r"\$\{[^{}]+\}")

# What stands after 'password=': in quotes (those of JSON text inside JSON have a backslash), in braces, or up to the
# next separator, as where a text was cut before the second quote. Quotes are kept, and so is a reference.
_QUOTED = r"(?P<quote>\\?[\"'])(?P<quoted>(?:(?!(?P=quote))(?:\\.|.)){0,2000})(?=(?P=quote))"
_BARE = r"(?P<bare>\$?\{[^{}]{1,500}\}(?=[\s&;\"']|$)|[^\s&;\"']+)"
_ASSIGNED = rf"\s{{0,3}}=\s{{0,3}}(?:{_QUOTED}|\\?[\"']?{_BARE})"
_JSON_VALUE = rf"\\?[\"']\s{{0,3}}:\s{{0,3}}(?:{_QUOTED}|\\?[\"']{_BARE})"
# Places of a secret in any text. Traces are long: no pattern begins with a repetition, and none looks far for its end.
_PLACES = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        # scheme://user:password@host. A '/' in a password should be %2F; where it is not, a port is no password.
        r"://(?:\$\{[^{}]{1,500}\}|\$(?!\{)|[^\s:/?#@\"'$]){0,500}:"
        r"(?P<bare>\$\{[^{}]{1,500}\}(?=@)|[^\s\"'/?#]{1,500}(?=@)|(?!\d{1,5}[/?#])[^\s\"'@]{1,500}(?=@))",
        r"jdbc:oracle:\w+:[^\s:/?#@\"']{0,500}/(?P<bare>\"[^\"]{1,500}\"|[^\s\"'@]{1,500})(?=@)",
        rf"(?:{_WORDS})(?:\\?[\"'])?{_ASSIGNED}",
        rf"(?:{_WORDS}){_JSON_VALUE}",
    )
)
# Places of the value of a key, to be masked where that key is secret. With the first Connect says that a value is
# wrong: it repeats it, resolved.
_KEY = r"(?<![\w.-])(?P<key>[\w.-]+)"
_KEYED_PLACES = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"Invalid value (?P<bare>.{0,2000}?) for configuration (?P<key>[\w.-]+)",
        f"{_KEY}{_ASSIGNED}",
        f"{_KEY}{_JSON_VALUE}",
    )
)
_NO_SECRET = re.compile(r"|null|\[hidden\]|\$\{[^{}]+\}|\*{8}[)}\],]*")

# Values under keys that only look secret are masked in foreign texts from this length on, 'true' and '10' are not.
_SHORTEST_GUESSED = 6
# So much of the text beside a reference is looked for, and so much has to be there, to find what was put in its place.
_ANCHOR, _SHORTEST_ANCHOR = 8, 3


def is_placeholder(value: str) -> bool:
    """True for ``${provider:path:key}`` and nothing else around it."""
    return _REFERENCE.fullmatch(value) is not None


def has_placeholder(value: str) -> bool:
    """True for a value of which a config provider gives at least a part."""
    return _REFERENCE.search(value) is not None


class Mask:
    """Knows secret values and secret keys; learns more of both while the module works, from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._typed: set[str] = set()
        self._secret_keys: set[str] = set()
        self._templates: set[str] = set()
        self._resolved: re.Pattern[str] | None = None

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

    def learn_config(self, config: t.Mapping[str, str], secret_keys: t.Collection[str] = ()) -> None:
        """What is secret in this configuration is secret wherever it appears; ``secret_keys`` are, whatever they hold.

        That is the values of its secret keys, the passwords inside the others, and what is put for references.
        """
        self.learn_secrets(value for key, value in config.items() if key in secret_keys)
        self.learn_guesses(
            secret
            for key, value in config.items()
            for secret in ([value] if self.hides(key, value) else secrets_inside(value))
        )
        with self._lock:
            for key, value in config.items():
                if has_placeholder(value):
                    self._templates |= _around_references(value)
                    self._resolved = None
                if key in secret_keys or has_placeholder(value) or self._names_secret(key):
                    self._secret_keys.add(key)

    def learn_resolved(self, value: str, resolved: str) -> None:
        """``resolved`` is what the worker makes of ``value``, which has references: the parts that it put there."""
        literal = map(re.escape, _REFERENCE.split(value))
        match = re.fullmatch("(.*)".join(literal), resolved, re.DOTALL)
        self.learn_guesses([resolved, *(match.groups() if match else ())])

    def hides(self, key: str, value: str) -> bool:
        """Whether ``value`` is secret by the type or the name of its key."""
        return self._names_secret(key) and not is_placeholder(value)

    def exposes(self, key: str, value: str) -> bool:
        """Whether a password stands in clear in ``value``, to be told of: more careful than ``hides``."""
        if any(secrets_inside(value)):
            return True
        named = key in self._typed or _NAMED.search(key) is not None
        return named and bool(value) and not has_placeholder(value) and value.lower() not in ("true", "false")

    def text(self, text: str) -> str:
        """``text`` with every secret masked that is known by its value or its place."""
        text = _without_places(self._without_values(text))
        for place in _KEYED_PLACES:
            text = place.sub(self._of_secret_key, text)
        with self._lock:
            if self._resolved is None and self._templates:
                self._resolved = re.compile("|".join(sorted(self._templates, key=len, reverse=True)))
            resolved = self._resolved
        return resolved.sub(_unless_reference, text) if resolved else text

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
        if key in secret_keys or self.hides(key, value):
            return MASK
        return _without_places(self._without_values(value))

    def _names_secret(self, key: str) -> bool:
        return key in self._typed or _TELLING.search(key) is not None

    def _without_values(self, text: str) -> str:
        with self._lock:
            if self._pattern is None and self._values:
                longest_first = sorted(self._values, key=len, reverse=True)
                self._pattern = re.compile("|".join(map(re.escape, longest_first)))
            return self._pattern.sub(MASK, text) if self._pattern else text

    def _of_secret_key(self, match: re.Match[str]) -> str:
        return _masked_group(match) if match["key"].rstrip(".") in self._secret_keys else match[0]


def _without_places(text: str) -> str:
    for place in _PLACES:
        text = place.sub(_masked_group, text)
    return text


def secrets_inside(value: str) -> t.Iterator[str]:
    """The passwords that stand in an address or a connection string, as written and without escapes."""
    for place in _PLACES:
        for match in place.finditer(value):
            secret = match[_secret_group(match)]
            if secret and not has_placeholder(secret) and not _NO_SECRET.fullmatch(secret):
                bare = secret[1:-1] if secret.startswith("{") else secret.rstrip(")}],")
                yield from {secret, bare, unquote(bare), re.sub(r"\\(.)", r"\1", bare)}


def _secret_group(match: re.Match[str]) -> str:
    return "quoted" if match.groupdict().get("quoted") is not None else "bare"


def _masked_group(match: re.Match[str]) -> str:
    """The match with its secret masked; a reference is none."""
    start, end = (offset - match.start() for offset in match.span(_secret_group(match)))
    whole = match[0]
    return whole if _NO_SECRET.fullmatch(whole[start:end]) else whole[:start] + MASK + whole[end:]


def _unless_reference(match: re.Match[str]) -> str:
    """Nothing was put for a reference that still stands there."""
    return match[0] if match[0].startswith("${") else MASK


def _around_references(value: str) -> set[str]:
    """Patterns of what is put for the references in ``value``: whatever stands where the text beside one is.

    There is none for a reference with no text beside it.
    """
    patterns = set()
    literals = _REFERENCE.split(value)
    for before, after in itertools.pairwise(literals):
        left, right = before[-_ANCHOR:], after[:_ANCHOR]
        word = r"\S{1,500}"
        until = rf"(?={re.escape(right)})"
        if len(left.strip()) >= _SHORTEST_ANCHOR:
            # Up to the text after it; without that, as in a part of the value, up to the next blank.
            ends = [word + until, rf"[^\n]{{1,500}}?{until}"] if right else []
            patterns.add(rf"(?<={re.escape(left)})(?:{'|'.join([*ends, word])})")
        elif len(right.strip()) >= _SHORTEST_ANCHOR:
            patterns.add(rf"(?<!\S){word}{until}")
    return patterns


def _appearances(secret: str) -> set[str]:
    """How a message may quote a secret: as it is, inside JSON, line by line."""
    lines = {line.strip() for line in secret.splitlines() if len(line.strip()) >= _SHORTEST_GUESSED}
    quoted = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {secret, secret.strip(), *quoted, *lines} if secret.strip() else set()
