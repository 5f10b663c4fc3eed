# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module against a real PostgreSQL: ids of both kinds, odd names, locks, rights, and what a failure says."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import (
    DeadlineError,
    RefusedError,
    UnreachableError,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._workgroup.apply import register
from ansible_collections.igrafx.liveconnect.plugins.module_utils._workgroup.client import (
    Login,
    load_driver,
    open_store,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._workgroup.model import (
    Registration,
    Row,
    WorkgroupTable,
)
from ansible_collections.igrafx.liveconnect.plugins.modules import workgroup_kafka_registration

pytestmark = pytest.mark.component

ID = "325151bf-2007-4308-b94d-b436a61a35c5"
OTHER = "0f0a7c52-7e38-4a94-9d5c-6a3c2a5b9a11"
BROKER, REGISTRY = "http://192.168.1.128:19092", "http://192.168.1.128:8081"
DESIRED = [Registration(ID, BROKER, REGISTRY)]
TABLE = WorkgroupTable()

Sql = Callable[..., list[t.Any]]


@pytest.fixture(params=["uuid", "text"])
def workgroups(request: pytest.FixtureRequest, sql: Sql) -> Iterator[str]:
    """A table as the platform has it, with an id column of this type and two workgroups."""
    kind = str(request.param)
    sql(f'CREATE TABLE public."WORKGROUPS" ("ID" {kind}, "KAFKA_BROKER" text, "KAFKA_REGISTRY" varchar(64))')
    sql('INSERT INTO public."WORKGROUPS" VALUES (%s, NULL, NULL), (%s, %s, %s)', ID, OTHER, "http://a:1", "http://b:2")
    yield kind
    sql('DROP TABLE public."WORKGROUPS"')


def rows(sql: Sql) -> dict[str, tuple[str | None, str | None]]:
    return {
        row[0]: (row[1], row[2]) for row in sql('SELECT "ID"::text, "KAFKA_BROKER", "KAFKA_REGISTRY" FROM "WORKGROUPS"')
    }


def run(postgres: Login, capsys: pytest.CaptureFixture[str], **options: t.Any) -> dict[str, t.Any]:
    arguments = {
        "login_unix_socket": postgres.unix_socket,
        "login_port": postgres.port,
        "login_password": postgres.password,
        "login_db": "postgres",
        **options,
    }
    with patch_module_args(arguments), pytest.raises(SystemExit):
        workgroup_kafka_registration.main()
    printed = capsys.readouterr().out
    assert json.dumps(postgres.password)[1:-1] not in printed
    result: dict[str, t.Any] = json.loads(printed)
    return result


def test_check_do_check_do_and_take_out(
    postgres: Login, sql: Sql, workgroups: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spelling = ID.upper() if workgroups == "uuid" else ID
    declared = {"workgroup_id": spelling, "broker": "192.168.1.128:19092", "registry": "192.168.1.128:8081"}

    checked = run(postgres, capsys, **declared, _ansible_check_mode=True)
    assert checked["changed"]
    assert checked["diff"]["before"] == {ID: {"broker": None, "registry": None}}
    assert rows(sql)[ID] == (None, None)
    done = run(postgres, capsys, **declared)
    assert done["changed"]
    assert done["diff"] == checked["diff"]
    assert done["workgroups"] == [{"workgroup_id": ID, "broker": BROKER, "registry": REGISTRY, "changed": True}]
    assert rows(sql) == {ID: (BROKER, REGISTRY), OTHER: ("http://a:1", "http://b:2")}
    assert not run(postgres, capsys, **declared, _ansible_check_mode=True)["changed"]
    assert not run(postgres, capsys, **declared)["changed"]

    gone = run(postgres, capsys, state="absent", workgroups=[{"workgroup_id": ID}, {"workgroup_id": OTHER}])
    assert gone["changed"]
    assert rows(sql) == {ID: (None, None), OTHER: (None, None)}
    assert not run(postgres, capsys, state="absent", workgroup_id=ID)["changed"]


@pytest.mark.usefixtures("workgroups")
def test_an_unknown_workgroup_stops_the_whole_task(
    postgres: Login, sql: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = [
        {"workgroup_id": workgroup, "broker": "10.0.0.1:19092", "registry": "10.0.0.1:8081"}
        for workgroup in (ID, OTHER[:-1] + "2")
    ]
    before = rows(sql)

    result = run(postgres, capsys, workgroups=fleet)

    assert result["failed"]
    assert result["close"] == [OTHER]
    assert rows(sql) == before


@pytest.mark.parametrize(
    "name", ['a"b', "a%sb", "%", "{table}", "x'; DROP TABLE t; --", "é" * 31, "select", "with space", "Mixed"]
)
def test_names_are_taken_exactly_as_given(postgres: Login, sql: Sql, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    sql(f"CREATE SCHEMA {quoted}")
    sql(f"CREATE TABLE {quoted}.{quoted} ({quoted} text, b text, r text)")
    table = WorkgroupTable(name, name, name, "b", "r")
    sql(f"INSERT INTO {quoted}.{quoted} VALUES ('wk1')")  # noqa: S608 -- the names under test

    with open_store(postgres, table) as store:
        register(store, [Registration("wk1", "'; --", '"%s')], check_mode=False)

    assert sql(f"TABLE {quoted}.{quoted}") == [("wk1", "'; --", '"%s')]
    sql(f"DROP SCHEMA {quoted} CASCADE")


def test_names_that_were_created_without_quotes_are_given_in_small_letters(postgres: Login, sql: Sql) -> None:
    sql("CREATE TABLE Workgroups (Id uuid, Kafka_Broker text, Kafka_Registry text)")
    sql("INSERT INTO Workgroups VALUES (%s)", ID)
    with open_store(postgres, WorkgroupTable("public", "workgroups", "id", "kafka_broker", "kafka_registry")) as store:
        register(store, DESIRED, check_mode=False)

    assert sql("SELECT Kafka_Broker, Kafka_Registry FROM Workgroups") == [(BROKER, REGISTRY)]
    sql("DROP TABLE Workgroups")


one_table = pytest.mark.parametrize("workgroups", ["text"], indirect=True)


@one_table
@pytest.mark.usefixtures("workgroups")
@pytest.mark.parametrize(
    "option",
    [
        *("workgroup_id", "broker", "registry", "url_prefix"),
        *("schema", "table", "id_column", "broker_column", "registry_column"),
        *("login_host", "login_unix_socket", "login_user", "login_password", "login_db", "ca_cert"),
    ],
)
def test_no_option_reaches_the_database_as_anything_but_a_value_or_a_name(
    postgres: Login, sql: Sql, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    declared = {"workgroup_id": ID, "broker": "10.0.0.1:19092", "registry": "10.0.0.1:8081"}
    over_tls = {"login_host": "127.0.0.1", "ssl_mode": "verify-ca"} if option == "ca_cert" else {}
    before = rows(sql)

    for evil in ('\'; DROP TABLE "WORKGROUPS"; --', '"; DROP TABLE "WORKGROUPS"; -- %s {table}', "a' host=b c=\\"):
        result = run(postgres, capsys, **{**declared, **over_tls, option: evil})
        assert result["failed"]
        assert "syntax" not in result["msg"]

    assert rows(sql) == before


@one_table
@pytest.mark.usefixtures("workgroups")
def test_a_registry_whose_path_looks_like_a_statement_is_stored_as_it_is(
    postgres: Login, sql: Sql, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = "http://10.0.0.1:8081/';DROP%20TABLE--%s\"{}"

    run(postgres, capsys, workgroup_id=ID, broker="10.0.0.1:19092", registry=registry)

    assert rows(sql)[ID] == ("http://10.0.0.1:19092", registry)


@one_table
@pytest.mark.usefixtures("workgroups")
def test_an_address_of_one_machine_is_warned_of_when_it_is_allowed(
    postgres: Login, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    # Where other tests have loaded Ansible's controller, a warning goes to its display and not into the result.
    monkeypatch.setattr(workgroup_kafka_registration.AnsibleModule, "warn", lambda _, text: warnings.append(text))
    declared = {"workgroup_id": ID, "broker": "kafka-broker:29092", "registry": "10.0.0.1:8081"}

    assert run(postgres, capsys, **declared)["failed"]
    assert run(postgres, capsys, **declared, allow_internal_address=True)["changed"]
    (warning,) = warnings
    assert "containers of the same Docker network" in warning


@one_table
@pytest.mark.usefixtures("workgroups")
def test_a_server_that_requires_tls_is_met_with_it_and_verified(postgres: Login, tls: Login) -> None:
    with open_store(tls, TABLE) as store:
        assert register(store, DESIRED, check_mode=False).changes
    for changed, said in (
        ({"ssl_mode": "disable"}, "no encryption"),
        ({"ssl_mode": "verify-full"}, "does not match host name"),
        ({"ca_cert": "/nonexistent.pem"}, "/nonexistent.pem"),
        ({"ca_cert": str(Path(postgres.unix_socket) / "hba")}, "certificate"),
    ):
        with pytest.raises(UnreachableError, match=said), open_store(replace(tls, **changed), TABLE):
            pass


@pytest.mark.usefixtures("workgroups")
def test_a_row_held_by_another_session_ends_in_a_deadline(postgres: Login, sql: Sql) -> None:
    with closing(load_driver().connect(**postgres.libpq_options())) as other:
        other.cursor().execute('SELECT 1 FROM "WORKGROUPS" FOR UPDATE')
        with (
            open_store(replace(postgres, lock_timeout=0.05), TABLE) as store,
            pytest.raises(DeadlineError, match=r"public\.WORKGROUPS locked for 0\.05 seconds"),
        ):
            register(store, DESIRED, check_mode=False)
        # Neither a look nor a run that finds everything in place waits for the lock.
        with open_store(replace(postgres, lock_timeout=0.05), TABLE) as store:
            assert register(store, DESIRED, check_mode=True).changes
    assert rows(sql)[ID] == (None, None)


@pytest.mark.usefixtures("workgroups")
def test_the_second_of_two_runs_at_once_waits_for_the_first_and_changes_nothing(postgres: Login, sql: Sql) -> None:
    # In the opposite order, so that each would hold what the other waits for if rows were locked as declared.
    desired = [*DESIRED, Registration(OTHER, BROKER, REGISTRY)]

    def second_run() -> bool:
        with open_store(postgres, TABLE) as store:
            return bool(register(store, desired[::-1], check_mode=False).changes)

    with open_store(postgres, TABLE) as first, ThreadPoolExecutor(1) as pool:
        first.read([ID, OTHER], lock=True)
        second = pool.submit(second_run)
        while not second.done() and not sql("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            pass
        for one in desired:
            first.write(Row(one.workgroup_id, one.broker, one.registry))
        first.commit()
        assert not second.result(timeout=10)
    assert rows(sql) == {ID: (BROKER, REGISTRY), OTHER: (BROKER, REGISTRY)}


@pytest.mark.usefixtures("workgroups")
def test_what_is_not_committed_is_not_written(postgres: Login, sql: Sql) -> None:
    with open_store(postgres, TABLE) as store:
        store.write(Row(ID, BROKER, REGISTRY))

    assert rows(sql)[ID] == (None, None)


@pytest.mark.usefixtures("workgroups")
def test_a_role_that_may_only_read_is_told_what_to_grant_but_may_find_everything_in_place(
    postgres: Login, sql: Sql
) -> None:
    sql("CREATE ROLE reader LOGIN PASSWORD 'reader'")
    sql('GRANT SELECT ON "WORKGROUPS" TO reader')
    reader = replace(postgres, user="reader", password="reader")

    with open_store(reader, TABLE) as store, pytest.raises(RefusedError, match=r"Grant SELECT and UPDATE .* to reader"):
        register(store, DESIRED, check_mode=False)
    with open_store(reader, TABLE) as store:
        assert not register(store, [Registration(OTHER, "http://a:1", "http://b:2")], check_mode=False).changes
    sql("DROP OWNED BY reader")
    sql("DROP ROLE reader")


@pytest.mark.parametrize(
    ("table", "remedy"),
    [
        (WorkgroupTable(table="workgroups"), "capitals count"),
        (WorkgroupTable(schema="nowhere"), "capitals count"),
        (WorkgroupTable(broker_column="kafka_broker"), "names of the columns"),
    ],
)
@pytest.mark.usefixtures("workgroups")
def test_a_name_that_does_not_exist_says_so(postgres: Login, table: WorkgroupTable, remedy: str) -> None:
    with open_store(postgres, table) as store, pytest.raises(RefusedError, match=remedy):
        register(store, DESIRED, check_mode=False)


@pytest.mark.usefixtures("workgroups")
def test_a_value_that_does_not_fit_is_refused_in_the_servers_words(postgres: Login) -> None:
    too_long = [Registration(ID, BROKER, "http://" + "x" * 64)]

    with open_store(postgres, TABLE) as store, pytest.raises(RefusedError, match="value too long"):
        register(store, too_long, check_mode=False)


@pytest.mark.usefixtures("workgroups")
def test_a_trigger_that_swallows_the_update_is_noticed(postgres: Login, sql: Sql) -> None:
    sql("CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    sql('CREATE TRIGGER swallow BEFORE UPDATE ON "WORKGROUPS" FOR EACH ROW EXECUTE FUNCTION swallow()')

    with open_store(postgres, TABLE) as store, pytest.raises(RefusedError, match="wrote 0 rows"):
        register(store, DESIRED, check_mode=False)
    sql("DROP FUNCTION swallow CASCADE")


@pytest.mark.usefixtures("workgroups")
def test_a_connection_lost_midway_is_told_and_leaves_nothing_written(postgres: Login, sql: Sql) -> None:
    with open_store(postgres, TABLE) as store:
        store.write(Row(ID, BROKER, REGISTRY))
        sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'")
        with pytest.raises(UnreachableError, match="was lost"):
            store.read([ID], lock=False)

    assert rows(sql)[ID] == (None, None)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"password": "wr0ng-p4ss"}, "password authentication failed"),
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
        ({"unix_socket": "/nonexistent"}, "No such file or directory"),
        ({"host": "127.0.0.1", "port": 1, "unix_socket": ""}, "refused"),
    ],
)
def test_a_refused_connection_says_where_and_why_without_the_password(
    postgres: Login, changed: dict[str, t.Any], said: str
) -> None:
    with pytest.raises(UnreachableError, match=said) as caught, open_store(replace(postgres, **changed), TABLE):
        pass

    assert "wr0ng-p4ss" not in str(caught.value)
    assert postgres.password not in str(caught.value)
