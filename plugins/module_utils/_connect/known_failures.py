# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Failures of connectors that many meet and whose trace does not tell what to do."""

from __future__ import annotations

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
