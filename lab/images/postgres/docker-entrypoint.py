#!/usr/bin/python3
# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the database cluster on the first start, then becomes the server.

``POSTGRES_PASSWORD``, ``POSTGRES_USER`` (``postgres``) and ``POSTGRES_DB`` (as the user), each also as ``…_FILE``;
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
        if os.geteuid() == 0:
            take_ownership()
            become("postgres")
        if not (DATA / "PG_VERSION").is_file():
            initialise(command[1:])
    os.execvp(command[0], command)  # noqa: S606


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
    password = setting("POSTGRES_PASSWORD")
    trusted = os.environ.get("POSTGRES_HOST_AUTH_METHOD", "scram-sha-256")
    if not password and trusted != "trust":
        sys.exit("ERROR: The database is not initialised and POSTGRES_PASSWORD is not set; set it.")
    user = setting("POSTGRES_USER") or "postgres"
    database = setting("POSTGRES_DB") or user
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


def setting(name: str) -> str:
    """A variable, or what the file that ``<name>_FILE`` names holds."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").rstrip("\n")
    return os.environ.get(name, "")


def run(*command: str) -> None:
    """Run a step of the first start; a failure ends it."""
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit(f"ERROR: {command[0]} failed; the database was not initialised.")


if __name__ == "__main__":
    main()
