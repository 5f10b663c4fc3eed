# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plugins whose file is on the control machine, in plays as an operator runs them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import jar_bytes

pytestmark = pytest.mark.component

ROOT = Path(__file__).resolve().parents[4]


class Control:
    """A control machine with a playbook and its files, which is its own node."""

    def __init__(self, root: Path) -> None:
        self.files = root / "files"
        self.dest = root / "node" / "extensions"
        self.dest.mkdir(parents=True)
        self._remote_tmp = root / "remote-tmp"
        self._playbook = root / "play.yml"
        self._result = root / "result.json"

    def jar(self, name: str, filler: bytes = b"") -> Path:
        """Put a jar among the playbook's files."""
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jar_bytes(filler=filler))
        return path

    def run(self, *arguments: str, keywords: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """The task's result; its ``transferred`` are the names of the files that went to the node."""
        module = {"dest": str(self.dest), "layout": "flat", **options}
        tasks: list[dict[str, Any]] = [
            {
                "igrafx.liveconnect.confluent_hub_plugin": module,
                "register": "done",
                "ignore_errors": True,
                **(keywords or {}),
            },
            {
                "ansible.builtin.copy": {"content": "{{ done | to_json }}", "dest": str(self._result)},
                "check_mode": False,
            },
        ]
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
        self._playbook.write_text(json.dumps([play]))
        interpreter = f"ansible_python_interpreter={sys.executable}"
        done = subprocess.run(
            ["ansible-playbook", "-vvv", "-i", "localhost,", "-e", interpreter, *arguments, str(self._playbook)],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_REMOTE_TEMP": str(self._remote_tmp)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        # Nothing is left there; a task in the background cleans up when its result has been told.
        deadline = time.monotonic() + 10
        while list(self._remote_tmp.iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        names = {path.name for path in self.files.rglob("*")}
        arrived = [Path(line.split()[-1]).name for line in done.stdout.splitlines() if " PUT " in line]
        return {**json.loads(self._result.read_text()), "transferred": [name for name in arrived if name in names]}

    def installed(self) -> dict[str, str]:
        """The jars of the node with their SHA-256."""
        return {path.name: sha256(path) for path in self.dest.glob("*.jar")}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def control(tmp_path: Path) -> Control:
    return Control(tmp_path)


def test_a_file_is_transferred_when_it_is_to_be_installed_and_only_then(control: Control) -> None:
    first, second = control.jar("one-1.0.jar"), control.jar("two-1.0.jar")
    wanted = {"plugins": [{"src": "one-1.0.jar"}, {"src": str(second)}]}

    would = control.run("--check", **wanted)
    assert would["changed"]
    assert would["transferred"] == []
    assert control.installed() == {}

    did = control.run(**wanted)
    assert [plugin["action"] for plugin in did["plugins"]] == ["installed", "installed"]
    assert did["diff"] == would["diff"]
    assert did["transferred"] == ["one-1.0.jar", "two-1.0.jar"]
    assert control.installed() == {path.name: sha256(path) for path in (first, second)}

    again = control.run(**wanted)
    assert not again["changed"]
    assert again["transferred"] == []

    control.jar("two-1.0.jar", b"built again")
    would = control.run("--check", **wanted)
    assert [plugin["reasons"] for plugin in would["plugins"]] == [[], ["its archive has another sha256"]]
    did = control.run(**wanted)
    assert [plugin["action"] for plugin in did["plugins"]] == ["unchanged", "updated"]
    assert did["transferred"] == ["two-1.0.jar"]
    assert control.installed()["two-1.0.jar"] == sha256(second)

    first.unlink()
    gone = control.run(src="one-1.0.jar", state="absent")
    assert gone["plugins"][0]["action"] == "removed"
    assert set(control.installed()) == {"two-1.0.jar"}


def test_extra_jars_are_transferred_with_their_plugin(control: Control) -> None:
    jar, driver = control.jar("sink-1.0.jar"), control.jar("drivers/ojdbc8.jar")
    wanted = {"layout": "plugin", "plugins": [{"src": jar.name, "extra": [{"src": "drivers/ojdbc8.jar"}]}]}
    would = control.run("--check", **wanted)
    assert would["transferred"] == []
    did = control.run(**wanted)
    assert did["diff"] == would["diff"]
    assert sorted(did["transferred"]) == ["ojdbc8.jar", "sink-1.0.jar"]
    assert sha256(control.dest / "sink" / "ojdbc8.jar") == sha256(driver)
    again = control.run(**wanted)
    assert not again["changed"]
    assert again["transferred"] == []

    driver = control.jar("drivers/ojdbc8.jar", b"a later build")
    did = control.run(**wanted)
    assert did["plugins"][0]["reasons"] == ["extra src:ojdbc8.jar has another sha256"]
    assert sha256(control.dest / "sink" / "ojdbc8.jar") == sha256(driver)


def test_an_extra_jar_may_not_have_the_name_of_another_file(control: Control) -> None:
    control.jar("folder/same.jar")
    control.jar("other/same.jar")
    refused = control.run(src="folder/same.jar", extra=[{"src": "other/same.jar"}])
    assert "have the same name. Rename one of them." in refused["msg"]


def test_a_file_of_the_node_is_left_to_the_module(control: Control) -> None:
    control.jar("one-1.0.jar")
    did = control.run(src=str(control.jar("two-1.0.jar")), remote_src=True)
    assert did["changed"]
    assert did["transferred"] == []


def test_a_file_goes_to_a_task_in_the_background_too(control: Control) -> None:
    jar = control.jar("one-1.0.jar")
    background = {"async": 60, "poll": 1}
    assert control.run(src="one-1.0.jar", keywords=background)["changed"]
    assert control.installed() == {jar.name: sha256(jar)}
    again = control.run(src="one-1.0.jar", keywords=background)
    assert not again.get("failed")
    assert again["transferred"] == []


def test_a_task_in_the_background_that_is_refused_leaves_nothing_behind(control: Control) -> None:
    control.jar("one-1.0.jar")
    refused = control.run(src="one-1.0.jar", mode="u+x", keywords={"async": 60, "poll": 1})
    assert "not an octal mode" in refused["msg"]


def test_what_a_killed_run_left_is_cleaned_up_though_nothing_is_to_be_transferred(control: Control) -> None:
    control.jar("one-1.0.jar")
    control.run(src="one-1.0.jar")
    left = control.dest.parent / ".extensions-staging"
    left.mkdir()
    (left / "two.new").mkdir()
    would = control.run("--check", src="one-1.0.jar")
    assert would["leftovers"]
    assert left.exists()
    did = control.run(src="one-1.0.jar")
    assert did["leftovers"]
    assert not did["changed"]
    assert did["transferred"] == []
    assert not left.exists()
    assert not control.run(src="one-1.0.jar")["leftovers"]


def test_a_file_of_the_node_beside_one_of_the_control_machine_of_the_same_name(control: Control) -> None:
    jar = control.jar("one-1.0.jar")
    on_node = control.dest.parent / "elsewhere" / jar.name
    on_node.parent.mkdir()
    on_node.write_bytes(jar_bytes("org.example.Other"))
    did = control.run(
        layout="plugin",
        plugins=[{"name": "ours", "src": jar.name}, {"name": "theirs", "src": str(on_node), "remote_src": True}],
    )
    assert did["transferred"] == [jar.name]
    assert sha256(control.dest / "ours" / jar.name) == sha256(jar)
    assert sha256(control.dest / "theirs" / jar.name) == sha256(on_node)


def test_a_file_that_is_not_what_was_declared_is_refused(control: Control) -> None:
    control.jar("one-1.0.jar")
    refused = control.run(src="one-1.0.jar", checksum="sha512:" + "0" * 128)
    assert refused["failed"]
    assert refused["msg"].startswith("src:one-1.0.jar: one-1.0.jar: its sha512 is ")
    assert list(control.dest.iterdir()) == []


@pytest.mark.parametrize(
    ("plugins", "sentence"),
    [
        (["nowhere.jar"], "Could not find or access 'nowhere.jar'"),
        (["folder"], "files/folder' on the Ansible Controller."),
        (["folder/same.jar", "other/same.jar"], "have the same name. Rename one of them."),
    ],
)
def test_a_file_that_cannot_be_is_refused(control: Control, plugins: list[str], sentence: str) -> None:
    control.jar("folder/same.jar")
    control.jar("other/same.jar")
    refused = control.run(plugins=[{"src": name} for name in plugins])
    assert refused["failed"]
    assert sentence in refused["msg"]
    assert refused["transferred"] == []
    assert list(control.dest.iterdir()) == []
