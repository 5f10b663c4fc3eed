# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries one statement out on a catalogue, be it the sandbox or the real one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import statements as st
from . import text
from .analysis import Resolved, Resolver, UnresolvedError
from .catalogue import RETENTION_MS, Catalogue, PersistentQuery, Source
from .connect import Connect
from .reads import Reads
from .request import Prepared, Refusal, Request, known_property
from .schema import schema_text, upgrade_problem
from .syntax import Parser
from .tokens import SyntaxProblem, identifier, quoted

if TYPE_CHECKING:
    from .engine import Engine

SOURCE_PROPERTIES = frozenset(
    """FORMAT KAFKA_TOPIC KEY_DELIMITER KEY_FORMAT KEY_PROTOBUF_NULLABLE_REPRESENTATION KEY_SCHEMA_FULL_NAME
    KEY_SCHEMA_ID PARTITIONS REPLICAS RETENTION_MS SOURCED_BY_CONNECTOR TIMESTAMP TIMESTAMP_FORMAT
    VALUE_AVRO_SCHEMA_FULL_NAME VALUE_DELIMITER VALUE_FORMAT VALUE_PROTOBUF_NULLABLE_REPRESENTATION
    VALUE_SCHEMA_FULL_NAME VALUE_SCHEMA_ID WINDOW_SIZE WINDOW_TYPE WRAP_SINGLE_VALUE""".split()  # noqa: SIM905 -- words read better as text
)
FORMATS = frozenset(
    """AVRO DELIMITED JSON JSON_SR KAFKA NONE PROTOBUF PROTOBUF_NOSR""".split()  # noqa: SIM905 -- words read better as text
)
NOT_IN_QUOTES = frozenset(["INTEGER", "BIGINT", "DOUBLE", "BOOLEAN"])
DEFAULT_KEY_FORMAT = "KAFKA"
BROKERS = 1
NO_SCHEMA = "Could not determine output schema for query due to error: "
REGISTRY_FORMATS = frozenset(["AVRO", "JSON_SR", "PROTOBUF"])


class Execution:
    """One statement carried out on one catalogue, be it the sandbox or the real one."""

    def __init__(self, engine: Engine, catalogue: Catalogue, request: Request, prepared: Prepared) -> None:
        self.engine = engine
        self.catalogue = catalogue
        self.request = request
        self.text = prepared.text
        self.tokens = prepared.tokens
        self.reads = Reads(engine.settings, engine.functions, catalogue, request)

    def run(self) -> dict[str, Any] | None:
        """Carry it out and answer its entity, or None when it has none."""
        try:
            statement = Parser(self.tokens, self.catalogue.types).statement()
        except SyntaxProblem as problem:
            raise self.bad(str(problem)) from problem
        handler = getattr(self, "_" + type(statement).__name__.lower())
        entity: dict[str, Any] | None = handler(statement)
        return entity

    # -- answers

    def bad(self, message: str, statement: str | None = None) -> Refusal:
        """A refused statement."""
        return Refusal(40001, message, self.text if statement is None else statement)

    def entity(self, kind: str, **content: Any) -> dict[str, Any]:
        """An entity of a read."""
        return {"@type": kind, "statementText": self.text, **content, "warnings": []}

    def command(
        self, command_id: str, message: str, *, query_id: str | None = None, statement: str | None = None
    ) -> Any:
        """A command written and done."""
        self.catalogue.sequence += 2
        if not command_id.endswith("/execute"):
            self.catalogue.query_number = self.catalogue.sequence + 1
        status = {"status": "SUCCESS", "message": message, "queryId": query_id}
        self.catalogue.statuses[command_id] = status
        return {
            "@type": "currentStatus",
            "statementText": statement or self.text,
            "commandId": command_id,
            "commandStatus": status,
            "commandSequenceNumber": self.catalogue.sequence,
            "warnings": [],
        }

    # -- settings, which last for the request

    def _setting(self, statement: st.Setting) -> Any:
        name = statement.name
        if statement.action in ("SET", "UNSET"):
            if not known_property(name):
                raise self.bad(f"Unknown property: {name}")
            if statement.action == "SET":
                self.request.properties[name] = statement.value
            else:
                self.request.properties.pop(name, None)
        elif statement.action == "DEFINE":
            self.request.variables[name] = statement.value
        elif self.request.variables.pop(name, None) is None:
            message = f"Cannot undefine variable '{name}' which was never defined"
            return self.entity("warning_entity", message=message)
        return None

    # -- streams and tables

    def _create(self, statement: st.Create) -> Any:
        unknown = sorted(set(statement.properties) - SOURCE_PROPERTIES)
        if "CLEANUP_POLICY" in unknown:
            raise Refusal(
                40000,
                "Invalid config variable in the WITH clause: CLEANUP_POLICY. The CLEANUP_POLICY config is "
                "automatically inferred based on the type of source (STREAM or TABLE).",
            )
        if unknown:
            problem = f"Invalid config variable(s) in the WITH clause: {', '.join(unknown)}"
            raise self.bad(f"Failed to prepare statement: {problem}")
        return self._create_as(statement, statement.query) if statement.query else self._create_plain(statement)

    def _create_plain(self, statement: st.Create) -> Any:
        for column in statement.columns:
            if column.header and column.type.name != "BYTES":
                kind = column.type.text()
                problem = f"Invalid type for HEADER('{column.header}') column: expected BYTES, got {kind}"
                raise self.bad(f"Failed to prepare statement: {problem}")
        properties = self._with_formats(statement.properties)
        both = str(properties.get("FORMAT", ""))
        key_format, value_format = (
            str(properties.get(name, both or default))
            for name, default in (("KEY_FORMAT", DEFAULT_KEY_FORMAT), ("VALUE_FORMAT", ""))
        )
        if not value_format:
            raise self.bad(
                "Statement is missing the 'VALUE_FORMAT' property from the WITH clause. Either provide one or set a "
                "default via the 'ksql.persistence.default.format.value' config."
            )
        if not both:
            properties.setdefault("KEY_FORMAT", key_format)
        statement = replace(statement, properties=properties)
        for one in (key_format, value_format):
            if one not in FORMATS:
                raise self.bad(f"Unknown format: {one}", text.create(statement))
        topic = str(properties.get("KAFKA_TOPIC", statement.name))
        self._ensure_topic(statement, topic)
        self._check_columns(statement)
        full = replace(
            statement,
            properties=properties | {"CLEANUP_POLICY": "delete" if statement.kind == "STREAM" else "compact"},
        )
        normal = text.create(full)
        source = Source(
            statement.kind, statement.name, list(statement.columns), topic, key_format, value_format, normal,
            window=str(properties.get("WINDOW_TYPE", "")).upper() or None,
        )  # fmt: skip
        if warning := self._meets_existing(statement, source, normal, self.bad):
            return warning
        if statement.kind == "TABLE" and not any(column.is_key for column in statement.columns):
            raise self.bad("Tables require a PRIMARY KEY. Please define the PRIMARY KEY.", normal)
        self.catalogue.sources[statement.name] = source
        message, query_id = f"{statement.kind.capitalize()} created", None
        if statement.source and statement.kind == "TABLE":
            query_id = f"CST_{statement.name}_{self.catalogue.query_number}"
            message = f"Created query with ID {query_id}"
            self._start(PersistentQuery(query_id, normal, [statement.name], None, source.columns, self._overrides()))
        return self.command(self._create_id(source), message, query_id=query_id, statement=normal)

    def _create_as(self, statement: st.Create, query: st.Query) -> Any:
        try:
            resolver = Resolver(self.catalogue, self.engine.functions, query)
        except UnresolvedError as problem:
            raise self.bad(str(problem)) from problem
        left = resolver.scope[query.alias]
        topic = str(statement.properties.get("KAFKA_TOPIC", statement.name))
        policy = "delete" if statement.kind == "STREAM" else "compact,delete" if query.window else "compact"
        inferred: dict[str, st.Value] = {
            "CLEANUP_POLICY": policy, "KAFKA_TOPIC": topic, "PARTITIONS": self.catalogue.topics.get(left.topic, 1),
            "REPLICAS": 1, "RETENTION_MS": RETENTION_MS,
        }  # fmt: skip
        full = replace(statement, properties=inferred | self._with_formats(statement.properties))
        try:
            resolved = resolver.resolve(statement.name, table=statement.kind == "TABLE")
        except UnresolvedError as problem:
            raise self._no_schema(str(problem), text.create(replace(full, query=problem.query))) from problem
        full = replace(full, query=resolved.query)
        normal = text.create(full)
        self._ensure_topic(full, topic)
        source = Source(
            statement.kind, statement.name, resolved.columns, topic,
            str(full.properties.get("KEY_FORMAT", full.properties.get("FORMAT", left.key_format))),
            str(full.properties.get("VALUE_FORMAT", full.properties.get("FORMAT", left.value_format))),
            normal, window=query.window.split(" ")[0] or None, reads=[name for name, _alias in query.sources],
            made_by_query=True,
        )  # fmt: skip
        writers = [query.id for query in self.catalogue.queries.values() if query.sink == statement.name]
        if len(writers) > 1 and not statement.guarded:
            refused = f"REPLACE for sink {quoted(statement.name)} is not supported because there are multiple queries"
            raise self._no_schema(f"{refused} writing into it: [{', '.join(writers)}]", normal)
        if warning := self._meets_existing(statement, source, normal, self._no_schema):
            return warning
        query_id = self._own_query(statement.name)
        prefix = "CSAS" if statement.kind == "STREAM" else "CTAS"
        if query_id:
            self._check_query_upgrade(self.catalogue.queries[query_id], resolved)
        else:
            query_id = f"{prefix}_{statement.name}_{self.catalogue.query_number}"
        self.catalogue.sources[statement.name] = source
        self._start(self._made(query_id, normal, resolved, statement.name))
        message = f"Created query with ID {query_id}"
        return self.command(self._create_id(source), message, query_id=query_id, statement=normal)

    def _no_schema(self, message: str, normal: str) -> Refusal:
        return self.bad(f"{NO_SCHEMA}{message}", normal)

    def _with_formats(self, properties: dict[str, st.Value]) -> dict[str, st.Value]:
        return {
            key: str(value).upper() if key in ("FORMAT", "KEY_FORMAT", "VALUE_FORMAT") else value
            for key, value in properties.items()
        }

    def _ensure_topic(self, statement: st.Create, topic: str) -> None:
        partitions = statement.properties.get("PARTITIONS")
        existing = self.catalogue.topics.get(topic)
        if existing is not None:
            if partitions is not None and int(partitions) != existing and statement.query is None:
                raise Refusal(
                    50000,
                    f"A Kafka topic with the name '{topic}' already exists, with different "
                    "partition/replica/retention configuration than required. KSQL expects "
                    f"{partitions} partitions (topic has {existing}), 1 replication factor (topic has 1), and "
                    f"{RETENTION_MS} retention (topic has {RETENTION_MS}).",
                    whole=True,
                )
            return
        if partitions is None:
            example = text.create(replace(statement, properties=statement.properties | {"PARTITIONS": 2}))
            raise Refusal(
                40000,
                f"Topic '{topic}' does not exist. If you want to create a new topic for the stream/table please "
                "re-run the statement providing the required 'PARTITIONS' configuration in the WITH clause (and "
                f"optionally 'REPLICAS'). For example: {example}",
            )
        wanted = REGISTRY_FORMATS.intersection(map(str, statement.properties.values()))
        if wanted and not self.engine.settings.schema_registry:
            problem = f"Cannot create topic '{topic}' with format {min(wanted)} without configuring"
            raise Refusal(42801, f"{problem} 'ksql.schema.registry.url'")
        replicas = int(statement.properties.get("REPLICAS", 1))
        if replicas > BROKERS:
            raise Refusal(
                50000,
                f"Failed to guarantee existence of topic {topic}\nCaused by: Unable to replicate the partition "
                f"{replicas} time(s): The target replication\n\tfactor of {replicas} cannot be reached because only "
                f"{BROKERS} broker(s) are registered.",
                whole=True,
            )
        self.catalogue.topics[topic] = int(partitions)

    def _check_columns(self, statement: st.Create) -> None:
        """The real server does not read again what it writes for a name with a back-tick, and says that in public."""
        shown = [
            (f"`{one.name}`", one.type.text(always_quoted=True) + " KEY" * one.is_key) for one in statement.columns
        ]
        first = next((place for place, one in enumerate(statement.columns) if "`" in one.name), None)
        if first is None:
            return
        before = "".join(f"{name} {kind}, " for name, kind in shown[:first]) + shown[first][0]
        schema = ", ".join(f"{name} {kind}" for name, kind in shown)
        command = f"Create{statement.kind.capitalize()}Command"
        raise Refusal(
            50000,
            "Did not write the command to the command topic as it could not be deserialized. This is a bug! Please "
            "raise a Github issue containing the series of commands you ran to get to this point.\n"
            f"Error parsing schema \"{schema}\" at 1:{len(before)}: extraneous input '`' expecting {{',', ')'}} "
            '(through reference chain: io.confluent.ksql.rest.server.computation.Command["plan"]'
            '->io.confluent.ksql.engine.KsqlPlanV1["ddlCommand"]'
            f'->io.confluent.ksql.execution.ddl.commands.{command}["schema"])',
            whole=True,
        )

    def _meets_existing(
        self, statement: st.Create, source: Source, normal: str, refuse: Callable[[str, str], Refusal]
    ) -> dict[str, Any] | None:
        """What becomes of a CREATE whose name exists: an upgrade of it (None), a warning, or ``refuse``."""
        existing = self.catalogue.sources.get(statement.name)
        if existing is None:
            return None
        refused = self._collision(statement, existing)
        if refused and statement.guarded:
            return self.entity("warning_entity", message=refused[1])
        if refused:
            raise refuse(refused[0], normal)
        self._check_upgrade(existing, source, normal)
        return None

    def _collision(self, statement: st.Create, existing: Source) -> tuple[str, str] | None:
        new, found = statement.kind.lower(), existing.kind.lower()
        if statement.replace:
            if statement.source:
                problem = f"Cannot add {new} '{statement.name}': CREATE OR REPLACE is not supported on source {new}s."
                return problem, problem
            return None
        reason = f"A {found} with the same name already exists"
        return (
            f"Cannot add {new} '{statement.name}': {reason}",
            f"Cannot add {new} {quoted(statement.name)}: {reason}.",
        )

    def _check_upgrade(self, old: Source, new: Source, normal: str) -> None:
        name = quoted(old.name)

        def problem(what: str, before: str, after: str) -> str:
            return f"DataSource '{name}' has {what} = {before} which is not upgradeable to {after}"

        def kafka(source: Source) -> str:
            formats = (
                f"FormatInfo{{format={kind}, properties={{}}}}" for kind in (source.key_format, source.value_format)
            )
            key, value = formats
            window = f"Optional[WindowInfo{{type={source.window}}}]" if source.window else "Optional.empty"
            return (
                f"KsqlTopic{{kafkaTopicName='{source.topic}', keyFormat=KeyFormat{{format={key}, features=[], "
                f"window={window}}}, valueFormat=ValueFormat{{format={value}, features=[]}}}}"
            )

        problems = []
        if old.kind != new.kind:
            problems.append(problem("type", f"K{old.kind}", f"K{new.kind}"))
        schema = upgrade_problem(old.columns, new.columns)
        if schema:
            problems.append(problem("schema", schema_text(old.columns), schema_text(new.columns)) + f". ({schema})")
        if kafka(old) != kafka(new):
            problems.append(problem("topic", kafka(old), kafka(new)))
        if problems:
            raise self.bad("Cannot upgrade data source: " + "\n\tAND ".join(problems), normal)

    def _check_query_upgrade(self, old: PersistentQuery, new: Resolved) -> None:
        problem = ""
        if old.windowed or new.query.window:
            problem = "Upgrades not yet supported for StreamWindowedAggregate"
        elif old.topic != new.left.topic:
            problem = (
                "Query is not upgradeable. Plan step of type StreamSource must have matching topicName. "
                f"Values differ: {new.left.topic} vs. {old.topic}"
            )
        elif old.aggregates != new.aggregates:
            problem = (
                "Query is not upgradeable. Plan step of type StreamAggregate must have matching aggregate functions. "
                f"Values differ: [{', '.join(old.aggregates)}] vs. [{', '.join(new.aggregates)}]"
            )
        if problem:
            raise Refusal(40000, problem)

    def _create_id(self, source: Source) -> str:
        return f"{source.kind.lower()}/{quoted(source.name)}/create"

    def _own_query(self, name: str) -> str | None:
        found = (query.id for query in self.catalogue.queries.values() if query.sink == name)
        return next((one for one in found if re.fullmatch(rf"C[ST]AS_{re.escape(name)}_\d+", one)), None)

    def _made(self, query_id: str, normal: str, resolved: Resolved, sink: str) -> PersistentQuery:
        return PersistentQuery(
            query_id, normal, [name for name, _alias in resolved.query.sources], sink, resolved.columns,
            self._overrides(), resolved.left.topic, resolved.aggregates, bool(resolved.query.window),
        )  # fmt: skip

    def _overrides(self) -> dict[str, Any]:
        return dict(self.request.properties)

    def _start(self, query: PersistentQuery) -> None:
        self.catalogue.queries[query.id] = query

    def _insert(self, statement: st.Insert) -> Any:
        sink = self.catalogue.sources.get(statement.target)
        if sink is None:
            raise self.bad(f"Exception while preparing statement: {statement.target} does not exist.")
        if sink.kind == "TABLE":
            raise self.bad(f"INSERT INTO can only be used to insert into a stream. {sink.name} is a table.")
        try:
            resolved = Resolver(self.catalogue, self.engine.functions, statement.query).resolve(None, table=False)
        except UnresolvedError as problem:
            raise self.bad(str(problem)) from problem
        query_id = statement.query_id or f"INSERTQUERY_{self.catalogue.query_number}"
        if query_id in self.catalogue.queries:
            raise self.bad(f"Query ID '{query_id}' already exists.")
        types = {column.name: column.type for column in sink.columns if column.name in resolved.guessed}
        made = [replace(column, type=types.get(column.name, column.type)) for column in resolved.columns]
        result, wanted = schema_text(made), schema_text(sink.columns)
        if result != wanted:
            raise self.bad(
                f"Incompatible schema between results and sink.\nResult schema is {result}\nSink schema is {wanted}"
            )
        self._start(self._made(query_id, self.text, resolved, sink.name))
        return self.command(self._create_id(sink), f"Created query with ID {query_id}", query_id=query_id)

    def _insertvalues(self, statement: st.InsertValues) -> Any:
        sink = self._existing(statement.target)
        names = statement.columns or tuple(column.name for column in sink.columns)
        masked = ", ".join("'[value]'" for _value in statement.values)
        listed = f" ({', '.join(map(quoted, statement.columns))})" if statement.columns else ""
        echo = f"INSERT INTO {quoted(sink.name)}{listed} VALUES ({masked});"  # noqa: S608 -- an echo, sent to no database
        columns = {column.name: column for column in sink.columns}
        for name, value in zip(names, statement.values, strict=False):
            problem = ""
            if name not in columns:
                problem = f"Column name {quoted(name)} does not exist."
            elif (given := value.text())[0] == "'" and columns[name].type.name in NOT_IN_QUOTES:
                kind = columns[name].type.name
                problem = f"Expected type {kind} for field {quoted(name)} but got STRING({given[1:-1]})"
            if problem:
                raise self.bad(f"Failed to insert values into '{sink.name}'. {problem}", echo)

    def _drop(self, statement: st.Drop) -> Any:
        if statement.kind == "TYPE":
            return self._drop_type(statement)
        name, kind = statement.name, statement.kind.lower()
        source = self.catalogue.sources.get(name)
        normal = self.text
        if statement.delete_topic:
            guard = "IF EXISTS " if statement.guarded else ""
            normal = f"DROP {statement.kind} {guard}{identifier(name)};"
        command_id = f"{kind}/{name}/drop"
        if source is None:
            if not statement.guarded:
                raise self.bad(f"{kind.capitalize()} {name} does not exist.{self._hint(name)}", normal)
            return self.command(command_id, f"Source {quoted(name)} does not exist.", statement=normal)
        if source.kind != statement.kind:
            problem = f"Incompatible data source type is {source.kind.lower()}, but statement was DROP {kind}"
            raise self.bad(problem, normal)
        if statement.delete_topic:
            self._delete_topic(source)
        self._check_unused(source, normal)
        del self.catalogue.sources[name]
        own = {query.id for query in self.catalogue.queries.values() if query.sink == name or query.sources == [name]}
        for query_id in own:
            del self.catalogue.queries[query_id]
        message = f"Source {quoted(name)} (topic: {source.topic}) was dropped."
        return self.command(command_id, message, statement=normal)

    def _delete_topic(self, source: Source) -> None:
        others = sorted(
            other.name
            for other in self.catalogue.sources.values()
            if other.topic == source.topic and other is not source
        )
        if others:
            problem = f"Refusing to delete topic. Found other data sources ({', '.join(others)}) using topic"
            raise Refusal(50000, f"{problem} {source.topic}", whole=True)
        # As the server does it from 7.6 on: the topic goes during validation, from the sandbox and for real.
        self.catalogue.topics.pop(source.topic, None)
        self.engine.catalogue.topics.pop(source.topic, None)

    def _check_unused(self, source: Source, normal: str) -> None:
        name = source.name
        readers = sorted(other.name for other in self.catalogue.sources.values() if name in other.reads)
        if readers:
            raise self.bad(
                f"Cannot drop {name}.\nThe following streams and/or tables read from this source: "
                f"[{', '.join(readers)}].\nYou need to drop them before dropping {name}.",
                normal,
            )
        own = self._own_query(name)
        queries = [query for query in self.catalogue.queries.values() if query.id != own and query.sink is not None]
        reading = sorted(query.id for query in queries if name in query.sources)
        writing = sorted(query.id for query in queries if query.sink == name)
        if reading or writing:
            raise self.bad(
                f"Cannot drop {name}.\nThe following queries read from this source: [{', '.join(reading)}].\n"
                f"The following queries write into this source: [{', '.join(writing)}].\n"
                f"You need to terminate them before dropping {name}.",
                normal,
            )

    def _alter(self, statement: st.Alter) -> Any:
        source = self._existing(statement.name)
        if source.made_by_query:
            raise self.bad("ALTER command is not supported for CREATE ... AS statements.")
        for column in statement.columns:
            if any(column.name == old.name for old in source.columns):
                problem = (
                    f"Cannot add column {quoted(column.name)} to schema. A column with the same name already exists."
                )
                raise self.bad(problem)
            source.columns.append(column)
        source.statement += "\n" + self.text
        kind = statement.kind.lower()
        return self.command(f"{kind}/{source.name}/alter", f"{kind.capitalize()} {source.name} altered.")

    # -- types

    def _createtype(self, statement: st.CreateType) -> Any:
        name, held = statement.name, statement.name.upper()
        existing = self.catalogue.types.get(held)
        if existing:
            shown = existing.text(always_quoted=True)
            if not statement.guarded:
                raise self.bad(
                    f"Cannot register custom type '{name}' since it is already registered with type: {shown}"
                )
            return self.command(f"type/{name}/create", f"{name} is already registered with type {shown}")
        self.catalogue.types[held] = statement.type
        shown = statement.type.text(always_quoted=True)
        message = f"Registered custom type with name '{name}' and SQL type {shown}"
        return self.command(f"type/{name}/create", message)

    def _drop_type(self, statement: st.Drop) -> Any:
        name = statement.name
        if self.catalogue.types.pop(name.upper(), None) is not None:
            return self.command(f"type/{name}/drop", f"Dropped type '{name}'")
        if not statement.guarded:
            raise self.bad(f"Type {name} does not exist.")
        return self.command(f"type/{name}/drop", f"Type '{name}' does not exist")

    # -- queries

    def _querycommand(self, statement: st.QueryCommand) -> Any:
        query_id, action = statement.query_id, statement.action
        if query_id != "ALL" and query_id not in self.catalogue.queries:
            raise self.bad(f"Unknown queryId: {query_id}")
        chosen = list(self.catalogue.queries) if query_id == "ALL" else [query_id]
        for one in chosen:
            if action == "TERMINATE":
                del self.catalogue.queries[one]
            else:
                self.catalogue.queries[one].paused = action == "PAUSE"
        done = {"TERMINATE": "terminated", "PAUSE": "paused", "RESUME": "resumed"}[action]
        return self.command(f"{action.lower()}/{query_id}/execute", f"Query {done}.")

    def _transient(self, _statement: st.Transient) -> Any:
        raise Refusal(
            40002,
            "The following statement types should be issued to the websocket endpoint '/query':\n\t* PRINT\n\t* SELECT",
            self.text,
        )

    def _connector(self, statement: st.Connector) -> Any:
        connect = Connect(self.engine.settings.connect_url)
        found = connect.answer(statement, self.text, trial=self.catalogue is not self.engine.catalogue)
        return found and {**self.entity(found[0]), **found[1]}

    def _altersystem(self, _statement: st.AlterSystem) -> Any:
        raise Refusal(
            50000,
            f"Could not write the statement '{self.text}' into the command topic.\nCaused by: Cannot alter system "
            "configs when KSQL_SHARED_RUNTIME_ENABLED is\n\tturned off.",
            self.text,
        )

    def _assertschema(self, _statement: st.AssertSchema) -> Any:
        raise Refusal(
            41700,
            "Cannot check schema existence: KSQL is not configured to use a schema registry. To enable it, please set "
            "ksql.schema.registry.url",
        )

    def _asserttopic(self, statement: st.AssertTopic) -> Any:
        topic, partitions = statement.topic, statement.properties.get("PARTITIONS")
        found = self.catalogue.topics.get(topic)
        problem = ""
        if statement.exists and found is None:
            problem = f"Topic {topic} does not exist"
        elif not statement.exists and found is not None:
            problem = f"Topic {topic} exists"
        elif partitions not in (None, found):
            problem = (
                f"Mismatched configuration for topic {topic}: For config partitions, expected {partitions} got {found}"
            )
        if problem:
            raise Refusal(41700, problem)
        return self.entity("assert_topic", topicName=topic, exists=statement.exists)

    # -- reads

    def _existing(self, name: str) -> Source:
        if name not in self.catalogue.sources:
            raise self.bad(f"Could not find STREAM/TABLE '{name}' in the Metastore{self._hint(name)}")
        return self.catalogue.sources[name]

    def _hint(self, name: str) -> str:
        similar = next((one for one in self.catalogue.sources if one.upper() == name.upper()), None)
        if similar is None:
            return ""
        return f'\nDid you mean "{similar}"? Hint: wrap the source name in double quotes to make it case-sensitive.'

    def _show(self, statement: st.Show) -> Any:
        kind, content = self.reads.show(statement)
        return self.entity(kind, **content)

    def _describe(self, statement: st.Describe) -> Any:
        source = self._existing(statement.name)
        found = self.entity(
            "sourceDescription", sourceDescription=self.reads.description(source, extended=statement.extended)
        )
        if source.topic not in self.catalogue.topics:
            problem = f"Error from Kafka: Failed to Describe Kafka Topic(s): [{source.topic}]"
            found["warnings"] = [{"message": problem}]
        return found

    def _explain(self, statement: st.Explain) -> Any:
        if statement.query_id is None:
            return self.entity("queryDescription", queryDescription=self._explained(statement.statement))
        if statement.query_id not in self.catalogue.queries:
            raise self.bad(
                f"Query with id:{statement.query_id} does not exist, use SHOW QUERIES to view the full set of queries."
            )
        description = self.reads.query_description(self.catalogue.queries[statement.query_id])
        return self.entity("queryDescription", queryDescription=description)

    def _explained(self, statement: object) -> dict[str, Any]:
        """The query that a statement would start, as a trial of it shows."""
        if not (isinstance(statement, st.Insert) or (isinstance(statement, st.Create) and statement.query)):
            raise self.bad("The provided statement does not run a ksql query")
        inner = Prepared(self.text[self.tokens[1].start - self.tokens[0].start :], self.tokens[1:])
        sandbox = self.catalogue.sandbox()
        try:
            entity = Execution(self.engine, sandbox, self.request, inner).run()
        except Refusal as refusal:
            raise self.bad(refusal.message.removeprefix(NO_SCHEMA)) from refusal
        query_id = (entity or {}).get("commandStatus", {}).get("queryId")
        return {**self.reads.query_description(sandbox.queries[query_id]), "statementText": inner.text, "state": None}
