# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a node's Docker is, and what its containers publish. Asked of its programs, each bounded in time."""

from __future__ import annotations

import json
import re
import typing as t

Run = t.Callable[[t.Sequence[str]], tuple[int, str, str]]
"""Runs a command; its exit code (127 when there is no such program), and what it printed and complained."""

_VERSION = re.compile(r"[0-9]+\.[0-9]+(\.[0-9]+)?")
_PROJECT = "com.docker.compose.project"
_RUNNING = ("running", "restarting", "paused")


def engine(run: Run) -> dict[str, t.Any]:
    """Whether it is ``installed``; the versions ``program`` (dockerd), ``engine`` (that answers) and ``compose``.

    ``error`` is what was said when none answered; see rules() and images().
    """
    code, said, _complaint = run(["dockerd", "--version"])
    if code != 0:
        absent = dict.fromkeys(("program", "engine", "compose", "rules"))
        return {"installed": False, **absent, "error": "", "images": []}
    answered, version, error = run(["docker", "version", "--format", "{{.Server.Version}}"])
    composed, compose, _complaint = run(["docker", "compose", "version", "--short"])
    return {
        "installed": True,
        "program": _version(said),
        "engine": version.strip() if answered == 0 else None,
        "compose": compose.strip().removeprefix("v") if composed == 0 else None,
        "error": " ".join(error.split()) if answered != 0 else "",
        "rules": rules(run) if answered == 0 else None,
        "images": images(run) if answered == 0 else [],
    }


def images(run: Run) -> list[str]:
    """The images that are there, as ``repository:tag`` and as ``repository@digest``."""
    names = "{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}"
    listed = run(["docker", "image", "ls", "--digests", "--format", names])[1]
    return sorted({name for name in listed.split() if "<none>" not in name})


def rules(run: Run) -> bool | None:
    """Whether the kernel has the packet filter rules by which a running engine forwards to its containers.

    None where nothing can tell, and where the engine's unit says that it makes none.
    """
    # Either backend of iptables, or the engine's own tables since version 29.
    told, chains, _complaint = run(["iptables", "--wait", "5", "--table", "nat", "--list-rules"])
    told_too, tables, _complaint = run(["nft", "list", "tables"])
    if "-N DOCKER" in chains or "docker" in tables:
        return True
    command = run(["systemctl", "show", "--property=ExecStart", "docker.service"])[1]
    return None if (told and told_too) or "--iptables=false" in command else False


def _version(text: str) -> str | None:
    match = _VERSION.search(text)
    return match[0] if match else None


def published(run: Run) -> list[dict[str, t.Any]]:
    """``address``, ``port``, ``container`` and its Compose ``project`` (or empty) of every published TCP port.

    Taken from what is declared: a container that is just being restarted publishes nothing, while its ports are its
    own all the same.
    """
    code, names, _complaint = run(["docker", "ps", "--all", "--quiet"])
    if code != 0 or not names.split():
        return []
    return parse_published(run(["docker", "inspect", *names.split()])[1])


def parse_published(inspected: str) -> list[dict[str, t.Any]]:
    """See published; from what ``docker inspect`` prints."""
    return [
        {
            "address": address,
            "port": int(binding["HostPort"]),
            "container": container["Name"].removeprefix("/"),
            "project": (container["Config"].get("Labels") or {}).get(_PROJECT, ""),
        }
        for container in json.loads(inspected or "[]")
        if container["State"]["Status"] in _RUNNING
        for port, bindings in (container["HostConfig"].get("PortBindings") or {}).items()
        if port.endswith("/tcp")
        for binding in bindings or []
        if binding.get("HostPort") not in (None, "", "0")  # 0 lets the engine choose one that is free
        for address in ([binding["HostIp"]] if binding.get("HostIp") else ["0.0.0.0", "::"])  # noqa: S104 -- told, not bound
    ]
