# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role compose begins to pull what is missing, while the roles before it work."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

import pytest
from playbook import run_play

ROLES = Path(__file__).resolve().parents[3] / "roles"
BROKER, REGISTRY = "confluentinc/cp-kafka:7.9.9", "confluentinc/cp-schema-registry:7.9.9"
DIGEST = f"sha256:{'ab' * 32}"
SECONDS = 30

pytestmark = pytest.mark.component


def pulled(folder: Path, present: list[str], wanted: int, *arguments: str, **declared: t.Any) -> list[str]:
    """What Docker is asked to pull on a node that has these images; at least as many as are wanted are waited for."""
    asked, programs = folder / "asked", folder / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "docker").write_text(f'#!/bin/sh\necho "$*" >>{asked}\n')
    (programs / "docker").chmod(0o755)
    asked.write_text("")
    if not (folder / "templates").exists():
        (folder / "templates").symlink_to(ROLES / "compose/templates")
    play = {
        "vars_files": [
            *(str(ROLES / role / "defaults/main.yml") for role in ("liveconnect", "compose")),
            *(str(ROLES / role / "vars/main.yml") for role in ("liveconnect", "compose")),
        ],
        "tasks": [
            {
                "ansible.builtin.include_tasks": str(ROLES / "compose/tasks/pull.yml"),
                "vars": {
                    "compose_advertised_address": "192.0.2.1",
                    "_node_facts": {"docker": {"images": present}},
                    "compose_components": [],
                }
                | declared,
            }
        ],
    }
    done = run_play(folder, play, *arguments, programs=programs, ANSIBLE_ASYNC_DIR=str(folder / "async"))
    assert done.returncode == 0, done.stdout + done.stderr
    # Also what would only be asked for later.
    assert ("changed=0" in done.stdout) == (wanted == 0), done.stdout
    deadline = time.monotonic() + SECONDS
    while len(lines := asked.read_text().splitlines()) < wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return sorted(line.removeprefix("pull --quiet ") for line in lines)


def test_what_is_missing_is_pulled_and_what_is_there_is_not(tmp_path: Path) -> None:
    connect = "confluentinc/cp-kafka-connect:7.9.9"
    assert pulled(tmp_path, [BROKER, "postgres:17.12"], 2) == [connect, REGISTRY]
    assert pulled(tmp_path, [BROKER, REGISTRY], 1, compose_image_connect=f"docker.io/a/b:1@{DIGEST}") == [
        f"a/b@{DIGEST}"
    ]


@pytest.mark.parametrize(
    ("arguments", "declared"),
    [
        ((), {"compose_image_connect": f"docker.io/library/b:1@{DIGEST}"}),
        ((), {"compose_pull": "never"}),
        (("--check",), {}),
    ],
    ids=["all there", "from archives", "check mode"],
)
def test_a_run_that_has_nothing_to_pull(tmp_path: Path, arguments: tuple[str, ...], declared: dict[str, t.Any]) -> None:
    assert pulled(tmp_path, [BROKER, REGISTRY, f"b@{DIGEST}"], 0, *arguments, **declared) == []
