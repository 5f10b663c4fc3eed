# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role changes the password of a database that runs: a real PostgreSQL, to which a stand-in for docker leads."""

from __future__ import annotations

import json
import os
import pwd
import re
import socket
import subprocess
import sys
import tempfile
import typing as t
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.component
ROOT = Path(__file__).resolve().parents[3]
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
PASSWORD = "S3cret-Pa$$'wo\"rd`x`\\ %s "

# As much of docker as the role uses, and nothing else: one container, whose processes see its environment alone.
DOCKER = """#!/bin/sh
case "$1 $2" in
    'container inspect') [ "$#:$3:$4:$5" = '5:--format:{{.State.Status}}:data-transform' ] && cat "$0.status" ;;
    'exec --interactive') [ "$3" = data-transform ] || exit 1; shift 3; exec env -i $(cat "$0.environment") "$@" ;;
    *) exit 64 ;;
esac
"""


@dataclass(frozen=True)
class Database:
    """A server, and the directory of the stand-in that leads to it."""

    bin: Path
    address: tuple[str, ...]

    def takes_the_password(self) -> bool:
        """Whether somebody gets in with it."""
        command = [BINARIES[-1].with_name("psql"), "--no-password", *self.address, "--command=SELECT 1", "transform"]
        environment = os.environ | {"PGPASSWORD": PASSWORD}
        return subprocess.run(command, env=environment, check=False, capture_output=True).returncode == 0

    def container_is(self, status: str) -> None:
        (self.bin / "docker.status").write_text(status)


@pytest.fixture(scope="module")
def database() -> t.Iterator[Database]:
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
        run("initdb", data, "--username=datamanager", "--auth=trust", "--no-sync", "--no-instructions", "--no-locale")
        (base / "data/pg_hba.conf").write_text("local all all trust\nhost all all all scram-sha-256\n")
        settings = f"-k {base} -p {port} -c listen_addresses=* -c fsync=off -c shared_buffers=1MB -c autovacuum=off"
        run("pg_ctl", "start", "--wait", data, f"--log={base}/log", f"--options={settings}")
        try:
            run("createdb", f"--host={base}", f"--port={port}", "--username=datamanager", "transform")
            docker = base / "bin/docker"
            docker.parent.mkdir()
            docker.write_text(DOCKER)
            docker.chmod(0o755)
            path = f"{BINARIES[-1].parent}:{os.environ['PATH']}"
            environment = f"PATH={path} PGHOST={base} PGPORT={port} POSTGRES_USER=datamanager POSTGRES_DB=transform"
            docker.with_name("docker.environment").write_text(environment)
            yield Database(
                docker.parent, (f"--host={socket.gethostname()}", f"--port={port}", "--username=datamanager")
            )
        finally:
            run("pg_ctl", "stop", data, "--mode=immediate")


def play(database: Database, directory: Path, *arguments: str) -> str:
    variables = {"data_transform_directory": f"{directory}/node", "liveconnect_postgres_password": PASSWORD}
    plays = [
        {"hosts": "localhost", "gather_facts": False, "vars": variables, "roles": ["igrafx.liveconnect.data_transform"]}
    ]
    playbook = directory / "play.yml"
    playbook.write_text(json.dumps(plays))
    command = ["ansible-playbook", "-c", "local", "-i", "localhost,", "-vvv", playbook, *arguments]
    environment = os.environ | {
        "PATH": f"{database.bin}:{os.environ['PATH']}",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert PASSWORD[:10] not in done.stdout
    return re.findall(r"changed=(\d+)", done.stdout)[-1]


def test_it_is_changed_once_and_not_in_check_mode_nor_without_a_container(database: Database, tmp_path: Path) -> None:
    database.container_is("exited")
    assert play(database, tmp_path) == "1"  # the scripts
    assert not database.takes_the_password()
    database.container_is("running")
    assert play(database, tmp_path, "--check") == "1"
    assert not database.takes_the_password()
    assert play(database, tmp_path) == "1"
    assert database.takes_the_password()
    assert play(database, tmp_path) == "0"
