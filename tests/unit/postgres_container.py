# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real PostgreSQL, to which a stand-in for docker leads as to the container data-transform."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import tempfile
import typing as t
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))

# As much of docker as the collection uses, and nothing else: one container, whose processes see its environment alone.
DOCKER = """#!/bin/sh
case "$1 $2" in
    'container inspect') [ "$#:$3:$4:$5" = '5:--format:{{.State.Status}}:data-transform' ] && cat "$0.status" ;;
    'exec --interactive')
        shift 2
        environment=$(cat "$0.environment")
        while [ "${1#--env=}" != "$1" ]; do environment="$environment ${1#--env=}"; shift; done
        [ "$1" = data-transform ] || { echo "Error response from daemon: No such container: $1" >&2; exit 1; }
        shift
        exec env -i $environment "$@" ;;
    *) exit 64 ;;
esac
"""


@dataclass(frozen=True)
class Container:
    """A server, and the directory of the stand-in that leads to it."""

    bin: Path
    socket: str
    port: int

    def status(self, status: str) -> None:
        """What docker says of the container."""
        (self.bin / "docker.status").write_text(status)

    def sql(self, statements: str, database: str = "transform") -> str:
        """What psql prints for these statements of the owner, through the socket."""
        address = [f"--host={self.socket}", f"--port={self.port}", "--username=datamanager", f"--dbname={database}"]
        command = [BINARIES[-1].with_name("psql"), *address, "-XqAt", "--set=ON_ERROR_STOP=1", "--file=-"]
        done = subprocess.run(command, input=statements, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def takes(self, password: str) -> bool:
        """Whether somebody gets in over TCP with it."""
        address = [f"--host={socket.gethostname()}", f"--port={self.port}", "--username=datamanager", "transform"]
        command = [BINARIES[-1].with_name("psql"), "--no-password", "--command=SELECT 1", *address]
        environment = os.environ | {"PGPASSWORD": password}
        return subprocess.run(command, env=environment, check=False, capture_output=True).returncode == 0


@pytest.fixture(scope="session")
def container() -> t.Iterator[Container]:
    """A server whose owner has no password over TCP yet; its socket trusts everybody, as the image's does."""
    if not BINARIES:
        pytest.skip("no initdb on this machine: install the package postgresql to run these tests")
    users = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall()}
    uid = users.get("postgres", users["nobody"]) if os.geteuid() == 0 else os.geteuid()
    prefix = ["setpriv", f"--reuid={uid}", "--clear-groups"] if os.geteuid() == 0 else []
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port = listening.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="liveconnect-pg-") as name:
        base = Path(name)
        os.chown(base, uid, -1)
        base.chmod(0o755)

        def run(command: str, *arguments: str) -> None:
            binary = BINARIES[-1].with_name(command)
            subprocess.run([*prefix, binary, *arguments], cwd=base, check=True, capture_output=True, timeout=60)

        data = f"--pgdata={base}/data"
        settings = ["--auth=trust", "--no-sync", "--no-instructions", "--no-locale", "--encoding=UTF8"]
        run("initdb", data, "--username=datamanager", *settings)
        (base / "data/pg_hba.conf").write_text("local all all trust\nhost all all all scram-sha-256\n")
        options = f"-k {base} -p {port} -c listen_addresses=* -c fsync=off -c shared_buffers=1MB -c autovacuum=off"
        run("pg_ctl", "start", "--wait", data, f"--log={base}/log", f"--options={options}")
        try:
            run("createdb", f"--host={base}", f"--port={port}", "--username=datamanager", "transform")
            docker = base / "bin/docker"
            docker.parent.mkdir()
            docker.write_text(DOCKER)
            docker.chmod(0o755)
            path = f"{BINARIES[-1].parent}:{os.environ['PATH']}"
            environment = f"PATH={path} PGHOST={base} PGPORT={port} POSTGRES_USER=datamanager POSTGRES_DB=transform"
            docker.with_name("docker.environment").write_text(environment)
            yield Container(docker.parent, name, port)
        finally:
            run("pg_ctl", "stop", data, "--mode=immediate")
