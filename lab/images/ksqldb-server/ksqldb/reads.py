# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What LIST, SHOW, DESCRIBE and EXPLAIN answer."""

from __future__ import annotations

from typing import Any

from . import statements as st
from .catalogue import Catalogue, PersistentQuery, Source
from .functions import Functions
from .request import Refusal, Request, Settings

Content = dict[str, Any]


class Reads:
    """Reads of one request."""

    def __init__(self, settings: Settings, functions: Functions, catalogue: Catalogue, request: Request) -> None:
        self.settings = settings
        self.functions = functions
        self.catalogue = catalogue
        self.request = request

    def show(self, statement: st.Show) -> tuple[str, Content]:
        """The type and the content of the entity that answers LIST, SHOW and DESCRIBE STREAMS."""
        group, _space, name = statement.what.partition(" ")
        if group in ("STREAMS", "TABLES", "DESCRIBED"):
            return self._sources(statement)
        if group == "FUNCTION":
            return self._function(name)
        found: tuple[str, Content] = getattr(self, "_" + group.lower())(statement)
        return found

    def _sources(self, statement: st.Show) -> tuple[str, Content]:
        what = statement.what.removeprefix("DESCRIBED ")
        chosen = [source for source in self.catalogue.sources.values() if source.kind == what[:-1]]
        if statement.extended or what != statement.what:
            described = [self.description(source, extended=statement.extended) for source in chosen]
            return "source_descriptions", {"sourceDescriptions": described}
        listed = [
            {
                "type": source.kind,
                "name": source.name,
                "topic": source.topic,
                "keyFormat": source.key_format,
                "valueFormat": source.value_format,
                "isWindowed": source.window is not None,
            }
            for source in chosen
        ]
        return what.lower(), {what.lower(): listed}

    def _queries(self, statement: st.Show) -> tuple[str, Content]:
        queries = self.catalogue.queries.values()
        if statement.extended:
            return "query_descriptions", {"queryDescriptions": [self.query_description(one) for one in queries]}
        return "queries", {"queries": [self.listed(one) for one in queries]}

    def _types(self, _statement: st.Show) -> tuple[str, Content]:
        return "type_list", {"types": {name: kind.describe() for name, kind in self.catalogue.types.items()}}

    def _topics(self, statement: st.Show) -> tuple[str, Content]:
        hidden = {f"_confluent-ksql-{self.settings.service_id}_command_topic": 1} if statement.all else {}
        listed: list[Content] = [
            {"name": name, "replicaInfo": [1] * count}
            for name, count in sorted((self.catalogue.topics | hidden).items())
        ]
        if not statement.extended:
            return "kafka_topics", {"topics": listed}
        return "kafka_topics_extended", {
            "topics": [{**one, "consumerCount": 0, "consumerGroupCount": 0} for one in listed]
        }

    def _properties(self, _statement: st.Show) -> tuple[str, Content]:
        values = {
            "ksql.service.id": self.settings.service_id,
            "ksql.extension.dir": self.settings.extension_directory or "ext",
            "ksql.connect.url": self.settings.connect_url,
        }
        listed = [
            {"name": name, "scope": "KSQL", "value": value, "editable": False, "level": "SERVER"}
            for name, value in values.items()
        ]
        overwritten = sorted(self.request.properties)
        return "properties", {"properties": listed, "overwrittenProperties": overwritten, "defaultProperties": []}

    def _variables(self, _statement: st.Show) -> tuple[str, Content]:
        return "variables", {
            "variables": [{"name": name, "value": value} for name, value in self.request.variables.items()]
        }

    def _functions(self, _statement: st.Show) -> tuple[str, Content]:
        return "function_names", {"functions": self.functions.listed()}

    def _function(self, name: str) -> tuple[str, Content]:
        found = [one for one in self.functions.listed() if one["name"] == name]
        if not found:
            raise Refusal(40000, f"Can't find any functions with the name '{name}'")
        return "describe_function", {"name": name, "type": found[0]["type"], "functions": []}

    def description(self, source: Source, *, extended: bool) -> Content:
        """A source as DESCRIBE answers it."""
        queries = self.catalogue.queries.values()
        partitions = self.catalogue.topics.get(source.topic, 0)
        return {
            "name": source.name,
            "windowType": source.window,
            "readQueries": [self.listed(one) for one in queries if source.name in one.sources],
            "writeQueries": [self.listed(one) for one in queries if one.sink == source.name],
            "fields": [column.describe() for column in source.columns],
            "type": source.kind,
            "timestamp": "",
            "statistics": "",
            "errorStats": "",
            "extended": extended,
            "keyFormat": source.key_format,
            "valueFormat": source.value_format,
            "topic": source.topic,
            "partitions": partitions,
            "replication": min(partitions, 1),
            "statement": source.statement,
            "queryOffsetSummaries": [],
            "sourceConstraints": [one.name for one in self.catalogue.sources.values() if source.name in one.reads],
            "clusterStatistics": [],
            "clusterErrorStats": [],
        }

    def listed(self, query: PersistentQuery) -> Content:
        """A query as LIST QUERIES answers it."""
        sink = self.catalogue.sources.get(query.sink or "")
        return {
            "queryString": query.text,
            "sinks": [query.sink] if query.sink else [],
            "sinkKafkaTopics": [sink.topic] if sink else [],
            "id": query.id,
            "statusCount": {"PAUSED" if query.paused else "RUNNING": 1},
            "queryType": "PERSISTENT",
            "state": "RUNNING",
        }

    def query_description(self, query: PersistentQuery) -> Content:
        """A query as LIST QUERIES EXTENDED and EXPLAIN answer it; there is no topology to show."""
        sink = self.catalogue.sources.get(query.sink or "")
        return {
            "id": query.id,
            "statementText": query.text,
            "windowType": sink.window if sink and query.windowed else None,
            "fields": [column.describe() for column in query.columns],
            "sources": query.sources,
            "sinks": [query.sink] if query.sink else [],
            "topology": "",
            "executionPlan": "",
            "overriddenProperties": query.properties,
            "ksqlHostQueryStatus": {"lab-emulator:8088": "RUNNING"},
            "queryType": "PERSISTENT",
            "queryErrors": [],
            "tasksMetadata": [],
            "consumerGroupId": f"_confluent-ksql-{self.settings.service_id}_query_{query.id}",
            "state": "RUNNING",
        }
