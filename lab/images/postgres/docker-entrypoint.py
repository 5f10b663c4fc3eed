#!/usr/bin/python3
# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the database cluster on the first start, then becomes the server.

``POSTGRES_PASSWORD``, ``POSTGRES_USER`` (``postgres``) and ``POSTGRES_DB`` (as the user), each as ``…_FILE`` instead;
``/docker-entrypoint-initdb.d`` holds ``*.sql``, ``*.sql.gz`` and ``*.sh``, run once in the order of their names. One
that fails ends the container, whose next start runs none of them.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

DATA = Path(os.environ["PGDATA"])
SCRIPTS = Path("/docker-entrypoint-initdb.d")
SOCKETS = "/run/postgresql"


def main() -> None:
    """Everything an argument other than ``postgres`` asks for is simply run."""
    command = ["postgres", *sys.argv[1:]] if sys.argv[1:2] and sys.argv[1].startswith("-") else sys.argv[1:]
    if command[:1] == ["postgres"]:
        take_settings()
        if os.geteuid() == 0:
            take_ownership()
            become("postgres")
        if not (DATA / "PG_VERSION").is_file():
            initialise(command[1:])
    os.execvp(command[0], command)  # noqa: S606


def take_settings() -> None:
    """Put what files hold into the variables; as root still, for the server's user may not read them."""
    for name in ("POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_DB"):
        path = os.environ.pop(f"{name}_FILE", "")
        if path and os.environ.get(name):
            sys.exit(f"ERROR: Both {name} and {name}_FILE are set; set one of them.")
        if path:
            try:
                os.environ[name] = Path(path).read_text(encoding="utf-8").rstrip("\n")
            except OSError as error:
                sys.exit(f"ERROR: {name}_FILE cannot be read: {error}")


def take_ownership() -> None:
    """A mounted directory belongs to whoever made it; the server wants it for itself."""
    DATA.mkdir(parents=True, exist_ok=True)
    DATA.chmod(0o700)
    run("find", str(DATA), "!", "-user", "postgres", "-exec", "chown", "postgres:", "{}", "+")


def become(user: str) -> None:
    """Start again as ``user``."""
    os.execvp("setpriv", ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *sys.argv])  # noqa: S606


def initialise(options: list[str]) -> None:
    """Make the cluster, its database and what the scripts declare. A script that fails leaves it half-made."""
    password = os.environ.get("POSTGRES_PASSWORD", "")
    trusted = os.environ.get("POSTGRES_HOST_AUTH_METHOD", "scram-sha-256")
    if not password and trusted != "trust":
        sys.exit("ERROR: The database is not initialised and POSTGRES_PASSWORD is not set; set it.")
    user = os.environ.get("POSTGRES_USER") or "postgres"
    database = os.environ.get("POSTGRES_DB") or user
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        # A file, not an argument: arguments can be read by every process.
        file.write(f"{password}\n")
        file.flush()
        initdb = ["initdb", f"--username={user}", "--auth-local=trust", f"--auth-host={trusted}", "--no-sync"]
        run(*initdb, *([f"--pwfile={file.name}"] if password else []), "--encoding=UTF8", str(DATA))
    with (DATA / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.write("listen_addresses = '*'\n")
    with (DATA / "pg_hba.conf").open("a", encoding="utf-8") as rules:
        rules.write(f"\nhost all all all {trusted}\n")
    server = shlex.join(["-c", "listen_addresses=", "-c", f"unix_socket_directories={SOCKETS}", *options])
    run("pg_ctl", "--pgdata", str(DATA), "--options", server, "--wait", "start")
    psql = ["psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--username={user}", "--no-password"]
    if database != "postgres":
        quoted = database.replace('"', '""')
        run(*psql, "--dbname=postgres", "--command", f'CREATE DATABASE "{quoted}"')
    for script in sorted(SCRIPTS.iterdir()) if SCRIPTS.is_dir() else []:
        print(f"{script.name}: running", flush=True)
        if script.suffix == ".sql":
            run(*psql, f"--dbname={database}", f"--file={script}")
        elif script.name.endswith(".sql.gz"):
            run("sh", "-c", 'gunzip -c "$0" | "$@"', str(script), *psql, f"--dbname={database}")
        elif script.suffix == ".sh":
            run("bash", str(script))
    run("pg_ctl", "--pgdata", str(DATA), "--mode=fast", "--wait", "stop")


def run(*command: str) -> None:
    """Run a step of the first start; a failure ends it."""
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit(f"ERROR: {command[0]} failed; the database was not initialised.")


if __name__ == "__main__":
    main()
