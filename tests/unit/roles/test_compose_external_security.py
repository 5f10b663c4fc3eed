# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the compose file and nginx's sites say, with and without security towards the platform."""

from __future__ import annotations

import itertools
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.compose import compose_mounts
from playbook import run_play

ROLES = Path(__file__).resolve().parents[3] / "roles"
MODES = ("kraft", "zookeeper")
SECURITIES = ("none", "sasl_ssl")
WEB = (("nginx", "kafka_ui"), ())

pytestmark = pytest.mark.component


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with every combination, rendered by Ansible itself in one run."""
    folder = tmp_path_factory.mktemp("rendered")
    template = {"dest": "{{ item.dest }}", "src": "{{ item.src }}", "mode": "0600"}
    cases = [
        {"src": str(ROLES / src), "dest": f"{folder}/{mode}-{security}-{len(web)}-{kind}"} | values
        for mode, security, web in itertools.product(MODES, SECURITIES, WEB)
        for kind, src in {
            "compose": "compose/templates/docker-compose.yml.j2",
            "nginx": "nginx/templates/templates/liveconnect.conf.template.j2",
        }.items()
        for values in [{"mode": mode, "security": security, "components": web}]
    ]
    play = {
        "vars_files": [
            *(str(ROLES / role / "defaults/main.yml") for role in ("liveconnect", "compose", "nginx")),
            *(str(ROLES / role / "vars/main.yml") for role in ("liveconnect", "compose")),
        ],
        "tasks": [
            {
                "ansible.builtin.template": template,
                "loop": cases,
                "vars": {
                    "compose_advertised_address": "192.0.2.1",
                    "compose_kafka_mode": "{{ item.mode }}",
                    "compose_external_security": "{{ item.security }}",
                    "compose_components": "{{ item.components }}",
                    "nginx_registry": "{{ item.security == 'sasl_ssl' }}",
                },
            }
        ],
    }
    done = run_play(folder, play)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def services(rendered: Path, mode: str, security: str, web: t.Sequence[str] = ()) -> dict[str, t.Any]:
    text = (rendered / f"{mode}-{security}-{len(web)}-compose").read_text()
    found: dict[str, t.Any] = yaml.safe_load(text)["services"]
    return found


@pytest.mark.parametrize("mode", MODES)
def test_without_it_nothing_of_it_is_there(rendered: Path, mode: str) -> None:
    stack = services(rendered, mode, "none")

    assert "nginx" not in stack
    assert "labels" not in stack["broker"]
    assert stack["broker"]["volumes"] == ["./data/kafka-data-volume:/var/lib/kafka/data"]
    assert stack["broker"]["environment"]["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].endswith("EXTERNAL:PLAINTEXT")
    assert stack["schema-registry"]["ports"] == ["${BIND_ADDRESS}:8081:8081"]
    text = (rendered / f"{mode}-none-0-compose").read_text() + (rendered / f"{mode}-none-0-nginx").read_text()
    assert [word for word in ("SASL", "SSL_KEYSTORE", "registry:ro", "auth_basic") if word in text] == []


@pytest.mark.parametrize("mode", MODES)
def test_with_it_only_the_external_listener_changes(rendered: Path, mode: str) -> None:
    before = services(rendered, mode, "none")["broker"]["environment"]
    after = services(rendered, mode, "sasl_ssl")["broker"]["environment"]
    protocols = after.pop("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP")

    assert protocols == before.pop("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP").replace(
        "EXTERNAL:PLAINTEXT", "EXTERNAL:SASL_SSL"
    )
    added = {key: value for key, value in after.items() if key not in before}
    assert {**before, **added} == after
    assert all(key.startswith(("KAFKA_CONFIG_PROVIDERS", "KAFKA_LISTENER_NAME_EXTERNAL_")) for key in added)
    # Two dollars, for Compose makes one of them: the broker itself resolves what follows.
    secrets = [value for key, value in added.items() if key.endswith(("JAAS_CONFIG", "KEY", "CHAIN"))]
    assert len(secrets) == 3
    assert all(value.startswith("$${directory:/etc/kafka/") for value in secrets)


def test_the_brokers_image_asks_for_no_keystore_of_its_own_kind(rendered: Path) -> None:
    # Confluent's does, for a JKS file and its passwords, where it finds 'SSL://' among the advertised listeners.
    broker = services(rendered, "kraft", "sasl_ssl")["broker"]
    assert "SSL://" not in broker["environment"]["KAFKA_ADVERTISED_LISTENERS"]


def test_nothing_is_mounted_where_the_brokers_image_declares_a_volume(rendered: Path) -> None:
    # Compose hands what is mounted there on to the next container, also when the file no longer says so.
    volumes = services(rendered, "kraft", "sasl_ssl")["broker"]["volumes"]
    assert [volume for volume in volumes if "/etc/kafka/secrets" in volume] == []


@pytest.mark.parametrize("web", WEB)
def test_nginx_stands_before_the_registry(rendered: Path, web: tuple[str, ...]) -> None:
    stack = services(rendered, "kraft", "sasl_ssl", web)

    assert "ports" not in stack["schema-registry"]
    assert ("443:443" in "".join(stack["nginx"]["ports"])) == bool(web)
    assert stack["nginx"]["ports"][-1] == "${BIND_ADDRESS}:8081:8081"
    assert "./conf/schema-registry:/etc/nginx/registry:ro" in stack["nginx"]["volumes"]
    site = (rendered / f"kraft-sasl_ssl-{len(web)}-nginx").read_text().rpartition("listen 8081 ssl;")[2]
    assert "auth_basic_user_file /etc/nginx/registry/htpasswd;" in site
    assert 'proxy_set_header Authorization "";' in site


def test_inside_the_network_the_addresses_stay(rendered: Path) -> None:
    before, after = (services(rendered, "kraft", security) for security in SECURITIES)

    assert before["connect"] == after["connect"]
    assert before["schema-registry"]["environment"] == after["schema-registry"]["environment"]


@pytest.mark.parametrize("security", SECURITIES)
@pytest.mark.parametrize("web", WEB)
def test_a_service_that_reads_files_when_it_starts_has_a_label_of_its_own_for_their_digest(
    rendered: Path, security: str, web: tuple[str, ...]
) -> None:
    stack = services(rendered, "kraft", security, web)
    labels = {
        name: service["labels"]["com.igrafx.liveconnect.config"]
        for name, service in stack.items()
        if "labels" in service
    }
    reads = {
        name for name, service in stack.items() if any(volume.endswith(":ro") for volume in service.get("volumes", []))
    }

    # The database reads its scripts once, when it is made.
    assert set(labels) == reads - {"data-transform"}
    assert labels == {name: f"${{{name.upper().replace('-', '_')}_CONFIG:-}}" for name in labels}
    assert ("broker" in labels) == (security == "sasl_ssl")
    assert [line.split(":")[0] for line in compose_mounts({"services": stack})] == list(labels)
