# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What is declared and what the server holds, both as plain data."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field, replace

from .._errors import UnexpectedAnswerError
from .._http.answers import Piece
from .._masking import MASK
from .lexer import Place, Token, split

StatementKind = t.Literal["stream", "table", "type", "insert", "query", "connector"]
Properties = t.Mapping[str, str]
# Streams and tables share one space of names, so do the ids of queries.
Key = tuple[t.Literal["source", "type", "query", "connector"], str]
Json = t.Mapping[str, t.Any]
CHECK_URL = "Check that url is the address of ksqlDB's REST API, and that no proxy answers in its place."
UNTOLD = "…"  # the type of a MAP's keys in what the server lists
# Ids of the queries that belong to a source and end with it.
_OWN_QUERY = ("CSAS_", "CTAS_", "CST_")


@dataclass(frozen=True)
class Shape:
    """A plain CREATE parsed: of each column its name, its type and then its other words; the WITH clause."""

    columns: tuple[tuple[str, ...], ...] = ()
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True)
class Statement:
    """One declared thing.

    ``name`` is the stream's, table's, type's or connector's name, or the id of a query; ``absent`` says that it must
    not exist; ``text`` is what creates (or removes) it, without OR REPLACE and IF NOT EXISTS, and without semicolon;
    ``settings`` are the SET, UNSET, DEFINE and UNDEFINE statements in force, ``properties`` what they and the
    module's option amount to; ``canonical`` is its text in one spelling, see lexer.canonical(); ``target`` is where
    an INSERT writes; ``type_text`` is a type as LIST TYPES shows it; ``config`` is a connector's configuration;
    ``words`` are the names in it, in upper case, and ``functions`` those that it calls; ``inferred`` says that ksqlDB
    takes columns of it from the schema registry; ``secret`` says that a secret variable stands in it; ``origin`` is
    what the operator wrote, word for word, from where messages tell places; ``shape`` is a plain CREATE parsed,
    if it was understood.
    """

    kind: StatementKind
    name: str
    text: str
    place: Place
    absent: bool = False
    as_select: bool = False
    settings: tuple[str, ...] = ()
    properties: Properties = field(default_factory=dict)
    canonical: str = ""
    target: str = ""
    type_text: str = ""
    config: t.Mapping[str, str] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    inferred: bool = False
    secret: bool = False
    origin: tuple[Token, ...] = ()
    shape: Shape | None = None

    @property
    def key(self) -> Key:
        """What no other statement of the task has."""
        match self.kind:
            case "stream" | "table":
                return "source", self.name
            case "insert" | "query":
                return "query", self.name
            case "type" | "connector":
                return self.kind, self.name

    @property
    def removing(self) -> str:
        """The statement that removes it."""
        verb = "TERMINATE" if self.key[0] == "query" else f"DROP {self.kind.upper()}"
        return f"{verb} {self.name if self.key[0] == 'query' else quoted(self.name)}"

    @property
    def replacing(self) -> tuple[str, ...]:
        """The statements that put it in the place of an older definition."""
        if self.kind == "type":
            return self.removing, self.text
        return (self.text.replace("CREATE", "CREATE OR REPLACE", 1),)

    @property
    def read_only(self) -> bool:
        """Whether it is a CREATE SOURCE."""
        return self.text.startswith("CREATE SOURCE ")

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"{self.kind} {self.name} ({self.place})"

    def removed(self) -> Statement:
        """The declaration that it must not exist."""
        return replace(self, absent=True, text=self.removing, origin=self.origin[:1])


@dataclass(frozen=True)
class Source:
    """A stream or table as the server describes it.

    ``statement`` is stripped of OR REPLACE and IF NOT EXISTS; ``readers`` are the sources that are made from it.
    """

    kind: StatementKind
    name: str
    statement: str
    topic: str = ""
    readers: tuple[str, ...] = ()

    @property
    def read_only(self) -> bool:
        """Whether it was made with CREATE SOURCE."""
        return self.statement.startswith("CREATE SOURCE ")


@dataclass(frozen=True)
class Query:
    """A persistent query; ``text`` as the server lists it."""

    id: str
    text: str
    sinks: tuple[str, ...] = ()
    properties: Properties = field(default_factory=dict)
    sources: tuple[str, ...] = ()

    @property
    def own(self) -> bool:
        """Whether it belongs to the source that it makes, and ends with it."""
        return self.id.startswith(_OWN_QUERY)


@dataclass(frozen=True)
class Catalogue:
    """Everything that the server holds; ``types`` maps a type's name to its text."""

    sources: t.Mapping[str, Source] = field(default_factory=dict)
    queries: t.Mapping[str, Query] = field(default_factory=dict)
    types: t.Mapping[str, str] = field(default_factory=dict)

    def own_query(self, name: str) -> Query | None:
        """The query that CREATE … AS SELECT started for the source ``name``; None when it was terminated."""
        return next((query for query in self.queries.values() if query.own and name in query.sinks), None)

    def in_the_way(self, key: Key) -> list[Key]:
        """What must be gone before ``key`` can be: the sources made from it, other queries that read or write it."""
        space, name = key
        if space != "source" or name not in self.sources:
            return []
        found: list[Key] = [("source", reader) for reader in self.sources[name].readers if reader in self.sources]
        found += [
            ("query", query.id)
            for query in self.queries.values()
            if not query.own and name in (*query.sources, *query.sinks)
        ]
        return found

    def sharing_topic(self, name: str) -> list[str]:
        """The other sources on the topic of the source ``name``."""
        topic = self.sources[name].topic
        return [other.name for other in self.sources.values() if other.topic == topic and other.name != name]

    def removal_order(self, keys: t.Iterable[Key]) -> list[Key]:
        """``keys`` and all that must be gone before them, each after what is in its way."""
        ordered: dict[Key, None] = {}

        def visit(key: Key) -> None:
            if key not in ordered:
                for dependant in self.in_the_way(key):
                    visit(dependant)
                ordered[key] = None

        for key in keys:
            visit(key)
        return list(ordered)


@dataclass(frozen=True)
class Echo:
    """How the server writes our statement of a source that exists; ``problem`` is its reason when it does not."""

    text: str = ""
    problem: str = ""


def quoted(name: str) -> str:
    """A name in back-ticks, which no name needs to escape but one with a back-tick."""
    return "`" + name.replace("`", "``") + "`"


def as_texts(values: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Values as ksqlDB compares them: text, booleans in lower case."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}


def without_strings(statement: str) -> str:
    """A statement with no string to be read in it."""
    return re.sub(r"'(?:[^']|'')*'", f"'{MASK}'", statement)


def resolved_type(declared: str, types: t.Mapping[str, str]) -> str:
    """The type ``declared`` with the custom types in it written out, as the server stores it."""
    return re.sub(r"(?<=[<, ])`([^`]+)`(?=[,>])|^`([^`]+)`$", lambda m: types.get(m[1] or m[2], m[0]), declared)


# -- the server's side


def parse_catalogue(answer: t.Sequence[Json]) -> Catalogue:
    """The catalogue from the answer to CATALOGUE_REQUEST (see client.py); UnexpectedAnswerError when it is none."""
    sources: dict[str, Source] = {}
    queries: dict[str, Query] = {}
    types: dict[str, str] = {}
    for entity in Piece(answer).list():
        for one in entity["sourceDescriptions"].entries():
            name, kind = one["name"].text(), one["type"].text().lower()
            if kind not in ("stream", "table"):
                raise UnexpectedAnswerError(f"that '{name}' is of the kind '{kind}'")
            sources[name] = Source(
                t.cast("StatementKind", kind),
                name,
                plain(one["statement"].text()),
                one["topic"].text(),
                one["sourceConstraints"].texts(),
            )
        for one in entity["queryDescriptions"].entries():
            query_id = one["id"].text()
            queries[query_id] = Query(
                query_id, one["statementText"].text(), one["sinks"].texts(), overridden(one), one["sources"].texts()
            )
        types |= {name: schema_text(schema) for name, schema in entity["types"].members().items()}
    return Catalogue(sources, queries, types)


def overridden(query: Piece) -> dict[str, str]:
    """The properties that a query was started with."""
    return as_texts(query["overriddenProperties"].plain()) if query["overriddenProperties"] else {}


def schema_text(schema: Piece) -> str:
    """A type of LIST TYPES as text."""
    name = schema["type"].text()
    if name == "STRUCT":
        fields = (f"{quoted(one['name'].text())} {schema_text(one['schema'])}" for one in schema["fields"].entries())
        return f"STRUCT<{', '.join(fields)}>"
    if name == "ARRAY":
        return f"ARRAY<{schema_text(schema['memberSchema'])}>"
    if name == "MAP":
        return f"MAP<{UNTOLD}, {schema_text(schema['memberSchema'])}>"
    if name == "DECIMAL":
        parameters = schema["parameters"]
        return f"DECIMAL({parameters['precision'].number()}, {parameters['scale'].number()})"
    return name


def plain(statement: str) -> str:
    """A stored statement without OR REPLACE and IF NOT EXISTS."""
    return re.sub(
        r"^CREATE (?:OR REPLACE )?(SOURCE )?(STREAM|TABLE) (?:IF NOT EXISTS )?",
        lambda m: f"CREATE {m[1] or ''}{m[2]} ",
        statement,
    )


# What a server that is not told takes by its own settings, and then writes into the statement.
_DEFAULTED = ("KEY_FORMAT", "VALUE_FORMAT")
_COUNTED_ON_BOTH_SIDES = ("PARTITIONS", "REPLICAS", "RETENTION_MS")


def defaults_shown(declared: Shape, written: Shape) -> Properties:
    """The server's own settings, from how it writes the statement ``declared``."""
    return {
        name: written.properties[name]
        for name in _DEFAULTED
        if name in written.properties and declared.properties.keys().isdisjoint({name, "FORMAT"})
    }


def same_shape(declared: Shape, stored: Shape, types: t.Mapping[str, str], defaults: Properties | None = None) -> bool:
    """Whether a plain CREATE surely means the stored one; ``defaults`` are the server's own settings, as far as known.

    False says nothing: then the server itself must be asked. For PARTITIONS and the like see same_source().
    """
    columns = tuple((name, resolved_type(kind, types), *words) for name, kind, *words in declared.columns)
    wanted = {**({} if "FORMAT" in declared.properties else defaults or {}), **declared.properties}
    found = {name: value for name, value in stored.properties.items() if name != "CLEANUP_POLICY"}
    for name in _COUNTED_ON_BOTH_SIDES:
        if (name in wanted) != (name in found):
            wanted.pop(name, None)
            found.pop(name, None)
    return (columns, wanted) == (stored.columns, found)


_OPTIONAL = re.compile(r"\b(PARTITIONS|REPLICAS|RETENTION_MS)=\d+(?:, )?")


def same_source(stored: str, declared: str) -> bool:
    """Whether two normalised statements mean the same source.

    PARTITIONS, REPLICAS and RETENTION_MS stand in a stored plain CREATE only if somebody wrote them, so they count only
    where both sides have them.
    """
    if stored == declared:
        return True
    heads = [_with_clause(text) for text in (stored, declared)]
    if None in heads:
        return False
    (before, one, after), (other_before, other, other_after) = t.cast("list[tuple[str, str, str]]", heads)
    both = {match[1] for match in _OPTIONAL.finditer(one)} & {match[1] for match in _OPTIONAL.finditer(other)}

    def bare(clause: str) -> str:
        return _OPTIONAL.sub(lambda m: m[0] if m[1] in both else "", clause).rstrip(", ")

    return (before, bare(one), after) == (other_before, bare(other), other_after)


def _with_clause(text: str) -> tuple[str, str, str] | None:
    tokens = split(text, "server", final_semicolon=False)[0].tokens
    keywords = [token.keyword for token in tokens]
    if "WITH" not in keywords:
        return None
    opening = tokens[keywords.index("WITH") + 1]
    closing = next((token for token in tokens if token.keyword == ")" and token.start > opening.start), None)
    if closing is None:
        return None
    return text[: opening.start], text[opening.start + 1 : closing.start], text[closing.start :]


def same_properties(declared: Properties, stored: Properties) -> bool:
    """Whether a query runs with the declared properties; the prefix ``ksql.streams.`` makes no difference."""

    def short(values: Properties) -> dict[str, str]:
        return {name.removeprefix("ksql.streams."): value for name, value in values.items()}

    return short(declared) == short(stored)
