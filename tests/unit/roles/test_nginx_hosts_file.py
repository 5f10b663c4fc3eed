# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The block of a node in a hosts file: written when asked for, removed when that is said, beside those of others."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from playbook import run_play

BEFORE = "127.0.0.1 localhost\n"
BLOCK = """# BEGIN LiveConnect localhost
192.0.2.1 liveconnect-wk1.example.com
192.0.2.1 liveconnect-wk2.example.com
# END LiveConnect localhost
"""

pytestmark = pytest.mark.component


def play(folder: Path, *arguments: str, **site: t.Any) -> str:
    variables = {
        "_nginx_hosts_path": f"{folder}/hosts",
        "liveconnect_directory": f"{folder}/node",
        "liveconnect_host": "example.com",
        "liveconnect_workgroup_id": "wk1",
        "liveconnect_console_aliases": ["liveconnect-wk2.example.com"],
        "liveconnect_components": ["kafka_ui"],
        "liveconnect_advertised_address": "192.0.2.1",
    }
    task = {"ansible.builtin.import_role": {"name": "igrafx.liveconnect.nginx"}, "vars": variables | site}
    done = run_play(folder, {"tasks": [task]}, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_node_has_a_block_as_long_as_it_is_asked_for(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text(BEFORE)
    asked: dict[str, t.Any] = {"liveconnect_hosts_file": [{"host": "localhost"}]}

    play(tmp_path)
    assert hosts.read_text() == BEFORE
    play(tmp_path, "--check", **asked)
    assert hosts.read_text() == BEFORE
    play(tmp_path, **asked)
    assert hosts.read_text() == BEFORE + BLOCK
    assert re.search("changed=0 ", play(tmp_path, **asked))

    other = BLOCK.replace("LiveConnect localhost", "LiveConnect other")
    hosts.write_text(BEFORE + other + BLOCK)
    play(tmp_path, liveconnect_hosts_file=[{"host": "localhost", "state": "absent"}])
    assert hosts.read_text() == BEFORE + other


def test_the_node_itself_is_reached_by_an_address_of_the_entry(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text(BEFORE)
    play(tmp_path, liveconnect_hosts_file=[{"host": "localhost", "address": "127.0.0.1"}])
    assert (tmp_path / "hosts").read_text() == BEFORE + BLOCK.replace("192.0.2.1", "127.0.0.1")
