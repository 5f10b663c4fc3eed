# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What has to happen so that the destination holds what is declared; pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from enum import StrEnum

from .._errors import RefusedError
from .model import LATEST, Desired, Installed, NoSource, split_stem

if t.TYPE_CHECKING:
    from .receipt import Receipt


class Action(StrEnum):
    """What a run does, or in check mode would do, with one plugin."""

    INSTALLED = "installed"
    UPDATED = "updated"
    REPAIRED = "repaired"
    ADJUSTED = "adjusted"
    CLEANED = "cleaned"
    REMOVED = "removed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Decision:
    """What happens to one plugin: ``current`` stands in its place, ``obsolete`` are its other versions beside it."""

    desired: Desired
    action: Action
    current: Installed | None = None
    obsolete: tuple[Installed, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there is something to do."""
        return self.action is not Action.UNCHANGED

    @property
    def fetches(self) -> bool:
        """Whether an archive is needed."""
        return self.action in (Action.INSTALLED, Action.UPDATED, Action.REPAIRED)

    @property
    def kept(self) -> Receipt | None:
        """The receipt of what stands in the place and is not replaced."""
        return self.current.receipt if self.current and not self.fetches else None

    def lost(self, brought: t.Iterable[str] | None = None) -> tuple[str, ...]:
        """Foreign files, relative to the destination, that go with what is replaced or removed.

        One that a declared extra takes the place of is none. ``brought`` are the paths of the new plugin's files, once
        they are known: of what has no receipt those jars are foreign that the plugin has in no version.
        """
        replaced = self.current if self.fetches or not self.desired.present else None
        if brought is None and self.current and not replaced:
            files = self.kept.files if self.kept else ()
            brought = (*(record.path for record in files), *self.current.foreign, *self.current.jars)
        known = None if brought is None or not self.desired.present else {_stem(path) for path in brought}
        extra = {one.jar for one in self.desired.extra if self.desired.present}
        return tuple(
            f"{item.entry}/{path}"
            for item in (*([replaced] if replaced else ()), *self.obsolete)
            for path in (*item.foreign, *(jar for jar in item.jars if known is not None and _stem(jar) not in known))
            if path.rpartition("/")[2] not in extra
        )


@dataclass(frozen=True)
class Plan:
    """One decision per plugin: those declared, in their order, then those to purge."""

    decisions: tuple[Decision, ...]

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return any(decision.changed for decision in self.decisions)

    @property
    def fetching(self) -> list[Desired]:
        """The plugins whose archive is needed."""
        return [decision.desired for decision in self.decisions if decision.fetches]


def plan(desired: t.Iterable[Desired], actual: t.Iterable[Installed], *, purge: bool = False) -> Plan:
    """Compare what is declared, with versions resolved, with what is there.

    With ``purge`` every plugin goes that has a receipt and is not declared; what others installed stays.
    """
    found = list(actual)
    places = {item.entry: item for item in found if not item.bare_jar}
    wanted = list(desired)
    # A place that another entry declares is never an old version of this one.
    declared = {entry.directory for entry in wanted}
    decisions = [_decided(entry, places.get(entry.directory), _others(entry, found, declared)) for entry in wanted]
    if purge:
        going = declared | {item.entry for decision in decisions for item in decision.obsolete}
        decisions += [_purged(item) for item in found if item.receipt and item.entry not in going]
    return Plan(tuple(decisions))


def refuse_losses(decision: Decision, brought: t.Iterable[str] | None = None) -> None:
    """RefusedError when files would be lost that nobody declares, unless the declaration allows it; see lost()."""
    desired, lost = decision.desired, decision.lost(brought)
    if not lost or desired.remove_foreign:
        return
    remedy = "Set foreign: remove on its entry if they may go."
    if desired.present:
        remedy = "Declare what it needs in its extra, or set foreign: remove if they may go."
    raise RefusedError(
        f"{desired.label}: {', '.join(lost)} did not come with the plugin and would be lost; nothing was changed.",
        remedy=remedy,
    )


def _purged(item: Installed) -> Decision:
    name = item.name or item.entry
    return Decision(
        Desired(name, name, item.entry, NoSource(), present=False), Action.REMOVED, item, reasons=("not declared",)
    )


def _decided(desired: Desired, current: Installed | None, obsolete: tuple[Installed, ...]) -> Decision:
    action, reasons = _decide(desired, current, obsolete)
    return Decision(desired, action, current, obsolete, reasons)


def _decide(
    desired: Desired, current: Installed | None, obsolete: tuple[Installed, ...]
) -> tuple[Action, tuple[str, ...]]:
    if current is None:
        if desired.present:
            return (Action.UPDATED if obsolete else Action.INSTALLED), ()
        return (Action.REMOVED if obsolete else Action.UNCHANGED), ()
    differences = tuple(_differences(desired, current))
    misfit = (f"{len(current.misfit)} paths with another owner, group or mode",) if current.misfit else ()
    choices: tuple[tuple[Action, object, tuple[str, ...]], ...] = (
        (Action.REMOVED, not desired.present, ()),
        (Action.UPDATED, differences, differences + current.damage),
        (Action.REPAIRED, current.damage, current.damage),
        (Action.CLEANED, obsolete or (current.receipt and current.receipt.obsolete), ()),
        (Action.ADJUSTED, misfit, misfit),
        (Action.UNCHANGED, True, ()),
    )
    return next((action, reasons) for action, applies, reasons in choices if applies)


def _others(desired: Desired, found: t.Iterable[Installed], declared: t.Collection[str]) -> tuple[Installed, ...]:
    """The same plugin in other places: another directory of its name, or a bare jar of its name."""
    return tuple(
        item
        for item in found
        if (item.name in desired.jar_names if item.bare_jar else item.name == desired.name)
        and (item.bare_jar or item.entry not in declared)
    )


def _differences(desired: Desired, current: Installed) -> t.Iterator[str]:
    """Why what stands in the place is not what is declared."""
    receipt = current.receipt
    if current.name is None and current.version is None:
        yield "nothing says what it is"
        return
    if desired.version not in (None, LATEST, current.version):
        yield f"version {current.version}, not {desired.version}"
    if receipt is None:
        if desired.version is None:
            yield "nothing says where it came from"
        if desired.extra:
            yield "nothing says which extra jars it has"
        return
    if receipt.name != desired.name:
        yield f"it is {receipt.name}"
    if receipt.source != str(desired.source) and not isinstance(desired.source, NoSource):
        yield f"it came from {receipt.source}"
    yield from _extra_differences(desired, receipt)
    if desired.checksum and receipt.digests.get(desired.checksum.algorithm) != desired.checksum.digest:
        yield f"its archive has another {desired.checksum.algorithm}"


def _extra_differences(desired: Desired, receipt: Receipt) -> t.Iterator[str]:
    standing = {extra.source: extra for extra in receipt.extra}
    wanted = {str(extra.source): extra for extra in desired.extra}
    for source, extra in wanted.items():
        if source not in standing:
            yield f"extra {source} is not there"
        elif extra.checksum and standing[source].digests.get(extra.checksum.algorithm) != extra.checksum.digest:
            yield f"extra {source} has another {extra.checksum.algorithm}"
    yield from (f"extra {source} is not declared" for source in standing if source not in wanted)


def _stem(path: str) -> str:
    return split_stem(path.rpartition("/")[2])[0]
