# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""Takes secrets out of what other programs said, before it is shown. Pure."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from urllib.parse import quote

from ...module_utils._masking import MASK, Mask
from .items import text
from .specification import Options

# What is shorter is in every text.
_SHORTEST = 3
# A hash of crypt(5), of htpasswd or of argon2, from its dollar on, also where Compose's dollars are doubled.
_HASH = re.compile(r"[$]{1,2}(y|gy|[1567]|2[abxy]?|apr1|sha1|argon2(?:id?|d))[$]{1,2}[^\s\"':]{8,}")
_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


def declared_secrets(values: t.Mapping[str, t.Any], options: Options) -> t.Iterator[str]:
    """What of the values of variables is secret as ``options`` specify them: at any depth, all below ``no_log``."""
    for name, value in values.items():
        yield from _secrets(value, options.get(name, {}))


def _secrets(value: t.Any, option: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _secrets(part, option if option.get("no_log") else (option.get("options") or {}).get(key, {}))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _secrets(part, option)
    elif option.get("no_log"):
        yield text(value)


def masked(said: str, secrets: t.Iterable[str]) -> str:
    """``said`` without the secrets, however a program may write them, and without hashes and private keys of any kind.

    Passwords that stand in addresses or behind ``password=`` are masked too.
    """
    mask = Mask()
    for secret in secrets:
        if len(secret.strip()) >= _SHORTEST:
            mask.learn_secrets({secret, quote(secret, safe=""), secret.replace("$", "$$")})
    shown = _KEY.sub(rf"\1{MASK}\2", mask.text(said))
    return _HASH.sub(MASK, shown)
