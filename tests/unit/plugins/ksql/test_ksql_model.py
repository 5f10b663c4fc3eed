# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is declared, what the server says, and the plan between them, all as plain data."""

# ruff: noqa: E501, S608 -- statements of ksqlDB on one line each; no database
from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.declaration import parse
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.lexer import split
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.model import (
    Catalogue,
    Echo,
    Query,
    Source,
    parse_catalogue,
    plain,
    same_properties,
    same_source,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.plan import plan
from ansible_collections.igrafx.liveconnect.plugins.module_utils._ksql.steps import Actual, Rules


def declared(text, variables=None, properties=None):
    return parse(split(text, "s.sql"), variables or {}, properties or {})


def one(text, variables=None):
    (statement,) = declared(text, variables)
    return statement


@pytest.mark.parametrize(
    ("text", "kind", "name", "sent"),
    [
        ("create stream a (x int) with (k='v');", "stream", "A", "CREATE STREAM a (x int) with (k='v')"),
        ("CREATE OR REPLACE TABLE `a b` AS SELECT 1;", "table", "a b", "CREATE TABLE `a b` AS SELECT 1"),
        ("CREATE SOURCE TABLE IF NOT EXISTS t (x INT);", "table", "T", "CREATE SOURCE TABLE t (x INT)"),
        ('CREATE STREAM "Dq" (x INT);', "stream", "Dq", 'CREATE STREAM "Dq" (x INT)'),
        ("CREATE TYPE IF NOT EXISTS m AS INT;", "type", "M", "CREATE TYPE m AS INT"),
        ("DROP STREAM IF EXISTS a;", "stream", "A", "DROP STREAM `A`"),
        ("terminate q_1;", "query", "Q_1", "TERMINATE Q_1"),
        ("INSERT INTO a WITH (QUERY_ID='mine') SELECT * FROM b;", "insert", "MINE",
         "INSERT INTO a WITH (QUERY_ID='mine') SELECT * FROM b"),
        ("CREATE STREAM ${n} (x INT) WITH (T='${n}');", "stream", "ORDERS", "CREATE STREAM ${n} (x INT) WITH (T='${n}')"),
    ],
)  # fmt: skip
def test_reads_statements(text, kind, name, sent):
    statement = one(text, {"n": "orders"})
    assert (statement.kind, statement.name, statement.text) == (kind, name, sent)
    assert statement.absent == sent.startswith(("DROP", "TERMINATE"))


def test_an_insert_gets_an_id_from_its_text():
    first = one("INSERT INTO `my-sink` SELECT * FROM b WHERE x < 0;")
    assert first.name.startswith("INSERT_MY_SINK_")
    assert first.text == f"INSERT INTO `my-sink` WITH (QUERY_ID='{first.name}') SELECT * FROM b WHERE x < 0"
    assert one("insert into `my-sink`\n select * -- c\n from B where X<0;").name == first.name
    assert one("INSERT INTO `my-sink` SELECT * FROM b WHERE x < 1;").name != first.name
    by_variable = "INSERT INTO a SELECT * FROM b WHERE x < ${n};"
    assert one(by_variable, {"n": 1}).name != one(by_variable, {"n": 2}).name


@pytest.mark.parametrize(
    ("text", "name", "config"),
    [
        ("CREATE SOURCE CONNECTOR IF NOT EXISTS c WITH ('connector.class'='x.Y', \"tasks.max\"=1);", "C",
         {"connector.class": "x.Y", "tasks.max": "1"}),
        ("CREATE SINK CONNECTOR `c-d` WITH ('a'='it''s', 'b'=TRUE, 'd'=-1.5, 'e'='${v}');", "c-d",
         {"a": "it's", "b": "true", "d": "-1.5", "e": "w"}),
    ],
)  # fmt: skip
def test_reads_connectors(text, name, config):
    statement = one(text, {"v": "w"})
    assert (statement.kind, statement.name, statement.config) == ("connector", name, config)
    assert statement.text == text[:-1].replace("IF NOT EXISTS ", "")


def test_finds_the_functions_that_are_called():
    text = (
        "CREATE TABLE t WITH (K='f(x)') AS SELECT udf_one(a, Lcase(b)) x, CAST(c AS VARCHAR(9)) FROM s "
        "WINDOW TUMBLING (SIZE 1 HOUR) WHERE a IN (1, 2) AND (b = 'g(y)') GROUP BY a HAVING count(*) > 1;"
    )
    assert one(text).functions == {"UDF_ONE", "LCASE", "COUNT"}
    assert one("INSERT INTO a SELECT F (x) FROM b;").functions == {"F"}
    assert one("CREATE STREAM a (x DECIMAL(4,1)) WITH (K='v');").functions == frozenset()


@pytest.mark.parametrize(
    ("text", "inferred"),
    [
        ("CREATE STREAM a (x INT) WITH (VALUE_FORMAT='AVRO');", False),
        ("CREATE STREAM a (x INT KEY, y STRUCT<a INT, b INT>) WITH (FORMAT='AVRO');", False),
        ("CREATE STREAM a WITH (VALUE_FORMAT='AVRO');", True),
        ("CREATE TABLE a (x INT PRIMARY KEY, h BYTES HEADER('h')) WITH (VALUE_FORMAT='AVRO');", True),
        ("CREATE STREAM a (x INT) WITH (KEY_FORMAT='AVRO', VALUE_FORMAT='JSON');", True),
        ("CREATE STREAM a AS SELECT * FROM b;", False),
    ],
)
def test_knows_what_takes_columns_from_the_registry(text, inferred):
    assert one(text).inferred is inferred


def test_a_variable_made_from_a_secret_is_a_secret():
    text = "DEFINE a='x${key}'; CREATE STREAM s (x INT) WITH (K='${a}'); CREATE STREAM t (x INT);"
    found = parse(split(text, "s.sql"), {"key": "k"}, {}, ["key"])
    assert [statement.secret for statement in found] == [True, False]


def test_absent_turns_declarations_into_removals():
    text = "CREATE TABLE a (x INT); CREATE TYPE m AS INT; INSERT INTO b WITH (QUERY_ID='q') SELECT * FROM c; DROP STREAM d;"
    found = parse(split(text, "s.sql"), {}, {}, absent=True)
    assert [statement.text for statement in found] == [
        "DROP TABLE `A`",
        "DROP TYPE `M`",
        "TERMINATE Q",
        "DROP STREAM `D`",
    ]
    assert all(statement.absent for statement in found)


def test_settings_hold_for_what_follows():
    first, second, third = declared(
        "CREATE STREAM a (x INT); SET 'auto.offset.reset'='earliest'; DEFINE v='b'; CREATE STREAM ${v} (x INT);"
        "UNSET 'auto.offset.reset'; CREATE STREAM c (x INT);",
        properties={"p": True},
    )
    assert (first.settings, first.properties) == ((), {"p": "true"})
    assert second.name == "B"
    assert second.properties == {"p": "true", "auto.offset.reset": "earliest"}
    assert third.properties == {"p": "true"}
    assert third.settings == (*second.settings, "UNSET 'auto.offset.reset'")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT * FROM a;", r"s\.sql:1:1: SELECT is refused: it reads rows.*CLI"),
        ("PRINT t;", "PRINT is refused"),
        ("LIST STREAMS;", "LIST is refused: it only reads"),
        ("PAUSE q;", "PAUSE is refused"),
        ("ALTER STREAM a ADD COLUMN b INT;", "on_drift: replace"),
        ("RUN SCRIPT 'x.sql';", "List the file in src"),
        ("CREATE SINK CONNECTOR c WITH ('a'", r"s\.sql:1:1: the statement ends too early|semicolon"),
        ("INSERT INTO a VALUES (1);", "write the row again at every run"),
        ("INSERT INTO a (x) VALUES (1);", "write the row again at every run"),
        ("DROP STREAM a DELETE TOPIC;", "DELETE TOPIC is refused"),
        ("TERMINATE ALL;", "TERMINATE ALL is refused"),
        ("FROBNICATE x;", "'FROBNICATE' does not begin"),
        ("CREATE NONSENSE x;", r"s\.sql:1:8: 'NONSENSE' stands where STREAM or TABLE"),
        ("CREATE STREAM", "ends with a semicolon|semicolon"),
        ("CREATE STREAM;", "ends too early"),
        ("CREATE STREAM 'a' (x INT);", "is not a name"),
        ("SET x;", "SET is not written"),
        ("CREATE STREAM ${n} (x INT);", r"s\.sql:1:15: the variable n is not defined"),
        ("CREATE STREAM a (x INT) WITH (T='${n}');", "the variable n is not defined"),
        ("CREATE STREAM a (x INT); DROP TABLE a;", r"s\.sql:1:26: A is already declared at s\.sql:1:1"),
    ],
)
def test_refuses_what_declares_nothing(text, message):
    with pytest.raises(InvalidInputError, match=message):
        declared(text)


def test_an_escaped_variable_is_not_looked_for():
    assert one("CREATE STREAM a (x INT) WITH (T='$${n}');").name == "A"


def test_reads_the_catalogue():
    schema = {"type": "STRUCT", "memberSchema": None, "fields": [
        {"name": "STREET", "schema": {"type": "STRING", "fields": None, "memberSchema": None}},
        {"name": "tags", "schema": {"type": "ARRAY", "fields": None, "memberSchema": {"type": "DECIMAL", "fields": None,
                                    "memberSchema": None, "parameters": {"precision": 4, "scale": 1}}}}]}  # fmt: skip
    found = parse_catalogue(
        [
            {"@type": "source_descriptions", "sourceDescriptions": [
                {"name": "a", "type": "STREAM", "statement": "CREATE OR REPLACE STREAM `a` (X INTEGER);", "topic": "t",
                 "sourceConstraints": ["B"]}]},
            {"@type": "query_descriptions", "queryDescriptions": [
                {"id": "Q", "statementText": "…", "sinks": ["a"], "sources": ["S"],
                 "overriddenProperties": {"x": True, "y": 1}}]},
            {"@type": "type_list", "types": {"ADDRESS": schema}},
        ]
    )  # fmt: skip
    assert found.sources == {"a": Source("stream", "a", "CREATE STREAM `a` (X INTEGER);", "t", ("B",))}
    assert found.queries == {"Q": Query("Q", "…", ("a",), {"x": "true", "y": "1"}, ("S",))}
    assert found.types == {"ADDRESS": "STRUCT<`STREET` STRING, `tags` ARRAY<DECIMAL(4, 1)>>"}
    declared_type = one("CREATE TYPE address AS STRUCT<street VARCHAR(9), `tags` ARRAY<DECIMAL(4,1)>>;")
    assert declared_type.type_text == found.types["ADDRESS"]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("CREATE STREAM A (X INTEGER);", "CREATE STREAM A (X INTEGER);"),
        ("CREATE OR REPLACE SOURCE TABLE A;", "CREATE SOURCE TABLE A;"),
        ("CREATE TABLE IF NOT EXISTS A;", "CREATE TABLE A;"),
        ("CREATE STREAM A (`IF NOT EXISTS ` INTEGER);", "CREATE STREAM A (`IF NOT EXISTS ` INTEGER);"),
    ],
)
def test_strips_the_words_that_declare_nothing(stored, expected):
    assert plain(stored) == expected


@pytest.mark.parametrize(
    ("stored", "text", "same"),
    [
        ("A WITH (K='x', PARTITIONS=1, V='J');", "A WITH (K='x', V='J');", True),
        ("A WITH (K='x', V='J');", "A WITH (K='x', V='J', PARTITIONS=1);", True),
        ("A WITH (K='x', PARTITIONS=1, V='J');", "A WITH (K='x', PARTITIONS=2, V='J');", False),
        ("A WITH (K='x', V='J');", "A WITH (K='y', V='J', REPLICAS=1);", False),
        ("A WITH (K='x');\nALTER STREAM a ADD b INT;", "A WITH (K='x');", False),
        ("A (X INTEGER);", "A (Y INTEGER);", False),
    ],
)
def test_partitions_count_only_where_both_sides_name_them(stored, text, same):
    assert same_source(stored, text) is same


def test_the_prefix_of_stream_properties_makes_no_difference():
    assert same_properties({"auto.offset.reset": "earliest"}, {"ksql.streams.auto.offset.reset": "earliest"})
    assert not same_properties({}, {"auto.offset.reset": "earliest"})


def source(text, kind="stream"):
    return Catalogue(sources={"A": Source(kind, "A", text)})


STREAM = "CREATE STREAM a (x INT) WITH (K='v');"
STORED = "CREATE STREAM A (X INTEGER) WITH (K='v');"


@pytest.mark.parametrize(
    ("text", "actual", "on_drift", "action", "sends"),
    [
        (STREAM, Actual(), "fail", "create", (STREAM[:-1],)),
        (STREAM, Actual(source(STORED)), "fail", "create", (STREAM[:-1],)),  # gone between the two looks
        (STREAM, Actual(source(STORED), {"A": Echo(STORED)}), "fail", "none", ()),
        (STREAM, Actual(source("old"), {"A": Echo(STORED)}), "fail", "drift", ()),
        (STREAM, Actual(source("old"), {"A": Echo(STORED)}), "replace", "replace",
         ("CREATE OR REPLACE STREAM a (x INT) WITH (K='v')",)),
        (STREAM, Actual(source("old"), {"A": Echo(problem="no")}), "replace", "refused", ()),
        (STREAM, Actual(source("old", "table"), {"A": Echo(STORED)}), "replace", "refused", ()),
        ("DROP STREAM a;", Actual(), "fail", "none", ()),
        ("DROP STREAM a;", Actual(source(STORED)), "fail", "drop", ("DROP STREAM `A`",)),
        ("DROP TABLE a;", Actual(source(STORED)), "fail", "refused", ()),
        ("TERMINATE q;", Actual(), "fail", "none", ()),
        ("TERMINATE q;", Actual(Catalogue(queries={"Q": Query("Q", "x")})), "fail", "terminate", ("TERMINATE Q",)),
        ("CREATE TYPE m AS INT;", Actual(), "fail", "create", ("CREATE TYPE m AS INT",)),
        ("CREATE TYPE m AS INT;", Actual(Catalogue(types={"M": "INTEGER"})), "fail", "none", ()),
        ("CREATE TYPE m AS INT;", Actual(Catalogue(types={"M": "STRING"})), "fail", "drift", ()),
        ("CREATE TYPE m AS INT;", Actual(Catalogue(types={"M": "STRING"})), "replace", "replace",
         ("DROP TYPE `M`", "CREATE TYPE m AS INT")),
        ("CREATE TYPE m AS ARRAY<n>;", Actual(Catalogue(types={"M": "ARRAY<INTEGER>", "N": "INTEGER"})), "fail", "none", ()),
        ("DROP TYPE m;", Actual(Catalogue(types={"M": "STRING"})), "fail", "drop", ("DROP TYPE `M`",)),
    ],
)  # fmt: skip
def test_plans_one_statement(text, actual, on_drift, action, sends):
    (step,) = plan(declared(text), actual, Rules(on_drift)).steps
    assert (step.action, step.sends) == (action, sends)
    assert (step.action in ("drift", "refused")) == bool(step.reason and not step.pending)
