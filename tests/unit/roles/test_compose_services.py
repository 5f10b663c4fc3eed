# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the compose project says of its services as the images want it, and what its Makefile does."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from playbook import run_play

ROLES = Path(__file__).resolve().parents[3] / "roles"
COMPONENTS = ["ksqldb", "kafka_ui", "data_transform", "sftp", "nginx", "jupyter", "dbt", "kcat"]
# Every printable character, and what a file of Java's properties takes for something else.
SECRETS = {
    "printable": "".join(map(chr, range(32, 127))),
    "leading": "  two spaces",
    "trailing": "one space ",
    "path": r"C:\temp\new",
    "certificate": "-----BEGIN CERTIFICATE-----\r\nMIIB\r\n-----END CERTIFICATE-----\r\n",
    "tab": "\ttab\fpage",
    "number": "0123456",
    "accents": "Maël €",
    "empty": "",
}

pytestmark = pytest.mark.component


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with everything that there is, rendered by Ansible itself."""
    folder = tmp_path_factory.mktemp("project")
    templates = {
        "docker-compose.yml": "docker-compose.yml.j2",
        "Makefile": "Makefile.j2",
        "secrets": "secrets.properties.j2",
    }
    play = {
        "vars_files": [
            *(str(ROLES / role / "defaults/main.yml") for role in ("liveconnect", "compose")),
            *(str(ROLES / role / "vars/main.yml") for role in ("liveconnect", "compose")),
        ],
        "tasks": [
            {
                "ansible.builtin.template": {
                    "src": str(ROLES / "compose/templates" / template),
                    "dest": f"{folder}/{name}",
                    "mode": "0600",
                },
                "vars": {
                    # Those of the play would not come over those of its files.
                    "compose_advertised_address": "192.0.2.1",
                    "compose_components": COMPONENTS,
                    "compose_connect_secrets": SECRETS,
                },
            }
            for name, template in templates.items()
        ],
    }
    done = run_play(folder, play)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def services(project: Path) -> dict[str, dict[str, t.Any]]:
    found: dict[str, dict[str, t.Any]] = yaml.safe_load((project / "docker-compose.yml").read_text())["services"]
    return found


def test_every_service_that_serves_has_a_check_of_ours_with_time_for_a_slow_node(
    services: dict[str, dict[str, t.Any]],
) -> None:
    serving = {name: service for name, service in services.items() if "profiles" not in service}
    # It sleeps; Compose waits for no service without a check.
    assert serving.pop("ksqldb-cli")["healthcheck"]["test"] == ["CMD", "true"]
    for name, service in serving.items():
        check = service["healthcheck"]
        seconds = {key: int(check[key].removesuffix("s")) for key in ("interval", "timeout", "start_period")}
        assert check["test"], name
        assert seconds["timeout"] >= 10, name
        assert seconds["start_period"] + check["retries"] * seconds["interval"] >= 90, name


class Jupyter(BaseHTTPRequestHandler):
    """As much of it as is asked."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/api" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_jupyter_is_asked_without_a_python_process(
    services: dict[str, dict[str, t.Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, *command = services["jupyter"]["healthcheck"]["test"]
    assert kind == "CMD"
    with HTTPServer(("127.0.0.1", 0), Jupyter) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        asked = [word.replace("/8888;", f"/{server.server_port};") for word in command]
        assert asked != command
        assert subprocess.run(asked, check=False, capture_output=True).returncode == 0
        monkeypatch.setattr(Jupyter, "status", 503)
        assert subprocess.run(asked, check=False, capture_output=True).returncode != 0
        server.shutdown()
    assert subprocess.run(asked, check=False, capture_output=True).returncode != 0


def test_what_the_real_images_want(services: dict[str, dict[str, t.Any]]) -> None:
    ksqldb = services["ksqldb-server"]["environment"]
    assert ksqldb["KSQL_LOG4J_PROCESSING_LOG_BROKERLIST"] == ksqldb["KSQL_BOOTSTRAP_SERVERS"]
    assert ksqldb["KSQL_CONFLUENT_SUPPORT_METRICS_ENABLE"] == "false"
    assert services["kafka-ui"]["environment"]["JAVA_OPTS"] == "-XX:MaxRAMPercentage=50"
    assert services["kafka-ui"]["healthcheck"]["test"][-1].startswith("http://127.0.0.1:8080/")
    assert f"./conf/dbt/projects:{services['dbt']['working_dir']}" in services["dbt"]["volumes"]


def test_the_guides_command_finds_a_service_that_runs(services: dict[str, dict[str, t.Any]]) -> None:
    cli = services["ksqldb-cli"]
    assert "profiles" not in cli
    assert cli["image"] == services["ksqldb-server"]["image"]
    assert cli["restart"] == "unless-stopped"


def recipe(project: Path, target: str) -> list[str]:
    # Not as a part of the make that may run these tests: it would say which directory it enters.
    command = ["make", "--dry-run", "--no-print-directory", target]
    done = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


@pytest.mark.skipif(not shutil.which("make"), reason="no make on this machine")
def test_taking_the_stack_down_removes_the_volumes_that_nobody_named_and_no_other(project: Path) -> None:
    assert recipe(project, "liveconnect-down") == [
        "docker compose rm --stop --force --volumes",
        "docker compose down",
    ]
    assert recipe(project, "ksql") == ["docker compose exec ksqldb-cli ksql http://ksqldb-server:8088"]


ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}


def properties(text: str) -> dict[str, str]:
    """As Java reads them, in the lines that are neither empty nor comments; unknown escapes are the character."""
    found = {}
    for line in text.split("\n"):
        if line.strip() and not line.lstrip().startswith(("#", "!")):
            assert not re.search(r"(?<!\\)(\\\\)*\\$", line), "a line that goes on"
            name, value = line.split("=", 1)
            found[name] = re.sub(
                r"\\(.)", lambda match: ESCAPES.get(match[1], match[1]), value.lstrip(" \t\f"), flags=re.DOTALL
            )
    return found


def test_every_secret_of_connectors_reaches_the_worker_as_it_is_declared(project: Path) -> None:
    read = properties((project / "secrets").read_text(encoding="utf-8"))
    del read["data_transform_user"], read["data_transform_password"]

    assert read == SECRETS
