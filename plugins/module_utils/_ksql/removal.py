# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What is removed, and in which order: dependants go before what they depend on."""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace

from .lexer import Place
from .model import Catalogue, Key, Statement, StatementKind
from .steps import Move, Step

PURGE = Place("purge", 0, 0)


def undeclared(declared: t.Collection[Key], catalogue: Catalogue, match: re.Pattern[str] | None) -> list[Statement]:
    """Removals of the streams, tables and queries that match and are not declared; own queries go with their source."""
    if match is None:
        return []
    held = [
        *(Statement(one.kind, one.name, "", PURGE) for one in catalogue.sources.values()),
        *(Statement("query", one.id, "", PURGE) for one in catalogue.queries.values() if not one.own),
    ]
    # Which parts of their texts are secret is not known here.
    return [
        replace(one.removed(), secret=True) for one in held if one.key not in declared and match.fullmatch(one.name)
    ]


def teardown(steps: dict[Key, Step], catalogue: Catalogue) -> list[Move]:
    """The removal of all that is built again, dependants first; ``steps`` gets those dependants as built again too.

    What is to be built again and has a dependant that nothing here declares is refused.
    """
    roots = [key for key, step in steps.items() if step.action == "recreate"]
    refused = False
    for root in roots:
        order = catalogue.removal_order([root])
        unknown = [key[1] for key in order if key not in steps]
        if unknown:
            reason = f"{steps[root].reason}, and {', '.join(unknown)}, not declared here, depends on it"
            steps[root] = _kept(steps[root], reason)
            refused = True
            continue
        for key in order:
            if steps[key].action != "recreate" and not steps[key].statement.absent:
                steps[key] = _built_again(steps[key].statement, catalogue, root)
    return [] if refused else [_removing(key, catalogue) for key in catalogue.removal_order(roots)]


def _built_again(statement: Statement, catalogue: Catalogue, root: Key) -> Step:
    space, name = statement.key
    text = catalogue.sources[name].statement if space == "source" else catalogue.queries[name].text
    reason = f"it depends on {root[1]}, which is built again"
    return Step(statement, "recreate", (statement.text,), text, f"{text}\n-- built again: {reason}", reason)


def _removing(key: Key, catalogue: Catalogue) -> Move:
    kind: StatementKind = "query" if key[0] == "query" else catalogue.sources[key[1]].kind
    return Move(key, (Statement(kind, key[1], "", PURGE).removing,))


def removal(steps: dict[Key, Step], catalogue: Catalogue, *, delete_topic: bool) -> list[Move]:
    """The moves where all that is declared is to go; ``steps`` gets what stands against it, and topics that go too."""
    order = catalogue.removal_order(key for key, step in steps.items() if step.pending)
    order = [key for key in order if key in steps and steps[key].pending]
    for place, key in enumerate(order):
        staying = [name for space, name in catalogue.in_the_way(key) if (space, name) not in order]
        if staying:
            steps[key] = _kept(steps[key], f"{', '.join(staying)}, not declared here, depends on it")
        elif delete_topic and key[0] == "source":
            steps[key] = _with_topic(steps[key], catalogue, order, order[place + 1 :])
    return [steps[key].move for key in order if steps[key].pending]


def _kept(step: Step, reason: str) -> Step:
    return replace(step, action="refused", sends=(), reason=reason)


def _with_topic(step: Step, catalogue: Catalogue, going: t.Collection[Key], later: t.Collection[Key]) -> Step:
    """The removal of a source together with its topic, unless another one still needs the topic."""
    source = catalogue.sources[step.statement.name]
    sharing = catalogue.sharing_topic(source.name)
    staying = [name for name in sharing if ("source", name) not in going]
    if staying:
        return _kept(step, f"its topic {source.topic} is also that of {', '.join(staying)}, not declared here")
    # The last one takes the topic with it. A read-only source does not own its topic: ksqlDB refuses to delete it.
    if source.read_only or any(("source", name) in later for name in sharing):
        return step
    return replace(step, topic=source.topic, before=f"{step.before}\n-- with its topic {source.topic}")
