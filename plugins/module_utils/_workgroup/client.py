# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The table of workgroups in a real PostgreSQL, over psycopg 3 or psycopg2, whichever the host has."""

from __future__ import annotations

import contextlib
import importlib
import typing as t
from dataclasses import dataclass

from .._errors import DeadlineError, LiveConnectError, RefusedError, UnreachableError
from .model import Row, WorkgroupTable

MAX_KNOWN_IDS = 1000

# https://www.postgresql.org/docs/current/errcodes-appendix.html
LOCK_NOT_AVAILABLE = "55P03"
UNDEFINED_TABLE = "42P01"
INVALID_SCHEMA = "3F000"
UNDEFINED_COLUMN = "42703"
INSUFFICIENT_PRIVILEGE = "42501"
READ_ONLY_TRANSACTION = "25006"
CONNECTION_ENDED = ("08", "57P")


@dataclass(frozen=True)
class Login:
    """How to reach the platform's database. Empty strings leave the choice to libpq; the timeouts are in seconds."""

    host: str = ""
    port: int = 5432
    unix_socket: str = ""
    user: str = "postgres"
    password: str = ""
    database: str = ""
    ssl_mode: str = "prefer"
    ca_cert: str | None = None
    connect_timeout: int = 10
    lock_timeout: float = 10

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> Login:
        """From the module's options."""
        return cls(
            host=params["login_host"],
            port=params["login_port"],
            unix_socket=params["login_unix_socket"],
            user=params["login_user"],
            password=params["login_password"],
            database=params["login_db"],
            ssl_mode=params["ssl_mode"],
            ca_cert=params["ca_cert"],
            connect_timeout=params["connect_timeout"],
            lock_timeout=params["lock_timeout"],
        )

    @property
    def name(self) -> str:
        """The server and database for messages."""
        return f"{self.host or self.unix_socket or 'the local socket'}, port {self.port}, database {self.database}"

    def libpq_options(self) -> dict[str, t.Any]:
        """The keyword arguments of ``connect``, without what is left to libpq."""
        options = {
            "host": self.host or self.unix_socket,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.database,
            "sslmode": self.ssl_mode,
            "sslrootcert": self.ca_cert,
            "connect_timeout": self.connect_timeout,
            "application_name": "igrafx.liveconnect",
        }
        return {name: value for name, value in options.items() if value}


def load_driver() -> t.Any:
    """The psycopg module of this host; LiveConnectError names the package when there is none."""
    for name in ("psycopg", "psycopg2"):
        with contextlib.suppress(ImportError):
            return importlib.import_module(name)
    raise LiveConnectError(
        "This host's Python has no PostgreSQL driver.",
        remedy="Install the package python3-psycopg2 (Debian, Ubuntu), or psycopg for the interpreter in use.",
    )


@contextlib.contextmanager
def open_store(login: Login, table: WorkgroupTable) -> t.Iterator[PostgresStore]:
    """A store in one transaction of its own connection, rolled back unless it was committed."""
    driver = load_driver()
    try:
        connection = driver.connect(**login.libpq_options())
    except driver.Error as error:
        raise UnreachableError(
            f"PostgreSQL ({login.name}) does not let {login.user} in: {_words(error)}.",
            remedy="Check login_host, login_port, login_user, login_password, login_db and ssl_mode.",
        ) from error
    with contextlib.closing(connection):
        yield PostgresStore(driver, connection, login, table)


class PostgresStore:
    """See WorkgroupStore. Every value travels apart from the statement; every name is quoted."""

    def __init__(self, driver: t.Any, connection: t.Any, login: Login, table: WorkgroupTable) -> None:
        self._driver = driver
        self._connection = connection
        self._login = login
        self._table = table
        self._execute("SELECT set_config('lock_timeout', %s, true)", [f"{round(login.lock_timeout * 1000)}ms"])

    def read(self, ids: t.Sequence[str], *, lock: bool) -> list[Row]:
        """See WorkgroupStore."""
        # Compared as text, so that a uuid column and a text column both work. Rows are locked in one order, so that two
        # runs for the same workgroups cannot wait for each other for ever.
        select = (
            "SELECT {id_column}::text, {broker_column}, {registry_column} FROM {table}"
            " WHERE {id_column}::text = ANY(%s) ORDER BY {id_column}::text"
        )
        found = self._execute(f"{select} FOR NO KEY UPDATE" if lock else select, [list(ids)])
        return [Row(*columns) for columns in found]

    def known_ids(self) -> list[str]:
        """See WorkgroupStore."""
        found = self._execute("SELECT {id_column}::text FROM {table} ORDER BY 1 LIMIT %s", [MAX_KNOWN_IDS])
        return [str(columns[0]) for columns in found]

    def write(self, row: Row) -> None:
        """See WorkgroupStore."""
        written = self._execute(
            "UPDATE {table} SET {broker_column} = %s, {registry_column} = %s WHERE {id_column}::text = %s"
            " RETURNING {id_column}::text",
            [row.broker, row.registry, row.workgroup_id],
        )
        if len(written) != 1:
            raise RefusedError(
                f"PostgreSQL wrote {len(written)} rows of {self._table.name} for workgroup {row.workgroup_id}, not 1.",
                remedy=f"Check the triggers, rules and row policies of the table for {self._login.user}.",
            )

    def commit(self) -> None:
        """See WorkgroupStore."""
        try:
            self._connection.commit()
        except self._driver.Error as error:
            raise self._explained(error) from error

    def _execute(self, template: str, values: t.Sequence[t.Any]) -> list[t.Any]:
        """Run a statement, its names in braces taken from the table and quoted; returns the rows it answers.

        ``values`` must not be empty: psycopg2 leaves the doubled percent signs of a name in place without values.
        """
        names = {option: quoted(name) for option, name in vars(self._table).items()}
        names["table"] = f"{names['schema']}.{names['table']}"
        cursor = self._connection.cursor()
        try:
            cursor.execute(template.format(**names), values)
            return list(cursor.fetchall())
        except self._driver.Error as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> LiveConnectError:
        """The error that says what the server said and what to do."""
        # psycopg 3 calls it sqlstate, psycopg2 pgcode; None when the connection itself broke.
        state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or ""
        words = _words(error)
        table, user = self._table.name, self._login.user
        if not state or state.startswith(CONNECTION_ENDED):
            return UnreachableError(
                f"The connection to PostgreSQL ({self._login.name}) was lost: {words}.",
                remedy="Run again: everything is written in one transaction, and what already stands is left alone.",
            )
        if state == LOCK_NOT_AVAILABLE:
            return DeadlineError(
                f"Another session has kept a row of {table} locked for {self._login.lock_timeout:g} seconds.",
                remedy="Run again when it has ended, or raise lock_timeout.",
            )
        remedies = {
            UNDEFINED_TABLE: "Give schema and table as the database stores them: capitals count.",
            INVALID_SCHEMA: "Give schema as the database stores it: capitals count.",
            UNDEFINED_COLUMN: "Give the names of the columns as the database stores them: capitals count.",
            INSUFFICIENT_PRIVILEGE: f"Grant SELECT and UPDATE on {table} (and USAGE on its schema) to {user}.",
            READ_ONLY_TRANSACTION: "Give the address of the primary server in login_host.",
        }
        return RefusedError(f"PostgreSQL ({self._login.name}) refused: {words}.", remedy=remedies.get(state, ""))


def quoted(name: str) -> str:
    """The identifier exactly as given; the percent sign doubled, because the driver reads it as a placeholder."""
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


def _words(error: Exception) -> str:
    """What the server said, on one line, without the excerpt of the statement."""
    diagnostics = getattr(error, "diag", None)
    message = getattr(diagnostics, "message_primary", None) or str(error).strip() or type(error).__name__
    return " ".join(message.split()).rstrip(".")
