# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the compose project says of its services as the images want it, and what its Makefile does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import jinja2
import pytest
import yaml
from playbook import run_play

ROLES = Path(__file__).resolve().parents[3] / "roles"
COMPONENTS = ["ksqldb", "kafka_ui", "control_center", "data_transform", "sftp", "nginx", "jupyter", "dbt", "kcat"]
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

# In every secret of the site, so that it is found wherever one stands.
MARK = "Marked-as-secret"
# With what Compose, a shell, Spring, YAML and Jinja would each take for something else.
PASSWORD = MARK + 'it\'s "a" \\\' \\" $y $$ {x {{ 1 }} {% raw %} {# # } €\U0001f511 \\'
DECLARED = {
    "liveconnect_certificate_key": MARK,
    "liveconnect_connect_secrets": SECRETS | {"mark": MARK},
    "liveconnect_control_center_password": f"{MARK}'\\=#:!",
    "liveconnect_external_password": f"{MARK}-0123",
    "liveconnect_jupyter_password": MARK,
    "liveconnect_kafka_ui_password": PASSWORD,
    "liveconnect_ksqldb_password": f"{MARK}-4567",
    "liveconnect_pipelines": [{"variables": {"password": MARK}}],
    "liveconnect_platform": {"postgres": {"host": "platform", "password": MARK}},
    "liveconnect_postgres_password": PASSWORD,
    "liveconnect_sftp_users": [{"name": "erp", "password_hash": MARK}],
}

pytestmark = pytest.mark.component


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with everything that there is, rendered by Ansible itself."""
    folder = tmp_path_factory.mktemp("project")
    templates = {
        "docker-compose.yml": "docker-compose.yml.j2",
        "Makefile": "Makefile.j2",
        ".env": "env.j2",
        "secrets": "secrets.properties.j2",
        "entries": "entries.j2",
        "profiles.yml": "profiles.yml.j2",
    }
    sources = {"entries.j2": folder, "profiles.yml.j2": ROLES / "dbt/templates"}
    (folder / "entries.j2").write_text("{{ _compose_entries | to_json }}")
    (folder / "templates").symlink_to(ROLES / "compose/templates")
    # Braces of a password are no template.
    declared = [f"{name}: !unsafe {json.dumps(value, ensure_ascii=False)}\n" for name, value in DECLARED.items()]
    (folder / "declared.yml").write_text("".join(declared))
    play = {
        "vars_files": [
            *(str(ROLES / role / "defaults/main.yml") for role in ("liveconnect", "compose", "dbt")),
            *(str(ROLES / role / "vars/main.yml") for role in ("liveconnect", "compose")),
            f"{folder}/declared.yml",
        ],
        "tasks": [
            {
                "ansible.builtin.template": {
                    "src": str(sources.get(template, ROLES / "compose/templates") / template),
                    "dest": f"{folder}/{name}",
                    "mode": "0600",
                },
                "vars": {
                    # Those of the play would not come over those of its files.
                    "compose_advertised_address": "192.0.2.1",
                    "compose_components": COMPONENTS,
                    "compose_ksqldb_rocksdb_memory": "512m",
                    "compose_external_security": "sasl_ssl",
                    "compose_cpu_limits": {"jupyter": 1.5, "connect": "2"},
                    "compose_ksqldb_login": True,
                    "compose_kafka_ui_read_only": True,
                    "liveconnect_host": "example.com",
                    "liveconnect_workgroup_id": "wk1",
                    "_compose_digests": {},
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
    assert ksqldb["KSQL_KSQL_PLUGINS_ROCKSDB_CACHE_SIZE"] == str(512 * 1024 * 1024)
    (folder,) = {mount.split(":")[1] for mount in services["ksqldb-server"]["volumes"]}
    assert ksqldb["KSQL_CLASSPATH"].startswith(f"{folder}/ksqldb-rocksdb-config-setter-")
    assert services["kafka-ui"]["environment"]["JAVA_OPTS"] == "-XX:MaxRAMPercentage=50"
    assert services["kafka-ui"]["healthcheck"]["test"][-1].startswith("http://127.0.0.1:8080/")
    assert f"./conf/dbt/projects:{services['dbt']['working_dir']}" in services["dbt"]["volumes"]


def test_a_service_has_as_many_processors_as_are_declared(services: dict[str, dict[str, t.Any]]) -> None:
    limits = {name: service["cpus"] for name, service in services.items() if "cpus" in service}

    assert limits == {"jupyter": 1.5, "connect": 2.0}


def test_jupyter_has_no_data_of_others_unless_that_is_declared(services: dict[str, dict[str, t.Any]]) -> None:
    assert "group_add" not in services["jupyter"]
    assert [mount for mount in services["jupyter"]["volumes"] if "sftp" in str(mount)] == []


def test_the_first_folder_of_jupyter_is_the_mounted_one(services: dict[str, dict[str, t.Any]]) -> None:
    configuration = yaml.safe_load((ROLES / "jupyter/vars/main.yml").read_text())["_jupyter_configuration"]
    mounts = dict(mount.split(":")[:2] for mount in services["jupyter"]["volumes"])

    assert configuration["ServerApp"]["root_dir"] == mounts["./notebooks"]
    for file in configuration["NotebookNotary"].values():
        assert file.startswith(mounts["./data/jupyter"] + "/")


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

    assert read == DECLARED["liveconnect_connect_secrets"]


def test_what_docker_shows_of_a_container_holds_no_secret(project: Path, services: dict[str, dict[str, t.Any]]) -> None:
    secrets = yaml.safe_load((ROLES / "liveconnect/vars/main.yml").read_text())["_liveconnect_secret_variables"]
    assert sorted(DECLARED) == [name for name in sorted(secrets) if name.startswith("liveconnect_")]

    assert [name for name, service in services.items() if "env_file" in service] == []
    assert [name for name in ("docker-compose.yml", ".env") if MARK in (project / name).read_text()] == []
    assert "POSTGRES_USER=" in (project / ".env").read_text()


def test_control_center_gets_what_the_real_image_needs_and_the_editor_the_consoles_name(
    services: dict[str, dict[str, t.Any]],
) -> None:
    environment = services["control-center"]["environment"]
    assert services["control-center"]["image"] == "confluentinc/cp-enterprise-control-center:${CONFLUENT_PLATFORM}"
    for name in ("BOOTSTRAP_SERVERS", "REPLICATION_FACTOR", "SCHEMA_REGISTRY_URL", "CONNECT_CONNECT-DEFAULT_CLUSTER"):
        assert environment[f"CONTROL_CENTER_{name}"], name
    assert environment["CONTROL_CENTER_KSQL_LIVECONNECT1_URL"] == "http://ksqldb-server:8088"
    advertised = environment["CONTROL_CENTER_KSQL_LIVECONNECT1_ADVERTISED_URL"]
    assert advertised == "https://liveconnect-wk1.example.com/ksqldb-server"
    assert services["control-center"]["mem_limit"] == "4096m"
    assert environment["CONTROL_CENTER_HEAP_OPTS"] == "-Xms2048m -Xmx2048m"


def test_kafka_ui_only_shows_where_that_is_said(services: dict[str, dict[str, t.Any]]) -> None:
    assert services["kafka-ui"]["environment"]["KAFKA_CLUSTERS_0_READONLY"] == "true"


@pytest.fixture(scope="module")
def entries(project: Path) -> dict[str, dict[str, t.Any]]:
    return {entry["path"]: entry for entry in json.loads((project / "entries").read_text())}


def test_secrets_stand_in_files_that_are_private_and_never_shown(entries: dict[str, dict[str, t.Any]]) -> None:
    secret = {path: entry for path, entry in entries.items() if MARK in entry.get("secret_content", "")}

    named = {"conf/data-transform/password", "conf/kafka-ui/spring.security.user.password"}
    assert named | {"conf/control-center/users.properties"} < set(secret)
    assert [path for path, entry in secret.items() if entry["mode"] not in ("0600", "0640")] == []
    assert [path for path, entry in entries.items() if MARK in entry.get("content", "")] == []


def test_the_images_find_their_passwords_as_they_are_declared(
    entries: dict[str, dict[str, t.Any]], services: dict[str, dict[str, t.Any]]
) -> None:
    def mounted(service: str, path: str) -> dict[str, t.Any]:
        folder, _, name = path.rpartition("/")
        (source,) = (mount.split(":")[0] for mount in services[service]["volumes"] if mount.endswith(f":{folder}:ro"))
        return entries[f"{source.removeprefix('./')}/{name}"]

    postgres = mounted("data-transform", services["data-transform"]["environment"]["POSTGRES_PASSWORD_FILE"])
    assert postgres["secret_content"] == PASSWORD
    tree = services["kafka-ui"]["environment"]["SPRING_CONFIG_IMPORT"]
    assert tree.startswith("configtree:/")
    assert tree.endswith("/")
    login = {key: mounted("kafka-ui", f"{tree[11:]}spring.security.user.{key}") for key in ("name", "password")}
    assert (login["name"]["content"], login["password"]["secret_content"]) == ("admin", PASSWORD)
    # Whatever the image runs as, it is of the group that may read them.
    assert [entry["group"] for entry in login.values()] == services["kafka-ui"]["group_add"] * 2


def test_control_center_reads_its_login_from_files(
    entries: dict[str, dict[str, t.Any]], services: dict[str, dict[str, t.Any]]
) -> None:
    center = services["control-center"]
    folder = center["environment"]["CONTROL_CENTER_OPTS"].removeprefix("-Djava.security.auth.login.config=")
    assert folder == "/etc/control-center/login.jaas"
    assert "./conf/control-center:/etc/control-center:ro" in center["volumes"]
    realm, _, rest = entries["conf/control-center/login.jaas"]["content"].partition(" {")
    assert realm == center["environment"]["CONTROL_CENTER_REST_AUTHENTICATION_REALM"]
    assert 'file="/etc/control-center/users.properties";' in rest
    users = properties(entries["conf/control-center/users.properties"]["secret_content"])
    assert users == {"admin": DECLARED["liveconnect_control_center_password"] + ",Administrators"}


def test_dbt_renders_its_profile_to_the_password_as_it_is_declared(project: Path) -> None:
    profile = yaml.safe_load((project / "profiles.yml").read_text())["liveconnect"]["outputs"]["liveconnect"]
    assert jinja2.Environment(autoescape=False).from_string(profile["password"]).render() == PASSWORD  # noqa: S701
