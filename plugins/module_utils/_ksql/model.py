# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What is declared and what the server holds, both as plain data."""

from __future__ import annotations

import hashlib
import re
import typing as t
from dataclasses import dataclass, field

from .._errors import InvalidInputError
from .lexer import Piece, Place, Token, canonical, split

Kind = t.Literal["stream", "table", "type", "insert", "query"]
Properties = t.Mapping[str, str]

# Statements that declare nothing, by their first words: why, and what to do instead.
REFUSED: dict[tuple[str, ...], tuple[str, str]] = {
    ("SELECT",): ("it reads rows, which nobody would see here", "Remove it; look at data with the ksqlDB CLI."),
    ("PRINT",): ("it reads rows, which nobody would see here", "Remove it; look at data with the ksqlDB CLI."),
    **{
        (word,): ("it only reads and declares nothing", "Remove it.")
        for word in ("LIST", "SHOW", "DESCRIBE", "EXPLAIN", "ASSERT")
    },
    **{
        (word,): ("it does not declare what should exist", "Remove it, or declare the query as it should be.")
        for word in ("PAUSE", "RESUME")
    },
    ("ALTER",): (
        "a source altered in place can no longer be compared with its CREATE",
        "Write the column into the CREATE statement and set on_drift: replace.",
    ),
    ("RUN",): ("scripts are read by this module, not by the server", "List the file in src."),
    **dict.fromkeys(
        (("CREATE", "SOURCE", "CONNECTOR"), ("CREATE", "SINK", "CONNECTOR"), ("DROP", "CONNECTOR")),
        (
            "ksqlDB masks a connector's configuration, so it cannot be compared here",
            "Use igrafx.liveconnect.kafka_connector.",
        ),
    ),
}
SETTINGS = ("SET", "UNSET", "DEFINE", "UNDEFINE")
TYPE_SYNONYMS = {"INT": "INTEGER", "VARCHAR": "STRING"}
SIMPLE_TYPES = frozenset(
    """BOOLEAN INTEGER BIGINT DOUBLE STRING BYTES TIMESTAMP DATE TIME DECIMAL ARRAY MAP STRUCT""".split()  # noqa: SIM905 -- words read better as text
)


@dataclass(frozen=True)
class Statement:
    """One declared thing.

    ``name`` is the stream's, table's or type's name, or the id of a query; ``absent`` says that it must not exist;
    ``text`` is what creates (or removes) it, without OR REPLACE and IF NOT EXISTS, and without semicolon;
    ``settings`` are the SET, UNSET, DEFINE and UNDEFINE statements in force, ``properties`` what they and the
    module's option amount to; ``target`` is where an INSERT writes; ``type_text`` is a type as LIST TYPES shows it;
    ``secret`` says that a secret variable stands in it.
    """

    kind: Kind
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
    secret: bool = False

    @property
    def replacing(self) -> list[str]:
        """The statements that put it in the place of an older definition."""
        if self.kind == "type":
            return [f"DROP TYPE {quoted(self.name)}", self.text]
        return [self.text.replace("CREATE", "CREATE OR REPLACE", 1)]

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"{self.kind} {self.name} ({self.place})"


@dataclass(frozen=True)
class Source:
    """A stream or table as the server describes it; ``statement`` is stripped of OR REPLACE and IF NOT EXISTS."""

    kind: str
    name: str
    statement: str


@dataclass(frozen=True)
class Query:
    """A persistent query; ``text`` as the server lists it."""

    id: str
    text: str
    sinks: tuple[str, ...] = ()
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """Everything that the server holds; ``types`` maps a type's name to its text."""

    sources: t.Mapping[str, Source] = field(default_factory=dict)
    queries: t.Mapping[str, Query] = field(default_factory=dict)
    types: t.Mapping[str, str] = field(default_factory=dict)

    def own_query(self, name: str) -> Query | None:
        """The query that CREATE … AS SELECT started for the source ``name``; None when it was terminated."""
        made = (query for query in self.queries.values() if name in query.sinks)
        return next((query for query in made if query.id.startswith(("CSAS_", "CTAS_"))), None)


@dataclass(frozen=True)
class Echo:
    """How the server writes our statement of a source that exists; ``problem`` is its reason when it does not."""

    text: str = ""
    problem: str = ""


def quoted(name: str) -> str:
    """A name in back-ticks, which no name needs to escape but one with a back-tick."""
    return "`" + name.replace("`", "``") + "`"


# -- the declared side


class _Reader:
    """Turns pieces into statements; SET and DEFINE hold from where they stand to the end of the task."""

    def __init__(self, variables: Properties, properties: Properties, secrets: t.Collection[str]) -> None:
        self.variables = dict(variables)
        self.secrets = secrets
        self.properties = dict(properties)
        self.settings: list[str] = []

    def read(self, pieces: t.Iterable[Piece]) -> list[Statement]:
        found = []
        for piece in pieces:
            if piece.tokens[0].keyword in SETTINGS:
                self._set(piece)
            else:
                found.append(self._statement(piece))
        return found

    def _set(self, piece: Piece) -> None:
        action, words = piece.tokens[0].keyword, [token.text for token in self._effective(piece)]
        with_value = action in ("SET", "DEFINE")
        if len(words) != (4 if with_value else 2) or (with_value and words[2] != "="):
            raise InvalidInputError(f"{piece.place}: {action} is not written as ksqlDB reads it.", remedy="Correct it.")
        name, value = words[1].strip("'"), words[-1][1:-1].replace("''", "'")
        target = self.properties if action in ("SET", "UNSET") else self.variables
        if with_value:
            target[name] = value
        else:
            target.pop(name, None)
        self.settings.append(piece.text)

    def _effective(self, piece: Piece) -> list[Token]:
        """The tokens with variables put in."""

        def value(token: Token, name: str) -> str:
            if name not in self.variables:
                raise InvalidInputError(
                    f"{token.place}: the variable {name} is not defined.",
                    remedy="Give it in variables; write $${…} for a dollar sign before a brace.",
                )
            return self.variables[name]

        def put(token: Token) -> Token:
            if token.kind == "variable":
                word = value(token, token.text[2:-1])
                return Token("string" if word.startswith("'") else "word", word, token.start, token.place)
            if token.kind == "string":
                done = re.sub(
                    r"\$?\$\{(\w+)\}",
                    lambda m: m[0][1:] if m[0].startswith("$$") else value(token, m[1]).replace("'", "''"),
                    token.text,
                )
                return Token("string", done, token.start, token.place)
            return token

        return [put(token) for token in piece.tokens]

    def _statement(self, piece: Piece) -> Statement:
        words = [token.keyword for token in piece.tokens]
        for refused, (reason, remedy) in REFUSED.items():
            if tuple(words[: len(refused)]) == refused:
                raise InvalidInputError(f"{piece.place}: {' '.join(refused)} is refused: {reason}.", remedy=remedy)
        read = {"CREATE": self._create, "INSERT": self._insert, "DROP": self._drop, "TERMINATE": self._terminate}
        if words[0] not in read:
            raise InvalidInputError(
                f"{piece.place}: '{piece.tokens[0].text}' does not begin a statement that declares something.",
                remedy="Use CREATE STREAM, CREATE TABLE, CREATE TYPE, INSERT INTO … SELECT, DROP or TERMINATE.",
            )
        cursor = _Cursor(piece, self._effective(piece))
        cursor.take()
        return read[words[0]](piece, cursor)

    def _made(self, piece: Piece, kind: Kind, name: str, text: str, **more: t.Any) -> Statement:
        return Statement(
            kind,
            name,
            text,
            piece.place,
            settings=tuple(self.settings),
            properties=dict(self.properties),
            secret=any(f"${{{secret}}}" in piece.text for secret in self.secrets),
            **more,
        )

    def _create(self, piece: Piece, cursor: _Cursor) -> Statement:
        if cursor.accept("TYPE"):
            cursor.accept("IF", "NOT", "EXISTS")
            start = cursor.offset
            name = cursor.name()
            cursor.expect("AS")
            return self._made(piece, "type", name, f"CREATE TYPE {piece.text[start:]}", type_text=_type_text(cursor))
        cursor.accept("OR", "REPLACE")
        words = ["CREATE", "SOURCE"] if cursor.accept("SOURCE") else ["CREATE"]
        kind = cursor.one_of("STREAM", "TABLE")
        cursor.accept("IF", "NOT", "EXISTS")
        start = cursor.offset
        name = cursor.name()
        return self._made(
            piece,
            "stream" if kind == "STREAM" else "table",
            name,
            " ".join([*words, kind, piece.text[start:]]),
            as_select=cursor.follows("AS", "SELECT"),
        )

    def _insert(self, piece: Piece, cursor: _Cursor) -> Statement:
        cursor.expect("INTO")
        target = cursor.name()
        at = cursor.offset
        if cursor.follows("VALUES") and not cursor.follows("SELECT"):
            raise InvalidInputError(
                f"{piece.place}: INSERT INTO … VALUES is refused: it would write the row again at every run.",  # noqa: S608
                remedy="Remove it; rows come in through a connector.",
            )
        words = [token.keyword for token in cursor.tokens]
        if "QUERY_ID" in words[: words.index("SELECT") if "SELECT" in words else None]:
            query_id = cursor.tokens[words.index("QUERY_ID") + 2].text.strip("'").upper()
            return self._made(piece, "insert", query_id, piece.text, target=target, canonical=canonical(cursor.tokens))
        query_id = generated_id(target, canonical(cursor.tokens))
        text = f"{piece.text[:at].rstrip()} WITH (QUERY_ID='{query_id}') {piece.text[at:]}"
        named = [*cursor.tokens[: cursor.place], *split(f"WITH (QUERY_ID='{query_id}');", "generated")[0].tokens]
        named += cursor.tokens[cursor.place :]
        return self._made(piece, "insert", query_id, text, target=target, canonical=canonical(named))

    def _drop(self, piece: Piece, cursor: _Cursor) -> Statement:
        kind = t.cast("Kind", cursor.one_of("STREAM", "TABLE", "TYPE").lower())
        cursor.accept("IF", "EXISTS")
        name = cursor.name()
        if cursor.accept("DELETE", "TOPIC"):
            raise InvalidInputError(
                f"{piece.place}: DELETE TOPIC is refused: ksqlDB deletes the topic already while it validates, "
                "even when it then refuses the statement.",
                remedy="Drop without it, then delete the topic with a Kafka client.",
            )
        return self._made(piece, kind, name, f"DROP {kind.upper()} {quoted(name)}", absent=True)

    def _terminate(self, piece: Piece, cursor: _Cursor) -> Statement:
        name = cursor.name().upper()
        if name == "ALL":
            raise InvalidInputError(
                f"{piece.place}: TERMINATE ALL is refused: it would end queries that nobody named.",
                remedy="Name the query.",
            )
        return self._made(piece, "query", name, f"TERMINATE {name}", absent=True)


class _Cursor:
    """Reads the head of a statement; ``offset`` is where the next token begins in the text that is sent."""

    def __init__(self, piece: Piece, tokens: list[Token]) -> None:
        self.piece = piece
        self.tokens = tokens
        self.place = 0

    @property
    def offset(self) -> int:
        return self.tokens[self.place].start if self.place < len(self.tokens) else len(self.piece.text)

    def take(self) -> Token:
        if self.place >= len(self.tokens):
            raise InvalidInputError(f"{self.piece.place}: the statement ends too early.", remedy="Complete it.")
        self.place += 1
        return self.tokens[self.place - 1]

    def accept(self, *words: str) -> bool:
        if tuple(token.keyword for token in self.tokens[self.place : self.place + len(words)]) != words:
            return False
        self.place += len(words)
        return True

    def expect(self, word: str) -> None:
        self.one_of(word)

    def one_of(self, *words: str) -> str:
        token = self.take()
        if token.keyword not in words:
            raise InvalidInputError(
                f"{token.place}: '{token.text}' stands where {' or '.join(words)} is expected.", remedy="Correct it."
            )
        return token.keyword

    def name(self) -> str:
        token = self.take()
        if token.kind not in ("word", "quoted"):
            raise InvalidInputError(f"{token.place}: '{token.text}' is not a name.", remedy="Correct it.")
        return token.name

    def follows(self, *words: str) -> bool:
        """Whether these keywords come somewhere after here, next to each other."""
        keywords = [token.keyword for token in self.tokens[self.place :]]
        return any(tuple(keywords[n : n + len(words)]) == words for n in range(len(keywords)))


def generated_id(target: str, text: str) -> str:
    """The id of an INSERT without one: the same for the same text, whatever its spaces and comments."""
    return f"{generated_prefix(target)}{hashlib.sha256(text.encode()).hexdigest()[:12].upper()}"


def generated_prefix(target: str) -> str:
    """How the generated ids of all INSERTs into ``target`` begin."""
    return f"INSERT_{re.sub(r'[^A-Z0-9_]', '_', target.upper())}_"


def _type_text(cursor: _Cursor) -> str:
    """A declared type as LIST TYPES would show it; a custom type inside keeps its name, see resolved_type()."""
    token = cursor.take()
    name = token.name
    name = TYPE_SYNONYMS.get(name, name)
    if name in ("STRING", "DECIMAL") and cursor.accept("("):
        arguments = []
        while (word := cursor.take()).text != ")":
            arguments.append(word.text)
        return f"DECIMAL({', '.join(word for word in arguments if word != ',')})" if name == "DECIMAL" else name
    if name not in ("ARRAY", "MAP", "STRUCT"):
        return name if name in SIMPLE_TYPES else quoted(name)
    cursor.expect("<")
    parts = []
    while True:
        field_name = f"{quoted(cursor.name())} " if name == "STRUCT" else ""
        parts.append(field_name + _type_text(cursor))
        if cursor.one_of(",", ">") == ">":
            return f"{name}<{', '.join(parts)}>"


def resolved_type(text: str, types: t.Mapping[str, str]) -> str:
    """``text`` with the custom types in it written out, as the server stores it."""
    return re.sub(r"(?<=[<, ])`([^`]+)`(?=[,>])|^`([^`]+)`$", lambda m: types.get(m[1] or m[2], m[0]), text)


def parse(
    pieces: t.Iterable[Piece],
    variables: t.Mapping[str, t.Any],
    properties: t.Mapping[str, t.Any],
    secrets: t.Collection[str] = (),
) -> list[Statement]:
    """The declared statements, in order; ``secrets`` names the variables that must not be shown.

    InvalidInputError when one declares nothing, or two declare the same name.
    """
    found = _Reader(as_texts(variables), as_texts(properties), secrets).read(pieces)
    seen: dict[tuple[str, str], Statement] = {}
    for statement in found:
        space = {"stream": "source", "table": "source", "insert": "query"}.get(statement.kind, statement.kind)
        earlier = seen.setdefault((space, statement.name), statement)
        if earlier is not statement:
            raise InvalidInputError(
                f"{statement.place}: {statement.name} is already declared at {earlier.place}.",
                remedy="Declare each name once, as it should be in the end.",
            )
    return found


def as_texts(values: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Values as ksqlDB compares them: text, booleans in lower case."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}


# -- the server's side


def parse_catalogue(entities: t.Sequence[t.Mapping[str, t.Any]]) -> Catalogue:
    """The catalogue from the answer to CATALOGUE_REQUEST (see client.py)."""
    sources, queries, types = {}, {}, {}
    for entity in entities:
        for one in entity.get("sourceDescriptions", []):
            sources[one["name"]] = Source(one["type"].lower(), one["name"], plain(one["statement"]))
        for one in entity.get("queryDescriptions", []):
            overridden = as_texts(one.get("overriddenProperties") or {})
            queries[one["id"]] = Query(one["id"], one["statementText"], tuple(one["sinks"]), overridden)
        for name, schema in entity.get("types", {}).items():
            types[name] = schema_text(schema)
    return Catalogue(sources, queries, types)


def schema_text(schema: t.Mapping[str, t.Any]) -> str:
    """A type of LIST TYPES as text."""
    name = schema["type"]
    if name == "STRUCT":
        fields = (f"{quoted(one['name'])} {schema_text(one['schema'])}" for one in schema["fields"] or [])
        return f"STRUCT<{', '.join(fields)}>"
    if name == "ARRAY":
        return f"ARRAY<{schema_text(schema['memberSchema'])}>"
    if name == "MAP":
        return f"MAP<STRING, {schema_text(schema['memberSchema'])}>"
    if name == "DECIMAL":
        return f"DECIMAL({schema['parameters']['precision']}, {schema['parameters']['scale']})"
    return str(name)


def plain(statement: str) -> str:
    """A stored statement without OR REPLACE and IF NOT EXISTS."""
    return re.sub(
        r"^CREATE (?:OR REPLACE )?(SOURCE )?(STREAM|TABLE) (?:IF NOT EXISTS )?",
        lambda m: f"CREATE {m[1] or ''}{m[2]} ",
        statement,
    )


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
