# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""The configurations of iGrafx's connectors, made of what a pipeline declares. Pure.

What is declared is taken to be right: :mod:`igrafx_problems` says before what is wrong with it.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping
from urllib.parse import urlsplit

from ansible.module_utils.common.validation import check_type_bool

from .items import Item, dictionaries, text, texts

SINK, AGGREGATION = "igrafx_sink", "igrafx_aggregation"
SINK_CLASS = "com.igrafx.kafka.sink.aggregationmain.domain.IGrafxAggregationSinkConnector"
AGGREGATION_CLASS = "com.igrafx.kafka.sink.aggregation.adapters.AggregationSinkConnector"
SECRETS_FILE = "/etc/kafka-connect/secrets/secrets.properties"

# What is not declared; the role's specification says the same.
KEY_SECRET = "igrafx_workgroup_key"  # noqa: S105 -- the name of the secret
RETENTION_DAYS = 100
THRESHOLDS = {"elements": 5000, "seconds": 60, "pattern": ""}
CSV = {
    "encoding": "UTF-8",
    "separator": ";",
    "quote": '"',
    "escape": "\\",
    "comment": "#",
    "end_of_line": "\\n",
    "header": True,
    "default_text": "",
}


def igrafx_connectors(
    pipeline: Item, workgroup: str, bootstrap_servers: str, schema_registry_url: str
) -> list[dict[str, t.Any]]:
    """The connectors of a pipeline's ``igrafx_aggregation`` and ``igrafx_sink``, as kafka_connector takes them.

    ``workgroup`` is that of a sink which names none; the servers are as the Connect worker reaches them. All values of
    a configuration are strings, as Connect stores them.
    """
    made = []
    for option, configuration in ((AGGREGATION, _aggregation), (SINK, _sink)):
        if declared := pipeline.get(option):
            config = {
                "tasks.max": "1",
                **configuration(declared, workgroup),
                "bootstrap.servers": bootstrap_servers,
                "key.converter": "org.apache.kafka.connect.storage.StringConverter",
                "value.converter": "io.confluent.connect.avro.AvroConverter",
                "value.converter.schema.registry.url": schema_registry_url,
                **(declared.get("config") or {}),
            }
            state = declared.get("state") or "present"
            made.append({"name": connector_name(pipeline, option), "state": state, "config": config})
    return made


def connector_name(pipeline: Item, option: str) -> str:
    """The declared name of the connector, or one that is made of the pipeline's."""
    declared = pipeline.get(option)
    given = text(declared.get("name")) if isinstance(declared, Mapping) else ""
    return given or f"{text(pipeline.get('name'))}-{option.replace('_', '-')}"


def with_defaults(declared: object, defaults: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """``declared`` over ``defaults``; what is null, or no dictionary at all, is not declared."""
    given = declared if isinstance(declared, Mapping) else {}
    return {**defaults, **{key: value for key, value in given.items() if value is not None}}


def word(value: object) -> str:
    """One of a set of words, which may be written in capitals, as iGrafx's documentation has them."""
    return text(value).strip().lower()


def _aggregation(declared: Item, _workgroup: str) -> dict[str, str]:
    return {
        "connector.class": AGGREGATION_CLASS,
        "topics": ",".join(texts(declared["topics"])),
        "topicOut": text(declared["target_topic"]),
        "aggregationColumnName": text(declared["column"]),
        **_thresholds(declared),
    }


def _sink(declared: Item, workgroup: str) -> dict[str, str]:
    columns = dictionaries(declared["columns"])
    events_topic = text(declared.get("events_topic"))
    retention = declared.get("retention_days")
    return {
        "connector.class": SINK_CLASS,
        "topics": text(declared["topic"]),
        "api.url": _api(text(declared["api_url"])),
        "api.authUrl": text(declared["auth_url"]),
        "workGroupId": text(declared.get("workgroup")) or workgroup,
        # The connector does not declare it as a password: as itself it would be shown by Connect, and logged.
        "workGroupKey": f"${{file:{SECRETS_FILE}:{text(declared.get('key_secret')) or KEY_SECRET}}}",
        "projectId": text(declared["project"]),
        **_csv(declared, len(columns)),
        "retentionTimeInDay": str(int(RETENTION_DAYS if retention is None else retention)),
        **_thresholds(declared),
        **_column_mapping(declared, columns),
        "kafkaLoggingEvents.isLogging": _truth(bool(events_topic)),
        "kafkaLoggingEvents.topic": events_topic,
    }


def _api(address: str) -> str:
    """The address with the ``/pub`` that the connector adds only where the address, and be it the host, has none."""
    address = address.rstrip("/")
    return address if urlsplit(address).path.endswith("/pub") else f"{address}/pub"


def _thresholds(declared: Item) -> dict[str, str]:
    thresholds = with_defaults(declared.get("thresholds"), THRESHOLDS)
    return {
        "threshold.elementNumber": str(int(thresholds["elements"])),
        "threshold.timeoutInSeconds": str(int(thresholds["seconds"])),
        "threshold.valuePattern": text(thresholds["pattern"]),
    }


def _csv(declared: Item, fields: int) -> dict[str, str]:
    csv = with_defaults(declared.get("csv"), CSV)
    return {
        "csv.encoding": text(csv["encoding"]),
        "csv.separator": text(csv["separator"]),
        "csv.quote": text(csv["quote"]),
        "csv.escape": text(csv["escape"]),
        "csv.comment": text(csv["comment"]),
        # The two characters that the connector reads as a line break, also where the line break itself is declared.
        "csv.endOfLine": text(csv["end_of_line"]).replace("\r", "\\r").replace("\n", "\\n"),
        "csv.header": _truth(csv["header"]),
        "csv.defaultTextValue": text(csv["default_text"]),
        "csv.fieldsNumber": str(fields),
    }


def _column_mapping(declared: Item, columns: list[Item]) -> dict[str, str]:
    indexes: dict[str, list[int]] = {}
    for index, column in enumerate(columns):
        indexes.setdefault(word(column["role"]), []).append(index)
    create = declared.get("create_column_mapping")
    return {
        "columnMapping.create": _truth(True if create is None else create),
        "columnMapping.caseIdColumnIndex": str(indexes["case"][0]),
        "columnMapping.activityColumnIndex": str(indexes["activity"][0]),
        "columnMapping.timeInformationList": ",".join(
            f"{{{index};{text(columns[index]['format'])}}}" for index in indexes["time"]
        ),
        "columnMapping.dimensionsInformationList": _information(columns, indexes.get("dimension", [])),
        "columnMapping.metricsInformationList": _information(columns, indexes.get("metric", [])),
        "columnMapping.groupedTasksColumns": _grouped(declared, columns, indexes["activity"]),
    }


def _information(columns: list[Item], indexes: list[int]) -> str:
    """The dimensions or the metrics as the connector reads them; empty when there are none."""
    listed = []
    for index in indexes:
        column = columns[index]
        one: dict[str, t.Any] = {
            "columnIndex": index,
            "name": text(column["name"]),
            "isCaseScope": word(column.get("scope")) == "case",
        }
        if text(column.get("unit")):
            one["unit"] = text(column["unit"])
        for option, key in (("aggregation", "aggregation"), ("grouped_aggregation", "groupedTasksAggregation")):
            if word(column.get(option)):
                one[key] = word(column[option]).upper()
        listed.append(one)
    return json.dumps(listed, ensure_ascii=False) if listed else ""


def _grouped(declared: Item, columns: list[Item], activity: list[int]) -> str:
    names = texts(declared.get("grouped_tasks"))
    if not names:
        return ""
    return json.dumps(sorted({i for i, column in enumerate(columns) if text(column["name"]) in names} | set(activity)))


def _truth(value: object) -> str:
    return "true" if check_type_bool(value) else "false"
