# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads one statement of ksqlDB's language: the part of the grammar that pipelines are written in."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from . import statements as st
from .schema import SIMPLE, Column, Type
from .statements import Expr, Name
from .tokens import RESERVED, SyntaxProblem, Token, identifier, literal

Parsed = TypeVar("Parsed")
FIRST_WORDS = [
    "ALTER",
    "ASSERT",
    "CREATE",
    "DEFINE",
    "DESCRIBE",
    "DROP",
    "EXPLAIN",
    "INSERT",
    "LIST",
    "PAUSE",
    "PRINT",
    "RESUME",
    "SELECT",
    "SET",
    "SHOW",
    "TERMINATE",
    "UNDEFINE",
    "UNSET",
]
# Between two operands, and how the server writes them.
OPERATORS = {
    **{one: one for one in ("=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "=>", ":=")},
    **{one: one for one in ("AND", "OR", "LIKE", "BETWEEN", "IN")},
    "!=": "<>",
    "||": "+",
}


class Parser:
    """A statement's tokens, read from left to right; ``types`` resolves custom types."""

    def __init__(self, tokens: list[Token], types: Mapping[str, Type]) -> None:
        self.tokens = tokens
        self.types = types
        self.place = 0

    # -- words

    @property
    def here(self) -> Token:
        """The next token."""
        return self.tokens[min(self.place, len(self.tokens) - 1)]

    def problem(self, hint: str | None = None) -> SyntaxProblem:
        """A syntax error at the next token."""
        token = self.here
        at = f"Syntax error at or near '{token.text}' at line {token.line}:{token.column}"
        return SyntaxProblem(token, at if hint is None else hint)

    def take(self) -> Token:
        """Read the next token, whatever it is."""
        token = self.here
        self.place += 1
        return token

    def sees(self, *words: str) -> bool:
        """Whether the next tokens are these keywords."""
        ahead = self.tokens[self.place : self.place + len(words)]
        return [token.upper for token in ahead] == list(words)

    def accept(self, *words: str) -> bool:
        """Read these keywords if they come next."""
        if self.sees(*words):
            self.place += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        """Read these keywords or refuse."""
        for word in words:
            if not self.accept(word):
                raise self.problem("" if self.here.kind == "symbol" else None)

    def one_of(self, *words: str) -> str:
        """Read one of these keywords."""
        if self.here.upper not in words:
            raise self.problem()
        return self.take().upper

    def name(self) -> str:
        """Read an identifier: upper case unless quoted."""
        token = self.here
        if token.kind == "quoted":
            self.take()
            mark = token.text[0]
            return token.text[1:-1].replace(mark * 2, mark)
        if token.kind != "word":
            raise self.problem("")
        if token.upper in RESERVED:
            raise self.problem(
                f'"{token.text}" is a reserved keyword and it can\'t be used as an identifier. '
                f"You can use it as an identifier by escaping it as '{token.text}' "
            )
        return self.take().upper

    def string(self) -> str:
        """Read a string."""
        if self.here.kind != "string":
            raise self.problem()
        return self.take().text[1:-1].replace("''", "'")

    def listed(self, one: Callable[[], Parsed]) -> tuple[Parsed, ...]:
        """Read ``one`` or more, with commas between."""
        found = [one()]
        while self.accept(","):
            found.append(one())
        return tuple(found)

    def end(self) -> None:
        """Nothing may follow but the semicolon."""
        if not self.accept(";"):
            raise self.problem("")

    # -- statements

    def statement(self) -> object:
        """Read the whole statement."""
        first = self.here
        if first.upper not in FIRST_WORDS:
            raise self.problem(f"Unknown statement '{first.text}'")
        parsed = getattr(self, "_" + first.upper.lower())()
        self.end()
        return parsed

    def _create(self) -> object:
        self.take()
        if self.accept("TYPE"):
            guarded = self.accept("IF", "NOT", "EXISTS")
            name = self.name()
            self.expect("AS")
            return st.CreateType(name, self.type(), guarded)
        replace = self.accept("OR", "REPLACE")
        if self.sees("SINK") or self.sees("SOURCE", "CONNECTOR"):
            return self._create_connector()
        source = self.accept("SOURCE")
        kind = self.one_of("STREAM", "TABLE")
        guarded = self.accept("IF", "NOT", "EXISTS")
        name = self.name()
        columns: tuple[Column, ...] = ()
        if self.accept("("):
            columns = self.listed(self._column)
            self.expect(")")
        properties = self._with()
        query = None
        if not columns and self.accept("AS"):
            query = self.query()
        return st.Create(kind, name, replace, source, guarded, columns, properties, query)

    def _column(self) -> Column:
        name = self.name()
        kind = self.type()
        if self.accept("PRIMARY", "KEY"):
            return Column(name, kind, "PRIMARY KEY")
        if self.accept("KEY"):
            return Column(name, kind, "KEY")
        if self.accept("HEADERS"):
            return Column(name, kind, "HEADER")
        if self.accept("HEADER"):
            self.expect("(")
            header = self.string()
            self.expect(")")
            return Column(name, kind, "HEADER", header)
        return Column(name, kind)

    def _with(self) -> dict[str, st.Value]:
        if not self.accept("WITH"):
            return {}
        self.expect("(")
        pairs = self.listed(self._property)
        if not self.accept(")"):
            raise self.problem("Expecting {',', ')'}")
        return dict(pairs)

    def _property(self) -> tuple[str, st.Value]:
        token = self.here
        name = self.string() if token.kind == "string" else self.name()
        self.expect("=")
        return name.upper(), self._value()

    def _value(self) -> st.Value:
        if self.here.kind == "string":
            return self.string()
        if self.here.upper in ("TRUE", "FALSE"):
            return self.take().upper == "TRUE"
        sign = -1 if self.accept("-") else 1
        if self.here.kind != "number":
            raise self.problem()
        number = self.take().text
        return sign * (int(number) if number.isdigit() else float(number))

    def _create_connector(self) -> st.Connector:
        kind = self.take().upper
        self.expect("CONNECTOR")
        guarded = self.accept("IF", "NOT", "EXISTS")
        written = self.here.text
        name = self.name()
        self.expect("WITH", "(")
        config = self.listed(self._connector_property)
        self.expect(")")
        return st.Connector("CREATE", kind, name, written, config, guarded)

    def _connector_property(self) -> tuple[str, str, st.Value]:
        token = self.here
        if token.kind == "word":
            raise self.problem("")
        name = self.string() if token.kind == "string" else self.name()
        self.expect("=")
        return name, token.text, self._value()

    def _insert(self) -> object:
        self.take()
        self.expect("INTO")
        target = self.name()
        columns: tuple[str, ...] = ()
        if self.accept("("):
            columns = self.listed(self.name)
            self.expect(")")
        if self.accept("VALUES"):
            self.expect("(")
            values = self.listed(self.expression)
            self.expect(")")
            return st.InsertValues(target, columns, values)
        properties = self._with()
        query_id = properties.get("QUERY_ID")
        return st.Insert(target, self.query(), str(query_id).upper() if query_id else None)

    def _drop(self) -> object:
        self.take()
        if self.accept("CONNECTOR"):
            guarded = self.accept("IF", "EXISTS")
            return st.Connector("DROP", name=self.name(), guarded=guarded)
        kind = self.one_of("STREAM", "TABLE", "TYPE")
        guarded = self.accept("IF", "EXISTS")
        name = self.name()
        return st.Drop(kind, name, guarded, self.accept("DELETE", "TOPIC"))

    def _query_command(self) -> st.QueryCommand:
        action = self.take().upper
        if self.accept("ALL"):
            return st.QueryCommand(action, "ALL")
        return st.QueryCommand(action, self.name().upper())

    _terminate = _pause = _resume = _query_command

    def _alter(self) -> object:
        self.take()
        if self.accept("SYSTEM"):
            self._skip()
            return st.AlterSystem()
        kind = self.one_of("STREAM", "TABLE")
        name = self.name()

        def added() -> Column:
            self.expect("ADD")
            self.accept("COLUMN")
            return self._column()

        return st.Alter(kind, name, self.listed(added))

    def _list(self) -> object:
        self.take()
        every = self.accept("ALL")
        if self.accept("CONNECTOR", "PLUGINS"):
            return st.Connector("PLUGINS")
        kind = self.take().upper if self.sees("SOURCE") or self.sees("SINK") else ""
        if self.accept("CONNECTORS"):
            return st.Connector("LIST", kind)
        what = self.one_of("STREAMS", "TABLES", "QUERIES", "TYPES", "TOPICS", "PROPERTIES", "FUNCTIONS", "VARIABLES")
        return st.Show(what, self.accept("EXTENDED"), every)

    _show = _list

    def _describe(self) -> object:
        self.take()
        if self.accept("CONNECTOR"):
            return st.Connector("DESCRIBE", name=self.name())
        for what in ("STREAMS", "TABLES"):
            if self.accept(what):
                return st.Show("DESCRIBED " + what, self.accept("EXTENDED"))
        if self.accept("FUNCTION"):
            return st.Show("FUNCTION " + self.name())
        name = self.name()
        extended = self.accept("EXTENDED")
        if not self.sees(";"):
            raise self.problem("Expecting {';', 'EXTENDED'}")
        return st.Describe(name, extended)

    def _explain(self) -> object:
        self.take()
        if self.here.upper in FIRST_WORDS:
            return st.Explain(None, getattr(self, "_" + self.here.upper.lower())())
        return st.Explain(self.name().upper())

    def _setting(self) -> st.Setting:
        action = self.take().upper
        name = self.name() if action in ("DEFINE", "UNDEFINE") else self.string()
        if action in ("DEFINE", "UNDEFINE"):
            name = self.tokens[self.place - 1].text
        value = ""
        if action in ("SET", "DEFINE"):
            self.expect("=")
            value = self.string()
        return st.Setting(action, name, value)

    _set = _unset = _define = _undefine = _setting

    def _select(self) -> st.Transient:
        self.query()
        return st.Transient()

    def _print(self) -> st.Transient:
        self._skip()
        return st.Transient()

    def _skip(self) -> None:
        while not self.sees(";"):
            self.take()

    def _assert(self) -> object:
        self.take()
        exists = not self.accept("NOT", "EXISTS")
        if self.accept("SCHEMA"):
            self._skip()
            return st.AssertSchema()
        self.expect("TOPIC")
        token = self.here
        topic = self.string() if token.kind == "string" else self.take().text.strip('`"')
        properties = self._with()
        if self.accept("TIMEOUT"):
            self.take()
            self.take()
        return st.AssertTopic(topic, exists, properties)

    # -- types

    def type(self) -> Type:
        """Read a SQL type."""
        token = self.here
        if self.accept("ARRAY"):
            return Type("ARRAY", self._type_arguments(1))
        if self.accept("MAP"):
            return Type("MAP", self._type_arguments(2))
        if self.accept("STRUCT"):
            self.expect("<")
            fields = self.listed(lambda: (self.name(), self.type()))
            self.expect(">")
            return Type("STRUCT", fields=fields)
        if self.accept("DECIMAL"):
            self.expect("(")
            precision = int(self.take().text)
            self.expect(",")
            scale = int(self.take().text)
            self.expect(")")
            return Type("DECIMAL", decimal=(precision, scale))
        name = self.name()
        found = SIMPLE.get(name.upper()) or self.types.get(name.upper())
        if found is None:
            raise SyntaxProblem(token, f"Cannot resolve unknown type: {name}")
        if name in ("VARCHAR", "STRING") and self.accept("("):
            self.take()
            self.expect(")")
        return found

    def _type_arguments(self, count: int) -> tuple[Type, ...]:
        self.expect("<")
        found = self.listed(self.type)
        self.expect(">")
        if len(found) != count:
            raise self.problem("")
        return found

    # -- queries

    def query(self) -> st.Query:
        """Read a SELECT."""
        self.expect("SELECT")
        items = self.listed(self._item)
        self.expect("FROM")
        name, alias = self._source()
        joins = []
        while self.here.upper in ("INNER", "LEFT", "RIGHT", "FULL", "JOIN"):
            joins.append(self._join())
        window = self._window() if self.accept("WINDOW") else ""
        where = self.expression() if self.accept("WHERE") else None
        group: tuple[Expr, ...] = ()
        partition: tuple[Expr, ...] = ()
        if self.accept("GROUP", "BY"):
            group = self._expressions()
        if self.accept("PARTITION", "BY"):
            partition = self._expressions()
        having = self.expression() if self.accept("HAVING") else None
        if self.accept("EMIT"):
            self.one_of("CHANGES", "FINAL")
        limit = self.take().text if self.accept("LIMIT") else ""
        return st.Query(items, name, alias, tuple(joins), window, where, group, partition, having, limit)

    def _expressions(self) -> tuple[Expr, ...]:
        if self.sees("(") and self._closes_statement_part():
            self.expect("(")
            found = self.listed(self.expression)
            self.expect(")")
            return found
        return self.listed(self.expression)

    def _closes_statement_part(self) -> bool:
        depth = 0
        for token in self.tokens[self.place :]:
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth == 0:
                after = self.tokens[self.tokens.index(token) + 1]
                return after.upper in (";", "PARTITION", "HAVING", "EMIT", "LIMIT")
        return False

    def _item(self) -> st.Item:
        if self.accept("*"):
            return st.Item(None)
        if [token.text for token in self.tokens[self.place + 1 : self.place + 3]] == [".", "*"]:
            owner = self.name()
            self.place += 2
            return st.Item(None, owner)
        expr = self.expression()
        if self.accept("AS") or (self.here.kind in ("word", "quoted") and self.here.upper not in RESERVED):
            return st.Item(expr, self.name())
        return st.Item(expr)

    def _source(self) -> tuple[str, str]:
        name = self.name()
        follows = ("WINDOW", "PARTITION", "EMIT", "WITHIN")
        aliased = (
            self.here.kind in ("word", "quoted") and self.here.upper not in RESERVED and self.here.upper not in follows
        )
        if self.accept("AS") or aliased:
            return name, self.name()
        return name, name

    def _join(self) -> st.Join:
        kind = "INNER"
        if self.here.upper != "JOIN":
            kind = self.take().upper
            outer = self.accept("OUTER")
            if outer or kind in ("LEFT", "RIGHT", "FULL"):
                kind += " OUTER"
        self.expect("JOIN")
        name, alias = self._source()
        within = self._within() if self.accept("WITHIN") else ""
        self.expect("ON")
        return st.Join(kind, name, alias, within, self.expression())

    def _within(self) -> str:
        if self.accept("("):
            before = self._duration()
            self.expect(",")
            after = self._duration()
            self.expect(")")
            text = f"({before}, {after})"
        else:
            text = self._duration()
        if self.accept("GRACE", "PERIOD"):
            text += f" GRACE PERIOD {self._duration()}"
        return text

    def _duration(self) -> str:
        if self.here.kind != "number":
            raise self.problem()
        number, unit = self.take().text, self.take().upper
        return f"{number} {unit.removesuffix('S')}S"

    def _window(self) -> str:
        kind = self.one_of("TUMBLING", "HOPPING", "SESSION")
        self.expect("(")
        parts = []
        if kind == "SESSION":
            parts.append(self._duration())
        else:
            self.expect("SIZE")
            parts.append(f"SIZE {self._duration()}")
        while self.accept(","):
            for words in (("ADVANCE", "BY"), ("RETENTION",), ("GRACE", "PERIOD")):
                if self.accept(*words):
                    parts.append(f"{' '.join(words)} {self._duration()}")
                    break
            else:
                raise self.problem()
        self.expect(")")
        return f"{kind} ( {' , '.join(parts)} ) "

    # -- expressions, word by word: which operator binds more tightly does not matter where nothing is computed

    def expression(self) -> Expr:
        """Read an expression; one with operators stands in parentheses."""
        pieces: list[str | Expr] = []
        operators: list[str] = []
        operator = ""
        while True:
            while sign := next((word for word in ("NOT", "-", "+") if self.accept(word)), ""):
                operators += ["NOT"] if sign == "NOT" else []
                pieces += {"NOT": ["NOT "], "-": ["-"], "+": []}[sign]
            if operator.endswith("IN"):
                self.expect("(")
                pieces.append(combined("(", *separated(self.listed(self.expression)), ")"))
                self.expect(")")
            else:
                pieces.append(self._operand())
            while (operator := self._operator()).endswith("NULL"):
                operators.append(operator)
                pieces.append(f" {operator}")
            if not operator:
                break
            operators.append(operator)
            pieces.append(f" {operator} ")
        operands = [piece for piece in pieces if isinstance(piece, Expr)]
        if len(pieces) == 1:
            return operands[0]
        if operators and operators[0] in ("=>", ":="):
            # The names of a lambda's arguments are no columns, and neither is the name of a struct's field.
            names = {part.name for part in operands[0].parts if isinstance(part, Name)}
            reach = len(pieces) if operators[0] == "=>" else 1
            pieces = [_without(names, piece) for piece in pieces[:reach]] + pieces[reach:]
        elif operators:
            pieces = ["(", *pieces, ")"]
        operators += [one for operand in operands for one in operand.operators]
        return combined(*pieces, operators=tuple(operators), plain=all(operand.plain for operand in operands))

    def _operator(self) -> str:
        if self.accept("IS"):
            negated = self.accept("NOT")
            self.expect("NULL")
            return "IS NOT NULL" if negated else "IS NULL"
        if self.accept("NOT"):
            return "NOT " + self.one_of("BETWEEN", "IN", "LIKE")
        return OPERATORS[self.take().upper] if self.here.upper in OPERATORS else ""

    def _operand(self) -> Expr:
        found = self._primary()
        while True:
            if self.accept("->"):
                name = self.name()
                found = combined(found, f"->{identifier(name)}", field=name)
            elif self.accept("["):
                found = combined(found, "[", self.expression(), "]")
                self.expect("]")
            else:
                return found

    def _primary(self) -> Expr:  # noqa: PLR0911 -- one case for each kind
        token = self.here
        if token.kind == "string":
            return Expr((literal(self.string()),), plain=True)
        if token.kind == "number" or token.upper in ("TRUE", "FALSE", "NULL"):
            return Expr((self.take().text.upper(),), plain=True)
        if self.accept("("):
            values = self.listed(self.expression)
            self.expect(")")
            return values[0] if len(values) == 1 else combined("(", *separated(values), ")")
        if self.accept("CASE"):
            return self._case()
        if self.accept("CAST", "("):
            value = self.expression()
            self.expect("AS")
            kind = self.type()
            self.expect(")")
            return combined("CAST(", value, f" AS {kind.text()})", type=kind)
        if self.accept("ARRAY", "["):
            return combined("ARRAY[", *separated(self._values("]")), "]")
        if token.kind == "word" and self.accept(token.upper, "("):
            return self._call(token.upper)
        owner, name = "", self.name()
        if self.accept("."):
            owner, name = name, self.name()
        return Expr((Name(owner, name, token.line, token.column),), plain=True)

    def _values(self, close: str) -> tuple[Expr, ...]:
        values = () if self.sees(close) else self.listed(self.expression)
        self.expect(close)
        return values

    def _case(self) -> Expr:
        pieces: list[str | Expr] = [] if self.sees("WHEN") else [" ", self.expression()]
        self.expect("WHEN")
        more = True
        while more:
            pieces += [" WHEN ", self.expression()]
            self.expect("THEN")
            pieces += [" THEN ", self.expression()]
            more = self.accept("WHEN")
        if self.accept("ELSE"):
            pieces += [" ELSE ", self.expression()]
        self.expect("END")
        return combined("(CASE", *pieces, " END)")

    def _call(self, name: str) -> Expr:
        if self.accept("*"):
            self.expect(")")
            whole = Expr((f"{name}(*)",))
        else:
            whole = combined(f"{name}(", *separated(self._values(")")), ")")
        if name in ("STRUCT", "MAP"):
            return whole
        return replace(whole, calls=(*whole.calls, (name, whole.text())), call=name)


def combined(*pieces: str | Expr, **facts: Any) -> Expr:
    """One expression of text and expressions; ``facts`` are its other fields but for the calls in it."""
    parts: list[str | Name] = []
    calls: list[tuple[str, str]] = []
    for piece in pieces:
        parts += [piece] if isinstance(piece, str) else piece.parts
        calls += () if isinstance(piece, str) else piece.calls
    return Expr(tuple(parts), calls=tuple(calls), **facts)


def separated(values: Sequence[Expr]) -> list[str | Expr]:
    """Expressions with commas between."""
    return [piece for value in values for piece in (", ", value)][1:]


def _without(names: Collection[str], piece: str | Expr) -> str | Expr:
    """The expression with these names as its text, not as columns."""
    if isinstance(piece, str):
        return piece

    def without(part: str | Name) -> str | Name:
        return part.text() if isinstance(part, Name) and not part.owner and part.name in names else part

    return replace(piece, parts=tuple(map(without, piece.parts)))


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """Session variables put into text between quotes: quotes doubled, ``$${`` an escape, unknown names left alone."""

    def value(match: re.Match[str]) -> str:
        if match[0].startswith("$$"):
            return match[0][1:]
        found = variables.get(match[1])
        return match[0] if found is None else found.replace("'", "''")

    return re.sub(r"\$?\$\{(\w+)\}", value, text)
