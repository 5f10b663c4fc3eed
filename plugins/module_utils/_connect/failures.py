# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How connectors fail: how long they try again by themselves before, and what to do about failures that many meet."""

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


def longest_retries(config: t.Mapping[str, str]) -> float:
    """Seconds for which a connector tries again by itself before it fails; meanwhile the worker shows it as running.

    That is the time of the kind of retries that takes longest; 0 without any.
    ``config`` holds the connector's configuration and the defaults of the keys that are not in it.
    """
    times = [_number(config, count) * _number(config, pause) for count, pause in _RETRIES]
    return max([*times, _number(config, _WHOLE)]) / 1000


def _number(config: t.Mapping[str, str], key: str) -> int:
    """The value, 0 where there is none, no number (the reference of a config provider, say) or one below 0."""
    value = config.get(key, "").strip()
    return int(value) if value.isdecimal() else 0


# What the trace says -> what to do about it.
_REMEDIES = {
    "Could not find any input file(s) to infer schema from": (
        "Declare key.schema and value.schema, and schema.generation.enabled: false; otherwise the connector needs a "
        "file in input.path whenever it starts."
    ),
    "More than one schema was found for the input pattern": (
        "Declare key.schema and value.schema, and schema.generation.enabled: false, or keep files of one header apart "
        "with input.file.pattern."
    ),
    "requires records with a non-null Struct value and non-null Struct schema": (
        "The sink takes records with a schema only: have the source write them with one (Avro, or JSON with "
        "value.converter.schemas.enable: true), and give the sink the same value.converter."
    ),
    "JsonConverter with schemas.enable requires": (
        "The records are JSON without a schema: set schemas.enable of the converter (key.converter.schemas.enable, "
        "value.converter.schemas.enable) to false, or have them written with one."
    ),
    "Unknown magic byte": (
        "The records were not written with this converter: give key.converter and value.converter those with which "
        "they were written."
    ),
    "No suitable driver": (
        "Check the beginning of connection.url, and put the database's JDBC driver into the connector's plugin on all "
        "workers, which read it when they start."
    ),
}


def remedy(trace: str) -> str:
    """What to do about the failure of this trace; empty when it is none of those."""
    return next((remedy for text, remedy in _REMEDIES.items() if text in trace), "")
