# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What iGrafx's connectors take, as they define it themselves: an AssertionError where a configuration breaks a rule.

Written for itself: nothing here is of the code that is tested.
"""

from __future__ import annotations

import json
import re
import typing as t
import uuid

TEXTS = {
    *("name", "topics", "api.url", "api.authUrl", "workGroupId", "workGroupKey", "projectId", "csv.encoding"),
    *("csv.separator", "csv.quote", "csv.defaultTextValue", "bootstrap.servers", "value.converter.schema.registry.url"),
}
COUNTS = {"csv.fieldsNumber", "retentionTimeInDay", "threshold.elementNumber", "threshold.timeoutInSeconds"}
TRUTHS = {"csv.header", "columnMapping.create", "kafkaLoggingEvents.isLogging"}
OPTIONAL = {
    *("threshold.valuePattern", "columnMapping.caseIdColumnIndex", "columnMapping.activityColumnIndex"),
    *("columnMapping.timeInformationList", "columnMapping.dimensionsInformationList"),
    *("columnMapping.metricsInformationList", "columnMapping.groupedTasksColumns", "csv.endOfLine", "csv.escape"),
    *("csv.comment", "kafkaLoggingEvents.topic"),
}
FRAMEWORK = {"connector.class", "tasks.max", "key.converter", "value.converter"}
NUMBERS = {"FIRST", "LAST", "MIN", "MAX", "SUM", "AVG", "MEDIAN"}


def hold_common_rules(config: t.Mapping[str, str]) -> None:
    assert all(isinstance(value, str) for value in config.values()), config
    assert config["key.converter"] == "org.apache.kafka.connect.storage.StringConverter"
    assert config["value.converter"] == "io.confluent.connect.avro.AvroConverter"
    assert config["value.converter.schema.registry.url"]
    assert config["bootstrap.servers"]
    assert all(re.fullmatch(r"[\w.-]+", topic, re.ASCII) for topic in config["topics"].split(","))
    for key in ("threshold.elementNumber", "threshold.timeoutInSeconds"):
        assert 1 <= int(config[key]) < 2**31


def hold_aggregation_rules(config: t.Mapping[str, str]) -> None:
    hold_common_rules(config)
    assert config["connector.class"] == "com.igrafx.kafka.sink.aggregation.adapters.AggregationSinkConnector"
    assert config["topicOut"]
    assert config["aggregationColumnName"]
    assert "threshold.valuePattern" in config


def hold_sink_rules(name: str, config: t.Mapping[str, str]) -> None:
    config = {"name": name, **config}
    hold_common_rules(config)
    assert set(config) == TEXTS | COUNTS | TRUTHS | OPTIONAL | FRAMEWORK
    assert config["connector.class"] == ("com.igrafx.kafka.sink.aggregationmain.domain.IGrafxAggregationSinkConnector")
    assert all(config[key] for key in TEXTS - {"csv.defaultTextValue"})
    assert all(config[key] in ("true", "false") for key in TRUTHS)
    assert re.fullmatch(r"\$\{file:/etc/kafka-connect/secrets/secrets[.]properties:[^}]+\}", config["workGroupKey"])
    # What the connector asks, which adds /pub where there is none anywhere.
    api = config["api.url"] if "/pub" in config["api.url"] else f"{config['api.url']}/pub"
    assert re.fullmatch(r"https?://[^/]+(/[^/]+)*/pub", api)
    token = f"{config['api.authUrl']}/protocol/openid-connect/token"
    assert re.fullmatch(r"https?://[^/]+(/[^/]+)*/realms/[^/]+/protocol/openid-connect/token", token)
    assert str(uuid.UUID(config["projectId"])) == config["projectId"].lower()
    assert config["csv.encoding"].lower() in {"utf8", "utf-8", "utf_8", "ascii", "iso-8859-1", "iso_8859_1"}
    assert len(config["csv.separator"]) == len(config["csv.quote"]) == 1
    assert int(config["csv.fieldsNumber"]) >= 3
    assert int(config["retentionTimeInDay"]) >= 1
    assert config["kafkaLoggingEvents.isLogging"] == "false" or config["kafkaLoggingEvents.topic"]
    if config["columnMapping.create"] == "true":
        hold_column_mapping_rules(config)


def hold_column_mapping_rules(config: t.Mapping[str, str]) -> None:
    assert config["csv.endOfLine"]
    assert "\n" not in config["csv.endOfLine"]
    assert len(config["csv.escape"]) == len(config["csv.comment"]) == 1
    case = int(config["columnMapping.caseIdColumnIndex"])
    activity = int(config["columnMapping.activityColumnIndex"])
    times = config["columnMapping.timeInformationList"].split(",")
    assert 1 <= len(times) <= 2
    parts = [time[1:-1].split(";") for time in times if time.startswith("{") and time.endswith("}")]
    assert len(parts) == len(times)
    assert all(len(part) == 2 and part[1] for part in parts)
    dimensions = json.loads(config["columnMapping.dimensionsInformationList"] or "[]")
    metrics = json.loads(config["columnMapping.metricsInformationList"] or "[]")
    grouped = json.loads(config["columnMapping.groupedTasksColumns"] or "[]")
    for column in dimensions:
        assert set(column) <= {"columnIndex", "name", "isCaseScope", "aggregation", "groupedTasksAggregation"}
        assert column.get("aggregation", "FIRST") in {"FIRST", "LAST", "DISTINCT"}
        assert column.get("groupedTasksAggregation", "FIRST") in {"FIRST", "LAST"}
    for column in metrics:
        assert set(column) <= {"columnIndex", "name", "isCaseScope", "aggregation", "groupedTasksAggregation", "unit"}
        assert column.get("aggregation", "FIRST") in NUMBERS
        assert column.get("groupedTasksAggregation", "FIRST") in NUMBERS
    for column in dimensions + metrics:
        assert column["name"]
        assert isinstance(column["isCaseScope"], bool)
        assert "aggregation" in column or not column["isCaseScope"]
        assert ("groupedTasksAggregation" in column) == bool(grouped)
    fields = int(config["csv.fieldsNumber"])
    indexes = [case, activity, *(int(part[0]) for part in parts), *(one["columnIndex"] for one in dimensions + metrics)]
    assert sorted(indexes) == list(range(fields))
    assert set(grouped) <= set(indexes)
    assert not grouped or set(grouped) - {case, activity}
