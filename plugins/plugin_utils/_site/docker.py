# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with a node's Docker. Pure."""

from __future__ import annotations

import json
import typing as t

_REMEDY = "upgrade it, or set docker_source to 'docker' to take it from Docker's own repository."


def docker_problems(
    declared: t.Mapping[str, t.Any],
    node: t.Mapping[str, t.Any],
    packaged: t.Collection[str],
    minimum_engine: str,
    minimum_compose: str,
) -> list[str]:
    """Sentences about ``source`` and ``configuration`` (the text of daemon.json) of the role, and the engine there.

    ``node``: the facts of node_info; ``packaged``: the systems whose own packages have engine and Compose plugin.
    What will be installed is not judged before it is there.
    """
    return [
        *_configuration_problems(declared),
        *_engine_problems(declared["source"], node, packaged, minimum_engine, minimum_compose),
    ]


def _configuration_problems(declared: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    try:
        valid = isinstance(json.loads(declared["configuration"]), dict)
    except ValueError:
        valid = False
    if declared["source"] != "existing" and not valid:
        yield (
            "/etc/docker/daemon.json is not valid JSON, so docker_daemon_options cannot be merged into it:"
            " correct or remove the file."
        )


def _engine_problems(
    source: str,
    node: t.Mapping[str, t.Any],
    packaged: t.Collection[str],
    minimum_engine: str,
    minimum_compose: str,
) -> t.Iterator[str]:
    docker = node["docker"]
    system = f"{node['system']['distribution']} {node['system']['release']}"
    if not docker["installed"]:
        if source == "existing":
            yield (
                "docker_source is 'existing', but there is no Docker engine (dockerd) on this node:"
                " install it, or set docker_source to 'distribution' or 'docker'."
            )
        elif source == "distribution" and system not in packaged:
            yield _not_packaged(system)
        return
    engine, compose = docker["program"] or "0", docker["compose"]
    recent = _version(engine) >= _version(minimum_engine)
    if recent and compose and _version(compose) >= _version(minimum_compose):
        if not docker["engine"]:
            yield (
                f"The Docker engine does not answer on this node: {docker['error']} — see `journalctl -u docker` there."
            )
    elif source == "distribution" and system not in packaged:
        yield _not_packaged(system)
    elif source == "existing" and not recent:
        yield f"Docker Engine {engine} is older than {minimum_engine}: {_REMEDY}"
    elif source == "existing" and not compose:
        yield (
            "There is no Compose plugin (`docker compose`) on this node: install it,"
            " or set docker_source to 'docker' to take it from Docker's own repository."
        )
    elif source == "existing":
        yield f"Compose {compose} is older than {minimum_compose}: {_REMEDY}"


def _not_packaged(system: str) -> str:
    return (
        f"docker_source: {system} has no packages of Docker and of its Compose plugin that are known here:"
        " set docker_source to 'docker' (Docker's own repository), or install both yourself and set it to 'existing'."
    )


def _version(text: str) -> tuple[int, ...]:
    numbers = text.removeprefix("v").replace("+", ".").replace("-", ".").split(".")
    return tuple(int(number) for number in numbers[:3] if number.isdigit())
