# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pipeline's file of connectors must hold, before anything is carried out."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from playbook import run_play

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/unit/plugins/connect"))

from worker import Worker, serve  # noqa: E402

pytestmark = pytest.mark.component


def test_files_without_connectors_are_named(tmp_path):
    texts = {"empty": "---\n", "map": "name: a\nsecrets: {pin: hunter2}\n", "text": "a", "none-yet": "[]\n"}
    for name, text in texts.items():
        (tmp_path / f"{name}.yml").write_text(text)
    play = {
        "vars": {
            "pipelines_source": str(tmp_path),
            "pipelines_connect_url": "http://127.0.0.1:9",
            "pipelines_pipelines": [{"name": "p", "connectors": f"{name}.yml"} for name in texts],
        },
        "roles": ["igrafx.liveconnect.pipelines"],
    }
    printed = run_play(tmp_path, play, "-vvv").stdout
    told = " ".join(printed.split())
    assert f"names empty.yml: {tmp_path}/empty.yml holds nothing: write the connectors into it" in told
    assert f"{tmp_path}/map.yml holds no list of connectors: write" in told
    assert f"{tmp_path}/text.yml holds no list of connectors: write" in told
    assert "none-yet.yml holds" not in told
    assert "hunter2" not in printed


# What a password can be, and what text templated before it is read as YAML would make of it.
VALUES = {
    "printable": "".join(map(chr, range(32, 127))),
    "backslash": "pa\\ss",
    "path": "C:\\temp\\new",
    "quotes": "q\"uo'te",
    "ends": "ends\\",
    "zeros": "0123456",
    "zero": "007",
    "comment": "abc #1",
    "date": "2024-05-01",
    "time": "12:30:45",
    "yes": "yes",
    "null": "null",
    "tilde": "~",
    "number": "1.10",
    "underscore": "1_000",
    "lines": "first\nsecond\r\n  third\n",
    "spaces": "  inside  ",
    "braces": "{{ other }} {% raw %} {# x #}",
    "reference": "${file:/a:b}",
    "list": "[a, b]",
    "map": "{a: b}",
    "letters": "é€\u00a0\u2028😀",
    "tab": "a\tb",
}


def test_every_value_reaches_the_worker_as_it_is_in_its_variable(tmp_path):
    worker = Worker()
    connectors = [
        "- name: \"{{ 'n' ~ 1 }}\"",
        "  config:",
        "    connector.class: FileStreamSource",
        "    tasks.max: 1",
        "    halt.on.error: true",
        "    absent:",
        "    \"{{ 'producer' }}.key\": 'it''s \\t #'",
        "  secrets:",
        *(f'    v.{name}: "{{{{ values.{name} }}}}"' for name in VALUES),
        *(f"    v.{name}.within: '<{{{{ values.{name} }}}}>'" for name in VALUES),
    ]
    (tmp_path / "c.yml").write_bytes("\r\n".join(["\ufeff---", *connectors, ""]).encode())
    variables = {
        "values": {name: {"__ansible_unsafe": value} for name, value in VALUES.items()},
        "pipelines_source": str(tmp_path),
        "pipelines_pipelines": [{"name": "p", "connectors": "c.yml"}],
    }
    (tmp_path / "vars.json").write_text(json.dumps(variables))
    with serve(worker) as url:
        given = ("-e", f"@{tmp_path}/vars.json", "-e", f"pipelines_connect_url={url}")
        done = run_play(tmp_path, {"roles": ["igrafx.liveconnect.pipelines"]}, *given)

    assert done.returncode == 0, done.stdout + done.stderr
    config = worker.connectors["n1"].config
    assert {name: config[f"v.{name}"] for name in VALUES} == VALUES
    assert {name: config[f"v.{name}.within"] for name in VALUES} == {
        name: f"<{value}>" for name, value in VALUES.items()
    }
    others = {key: value for key, value in config.items() if not key.startswith("v.")}
    plain = {"connector.class": "FileStreamSource", "tasks.max": "1", "halt.on.error": "true"}
    assert others == plain | {"producer.key": "it's \\t #"}
