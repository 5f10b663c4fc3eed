# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Reads the pieces of scripts as declarations: what each statement says that there should be."""

from __future__ import annotations

import hashlib
import re
import typing as t

from .._errors import InvalidInputError
from .lexer import StatementText, Token, canonical, split
from .model import UNTOLD, Key, Properties, Shape, Statement, StatementKind, as_texts, quoted

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
}
# Words before a parenthesis that call no function.
NO_FUNCTIONS = frozenset(
    """AND ARRAY AS BETWEEN BY CASE CAST DECIMAL ELSE FROM HAVING HEADER HEADERS HOPPING IN LIKE MAP NOT ON OR SELECT
    SESSION STRUCT THEN TUMBLING VALUES VARCHAR WHEN WHERE WITH WITHIN""".split()  # noqa: SIM905 -- words read better as text
)
# The formats for which ksqlDB asks the schema registry what columns there are, when none is named.
REGISTRY_FORMATS = ("AVRO", "JSON_SR", "PROTOBUF")
SETTINGS = ("SET", "UNSET", "DEFINE", "UNDEFINE")
TYPE_SYNONYMS = {"INT": "INTEGER", "VARCHAR": "STRING"}
SIMPLE_TYPES = frozenset(
    """BOOLEAN INTEGER BIGINT DOUBLE STRING BYTES TIMESTAMP DATE TIME DECIMAL ARRAY MAP STRUCT""".split()  # noqa: SIM905 -- words read better as text
)


class _Reader:
    """Turns pieces into statements; SET and DEFINE hold from where they stand to the end of the task."""

    def __init__(self, variables: Properties, properties: Properties, secrets: t.Collection[str]) -> None:
        self.variables = dict(variables)
        self.secrets = set(secrets)
        self.properties = dict(properties)
        self.settings: list[str] = []

    def read(self, pieces: t.Iterable[StatementText]) -> list[Statement]:
        found = []
        for piece in pieces:
            if piece.tokens[0].keyword in SETTINGS:
                self._set(piece)
            else:
                found.append(self._statement(piece))
        return found

    def _set(self, piece: StatementText) -> None:
        action, words = piece.tokens[0].keyword, [token.text for token in self._effective(piece)]
        with_value = action in ("SET", "DEFINE")
        if len(words) != (4 if with_value else 2) or (with_value and words[2] != "="):
            raise InvalidInputError(f"{piece.place}: {action} is not written as ksqlDB reads it.", remedy="Correct it.")
        name, value = words[1].strip("'"), words[-1][1:-1].replace("''", "'")
        target = self.properties if action in ("SET", "UNSET") else self.variables
        if with_value:
            target[name] = value
            if self._is_secret(piece):
                self.secrets.add(name)
        else:
            target.pop(name, None)
        self.settings.append(piece.text)

    def _is_secret(self, piece: StatementText) -> bool:
        return any(f"${{{secret}}}" in piece.text for secret in self.secrets)

    def _effective(self, piece: StatementText) -> list[Token]:
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

    def _statement(self, piece: StatementText) -> Statement:
        words = [token.keyword for token in piece.tokens]
        for refused, (reason, remedy) in REFUSED.items():
            if tuple(words[: len(refused)]) == refused:
                raise InvalidInputError(f"{piece.place}: {' '.join(refused)} is refused: {reason}.", remedy=remedy)
        read = {"CREATE": self._create, "INSERT": self._insert, "DROP": self._drop, "TERMINATE": self._terminate}
        if words[0] not in read:
            raise InvalidInputError(
                f"{piece.place}: '{piece.tokens[0].text}' does not begin a statement that declares something.",
                remedy="Use CREATE STREAM, TABLE, TYPE or CONNECTOR, INSERT INTO … SELECT, DROP or TERMINATE.",
            )
        cursor = _Cursor(piece, self._effective(piece))
        cursor.take()
        return read[words[0]](piece, cursor)

    def _made(
        self, piece: StatementText, cursor: _Cursor, kind: StatementKind, name: str, text: str, **more: t.Any
    ) -> Statement:
        return Statement(
            kind,
            name,
            text,
            piece.place,
            words=frozenset(token.name.upper() for token in cursor.tokens if token.kind in ("word", "quoted")),
            origin=piece.tokens,
            settings=tuple(self.settings),
            properties=dict(self.properties),
            secret=self._is_secret(piece),
            **more,
        )

    def _create(self, piece: StatementText, cursor: _Cursor) -> Statement:
        if cursor.accept("TYPE"):
            cursor.accept("IF", "NOT", "EXISTS")
            start = cursor.offset
            name = cursor.type_name()
            cursor.expect("AS")
            return self._made(
                piece,
                cursor,
                "type",
                name,
                f"CREATE TYPE {piece.text[start:]}",
                type_text=_type_text(cursor, listed=True),
            )
        if cursor.accept("SOURCE", "CONNECTOR") or cursor.accept("SINK", "CONNECTOR"):
            return self._connector(piece, cursor)
        cursor.accept("OR", "REPLACE")
        words = ["CREATE", "SOURCE"] if cursor.accept("SOURCE") else ["CREATE"]
        kind = cursor.one_of("STREAM", "TABLE")
        cursor.accept("IF", "NOT", "EXISTS")
        start = cursor.offset
        name = cursor.name()
        as_select = cursor.follows("AS", "SELECT")
        shape = None if as_select else _shape(cursor)
        return self._made(
            piece,
            cursor,
            "stream" if kind == "STREAM" else "table",
            name,
            " ".join([*words, kind, piece.text[start:]]),
            as_select=as_select,
            canonical=canonical(cursor.tokens),
            functions=_functions(cursor.tokens) if as_select else frozenset(),
            shape=shape,
            inferred=not as_select and _inferred(shape),
        )

    def _connector(self, piece: StatementText, cursor: _Cursor) -> Statement:
        kind = cursor.tokens[1].keyword
        cursor.accept("IF", "NOT", "EXISTS")
        start = cursor.offset
        name = cursor.name()
        text = f"CREATE {kind} CONNECTOR {piece.text[start:]}"
        return self._made(piece, cursor, "connector", name, text, config=_config(cursor))

    def _insert(self, piece: StatementText, cursor: _Cursor) -> Statement:
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
            return self._made(
                piece,
                cursor,
                "insert",
                query_id,
                piece.text,
                target=target,
                canonical=canonical(cursor.tokens),
                functions=_functions(cursor.tokens),
            )
        query_id = generated_id(target, canonical(cursor.tokens))
        text = f"{piece.text[:at].rstrip()} WITH (QUERY_ID='{query_id}') {piece.text[at:]}"
        named = [*cursor.tokens[: cursor.place], *split(f"WITH (QUERY_ID='{query_id}');", "generated")[0].tokens]
        named += cursor.tokens[cursor.place :]
        return self._made(
            piece,
            cursor,
            "insert",
            query_id,
            text,
            target=target,
            canonical=canonical(named),
            functions=_functions(cursor.tokens),
        )

    def _drop(self, piece: StatementText, cursor: _Cursor) -> Statement:
        kind = t.cast("StatementKind", cursor.one_of("STREAM", "TABLE", "TYPE", "CONNECTOR").lower())
        cursor.accept("IF", "EXISTS")
        name = cursor.type_name() if kind == "type" else cursor.name()
        if cursor.accept("DELETE", "TOPIC"):
            raise InvalidInputError(
                f"{piece.place}: DELETE TOPIC is refused: ksqlDB deletes the topic already while it validates, "
                "even when it then refuses the statement.",
                remedy="Declare the source with state: absent and delete_topic: true, which looks first.",
            )
        return self._made(piece, cursor, kind, name, "").removed()

    def _terminate(self, piece: StatementText, cursor: _Cursor) -> Statement:
        name = cursor.name().upper()
        if name == "ALL":
            raise InvalidInputError(
                f"{piece.place}: TERMINATE ALL is refused: it would end queries that nobody named.",
                remedy="Name the query.",
            )
        return self._made(piece, cursor, "query", name, "").removed()


class _Cursor:
    """Reads the head of a statement; ``offset`` is where the next token begins in the text that is sent."""

    def __init__(self, piece: StatementText, tokens: list[Token]) -> None:
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

    def type_name(self) -> str:
        """The name of a type, which the server writes in upper case even if it is quoted."""
        return self.name().upper()

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


def _functions(tokens: t.Sequence[Token]) -> frozenset[str]:
    """The names of the functions that a SELECT calls."""
    start = [token.keyword for token in tokens].index("SELECT")
    return frozenset(
        word.name
        for word, after in zip(tokens[start:], tokens[start + 1 :], strict=False)
        if word.kind == "word" and after.text == "(" and word.name not in NO_FUNCTIONS
    )


def _shape(cursor: _Cursor) -> Shape | None:
    """The columns and properties of a plain CREATE; None where they are not written as is known here."""
    columns: list[tuple[str, ...]] = []
    try:
        more = cursor.accept("(")
        while more:
            column = [cursor.name(), _type_text(cursor, listed=False)]
            while (token := cursor.take()).text not in (",", ")"):
                column.append(token.keyword or token.text)
                if token.text == "(":  # the name of a header
                    column += [cursor.take().text, cursor.take().text]
            columns.append(tuple(column))
            more = token.text == ","
        properties = {name.upper(): value for name, value in _config(cursor).items()}
        return None if cursor.place < len(cursor.tokens) else Shape(tuple(columns), properties)
    except InvalidInputError:
        return None


def _inferred(shape: Shape | None) -> bool:
    """Whether ksqlDB looks for columns of a plain CREATE in the schema registry, because the text names none."""
    if shape is None:
        return True
    roles = [set(column[2:]) for column in shape.columns]
    keys = [words for words in roles if "KEY" in words]
    values = [words for words in roles if not words & {"KEY", "HEADER", "HEADERS"}]
    both = shape.properties.get("FORMAT", "")
    key_format = shape.properties.get("KEY_FORMAT", both).upper()
    value_format = shape.properties.get("VALUE_FORMAT", both).upper()
    return (not keys and key_format in REGISTRY_FORMATS) or (not values and value_format in ("", *REGISTRY_FORMATS))


def _config(cursor: _Cursor) -> dict[str, str]:
    """The configuration in the WITH clause of a connector, as Connect stores it."""
    found: dict[str, str] = {}
    if not cursor.accept("WITH"):
        return found
    cursor.expect("(")
    while True:
        token = cursor.take()
        name = token.text[1:-1].replace("''", "'") if token.kind == "string" else token.name
        cursor.expect("=")
        words = [cursor.take()]
        while (after := cursor.take()).text not in (",", ")"):
            words.append(after)
        text = "".join(word.text for word in words)
        found[name] = text[1:-1].replace("''", "'") if words[0].kind == "string" else text.lower()
        if after.text == ")":
            return found


def _type_text(cursor: _Cursor, *, listed: bool) -> str:
    """A type in the words of the server; a custom type inside keeps its name, see resolved_type().

    ``listed``: as LIST TYPES tells it, which says nothing of the keys of a MAP.
    """
    name = cursor.type_name()
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
        parts.append(field_name + _type_text(cursor, listed=listed))
        if cursor.one_of(",", ">") == ">":
            break
    if name == "MAP" and listed:
        parts[0] = UNTOLD
    return f"{name}<{', '.join(parts)}>"


def shape_of(stored: str) -> Shape | None:
    """The columns and properties of a plain CREATE as the server stores it; None where it is anything else."""
    try:
        found = parse(split(stored, "server"), {}, {})
    except InvalidInputError:
        return None
    return found[0].shape if len(found) == 1 else None


def parse(
    pieces: t.Iterable[StatementText],
    variables: t.Mapping[str, t.Any],
    properties: t.Mapping[str, t.Any],
    secrets: t.Collection[str] = (),
    *,
    absent: bool = False,
) -> list[Statement]:
    """The declared statements, in order; ``secrets`` names the variables that must not be shown.

    With ``absent`` they declare that their things do not exist.

    InvalidInputError when one declares nothing, or two declare the same name.
    """
    found = _Reader(as_texts(variables), as_texts(properties), secrets).read(pieces)
    if absent:
        found = [one.removed() for one in found]
    seen: dict[Key, Statement] = {}
    for statement in found:
        earlier = seen.setdefault(statement.key, statement)
        if earlier is not statement:
            raise InvalidInputError(
                f"{statement.place}: {statement.name} is already declared at {earlier.place}.",
                remedy="Declare each name once, as it should be in the end.",
            )
    return found
