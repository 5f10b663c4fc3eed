# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQL part of a pipeline, as the role carries it out in a real PostgreSQL; and the example's own file."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._postgres.runner import run
from playbook import run_play

if t.TYPE_CHECKING:
    from postgres_container import Container

pytestmark = pytest.mark.component
ROOT = Path(__file__).resolve().parents[3]


def carry_out(container: Container, directory: Path, *arguments: str) -> tuple[int, str]:
    """The exit code, and what was printed with one space between words."""
    variables = {
        "pipelines_source": str(directory),
        "pipelines_pipelines": [{"name": "p", "tables": "a.sql"}],
    }
    play = {"vars": variables, "roles": ["igrafx.liveconnect.pipelines"]}
    done = run_play(directory, play, *arguments, programs=container.bin)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_a_file_is_carried_out_once_and_failures_name_its_line(container: Container, tmp_path: Path) -> None:
    script = tmp_path / "a.sql"
    script.write_text(
        "CREATE SCHEMA IF NOT EXISTS app;\r\nSET search_path TO app;\r\nCREATE TABLE IF NOT EXISTS t (id int);"
    )
    _, printed = carry_out(container, tmp_path, "--diff")
    assert "changed=1 " in printed
    assert "+table app.t" in printed
    assert "changed=0 " in carry_out(container, tmp_path)[1]

    script.write_text("CREATE TABLE app.u ();\nCREATE TABLE app.t (id int);")
    code, printed = carry_out(container, tmp_path)
    assert code == 2
    assert 'a.sql:2: relation "t" already exists. Nothing of the file was kept' in printed.replace("\\", "")

    script.write_text("CREATE TABLE app.u ();\nCOMMIT;")
    code, printed = carry_out(container, tmp_path)
    assert code == 2
    assert "the pipeline p names a.sql: line 2: COMMIT cannot stand in a file" in printed
    assert container.sql("SELECT to_regclass('app.u')") == ""
    container.sql("SET client_min_messages = error; DROP SCHEMA app CASCADE")


EXAMPLE = ROOT / "inventories/example/pipelines/incidents/tables.sql"
COLUMNS = "id,INCIDENT,ACTIVITY,DATE,ASSIGNEE,COMMENT,cnt"
TABLE = 'CREATE TABLE public."JDBC_TABLE" (id SERIAL PRIMARY KEY NOT NULL);'
ADD = 'ALTER TABLE public."JDBC_TABLE" ADD COLUMN '
# As the file made it before it listed the columns.
OLD_VIEW = """CREATE VIEW public."INCIDENT_EVENTS" AS
  SELECT t.*, ROW_NUMBER() OVER (PARTITION BY t."INCIDENT" ORDER BY t.id) AS cnt FROM public."JDBC_TABLE" t;"""
OLD_COLUMNS = TABLE + ADD + ", ADD COLUMN ".join(f'"{name}" text' for name in COLUMNS.split(",")[1:-1]) + ";"


@pytest.mark.parametrize(
    "before",
    [
        "",
        TABLE,
        OLD_COLUMNS + OLD_VIEW,
        OLD_COLUMNS + OLD_VIEW + ADD + '"TEAM" text;',
        OLD_COLUMNS + ADD + '"TEAM" text;' + OLD_VIEW,
        TABLE + ADD + '"TEAM" text, ADD COLUMN "ACTIVITY" text, ADD COLUMN "INCIDENT" text;' + OLD_VIEW,
    ],
    ids=["nothing", "the first script", "the old view", "a column after it", "a column in it", "another order"],
)
def test_the_examples_view_survives_columns_that_the_sink_adds(container: Container, before: str) -> None:
    options = {
        "script": EXAMPLE.read_text(encoding="utf-8"),
        "name": "tables.sql",
        "container": "data-transform",
        "login_user": "datamanager",
        "login_db": "transform",
    }

    def command(argv: list[str], data: str) -> tuple[int, str, str]:
        argv = [str(container.bin / "docker"), *argv[1:]]
        done = subprocess.run(argv, input=data, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    try:
        container.sql(before)
        run(options, command, check_mode=False)
        assert not run(options, command, check_mode=False)["changed"]
        container.sql(f'{ADD} "LATER" text')
        container.sql('INSERT INTO public."JDBC_TABLE" ("INCIDENT", "LATER") VALUES (1, 2)')
        # A reader that was built on the view stays.
        container.sql('CREATE VIEW public.reader AS SELECT cnt FROM public."INCIDENT_EVENTS"')
        assert not run(options, command, check_mode=False)["changed"]
        names = container.sql(
            "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute"
            " WHERE attrelid = 'public.\"INCIDENT_EVENTS\"'::regclass"
        )
        assert names == COLUMNS
        assert container.sql("SELECT cnt FROM public.reader") == "1"
    finally:
        container.sql('SET client_min_messages = error; DROP TABLE IF EXISTS public."JDBC_TABLE" CASCADE')
