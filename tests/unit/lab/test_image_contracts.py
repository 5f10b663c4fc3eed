# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entrypoints of the lab's images keep the environment contract of the upstream ones."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import socket
import struct
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

IMAGES = Path(__file__).resolve().parents[3] / "lab" / "images"
sys.path.append(str(IMAGES / "kafka-base"))
import contract  # noqa: E402


def load(path: str) -> ModuleType:
    """An entrypoint as a module; most have no ``.py`` in their name."""
    name = "image_" + path.replace("/", "_").replace("-", "_").removesuffix(".py")
    loader = importlib.machinery.SourceFileLoader(name, str(IMAGES / path))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("variable", "expected"),
    [("LOG_RETENTION_HOURS", "log.retention.hours"), ("A__B", "a_b"), ("A___B", "a-b"), ("A_B__C___D", "a.b_c-d")],
)
def test_a_variable_becomes_a_property(variable: str, expected: str) -> None:
    assert contract.property_name(variable) == expected


def test_options_of_the_jvm_are_not_properties(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONNECT_HEAP_OPTS", "CONNECT_JMX_PORT", "CONNECT_LOG4J_ROOT_LOGLEVEL", "CONNECT_CUB_KAFKA_TIMEOUT"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("CONNECT_CONFIG_PROVIDERS_FILE_CLASS", "org.apache.kafka.X")
    assert contract.properties("CONNECT_") == {"config.providers.file.class": "org.apache.kafka.X"}


def test_properties_are_written_as_they_are_and_are_private(tmp_path: Path) -> None:
    path = contract.write_properties(tmp_path / "x", {"a": "\\d", "b": " lead", "c": "1\nd=2"})
    assert path.read_text() == "a=\\d\nb= lead\nc=1\nd=2\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_missing_variable_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        contract.require("KAFKA_NOT_THERE")
    assert capsys.readouterr().err == (
        "ERROR: The environment variable KAFKA_NOT_THERE is not set; this image needs it.\n"
    )


def test_brokers_are_counted_over_the_wire() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(struct.pack(">iii", 8, 0, 3))

        thread = threading.Thread(target=answer)
        thread.start()
        assert contract.count_brokers(f"PLAINTEXT://127.0.0.1:{server.getsockname()[1]},other:1") == 3
        thread.join()


def test_zookeeper_spells_its_keys_in_camel_case() -> None:
    zookeeper = load("zookeeper/run")
    assert [zookeeper.camel_case(key) for key in ("tick.time", "client.port", "autopurge.purge.interval")] == [
        "tickTime",
        "clientPort",
        "autopurge.purgeInterval",
    ]


def test_sftp_users_are_parsed_and_printed_with_their_passwords(capsys: pytest.CaptureFixture[str]) -> None:
    sftp = load("sftp/entrypoint.py")
    assert sftp.parse("acme:$6$x:e:1001:100:upload,processed") == sftp.User(
        "acme", "$6$x", hashed=True, uid="1001", gid="100", directories=("upload", "processed")
    )
    assert capsys.readouterr().out == (
        '[/usr/local/bin/create-sftp-user] Parsing user data: "acme:$6$x:e:1001:100:upload,processed"\n'
    )
    assert sftp.parse("acme::1001::upload") == sftp.User("acme", "", False, "1001", "", ("upload",))
    with pytest.raises(SystemExit):
        sftp.parse("no user:s3cret")


def test_postgres_takes_a_password_from_a_file_or_a_variable_but_not_from_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGDATA", str(tmp_path))
    entrypoint = load("postgres/docker-entrypoint.py")
    (tmp_path / "password").write_text(" a $b' \n\n")
    for variable in ("POSTGRES_PASSWORD", "POSTGRES_USER_FILE", "POSTGRES_DB_FILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("POSTGRES_PASSWORD_FILE", str(tmp_path / "password"))

    entrypoint.take_settings()
    assert os.environ["POSTGRES_PASSWORD"] == " a $b' "
    # Handed on to the user that cannot read the file.
    assert "POSTGRES_PASSWORD_FILE" not in os.environ

    monkeypatch.setenv("POSTGRES_PASSWORD_FILE", str(tmp_path / "password"))
    with pytest.raises(SystemExit, match="Both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE"):
        entrypoint.take_settings()
    monkeypatch.delenv("POSTGRES_PASSWORD")
    monkeypatch.setenv("POSTGRES_PASSWORD_FILE", str(tmp_path / "none"))
    with pytest.raises(SystemExit, match="cannot be read"):
        entrypoint.take_settings()


def test_kafka_ui_reads_a_config_tree_below_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spring.security.user.password").write_bytes(b" a\\${b}\r\n")
    (tmp_path / "lab.two.lines").write_bytes(b"a\nb\n")
    for variable in ("SPRING_SECURITY_USER_NAME", "SPRING_SECURITY_USER_PASSWORD"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("SPRING_CONFIG_IMPORT", f"configtree:{tmp_path}/")
    setting = load("kafka-ui/kafka_ui.py").setting

    assert setting("spring.security.user.password") == " a\\${b}"
    assert setting("lab.two.lines") == "a\nb\n"
    assert setting("spring.security.user.name") == ""
    setting.cache_clear()
    monkeypatch.setenv("SPRING_SECURITY_USER_PASSWORD", "of the environment")
    assert setting("spring.security.user.password") == "of the environment"


@pytest.mark.parametrize("value", ["configtree:{}", "configtree:{}/none/", "file:{}/"])
def test_kafka_ui_refuses_what_spring_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.delenv("SPRING_SECURITY_USER_NAME", raising=False)
    monkeypatch.setenv("SPRING_CONFIG_IMPORT", value.format(tmp_path))
    with pytest.raises(SystemExit, match="SPRING_CONFIG_IMPORT must be"):
        load("kafka-ui/kafka_ui.py").setting("spring.security.user.name")
