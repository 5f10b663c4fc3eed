# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection, and of the control machine alone.
"""What is wrong with a node's Docker, and which options it is to have. Pure."""

from __future__ import annotations

import json
import typing as t

_BOUNDED_DRIVERS = ("json-file", "local")
_REMEDY = "upgrade it, or set docker_source to 'docker' to take it from Docker's own repository."


def docker_problems(
    declared: t.Mapping[str, t.Any],
    node: t.Mapping[str, t.Any],
    packaged: t.Collection[str],
    minimum_engine: str,
    minimum_compose: str,
) -> list[str]:
    """Sentences about ``source`` and ``configuration`` (the text of daemon.json) of the role, and the engine there.

    ``interrupted``: an earlier run was, before the engine had started with new options; this one will start it.
    ``rules_are_gone``: the engine runs without its packet filter rules, which it creates when it starts.
    ``node``: the facts of node_info; ``packaged``: the systems whose own packages have engine and Compose plugin.
    What will be installed is not judged before it is there.
    """
    return [
        *_configuration_problems(declared),
        *_engine_problems(declared, node, packaged, minimum_engine, minimum_compose),
    ]


def docker_options(
    present: t.Mapping[str, t.Any],
    declared: t.Mapping[str, t.Any],
    own: t.Mapping[str, t.Any],
    swarm: bool = False,
) -> dict[str, t.Any]:
    """The options for daemon.json: those ``present`` there, ``declared`` ones over them, and ``own`` where these allow.

    A declared null takes an option out. ``log-opts`` are those of one driver: they do not outlive a change of it, and
    our own go only with drivers that bound their files. A node of a swarm refuses ``live-restore``.
    """
    kept = dict(present)
    if declared.get("log-driver", _driver(present)) != _driver(present):
        kept.pop("log-opts", None)
    chosen = _merged(_merged({}, kept), declared)
    left_out = {"live-restore"} if swarm else set()
    if _driver(chosen) not in _BOUNDED_DRIVERS:
        left_out |= {"log-driver", "log-opts"}
    fitting = {name: value for name, value in own.items() if name not in left_out}
    # Once more what is declared, which takes out what it takes out of ours.
    return _merged(_merged(fitting, chosen), declared)


def _driver(options: t.Mapping[str, t.Any]) -> t.Any:
    return options.get("log-driver", "json-file")


def _merged(below: t.Mapping[str, t.Any], above: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    merged = dict(below)
    for name, value in above.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = _merged(merged[name], value)
        else:
            merged[name] = value
    return merged


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
    declared: t.Mapping[str, t.Any],
    node: t.Mapping[str, t.Any],
    packaged: t.Collection[str],
    minimum_engine: str,
    minimum_compose: str,
) -> t.Iterator[str]:
    source, docker = declared["source"], node["docker"]
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
        if not docker["engine"] and (source == "existing" or not declared["interrupted"]):
            yield (
                f"The Docker engine does not answer on this node: {docker['error']} — see `journalctl -u docker` there."
            )
        elif source == "existing" and declared["rules_are_gone"]:
            yield (
                "The Docker engine runs, but its packet filter rules are gone, as after a restart of nftables, and with"
                " them the containers' network: restart Docker (`systemctl restart docker`)."
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
