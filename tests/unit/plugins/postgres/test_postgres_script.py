# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module against a real PostgreSQL: what is a change, that a dry run writes nothing, and what failures say."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import RefusedError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._postgres.client import Server, execute
from ansible_collections.igrafx.liveconnect.plugins.module_utils._postgres.script import SqlStatement
from ansible_collections.igrafx.liveconnect.plugins.modules import postgres_script

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres_container import Container

pytestmark = pytest.mark.component


class Script(t.Protocol):
    """Runs a script by the module; its result."""

    def __call__(self, script: str, *, check: bool = False, **options: str) -> dict[str, t.Any]: ...


@pytest.fixture
def run(container: Container, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Script]:
    """Each test begins with an empty schema of its own."""
    monkeypatch.setenv("PATH", f"{container.bin}:{os.environ['PATH']}")
    container.sql("CREATE SCHEMA app; CREATE TABLE app.base (id int PRIMARY KEY, name text); CREATE ROLE reader;")

    def run(script: str, *, check: bool = False, **options: str) -> dict[str, t.Any]:
        login = {"container": "data-transform", "login_user": "datamanager", "login_db": "transform", "name": "a.sql"}
        arguments = {**login, "script": script, **options, "_ansible_check_mode": check}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            postgres_script.main()
        result: dict[str, t.Any] = json.loads(capsys.readouterr().out)
        return result

    yield run
    container.sql(
        "SET client_min_messages = error; DROP PUBLICATION IF EXISTS p; DROP EVENT TRIGGER IF EXISTS e;"
        "DROP FOREIGN DATA WRAPPER IF EXISTS w CASCADE; DROP SUBSCRIPTION IF EXISTS s;"
        "DROP ACCESS METHOD IF EXISTS hop;"
        "SELECT lo_unlink(oid) FROM pg_largeobject_metadata; DROP SCHEMA app CASCADE; DROP OWNED BY reader;"
        "REVOKE SET ON PARAMETER log_statement FROM reader; DROP ROLE reader; DROP ROLE IF EXISTS second;"
        "ALTER DATABASE transform RESET ALL; COMMENT ON DATABASE transform IS NULL;"
    )


SCRIPTS = Path(__file__).with_name("repeatable.sql").read_text(encoding="utf-8").split("--- ")[1:]
REPEATABLE = {script.splitlines()[0]: script.partition("\n")[2] for script in SCRIPTS}


@pytest.mark.parametrize("what", REPEATABLE)
def test_it_is_changed_once_and_as_foretold(run: Script, what: str) -> None:
    script = REPEATABLE[what]
    foretold = run(script, check=True)
    assert foretold.get("changed"), foretold

    done = run(script)

    # A dry run that had kept anything would have left nothing to do.
    assert {**done, "diff": None, "invocation": None} == {**foretold, "diff": None, "invocation": None}
    assert done["diff"]["before"] != done["diff"]["after"]
    assert "S3cret" not in str(done["diff"])
    again = run(script)
    assert not again["changed"], again["diff"]


@pytest.mark.parametrize("statement", ["TRUNCATE app.base", "DROP TABLE app.base; CREATE TABLE app.base (id int)"])
def test_rows_that_go_are_a_change(run: Script, container: Container, statement: str) -> None:
    container.sql("INSERT INTO app.base VALUES (1)")

    assert run(statement)["changed"]
    assert container.sql("SELECT count(*) FROM app.base") == "0"


def test_the_difference_names_objects_and_what_changed(run: Script) -> None:
    result = run(
        "ALTER TABLE app.base REPLICA IDENTITY FULL; CREATE TABLE app.new (id int); INSERT INTO app.base VALUES (1)"
    )

    assert "table app.base: relreplident d\n" in result["diff"]["before"]
    assert "table app.base: relreplident f\n" in result["diff"]["after"]
    assert "table column app.new.id: integer\n" in result["diff"]["after"]
    assert "app.base: 1 rows written\n" in result["diff"]["after"]
    assert result["objects"] == ["table app.base", "table app.new", "table column app.new.id"]
    assert result["rows"] == {"app.base": 1}


def test_a_script_that_commits_is_refused_before_it_runs(run: Script, container: Container) -> None:
    result = run("CREATE TABLE app.t (id int);\nCOMMIT;", check=True)

    assert result["msg"].startswith("a.sql, line 2: COMMIT cannot stand in a file that is run in one transaction")
    assert container.sql("SELECT to_regclass('app.t')") == ""


@pytest.mark.parametrize(
    "hidden",
    [
        "COMMIT",
        "ROLLBACK",
        "END",
        "PREPARE TRANSACTION 'x'",
        "SAVEPOINT a",
        "COMMIT; CREATE TABLE app.u (id int)",
        "CALL app.ends()",
        "DO $$ BEGIN COMMIT; END $$",
        "\\connect transform",
        "\\! touch /tmp/x",
    ],
)
def test_postgresql_refuses_what_the_splitting_did_not_see(run: Script, container: Container, hidden: str) -> None:
    """As a script could hide it that changes how strings are read."""
    assert run("CREATE PROCEDURE app.ends() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'")["changed"]
    statements = [SqlStatement("CREATE TABLE app.t (id int)", 1, ()), SqlStatement(hidden, 2, ())]
    server = Server("data-transform", "datamanager", "transform")

    def command(argv: list[str], data: str) -> tuple[int, str, str]:
        done = subprocess.run(argv, input=data, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    with pytest.raises(RefusedError, match=r"^a\.sql:2: "):
        execute(command, server, "a.sql", statements, keep=True)
    assert container.sql("SELECT to_regclass('app.t'), to_regclass('app.u')") == "|"


def test_words_of_transactions_inside_of_bodies_are_run(run: Script, container: Container) -> None:
    body = "BEGIN COMMIT; END"
    assert run(f"CREATE PROCEDURE app.p() LANGUAGE plpgsql AS $$ {body} $$; SELECT 'COMMIT; '' \\ %', $x$'$x$;")[
        "changed"
    ]
    assert container.sql("SELECT prosrc FROM pg_proc WHERE proname = 'p'") == body


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("SELECT 1;\n\nCREATE TABLE app.t (\n  id int,\n  v imt);", 'a.sql:5: type "imt" does not exist. Nothing'),
        ("\nCREATE TABLE app.base (\n  id int);", 'a.sql:2: relation "base" already exists. Nothing of the file'),
        (
            "INSERT INTO app.base VALUES\n(1);\nINSERT INTO app.base VALUES\n(1);",
            "a.sql:3: duplicate key value violates",
        ),
        (
            "SELECT 1;\nDO $$\nBEGIN\n  PERFORM 1;\n  PERFORM nothing();\nEND $$;",
            "a.sql:2: function nothing() does not exist. ",
        ),
        ("SELECT 'é';\nSELECT 'x", 'a.sql:2: unterminated quoted string at or near "\'x". Nothing'),
        ("SELECT 1 \\gexec", 'a.sql:1: syntax error at or near "\\". '),
        ("VACUUM", "a.sql:1: VACUUM cannot run inside a transaction block. "),
    ],
)
def test_a_failure_is_postgresqls_message_with_the_line(
    run: Script, container: Container, script: str, message: str
) -> None:
    result = run(f"CREATE TABLE app.first (); {script}")

    assert result["failed"]
    assert result["msg"].startswith(message)
    assert container.sql("SELECT to_regclass('app.first')") == ""


def test_what_is_deferred_to_the_end_fails_in_a_dry_run_too(run: Script) -> None:
    script = (
        "CREATE TABLE app.t (base int REFERENCES app.base DEFERRABLE INITIALLY DEFERRED); INSERT INTO app.t VALUES (1);"
    )
    said = {run(script, check=check)["msg"] for check in (True, False)}

    assert len(said) == 1
    assert (
        'a.sql: insert or update on table "t" violates foreign key constraint "t_base_fkey". Key (base)=(1)'
        in said.pop()
    )


def test_who_cannot_get_in_is_told_by_docker_or_psql(run: Script) -> None:
    assert run("", container="x")["msg"] == "a.sql was not run: Error response from daemon: No such container: x."
    assert 'database "nowhere" does not exist.' in run("SELECT 1", login_db="nowhere")["msg"]
