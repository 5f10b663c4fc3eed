# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How long a connector tries again by itself before it fails: meanwhile the worker shows it as running."""

from __future__ import annotations

import typing as t

# How often, and how many milliseconds apart. A negative number of retries has no end, and then nothing ever fails.
_RETRIES = (
    ("max.retries", "retry.backoff.ms"),  # many, Confluent's JDBC sink among them
    ("connection.attempts", "connection.backoff.ms"),  # Confluent's JDBC connectors
    ("flush.max.retries", "flush.retry.delay.ms"),  # Debezium's JDBC sink
    ("errors.max.retries", "errors.retry.delay.max.ms"),  # Debezium's sources
    ("errors.max.retries", "retriable.restart.connector.wait.ms"),
    ("slot.max.retries", "slot.retry.delay.ms"),  # Debezium's PostgreSQL source
    ("max.num.retries", "retries.defer.timeout"),  # MongoDB's sink
    ("camel.error.handler.max.redeliveries", "camel.error.handler.redelivery.delay"),
)
# Connect's own, in milliseconds for all retries of one record.
_WHOLE = "errors.retry.timeout"


def longest(config: t.Mapping[str, str]) -> float:
    """Seconds between the first try and the failure, by the kind of retries that takes longest; 0 without any.

    ``config`` holds the connector's configuration and the defaults of the keys that are not in it.
    """
    times = [_number(config, count) * _number(config, pause) for count, pause in _RETRIES]
    return max([*times, _number(config, _WHOLE)]) / 1000


def _number(config: t.Mapping[str, str], key: str) -> int:
    """The value, 0 where there is none, no number (the reference of a config provider, say) or one below 0."""
    value = config.get(key, "").strip()
    return int(value) if value.isdecimal() else 0
