# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pipeline's file of connectors must hold, before anything is carried out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.component


def test_files_without_connectors_are_named(tmp_path):
    texts = {"empty": "---\n", "map": "name: a\nsecrets: {pin: hunter2}\n", "text": "a", "none-yet": "[]\n"}
    for name, text in texts.items():
        (tmp_path / f"{name}.yml").write_text(text)
    plays = [
        {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {
                "ansible_python_interpreter": sys.executable,
                "pipelines_source": str(tmp_path),
                "pipelines_connect_url": "http://127.0.0.1:9",
                "pipelines_pipelines": [{"name": "p", "connectors": f"{name}.yml"} for name in texts],
            },
            "roles": ["igrafx.liveconnect.pipelines"],
        }
    ]
    (tmp_path / "play.yml").write_text(json.dumps(plays))
    command = ["ansible-playbook", "-vvv", "-i", "localhost,", str(tmp_path / "play.yml")]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    told = " ".join(printed.split())
    assert f"names empty.yml: {tmp_path}/empty.yml holds nothing: write the connectors into it" in told
    assert f"{tmp_path}/map.yml holds no list of connectors: write" in told
    assert f"{tmp_path}/text.yml holds no list of connectors: write" in told
    assert "none-yet.yml holds" not in told
    assert "hunter2" not in printed
