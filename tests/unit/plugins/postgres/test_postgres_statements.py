# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a script's statements begin and end, and which of them would end the transaction."""

from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._postgres.script import refusals, split

# One statement each, in which every semicolon and every word of transactions is inside of something.
WHOLE = [
    "SELECT 'COMMIT; it''s \\'",
    "SELECT E'\\'; COMMIT; \\\\', 'next'",
    "SELECT E'a'\n  'b\\'; COMMIT;'",
    "SELECT U&'\\0041;', B'1', n'x;', $1",
    'CREATE TABLE "a;""COMMIT;" (id int)',
    "DO $$ BEGIN COMMIT; END $$",
    "DO $body$ BEGIN PERFORM $$;$$; $bod$; COMMIT; END $body$",
    "SELECT a$b$ FROM t WHERE c$b$ = 1 -- ; COMMIT",
    "SELECT 1 /* ; /* COMMIT; */ ; */ + 2",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u VALUES (1); NOTIFY n)",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
    'CREATE TABLE begin ("end" int, atomic int)',
    "(SELECT 1)",
]


@pytest.mark.parametrize("text", WHOLE)
def test_what_is_inside_of_something_ends_no_statement(text: str) -> None:
    script = f"-- COMMIT;\n/* END; */\n{text}\n;; SELECT 2"

    assert [(one.text, one.line) for one in split(script)] == [
        (text, 3),
        ("SELECT 2", 4 + text.count("\n")),
    ]
    assert not refusals(script)


@pytest.mark.parametrize(
    "text",
    [
        *("BEGIN", "Begin Isolation Level Serializable", "START TRANSACTION", "COMMIT", "commit/**/AND CHAIN", "END"),
        *("ROLLBACK", "ABORT", "SAVEPOINT a", "RELEASE a", "ROLLBACK TO a", "PREPARE TRANSACTION 'x'"),
        "COMMIT PREPARED 'x'",
    ],
)
def test_what_would_end_the_transaction_is_told_with_its_line(text: str) -> None:
    (sentence,) = refusals(f"SELECT ';';\n\n -- first\n {text};\nPREPARE p AS SELECT 1;")

    command = "PREPARE TRANSACTION" if text.startswith("PREPARE") else text.replace("/", " ").split()[0].upper()
    assert sentence.startswith(f"line 4: {command} cannot stand in a file that is run in one transaction: leave it out")


def test_commands_of_psql_and_rows_after_copy_are_told() -> None:
    assert refusals("SELECT 1;\n\\connect other\nCOMMIT;") == [
        "line 2: \\connect is a command of psql: only SQL can be run here."
    ]
    (sentence,) = refusals("COPY t (a, b) FROM stdin WITH (FORMAT csv);\nCOMMIT;\n\\.\n")
    assert sentence.startswith("line 1: COPY cannot read rows from the file")
    assert not refusals("COPY t FROM '/tmp/x'; COPY (SELECT * FROM stdin) TO '/tmp/y';")


@pytest.mark.parametrize("opener", ["'", '"', "$$", "/*", "("])
def test_what_is_never_closed_is_left_to_postgresql(opener: str) -> None:
    assert [one.text for one in split(f"SELECT 1; SELECT {opener} ; COMMIT")][1] == f"SELECT {opener} ; COMMIT"
