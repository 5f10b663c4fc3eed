# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups of modules for module_defaults: who is in them, what their documentation says, and that Ansible agrees."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import HTTP_ARGUMENT_SPEC

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
GROUPS = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]
COLLECTION = "ansible_collections.igrafx.liveconnect"


def members(group: str) -> set[str]:
    found: set[str] = set()
    for one in GROUPS[group]:
        if isinstance(one, dict):
            found |= {name for other in one["metadata"]["extend_group"] for name in members(other)}
        else:
            found.add(one)
    return found


def module(name: str) -> Any:
    return importlib.import_module(f"{COLLECTION}.plugins.modules.{name}")


@pytest.mark.parametrize("group", GROUPS)
def test_the_modules_of_a_group_have_the_options_in_common(group: str) -> None:
    shared = HTTP_ARGUMENT_SPEC if group != "all" else {name for name in HTTP_ARGUMENT_SPEC if name != "url"}
    for name in members(group):
        assert name in MODULES
        assert set(shared) <= set(module(name).ARGUMENT_SPEC), name


def test_every_module_with_these_options_is_in_the_group_of_all() -> None:
    assert members("all") == {name for name in MODULES if "url_username" in getattr(module(name), "ARGUMENT_SPEC", {})}


@pytest.mark.component
def test_the_documentation_names_the_groups() -> None:
    names = [f"igrafx.liveconnect.{name}" for name in MODULES]
    documented = json.loads(ansible("ansible-doc", "--json", "-t", "module", *names))
    for name in MODULES:
        attributes = documented[f"igrafx.liveconnect.{name}"]["doc"].get("attributes", {})
        told = attributes.get("action_group", {}).get("membership", [])
        assert sorted(told) == sorted(f"igrafx.liveconnect.{group}" for group in GROUPS if name in members(group))


def ansible(program: str, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/igrafx.liveconnect.all: {url_username: alice, url_password: "not seen", timeout: 5}
    group/igrafx.liveconnect.connect: {url: "http://127.0.0.1:1", retry_timeout: 0}
    group/igrafx.liveconnect.ksql: {url: "http://127.0.0.1:2", retry_timeout: 0}
  tasks:
    - igrafx.liveconnect.kafka_connector: {name: a, state: absent}
      register: connector
      ignore_errors: true
    - igrafx.liveconnect.kafka_connector_info:
      register: connectors
      ignore_errors: true
    - igrafx.liveconnect.ksql_statement: {statements: ["CREATE STREAM a (b INT) WITH (kafka_topic='a');"]}
      register: statement
      ignore_errors: true
    - igrafx.liveconnect.ksql_info:
      register: ksql
      ignore_errors: true
    - igrafx.liveconnect.confluent_hub_plugin: {dest: "DIRECTORY/plugins", name: a/b, state: absent}
    - igrafx.liveconnect.node_info: {gather: []}
    - ansible.builtin.assert:
        that:
          - connector is failed and '127.0.0.1:1' in connector.msg
          - connectors is failed and '127.0.0.1:1' in connectors.msg
          - statement is failed and '127.0.0.1:2' in statement.msg
          - ksql is failed and '127.0.0.1:2' in ksql.msg
"""


@pytest.mark.component
def test_module_defaults_reach_the_modules(tmp_path: Path) -> None:
    playbook = tmp_path / "play.yml"
    playbook.write_text(PLAYBOOK.replace("DIRECTORY", str(tmp_path)))
    options = ["-vvv", "-c", "local", "-i", "localhost,", "-e", f"ansible_python_interpreter={sys.executable}"]
    printed = ansible("ansible-playbook", *options, str(playbook))
    # Each of the five says with what it was called; node_info is in no group and keeps its own default.
    assert len(re.findall(r'"timeout": 5\.0\b', printed)) == 5
    assert len(re.findall(r'"url_username": "alice"', printed)) == 5
    assert len(re.findall(r'"timeout": 10\.0\b', printed)) == 1
    assert "not seen" not in printed
