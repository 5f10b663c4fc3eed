# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in of Control Center with what the role compose writes for the real one: environment, mounts and login."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
import typing as t
from http.client import HTTPConnection
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from lab import build, engine  # noqa: E402

PASSWORD = "it's:a\\secret=#!"
SITE = {
    "liveconnect_host": "pf1.example.com",
    "liveconnect_workgroup_id": "wk1",
    "liveconnect_advertised_address": "192.0.2.1",
    "liveconnect_components": ["ksqldb"],
    "liveconnect_console": "control_center",
    "liveconnect_control_center_password": PASSWORD,
}
SECONDS_TO_START = 30

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to users")


@pytest.fixture(scope="module")
def image() -> str:
    return build.ensure(engine.client(), ["control-center"])["control-center"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> dict[str, t.Any]:
    """The service as the compose file has it, with its mounts as Docker takes them."""
    folder = tmp_path_factory.mktemp("control-center")
    roles = [f"roles/{role}/{kind}/main.yml" for kind in ("defaults", "vars") for role in ("liveconnect", "compose")]
    (folder / "site.json").write_text(json.dumps(SITE))
    (folder / "templates").symlink_to(ROOT / "roles/compose/templates")
    tree = {"root": str(folder / "node"), "entries": "{{ _compose_control_center_entries }}"}
    render = {"src": "docker-compose.yml.j2", "dest": str(folder / "compose.yml"), "mode": "0600"}
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars_files": [*(str(ROOT / path) for path in roles), str(folder / "site.json")],
        "tasks": [{"igrafx.liveconnect.file_tree": tree}, {"ansible.builtin.template": render}],
    }
    (folder / "play.yml").write_text(json.dumps([play]))
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", folder / "play.yml"]
    environment = {**os.environ, "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, t.Any] = yaml.safe_load((folder / "compose.yml").read_text())["services"]["control-center"]
    found["volumes"] = [f"{folder}/node/{mount.removeprefix('./')}" for mount in found["volumes"]]
    return found


def ask(port: int, password: str | None) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    login = base64.b64encode(f"admin:{password}".encode()).decode()
    connection.request("GET", "/", headers={"Authorization": f"Basic {login}"} if password else {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_it_is_healthy_and_opens_for_the_password_alone(image: str, service: dict[str, t.Any]) -> None:
    container = engine.client().containers.run(
        image,
        detach=True,
        volumes=service["volumes"],
        environment=service["environment"],
        ports={"9021/tcp": ("127.0.0.1", 0)},
    )
    try:
        kind, question = service["healthcheck"]["test"]
        assert kind == "CMD-SHELL"
        deadline = time.monotonic() + SECONDS_TO_START
        while container.exec_run(["sh", "-c", question]).exit_code:
            container.reload()
            assert container.status == "running", container.logs().decode()
            assert time.monotonic() < deadline, container.logs().decode()
            time.sleep(0.1)
        container.reload()
        port = int(container.ports["9021/tcp"][0]["HostPort"])
        assert [ask(port, password)[0] for password in (None, "wrong", PASSWORD + ",")] == [401, 401, 401]
        status, page = ask(port, PASSWORD)
        assert status == 200
        assert "<dt>CONTROL_CENTER_KSQL_LIVECONNECT1_ADVERTISED_URL</dt>" in page
        assert "<dd>https://liveconnect-wk1.pf1.example.com/ksqldb-server</dd>" in page
        assert "secret=#!" not in json.dumps(container.attrs)
    finally:
        container.remove(force=True, v=True)


@pytest.mark.parametrize(
    ("lacks", "words"),
    [
        ("CONTROL_CENTER_BOOTSTRAP_SERVERS", "CONTROL_CENTER_BOOTSTRAP_SERVERS is not set"),
        ("CONTROL_CENTER_REPLICATION_FACTOR", "CONTROL_CENTER_REPLICATION_FACTOR is not set"),
        ("CONTROL_CENTER_REST_AUTHENTICATION_REALM", "BASIC needs CONTROL_CENTER_REST_AUTHENTICATION_REALM"),
        ("CONTROL_CENTER_OPTS", "CONTROL_CENTER_OPTS names no java.security.auth.login.config"),
    ],
)
def test_it_stops_for_what_it_lacks(image: str, service: dict[str, t.Any], lacks: str, words: str) -> None:
    environment = {name: value for name, value in service["environment"].items() if name != lacks}
    container = engine.client().containers.run(image, detach=True, volumes=service["volumes"], environment=environment)
    try:
        assert container.wait(timeout=SECONDS_TO_START)["StatusCode"] == 1
        assert words in container.logs().decode()
    finally:
        container.remove(force=True, v=True)
