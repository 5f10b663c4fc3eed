# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real PostgreSQL in a temporary directory, started once and thrown away: a Unix socket, and TCP for TLS alone."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import typing as t
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._workgroup.client import Login, load_driver

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PASSWORD = "S3cret-Pa$$'word"


def _binaries() -> Path | None:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = debian[-1] if debian else shutil.which("initdb")
    return Path(found).parent if found else None


def _unprivileged() -> tuple[list[str], int]:
    """The prefix of a command that PostgreSQL refuses to run as root, and the user id it then has."""
    if os.geteuid() != 0:
        return [], os.geteuid()
    names = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall()}
    uid = names.get("postgres", names["nobody"])
    return ["setpriv", f"--reuid={uid}", "--clear-groups"], uid


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port: int = listening.getsockname()[1]
        return port


def _certificate(base: Path, uid: int) -> None:
    """A certificate of its own for localhost, not for 127.0.0.1, and its key, which PostgreSQL wants to itself."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", base / "key.pem"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", "-x509", "-days", "2", *key, *names, "-out", base / "certificate.pem"]
    subprocess.run(command, check=True, capture_output=True)
    os.chown(base / "key.pem", uid, -1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Login]:
    """How to reach the server's socket as its superuser; skips where there is no server or no driver.

    ``port`` is also that of 127.0.0.1, where TLS is required; its certificate lies beside the socket.
    """
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no initdb on this machine: install the package postgresql to run these tests")
    try:
        load_driver()
    except LiveConnectError as error:
        pytest.skip(str(error))
    prefix, uid = _unprivileged()
    # Not pytest's own directory: only its owner may enter that, and a socket's path is short.
    with tempfile.TemporaryDirectory(prefix="liveconnect-pg-") as name:
        base = Path(name)
        os.chown(base, uid, -1)
        password_file = base / "password"
        password_file.write_text(PASSWORD)
        password_file.chmod(0o644)

        def run(command: str, *arguments: str) -> None:
            subprocess.run(
                [*prefix, binaries / command, *arguments], cwd=base, check=True, capture_output=True, timeout=60
            )

        data = str(base / "data")
        run(
            *("initdb", "--pgdata", data, "--username=postgres", "--auth=scram-sha-256", f"--pwfile={password_file}"),
            *("--no-sync", "--no-instructions", "--no-locale", "--encoding=UTF8"),
        )
        _certificate(base, uid)
        (base / "hba").write_text("local all all scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
        (base / "hba").chmod(0o644)
        port = _free_port()
        settings = (
            f"-k {base} -p {port} -c listen_addresses=127.0.0.1 -c hba_file={base}/hba"
            f" -c ssl=on -c ssl_cert_file={base}/certificate.pem -c ssl_key_file={base}/key.pem"
            " -c fsync=off -c shared_buffers=1MB -c autovacuum=off"
        )
        run("pg_ctl", "start", "--wait", "--pgdata", data, "--log", str(base / "log"), "--options", settings)
        try:
            yield Login(unix_socket=name, port=port, user="postgres", password=PASSWORD, database="postgres")
        finally:
            run("pg_ctl", "stop", "--pgdata", data, "--mode=immediate")


@pytest.fixture
def tls(postgres: Login) -> Login:
    """The same server over TCP, the certificate verified against itself."""
    certificate = str(Path(postgres.unix_socket) / "certificate.pem")
    return replace(postgres, host="127.0.0.1", unix_socket="", ssl_mode="verify-ca", ca_cert=certificate)


@pytest.fixture
def sql(postgres: Login) -> Callable[..., list[t.Any]]:
    """Runs one statement as the superuser, commits, and returns its rows."""

    def run(statement: str, *values: object) -> list[t.Any]:
        connection = load_driver().connect(**postgres.libpq_options())
        try:
            cursor = connection.cursor()
            cursor.execute(statement, values or None)
            rows = list(cursor.fetchall()) if cursor.description else []
            connection.commit()
            return rows
        finally:
            connection.close()

    return run
