# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Everything that is asked of a node, as the module's result."""

from __future__ import annotations

import os
import sys
import time
import typing as t

from . import client, parse

# Whoever brings an engine or its Compose plugin as a package.
DOCKER_PACKAGES = (
    *("docker.io", "docker-ce", "docker-ee", "moby-engine", "podman-docker"),
    *("docker-compose-plugin", "docker-compose-v2", "docker-compose", "moby-compose"),
)
_UNIT_PROPERTIES = "Id,LoadState,ActiveState,SubState,UnitFileState"
# dpkg-query and systemctl fail when one of several names is unknown, and tell of the others all the same.
_SOME_UNKNOWN = (0, 1)


def run(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The facts. Programs run beside each other; nothing is waited for longer than ``timeout`` seconds.

    The engine gets half of them, so that there is time left to ask its program when it does not answer.
    """
    started = time.monotonic()
    until = started + options["timeout"]
    with_docker, wanted_units = options["docker"], options["units"]
    packages = (*options["packages"], *(DOCKER_PACKAGES if with_docker else ()))
    dpkg = _command(packages, "dpkg-query", "--show", "--showformat=${db:Status-Status} ${Package} ${Version}\\n", "--")
    compose = client.Command("docker", "compose", "version", "--short") if with_docker else None
    systemctl = _command(wanted_units, "systemctl", "show", f"--property={_UNIT_PROPERTIES}", "--")

    own = parse.own_ipv4(client.text_of("/proc/net/fib_trie")), parse.own_ipv6(client.text_of("/proc/net/if_inet6"))
    docker, containers = _docker(started + options["timeout"] / 2, until) if with_docker else (None, [])
    result = {
        "system": _system(),
        "memory": _memory(),
        "cpus": os.cpu_count(),
        "addresses": {"ipv4": own[0], "ipv6": own[1], "default_ipv4": client.default_address()},
        "names": {
            name: parse.meaning(found, {*own[0], *own[1]})
            for name, found in client.resolve(options["names"], until).items()
        },
        "sockets": _sockets(containers),
        "disks": {path: client.room_of(path) for path in options["disks"]},
        "paths": {path: client.state_of(path) for path in options["paths"]},
        "contents": {path: client.content_of(path) for path in options["contents"]},
        "units": parse.units(wanted_units, _output(systemctl, until)),
    }
    versions = parse.installed(_output(dpkg, until))
    result["packages"] = {name: versions.get(name) for name in options["packages"]}
    if docker is not None:
        docker["compose_version"] = parse.version(_output(compose, until))
        docker["packages"] = {name: versions[name] for name in DOCKER_PACKAGES if name in versions}
        result["docker"] = docker
    return result


def _command(names: t.Sequence[str], *argv: str) -> client.Command | None:
    return client.Command(*argv, *names, accept=_SOME_UNKNOWN) if names else None


def _output(command: client.Command | None, until: float) -> str:
    return (command.output(until) if command else None) or ""


def _system() -> dict[str, t.Any]:
    release = parse.os_release(client.text_of("/etc/os-release"))
    kernel = os.uname()
    return {
        "id": release.get("ID", ""),
        "name": release.get("NAME", ""),
        "version": release.get("VERSION_ID", ""),
        "codename": release.get("VERSION_CODENAME", ""),
        "architecture": kernel.machine,
        "kernel": kernel.release,
        "hostname": kernel.nodename,
        "systemd": os.path.isdir("/run/systemd/system"),  # noqa: PTH112 -- sd_booted(3)
        "python": {"executable": sys.executable, "version": ".".join(map(str, sys.version_info[:3]))},
    }


def _memory() -> dict[str, int]:
    found = parse.meminfo(client.text_of("/proc/meminfo"))
    return {
        "total_mb": found.get("MemTotal", 0),
        "available_mb": found.get("MemAvailable", 0),
        "swap_mb": found.get("SwapTotal", 0),
    }


def _docker(engine_until: float, until: float) -> tuple[dict[str, t.Any], list[parse.Container]]:
    engine = client.Docker(engine_until)
    facts: dict[str, t.Any] = {"program": client.which("dockerd"), "version": None, "error": None, "containers": []}
    containers: list[parse.Container] = []
    try:
        facts["version"] = parse.version(engine.get("/version")["Version"])
        containers = _containers(engine)
    except (OSError, ValueError, KeyError, TypeError) as error:
        facts["error"] = getattr(error, "strerror", None) or str(error)
    facts["answers"] = facts["error"] is None
    if facts["version"] is None and facts["program"]:
        facts["version"] = parse.version(client.Command(facts["program"], "--version").output(until))
    facts["containers"] = [
        {
            "name": one.name,
            "project": one.project,
            "service": one.service,
            "state": one.state,
            "ports": [{"address": address, "port": port} for address, port in one.ports],
        }
        for one in containers
    ]
    return facts, containers


def _containers(engine: client.Docker) -> list[parse.Container]:
    answers = [engine.get(f"/containers/{one['Id']}/json") for one in engine.get("/containers/json")]
    # One that ended meanwhile is no longer known.
    return sorted((parse.container(answer) for answer in answers if answer), key=lambda one: one.name)


def _sockets(containers: t.Sequence[parse.Container]) -> list[dict[str, t.Any]]:
    sockets = parse.listening(client.text_of("/proc/net/tcp") + client.text_of("/proc/net/tcp6"))
    processes = client.holders([socket.inode for socket in sockets])
    by_id = {one.id: one for one in containers}
    facts = []
    for socket in sorted(sockets, key=lambda one: (one.port, one.address)):
        pid = processes.get(socket.inode)
        name = client.text_of(f"/proc/{pid}/comm").strip() if pid else None
        inside = parse.container_id(client.text_of(f"/proc/{pid}/cgroup")) if pid else None
        holder = by_id.get(inside or "") or (parse.publisher(socket, containers) if name == "docker-proxy" else None)
        facts.append(
            {
                "address": socket.address,
                "port": socket.port,
                "pid": pid,
                "process": name,
                "container": holder.name if holder else None,
                "project": holder.project if holder else None,
            }
        )
    return facts
