# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real SSH server with what the role writes and the compose file mounts: files are handed over, secrets kept."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from lab import build, engine  # noqa: E402

PASSWORD = "open sesame"
CONNECT, JUPYTER = "1000:1000", "1000:100"
SECONDS_TO_START = 30

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to users")


def run(*command: str | Path, **options: t.Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@dataclass(frozen=True)
class Server:
    """The running server, and the files of its node."""

    folder: Path
    image: str
    container: t.Any

    @property
    def data(self) -> Path:
        return self.folder / "node/data/sftp"

    def play(self) -> str:
        """Run the role, and render the compose file; returns what Ansible says."""
        command = [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", self.folder / "play.yml"]
        done = run(*command, env={**os.environ, "ANSIBLE_PYTHON_INTERPRETER": sys.executable})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def service(self, name: str) -> dict[str, t.Any]:
        """A service of the compose file."""
        services: dict[str, dict[str, t.Any]] = yaml.safe_load((self.folder / "compose.yml").read_text())["services"]
        return services[name]

    def mounts(self, service: str) -> list[str]:
        """The bind mounts of a service as Docker takes them."""
        return [f"{self.folder}/node/{mount.removeprefix('./')}" for mount in self.service(service)["volumes"]]

    def wait(self, starts: int) -> None:
        """Wait until the server listens for the given time."""
        deadline = time.monotonic() + SECONDS_TO_START
        while self.container.logs().count(b"Server listening on 0.0.0.0") < starts:
            assert time.monotonic() < deadline, self.container.logs().decode()
            time.sleep(0.1)

    def sftp(self, *commands: str, user: str = "acme") -> subprocess.CompletedProcess[str]:
        """Carry out commands as a user; acme has a key, everybody else the password."""
        self.container.reload()
        port = self.container.ports["22/tcp"][0]["HostPort"]
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=no", "LogLevel=ERROR"]
        options += ["IdentitiesOnly=yes", f"IdentityFile={self.folder / 'id' if user == 'acme' else '/dev/null'}"]
        command = ["sftp", "-q", *(f"-o{option}" for option in options), "-b", "-", "-P", port, f"{user}@127.0.0.1"]
        asked = {"SSH_ASKPASS": str(self.folder / "askpass"), "SSH_ASKPASS_REQUIRE": "force"}
        return run(*command, input="\n".join(commands), env={**os.environ, **asked}, cwd=self.folder)

    def read_by_connect(self, path: str) -> subprocess.CompletedProcess[str]:
        """What Kafka Connect's user reads of a file below its own mount."""
        (mount,) = [mount for mount in self.mounts("connect") if mount.endswith(":/sftp")]
        command = ["docker", "run", "--rm", "--user", CONNECT, "--volume", mount, "--entrypoint", "cat"]
        return run(*command, self.image, f"/sftp/{path}")

    def as_jupyter(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as Jupyter's user with the groups and the mount that its service has."""
        service = self.service("jupyter")
        (mount,) = [mount for mount in service["volumes"] if isinstance(mount, dict)]
        source = self.folder / "node" / mount["source"]
        options = [f"--mount=type=bind,source={source},target={mount['target']}{',readonly' * mount['read_only']}"]
        options += [f"--group-add={group}" for group in service["group_add"]]
        return run(
            "docker", "run", "--rm", "--user", JUPYTER, *options, "--entrypoint", command[0], self.image, *command[1:]
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Server]:
    folder = tmp_path_factory.mktemp("sftp")
    client = engine.client()
    image = build.ensure(client, ["sftp"])["sftp"]
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "id")
    hashed = run("openssl", "passwd", "-6", "-stdin", input=PASSWORD).stdout.strip()
    (folder / "askpass").write_text(f"#!/bin/sh\necho '{PASSWORD}'\n")
    (folder / "askpass").chmod(0o755)
    site = {
        "liveconnect_components": ["sftp", "jupyter"],
        "compose_jupyter_sftp_data": True,
        "liveconnect_advertised_address": "192.0.2.1",
        "liveconnect_sftp_users": [
            {
                "name": "acme",
                "uid": 1001,
                "public_keys": [(folder / "id.pub").read_text()],
                "directories": ["incoming", "upload", "processed", "error"],
                "writable": ["incoming", "upload"],
            },
            {"name": "globex", "uid": 1002, "password_hash": hashed},
        ],
        "sftp_directory": str(folder / "node"),
    }
    roles = ("liveconnect", "compose")
    compose = [str(ROOT / f"roles/{role}/{kind}/main.yml") for kind in ("defaults", "vars") for role in roles]
    (folder / "site.json").write_text(json.dumps(site))
    render = {"src": str(ROOT / "roles/compose/templates/docker-compose.yml.j2"), "mode": "0600"}
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars_files": [*compose, str(folder / "site.json")],
        "tasks": [
            {"ansible.builtin.import_role": {"name": "igrafx.liveconnect.sftp"}},
            {"ansible.builtin.template": {**render, "dest": str(folder / "compose.yml")}},
        ],
    }
    (folder / "play.yml").write_text(json.dumps([play]))

    # As an earlier release had it, with a file that nobody has read yet.
    old = folder / "node/data/sftp/acme/upload"
    old.mkdir(parents=True)
    (old / "old.csv").write_text("old\n")
    os.chown(old / "old.csv", 1001, 1000)
    os.chown(old.parent, 0, 1000)
    old.parent.chmod(0o750)

    server = Server(folder, image, None)
    server.play()
    ports = {"22/tcp": ("127.0.0.1", 0)}
    container = client.containers.run(image, detach=True, ports=ports, volumes=server.mounts("sftp"))
    try:
        server = Server(folder, image, container)
        server.wait(1)
        yield server
    finally:
        container.remove(force=True, v=True)


def test_a_file_is_put_aside_and_handed_over_by_renaming_it(server: Server) -> None:
    (server.folder / "x.csv").write_text("whole\n")
    (server.folder / "x.csv").chmod(0o644)

    done = server.sftp("put x.csv incoming/x.csv", "rename incoming/x.csv upload/x.csv")

    assert done.returncode == 0, done.stderr
    assert server.read_by_connect("acme/upload/x.csv").stdout == "whole\n"
    assert server.read_by_connect("acme/upload/old.csv").stdout == "old\n"


def test_a_file_without_permissions_for_its_group_is_handed_over_by_the_documented_way(server: Server) -> None:
    (server.folder / "mine.csv").write_text("mine\n")
    (server.folder / "mine.csv").chmod(0o600)

    kept = server.sftp("put mine.csv upload/kept.csv", "put -p mine.csv upload/kept-too.csv")
    given = server.sftp("put mine.csv incoming/y.csv", "chmod 660 incoming/y.csv", "rename incoming/y.csv upload/y.csv")

    assert (kept.returncode, given.returncode) == (0, 0), kept.stderr + given.stderr
    assert "Permission denied" in server.read_by_connect("acme/upload/kept.csv").stderr
    assert "Permission denied" in server.read_by_connect("acme/upload/kept-too.csv").stderr
    assert server.read_by_connect("acme/upload/y.csv").stdout == "mine\n"


def test_jupyter_reads_what_users_and_connect_put_down_and_changes_nothing(server: Server) -> None:
    (server.folder / "j.csv").write_text("from a user\n")
    (server.folder / "j.csv").chmod(0o640)
    assert server.sftp("put j.csv incoming/j.csv", "chmod 640 incoming/j.csv").returncode == 0
    done = server.data / "acme/processed/moved.csv"
    done.write_text("moved by Connect\n")
    os.chown(done, 1000, 1000)
    done.chmod(0o640)

    assert server.as_jupyter("cat", "/sftp/acme/incoming/j.csv").stdout == "from a user\n"
    assert server.as_jupyter("cat", "/sftp/acme/processed/moved.csv").stdout == "moved by Connect\n"
    for command in (["rm", "/sftp/acme/processed/moved.csv"], ["touch", "/sftp/acme/upload/new.csv"]):
        assert "Read-only file system" in server.as_jupyter(*command).stderr


def test_what_is_not_writable_is_only_read(server: Server) -> None:
    (server.data / "acme/processed/done.csv").write_text("done\n")
    (server.data / "acme/processed/done.csv").chmod(0o644)
    (server.folder / "z.csv").write_text("z\n")

    assert server.sftp("get processed/done.csv got.csv").returncode == 0
    assert "Permission denied" in server.sftp("put z.csv processed/z.csv").stderr
    assert "Permission denied" in server.sftp("put z.csv z.csv").stderr


def test_a_password_lets_in_and_its_hash_is_in_no_log(server: Server) -> None:
    assert server.sftp("ls upload", user="globex").returncode == 0
    assert server.sftp("ls upload", user="acme").returncode == 0

    log = server.container.logs().decode()
    assert 'Parsing user data: "globex::1002:100:upload,processed,error"' in log
    assert not re.search(r"[$]6[$]", log)

    # The image makes users at its first start alone.
    server.container.restart(timeout=1)
    server.wait(2)
    assert server.sftp("ls upload", user="globex").returncode == 0
    assert server.sftp("ls upload", user="acme").returncode == 0


def test_the_server_changes_nothing_of_what_is_declared(server: Server) -> None:
    assert server.sftp("ls").returncode == 0

    assert re.search(r"localhost +: ok=\d+ +changed=0 ", server.play())
