# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a plan is made of: the rules, what the server holds, and what happens to every statement."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .._errors import InvalidInputError
from .lexer import Token
from .model import Catalogue, Echo, Key, Statement, without_strings

# "drift" and "refused" cannot be carried out: the first would be changed on request, the second never.
Action = t.Literal["none", "create", "replace", "recreate", "drop", "terminate", "drift", "refused"]
OnDrift = t.Literal["fail", "replace", "recreate"]


@dataclass(frozen=True)
class Rules:
    """What may be done.

    ``on_drift``: what becomes of what differs; ``purge_match``: undeclared streams, tables and queries whose whole
    name matches are removed, None removes nothing; ``delete_topic``: the topic of a source that is declared absent
    goes with it.
    """

    on_drift: OnDrift = "fail"
    purge_match: re.Pattern[str] | None = None
    delete_topic: bool = False

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> Rules:
        """From the module's options; InvalidInputError when they contradict each other."""
        absent = params["state"] == "absent"
        if params["delete_topic"] and not absent:
            raise InvalidInputError("delete_topic: it works with state: absent only.", remedy="Leave it out.")
        if params["purge"] and absent:
            raise InvalidInputError(
                "purge: it works with state: present only.", remedy="Declare what stays, and purge."
            )
        try:
            pattern = re.compile(params["purge_match"]) if params["purge"] else None
        except re.error as error:
            raise InvalidInputError(
                f"purge_match: '{params['purge_match']}' is no regular expression: {error}.",
                remedy="Write one as Python does.",
            ) from error
        return cls(params["on_drift"], pattern, params["delete_topic"])


@dataclass(frozen=True)
class Actual:
    """What the server holds: its catalogue, how it writes our statements of the sources that exist (by name), and the
    connectors' configurations (by name in upper case, as ksqlDB compares them)."""

    catalogue: Catalogue = field(default_factory=Catalogue)
    echoes: t.Mapping[str, Echo] = field(default_factory=dict)
    connectors: t.Mapping[str, t.Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Move:
    """Statements to send for the thing ``key``, under its ``settings``; ``origin`` see Statement.

    ``alone``: no other statement may be in the request; ``topic``: the topic that goes with the source that is dropped.
    """

    key: Key
    texts: tuple[str, ...]
    settings: tuple[str, ...] = ()
    alone: bool = False
    topic: str = ""
    origin: tuple[Token, ...] = ()


@dataclass(frozen=True)
class Step:
    """What happens to one statement: ``sends`` the texts to send, ``before`` and ``after`` the diff, ``topic`` the
    topic that is deleted with it."""

    statement: Statement
    action: Action = "none"
    sends: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    reason: str = ""
    topic: str = ""

    @property
    def shown(self) -> tuple[str, str]:
        """Before and after as they may be shown: of a statement with a secret no string is, for an older secret may
        stand in what the server stored."""
        if not self.statement.secret:
            return self.before, self.after
        return without_strings(self.before), without_strings(self.after)

    @property
    def pending(self) -> bool:
        """Whether there is something to send."""
        return bool(self.sends)

    @property
    def move(self) -> Move:
        """What is sent for it in its place; a replaced query goes alone, for it may block the server."""
        is_replaced_query = self.action == "replace" and self.statement.as_select
        alone = is_replaced_query or bool(self.topic) or self.statement.kind == "connector"
        statement = self.statement
        return Move(statement.key, self.sends, statement.settings, alone, self.topic, statement.origin)


@dataclass(frozen=True)
class Plan:
    """One step per statement, in order, then those of the purge; ``moves`` in the order in which they are sent;
    ``warnings`` are sentences for the operator."""

    steps: tuple[Step, ...]
    moves: tuple[Move, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def pending(self) -> tuple[Step, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if step.pending)

    @property
    def blocked(self) -> tuple[Step, ...]:
        """The steps that cannot be carried out."""
        return tuple(step for step in self.steps if step.action in ("drift", "refused"))
