# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of this machine, and of Docker engines that answer, refuse, or say nothing."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.igrafx.liveconnect.plugins.module_utils._node import client
from ansible_collections.igrafx.liveconnect.plugins.modules import node_info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., dict[str, Any]]

NGINX = "a" * 64
GONE = "b" * 64


def inspected(port: int) -> dict[str, Any]:
    bindings = {"443/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}
    return {
        "Id": NGINX,
        "Name": "/liveconnect-nginx-1",
        "Config": {"Labels": {"com.docker.compose.project": "liveconnect", "com.docker.compose.service": "nginx"}},
        "State": {"Status": "running"},
        "HostConfig": {"PortBindings": bindings},
        "NetworkSettings": {"Ports": bindings},
    }


class Engine:
    """A Docker engine's socket; ``answers`` by path, any other is not found. With ``hangs`` it never answers."""

    def __init__(self, path: Path) -> None:
        self.answers: dict[str, Any] = {}
        self.hangs = False
        self.broken = b""
        self._ended = threading.Event()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                path = connection.recv(65536).split()[1].decode()
                if self.hangs:
                    self._ended.wait()
                elif self.broken:
                    connection.sendall(self.broken)
                else:
                    status = "200 OK" if path in self.answers else "404 Not Found"
                    body = json.dumps(self.answers.get(path, {"message": "no such thing"}))
                    connection.sendall(f"HTTP/1.0 {status}\r\nContent-Type: application/json\r\n\r\n{body}".encode())

    def close(self) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as directory:  # the path of a socket must be short
        path = Path(directory, "docker.sock")
        monkeypatch.setattr(client, "DOCKER_SOCKET", str(path))
        engine = Engine(path)
        thread = threading.Thread(target=engine.serve)
        thread.start()
        yield engine
        engine.close()
        thread.join()


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], None]:
    """Puts a shell script in the place of a program; there are no others then."""
    monkeypatch.setattr(client, "SYSTEM_PATH", str(tmp_path))

    def program(name: str, script: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    return program


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(**options: Any) -> dict[str, Any]:
        with patch_module_args(options), pytest.raises(SystemExit):
            node_info.main()
        result = json.loads(capsys.readouterr().out)
        assert not result.get("failed"), result
        assert not result["changed"]
        return result

    return run


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_this_machine(run: Run, listener: int) -> None:
    found = run(docker=False, names=["127.0.0.1", "unknown.invalid"])
    assert found["system"]["kernel"] == os.uname().release
    assert found["system"]["id"]
    assert 0 < found["memory"]["available_mb"] <= found["memory"]["total_mb"]
    assert found["cpus"] == os.cpu_count()
    assert "127.0.0.1" in found["addresses"]["ipv4"]
    assert found["names"] == {
        "127.0.0.1": {"addresses": ["127.0.0.1"], "loopback": True, "own": True},
        "unknown.invalid": {"addresses": [], "loopback": False, "own": False},
    }
    (mine,) = [one for one in found["sockets"] if one["port"] == listener]
    assert (mine["address"], mine["pid"], mine["container"]) == ("127.0.0.1", os.getpid(), None)
    assert mine["process"] == Path("/proc/self/comm").read_text().strip()
    assert "docker" not in found


def test_its_own_address_is_its_own(run: Run) -> None:
    address = run(docker=False)["addresses"]["default_ipv4"]
    if address is None:
        pytest.skip("this machine has no way out")
    assert run(docker=False, names=[address])["names"][address]["own"]


def test_files_and_disks(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("\N{SNOWMAN}\n")
    (tmp_path / "text").chmod(0o640)
    (tmp_path / "binary").write_bytes(b"\xff")
    (tmp_path / "link").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    names = {name: str(tmp_path / name) for name in ("text", "binary", "link", "pipe", "missing", "missing/deep", ".")}
    found = run(docker=False, paths=list(names.values()), contents=list(names.values()), disks=[names["missing/deep"]])
    states = {name: found["paths"][path]["state"] for name, path in names.items()}
    assert states == {
        "text": "file",
        "binary": "file",
        "link": "link",
        "pipe": "other",
        "missing": "absent",
        "missing/deep": "absent",
        ".": "directory",
    }
    text = found["paths"][names["text"]]
    info = (tmp_path / "text").stat()
    assert (text["mode"], text["size"], text["uid"], text["modified"]) == ("0640", 4, info.st_uid, info.st_mtime)
    assert found["paths"][names["link"]]["target"] == "nowhere"
    assert {path for path, content in found["contents"].items() if content} == {names["text"]}
    assert found["contents"][names["text"]] == "\N{SNOWMAN}\n"
    disk = found["disks"][names["missing/deep"]]
    assert disk["path"] == str(tmp_path)
    assert Path(disk["mount"]).is_mount()
    assert 0 < disk["free_mb"] <= disk["total_mb"]


def test_the_engine_and_its_containers(
    run: Run, engine: Engine, listener: int, program: Callable[[str, str], None]
) -> None:
    engine.answers = {
        "/version": {"Version": "20.10.24+dfsg1", "ApiVersion": "1.41"},
        "/containers/json": [{"Id": NGINX}, {"Id": GONE}],
        f"/containers/{NGINX}/json": inspected(listener),
    }
    program("docker", '[ "$*" = "compose version --short" ] && echo v2.26.1')
    program("dockerd", "exit 1")
    program("dpkg-query", "echo installed docker.io 20.10.24+dfsg1-1; echo installed acl 2.3; exit 1")
    program("systemctl", 'printf "Id=a.service\\nLoadState=loaded\\nActiveState=active\\n"')
    found = run(packages=["acl", "nginx"], units=["a.service"])
    docker = found["docker"]
    assert docker["program"].endswith("/dockerd")
    assert {key: value for key, value in docker.items() if key != "program"} == {
        "answers": True,
        "error": None,
        "version": "20.10.24",
        "compose_version": "2.26.1",
        "packages": {"docker.io": "20.10.24+dfsg1-1"},
        "containers": [
            {
                "name": "liveconnect-nginx-1",
                "project": "liveconnect",
                "service": "nginx",
                "state": "running",
                "ports": [{"address": "127.0.0.1", "port": listener}],
            }
        ],
    }
    assert found["packages"] == {"acl": "2.3", "nginx": None}
    assert found["units"]["a.service"]["active"] == "active"


@pytest.mark.parametrize("by", ["engine", "cgroup"])
def test_a_socket_that_a_container_has(
    run: Run, engine: Engine, listener: int, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    engine.answers = {
        "/version": {"Version": "28.0.4"},
        "/containers/json": [{"Id": NGINX}],
        f"/containers/{NGINX}/json": inspected(listener if by == "engine" else 1),
    }
    pid = os.getpid()
    texts = {f"/proc/{pid}/comm": "docker-proxy\n", f"/proc/{pid}/cgroup": "0::/\n"}
    if by == "cgroup":
        texts = {f"/proc/{pid}/comm": "nginx\n", f"/proc/{pid}/cgroup": f"0::/docker/{NGINX}\n"}
    real = client.text_of
    monkeypatch.setattr(client, "text_of", lambda path: texts.get(path) or real(path))
    (mine,) = [one for one in run()["sockets"] if one["port"] == listener]
    assert (mine["container"], mine["project"]) == ("liveconnect-nginx-1", "liveconnect")


def test_a_node_without_docker(run: Run, program: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "DOCKER_SOCKET", "/nowhere/docker.sock")
    program("nothing", "")
    found = run(packages=["acl"], units=["docker.service"])
    assert found["docker"] == {
        "program": None,
        "answers": False,
        "error": "No such file or directory",
        "version": None,
        "compose_version": None,
        "packages": {},
        "containers": [],
    }
    assert (found["packages"], found["units"]) == ({"acl": None}, {})


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (b"", "timed out"),
        (b"HTTP/1.0 500 Internal Server Error\r\n\r\n{}", "it answered '500 Internal Server Error'"),
        (b"HTTP/1.0 200 OK\r\n\r\n<html>", "Expecting value"),
        (b"HTTP/1.0 200 OK\r\n\r\n[]", "list indices"),
        (b"rubbish", "it answered ''"),
    ],
)
def test_an_engine_that_does_not_answer(
    run: Run, engine: Engine, program: Callable[[str, str], None], broken: bytes, error: str
) -> None:
    engine.broken, engine.hangs = broken, not broken
    program("dockerd", "echo Docker version 26.1.5+dfsg1, build a72d7cd")
    docker = run(timeout=1 if engine.hangs else 10)["docker"]
    assert not docker["answers"]
    assert error in docker["error"]
    assert docker["version"] == "26.1.5"
    assert docker["containers"] == []


def test_programs_and_their_children_that_do_not_end(
    run: Run, program: Callable[[str, str], None], tmp_path: Path
) -> None:
    # The file is held open by whoever is left.
    os.mkfifo(tmp_path / "alive")
    reader = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    program("systemctl", f"exec 9>{tmp_path}/alive; /bin/sleep 600 & /bin/sleep 600")
    assert run(docker=False, units=["a.service"], timeout=0.5)["units"] == {}
    # Readable once it was opened and nobody has it any more.
    assert select.select([reader], [], [], 10)[0] == [reader]
    os.close(reader)
