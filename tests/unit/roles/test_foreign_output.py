# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs and servers of others print may repeat a secret: it is shown through the filter ``masked`` alone."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
TASK_FILES = sorted([*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/**/*.yml")])
SPEAKERS = {
    "ansible.builtin.script",
    "ansible.builtin.raw",
    "ansible.builtin.uri",
    "community.docker.docker_compose_v2",
}
SPEAKERS |= {"ansible.builtin.command", "ansible.builtin.shell"}
TELLERS = {"ansible.builtin.fail", "ansible.builtin.debug", "ansible.builtin.assert"}
# Those to which no secret is known, neither by what they are given nor by the files that they read.
HARMLESS = {
    "List the containers of the stack",
    "Check what apt would install and remove",
    "Reset the failed state of the engine",
}


def tasks_of(found: object) -> t.Iterator[dict[str, t.Any]]:
    """All tasks at any depth of blocks and plays."""
    for entry in found if isinstance(found, list) else []:
        yield entry
        for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            yield from tasks_of(entry.get(key))


TASKS = [(file, task) for file in TASK_FILES for task in tasks_of(yaml.safe_load(file.read_text()))]


def speaks(task: dict[str, t.Any]) -> bool:
    """Whether it prints what others wrote; a script of ours is its standard input or in its environment."""
    is_ours = "lookup('ansible.builtin." in json.dumps(task)
    return bool(SPEAKERS & task.keys()) and not is_ours and task["name"] not in HARMLESS


def told(file: Path, task: dict[str, t.Any]) -> str:
    """What a task shows, with all variables of its role of which it is made."""
    of_role = file.parents[1] / "vars/main.yml"
    variables = (yaml.safe_load(of_role.read_text()) if of_role.is_file() else {}) | task.get("vars", {})
    (teller,) = TELLERS & task.keys()
    shown = json.dumps({key: text for key, text in task[teller].items() if key.endswith("msg")})
    seen: set[str] = set()
    while new := {name for name in variables if re.search(rf"\b{name}\b", shown)} - seen:
        seen |= new
        shown += json.dumps([variables[name] for name in sorted(new)])
    return shown


def test_no_task_shows_what_others_print() -> None:
    speaking = [task for _file, task in TASKS if speaks(task)]

    assert len(speaking) > 5
    assert [task["name"] for task in speaking if task.get("no_log") is not True] == []


def test_what_others_print_is_told_masked() -> None:
    registered = {
        task["register"] for _file, task in TASKS if "register" in task and (speaks(task) or "no_log" in task)
    }
    registered.add("ansible_failed_result")
    telling = [(task["name"], told(file, task)) for file, task in TASKS if TELLERS & task.keys()]
    repeating = {name: text for name, text in telling if any(re.search(rf"\b{one}\b", text) for one in registered)}

    assert len(repeating) > 5
    assert [name for name, text in repeating.items() if "igrafx.liveconnect.masked" not in text] == []
