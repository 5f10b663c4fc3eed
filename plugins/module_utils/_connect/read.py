# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Asks the worker: for the connectors, what it finds wrong with new configurations, and what in them is secret."""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from .._errors import RefusedError
from .client import FieldError
from .model import ABSENT, PRESENT, RESTING, Connector, Declared

if t.TYPE_CHECKING:
    from .._masking import Mask
    from .client import ConnectClient
    from .plan import Step
    from .wait import Timing

_PARALLEL = 8  # requests of a module that only reads


def read_settled(
    client: ConnectClient, declared: t.Sequence[Declared], timing: Timing, *, others: bool = False
) -> dict[str, Connector]:
    """The connectors, read again while the state of one that has to be compared is passing (a rebalance, say).

    After ``timing.timeout`` seconds the last reading is taken, and after ``timing.settle`` when all that is awaited
    is a first status, which a new connector soon has and others never get; such a state is then written again.
    ``others``: those that are not declared must be complete.
    """
    compared = {one.name for one in declared if one.state not in (PRESENT, ABSENT) or one.offsets is not None}
    names = [one.name for one in declared]
    start = time.monotonic()
    while True:
        actual = client.read(names, others=others)
        passing = {actual[name].state for name in compared & actual.keys()} - RESTING
        if not passing or time.monotonic() >= start + (timing.settle if passing == {None} else timing.timeout):
            return actual
        time.sleep(timing.poll_interval)


def read_offsets(
    client: ConnectClient, declared: t.Sequence[Declared], actual: t.Mapping[str, Connector], *, parallel: int
) -> tuple[dict[str, Connector], dict[str, tuple[FieldError, ...]]]:
    """The connectors with the offsets of those that declare some, and what the worker refused to tell, by connector.

    RefusedError when the worker could not change offsets at all.
    """
    concerned = [one.name for one in declared if one.offsets is not None]
    if not concerned:
        return dict(actual), {}
    client.require_offsets()
    refused: dict[str, tuple[FieldError, ...]] = {}

    def read(name: str) -> Connector:
        try:
            return replace(actual[name], offsets=client.offsets(name))
        except RefusedError as error:
            refused[name] = (FieldError("offsets", (str(error),)),)
            return actual[name]

    there = [name for name in concerned if name in actual]
    with ThreadPoolExecutor(parallel) as pool:
        return {**actual, **dict(zip(there, pool.map(read, there), strict=True))}, refused


def validate(client: ConnectClient, steps: t.Sequence[Step], *, parallel: int) -> dict[str, tuple[FieldError, ...]]:
    """What the worker finds wrong with the configurations to be written, by connector; empty when nothing is."""
    written = [step for step in steps if step.writes_config]
    if not written:
        return {}

    def found(step: Step) -> tuple[FieldError, ...]:
        try:
            return tuple(client.validate(step.name, step.config))
        except RefusedError as error:
            return (FieldError("config", (str(error),)),)

    with ThreadPoolExecutor(parallel) as pool:
        return {step.name: errors for step, errors in zip(written, pool.map(found, written), strict=True) if errors}


def learn_secrets(client: ConnectClient, steps: t.Sequence[Step], mask: Mask) -> None:
    """Teach ``mask`` what is secret in the connectors, with one request for each class whose settings get shown."""
    _learn_password_keys(client, [config for step in steps if step.shows_config for config in _configs(step)], mask)
    for step in steps:
        for config in _configs(step):
            mask.learn_config(config, step.secret_keys)


def learn_provided(client: ConnectClient, connectors: t.Iterable[Connector | None], *, parallel: int) -> None:
    """Have the mask know what config providers give to those of ``connectors`` that have failed: traces may repeat it.

    One request for each of them that has references in its configuration.
    """
    failed = {(one.name, *sorted(one.config.items())): one for one in connectors if one and one.failure is not None}
    with ThreadPoolExecutor(parallel) as pool:
        list(pool.map(lambda one: client.learn_provided(one.name, one.config), failed.values()))


def learn_shown(client: ConnectClient, connectors: t.Sequence[Connector], mask: Mask) -> None:
    """Teach ``mask`` what is secret in connectors that are shown as they are.

    One request for each connector class, and those of learn_provided.
    """
    _learn_password_keys(client, [one.config for one in connectors], mask)
    for one in connectors:
        mask.learn_config(one.config)
    learn_provided(client, connectors, parallel=_PARALLEL)


def _learn_password_keys(client: ConnectClient, configs: t.Sequence[t.Mapping[str, str]], mask: Mask) -> None:
    for connector_class in sorted({config["connector.class"] for config in configs if "connector.class" in config}):
        mask.learn_password_keys(client.password_keys(connector_class))


def _configs(step: Step) -> list[t.Mapping[str, str]]:
    return [step.config, *([step.actual.config] if step.actual else [])]
