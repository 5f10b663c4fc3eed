# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role compose refuses, and which files it finds in its own compose file."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.compose import compose_mounts, compose_problems

SETTER = "io.confluent.ksql:ksqldb-rocksdb-config-setter:7.9.9"
GOOD: dict[str, Any] = {
    "components": ["data_transform", "kafka_ui", "control_center"],
    "control_center_user": "admin",
    "control_center_password": "it's-a:secret=#!\\",
    "control_center_ksqldb": "LIVECONNECT1",
    "external_security": "sasl_ssl",
    "external_user": "platform",
    "external_password": "sixteen-letters-and-more",
    "postgres_password": "p",
    "kafka_ui_password": "k",
    "ksqldb_login": True,
    "ksqldb_user": "liveconnect",
    "ksqldb_password": "another:of-sixteen-letters",
    "memory_limits": {"connect": "4g"},
    "cpu_limits": {"connect": 1.5, "nginx": "2"},
    "jupyter_sftp_data": False,
    "heap_sizes": {"connect": "2g"},
    "environment": {"nginx": {"A": "b"}},
    "connect_secrets": {"pin": "0123", "a b:c#d": "two\nlines"},
    "images": {
        "broker": "confluentinc/cp-kafka:${CONFLUENT_PLATFORM}",
        "data-transform": "postgres:17.6",
        "control-center": "confluentinc/cp-enterprise-control-center:${CONFLUENT_PLATFORM}",
    },
    "kafka_mode": "kraft",
    "confluent_platform": "7.9.9",
    "ksqldb_rocksdb_memory": "",
    "udfs": [],
}


def problems(**changes: Any) -> list[str]:
    limits = {"connect": "2048m", "nginx": "128m", "ksqldb-server": "2048m"}
    return compose_problems(GOOD | changes, limits, {"connect": "1024m", "ksqldb-server": "1024m"}, limits)


def test_what_is_good_passes() -> None:
    assert problems() == []
    assert problems(components=[], postgres_password="", kafka_ui_password=None) == []
    assert problems(external_password="", memory_limits={}, heap_sizes={}, cpu_limits={}) == []
    assert problems(ksqldb_rocksdb_memory="512m", udfs=[{"src": "udfs.jar"}, {"maven": SETTER}]) == []
    assert problems(jupyter_sftp_data=True, components=["jupyter", "sftp"]) == []
    assert problems(ksqldb_login=False, ksqldb_user="", ksqldb_password="") == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ksqldb_rocksdb_memory": "half", "udfs": [{"maven": SETTER}]}, "'half' is not a size: write it as 512m"),
        ({"ksqldb_rocksdb_memory": "1g", "udfs": [{"maven": SETTER}]}, "do not fit into its memory limit"),
        ({"ksqldb_rocksdb_memory": "512m", "udfs": [{"maven": f"{SETTER[:-1]}2"}]}, f"add {{maven: {SETTER}}} to"),
        ({"postgres_password": ""}, "liveconnect_postgres_password is not set"),
        ({"kafka_ui_password": None}, "liveconnect_kafka_ui_password is not set"),
        ({"postgres_password": "it's\0"}, "liveconnect_postgres_password must not contain a control character"),
        ({"kafka_ui_password": "a\nb"}, "liveconnect_kafka_ui_password must not contain"),
        ({"postgres_password": "it\r"}, "liveconnect_postgres_password must not contain"),
        ({"kafka_ui_password": "{it}"}, "liveconnect_kafka_ui_password must not begin with braces"),
        ({"kafka_ui_password": "a${HOME}"}, "a dollar before a brace"),
        ({"confluent_platform": "7.3.1"}, "compose_confluent_platform: the image of Confluent 7.3.1 knows no KRaft"),
        (
            {"confluent_platform": "8.0.0", "kafka_mode": "zookeeper", "components": []},
            "compose_confluent_platform: Confluent 8.0.0 knows no ZooKeeper",
        ),
        (
            {"images": {**GOOD["images"], "broker": "r:5000/cp-kafka:8.1.2-1@sha256:ab"}, "kafka_mode": "zookeeper"},
            "compose_image_broker: Confluent 8.1.2-1 knows no ZooKeeper",
        ),
        (
            {"images": {**GOOD["images"], "data-transform": "r:5000/postgres:18.1-alpine"}},
            "compose_image_data_transform: PostgreSQL 18 keeps its data",
        ),
        ({"ksqldb_password": ""}, "liveconnect_ksqldb_password is not set, and liveconnect_expose_ksqldb publishes"),
        ({"ksqldb_password": "short"}, "liveconnect_ksqldb_password must have 16 to 128"),
        ({"ksqldb_password": "sixteen-letters-\u00e9"}, "liveconnect_ksqldb_password must have 16 to 128"),
        ({"ksqldb_user": "a:b"}, "compose_ksqldb_user: 'a:b' cannot be a name"),
        ({"control_center_password": ""}, "liveconnect_control_center_password is not set"),
        ({"control_center_password": "a,b"}, "liveconnect_control_center_password must have"),
        ({"control_center_password": "a b"}, "no spaces and commas"),
        ({"control_center_password": "OBF:1v2j"}, "not begin with OBF:"),
        ({"control_center_user": "a,b"}, "compose_control_center_user: 'a,b' cannot be a name"),
        ({"control_center_ksqldb": "live_1"}, "compose_control_center_ksqldb: 'live_1' cannot be"),
        ({"confluent_platform": "8.1.0"}, "no such Control Center for Confluent 8.1"),
        (
            {"images": {**GOOD["images"], "control-center": "r:5000/c3:8.0.0"}},
            "compose_image_control_center: there is no such Control Center for Confluent 8.0",
        ),
        ({"external_user": "a b"}, "'a b' cannot be a name"),
        ({"external_user": "a\n"}, "cannot be a name"),
        ({"external_password": "short"}, "must have 16 to 128"),
        ({"external_password": "sixteen letters and more"}, "no spaces"),
        ({"memory_limits": {"connect": "4g", "conect": "1g"}}, "there is no service 'conect': did you mean connect?"),
        ({"cpu_limits": {"conect": 1}}, "compose_cpu_limits: there is no service 'conect': did you mean connect?"),
        ({"cpu_limits": {"connect": "500m"}}, "'500m' of connect is not a number of processors: write it as 1.5."),
        ({"cpu_limits": {"connect": 0}}, "'0' of connect is not a number of processors"),
        ({"cpu_limits": {"connect": True}}, "'True' of connect is not a number of processors"),
        (
            {"jupyter_sftp_data": True, "components": ["jupyter"]},
            "compose_jupyter_sftp_data is true without the component sftp: add it",
        ),
        ({"heap_sizes": {"nginx": "1m"}}, "there is no service 'nginx': choose from connect, ksqldb-server."),
        ({"environment": {"zebra": {}}}, "compose_environment: there is no service 'zebra'"),
        ({"heap_sizes": {"connect": "4g"}}, "the heap of connect (4g) does not fit into its memory limit (4g)"),
        ({"heap_sizes": {"connect": "much"}}, "'much' of connect is not a size"),
        ({"connect_secrets": None}, "liveconnect_connect_secrets is not a dictionary"),
        ({"connect_secrets": {"pin": None}}, "liveconnect_connect_secrets: the value of pin is nothing"),
        ({"connect_secrets": {"pin": True}}, "the value of pin is not text"),
        ({"connect_secrets": {"pin": 123}}, "the value of pin is not text"),
        ({"connect_secrets": {"pin": ["it's"]}}, "the value of pin is not text"),
        ({"connect_secrets": {"pin": {"a": "it's"}}}, "the value of pin is not text"),
        ({"connect_secrets": {"a}": "it's"}}, "no connector can refer to it"),
        ({"connect_secrets": {"": "it's"}}, "no connector can refer to it"),
        ({"connect_secrets": {123: "it's"}}, "no connector can refer to it"),
    ],
)
def test_what_is_wrong_is_one_sentence_without_the_secret(changes: dict[str, Any], words: str) -> None:
    (sentence,) = problems(**changes)
    assert words in sentence
    assert "it's" not in sentence


def test_files_that_are_read_at_the_start_are_those_mounted_read_only_into_a_service_with_the_label() -> None:
    label = {"com.igrafx.liveconnect.config": "${CONNECT_CONFIG:-}"}
    services = {
        "connect": {
            "labels": label,
            "volumes": [
                "./plugins:/plugins:ro",
                "./conf/connect:/secrets:ro",
                "./data:/data",
                "/etc/ssl:/ssl:ro",
                {"type": "bind", "source": "./data/sftp", "target": "/sftp", "read_only": True},
            ],
        },
        "data-transform": {"volumes": ["./conf/init:/docker-entrypoint-initdb.d:ro"]},
        "broker": {},
    }
    assert compose_mounts({"services": services}) == ["connect:plugins:conf/connect"]


def test_a_certificate_is_read_at_the_start_by_the_broker_alone_and_what_is_served_is_what_is_declared() -> None:
    label = {"com.igrafx.liveconnect.config": "${X_CONFIG:-}"}
    certificate = "./conf/served/certificates:/etc/ssl/docker:ro"
    services = {
        "broker": {"labels": label, "volumes": [certificate]},
        "nginx": {"labels": label, "volumes": ["./conf/served/nginx/nginx.conf:/etc/nginx/nginx.conf:ro", certificate]},
    }
    assert compose_mounts({"services": services}) == ["broker:conf/certificates", "nginx:conf/nginx/nginx.conf"]


@pytest.mark.parametrize("broker", ["r:5000/cp-kafka", "cp-kafka:latest", "cp-kafka@sha256:ab", "r:7/cp-kafka:v7.4"])
def test_an_image_whose_tag_is_no_version_is_not_judged(broker: str) -> None:
    images = {"broker": broker, "data-transform": "postgres:latest", "control-center": "r:5000/c3"}
    assert problems(images=images) == []


@pytest.mark.parametrize("password", ["a\\b", "it\\", "{}x", "a{b}", "$x", "'", " a#b \t", '"`$(x)', "é€"])
def test_every_other_password_passes(password: str) -> None:
    assert problems(kafka_ui_password=password, postgres_password=password) == []
