# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads one statement of ksqlDB's language: the part of the grammar that pipelines are written in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from . import statements as st
from .schema import SIMPLE, Column, Type
from .statements import Expr
from .tokens import RESERVED, SyntaxProblem, Token

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
COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}


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

    # -- expressions, loosest binding first

    def expression(self) -> Expr:
        """Read an expression."""
        left = self._and()
        while self.accept("OR"):
            left = Expr("binary", "OR", (left, self._and()))
        return left

    def _and(self) -> Expr:
        left = self._not()
        while self.accept("AND"):
            left = Expr("binary", "AND", (left, self._not()))
        return left

    def _not(self) -> Expr:
        if self.accept("NOT"):
            return Expr("not", args=(self._not(),))
        return self._comparison()

    def _comparison(self) -> Expr:
        left = self._sum()
        while True:
            if self.here.text in COMPARISONS:
                left = Expr("binary", COMPARISONS[self.take().text], (left, self._sum()))
            elif self.accept("IS", "NOT", "NULL"):
                left = Expr("suffix", "IS NOT NULL", (left,))
            elif self.accept("IS", "NULL"):
                left = Expr("suffix", "IS NULL", (left,))
            else:
                negated = self.accept("NOT")
                found: Expr
                if self.accept("BETWEEN"):
                    low = self._sum()
                    self.expect("AND")
                    found = Expr("between", args=(left, low, self._sum()))
                elif self.accept("IN"):
                    self.expect("(")
                    found = Expr("in", args=(left, *self.listed(self.expression)))
                    self.expect(")")
                elif self.accept("LIKE"):
                    found = Expr("binary", "LIKE", (left, self._sum()))
                elif negated:
                    raise self.problem()
                else:
                    return left
                left = Expr("not", args=(found,)) if negated else found

    def _sum(self) -> Expr:
        left = self._product()
        while self.here.text in ("+", "-", "||"):
            operator = self.take().text
            left = Expr("binary", "+" if operator == "||" else operator, (left, self._product()))
        return left

    def _product(self) -> Expr:
        left = self._signed()
        while self.here.text in ("*", "/", "%"):
            left = Expr("binary", self.take().text, (left, self._signed()))
        return left

    def _signed(self) -> Expr:
        if self.accept("-"):
            return Expr("minus", args=(self._signed(),))
        self.accept("+")
        return self._postfix()

    def _postfix(self) -> Expr:
        left = self._primary()
        while True:
            if self.accept("->"):
                left = Expr("field", self.name(), (left,))
            elif self.accept("["):
                left = Expr("index", args=(left, self.expression()))
                self.expect("]")
            else:
                return left

    def _primary(self) -> Expr:  # noqa: PLR0911 -- one case for each kind
        token = self.here
        if token.kind == "string":
            return Expr("string", self.string())
        if token.kind == "number":
            return Expr("number", self.take().text)
        if token.upper in ("TRUE", "FALSE", "NULL"):
            return Expr("word", self.take().upper)
        if token.upper == "CASE":
            return self._case()
        if self.accept("CAST", "("):
            value = self.expression()
            self.expect("AS")
            kind = self.type()
            self.expect(")")
            return Expr("cast", kind, (value,))
        if self.accept("("):
            return self._parenthesis()
        if self.accept("ARRAY", "["):
            values = () if self.sees("]") else self.listed(self.expression)
            self.expect("]")
            return Expr("array", args=values)
        if self.sees("STRUCT", "(") or self.sees("MAP", "("):
            return self._constructor(self.take().upper)
        follows = self.tokens[self.place + 1]
        if token.kind == "word" and follows.text == "(":
            return self._call()
        name = self.name()
        if self.accept("."):
            return Expr("column", self.name(), (name,), token.line, token.column)
        return Expr("column", name, (), token.line, token.column)

    def _parenthesis(self) -> Expr:
        start = self.place
        names = [self.here.text.upper()]
        while self.here.kind == "word" and self.tokens[self.place + 1].text == ",":
            self.place += 2
            names.append(self.here.text.upper())
        if self.here.kind == "word" and [t.text for t in self.tokens[self.place + 1 : self.place + 3]] == [")", "=>"]:
            self.place += 3
            return Expr("lambda", tuple(names), (self.expression(),))
        self.place = start
        inner = self.expression()
        self.expect(")")
        return inner

    def _case(self) -> Expr:
        self.take()
        operand = None if self.sees("WHEN") else self.expression()
        parts: list[Expr] = []
        while self.accept("WHEN"):
            parts.append(self.expression())
            self.expect("THEN")
            parts.append(self.expression())
        default = self.expression() if self.accept("ELSE") else None
        self.expect("END")
        return Expr("case", (operand, default), tuple(parts))

    def _constructor(self, kind: str) -> Expr:
        self.expect("(")

        def pair() -> tuple[object, Expr]:
            key = self.name() if kind == "STRUCT" else self.expression()
            self.expect(":=")
            return key, self.expression()

        pairs = () if self.sees(")") else self.listed(pair)
        self.expect(")")
        return Expr(kind.lower(), tuple(key for key, _value in pairs), tuple(value for _key, value in pairs))

    def _call(self) -> Expr:
        token = self.take()
        self.expect("(")
        args: tuple[Expr, ...]
        if self.accept("*"):
            args = (Expr("word", "*"),)
        elif self.sees(")"):
            args = ()
        else:
            args = self.listed(self._argument)
        self.expect(")")
        return Expr("call", token.upper, args, token.line, token.column)

    def _argument(self) -> Expr:
        if self.here.kind == "word" and self.tokens[self.place + 1].text == "=>":
            name = self.take().upper
            self.take()
            return Expr("lambda", (name,), (self.expression(),))
        return self.expression()


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """Session variables put into text between quotes: quotes doubled, ``$${`` an escape, unknown names left alone."""

    def value(match: re.Match[str]) -> str:
        if match[0].startswith("$$"):
            return match[0][1:]
        found = variables.get(match[1])
        return match[0] if found is None else found.replace("'", "''")

    return re.sub(r"\$?\$\{(\w+)\}", value, text)
