# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How ksqlDB is published: not at all, behind a password, or open where that is said."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from playbook import run_play

ROLES = Path(__file__).resolve().parents[3] / "roles"
# As YAML has it, and as text of the command line.
EXPOSED = {"none": False, "text": "false", "login": True, "login-text": "true", "open": "open"}
TEMPLATES = {
    "nginx": "nginx/templates/templates/liveconnect.conf.template.j2",
    "compose": "compose/templates/docker-compose.yml.j2",
}

pytestmark = pytest.mark.component


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rendered")
    roles = ("liveconnect", "compose", "nginx")
    cases = [
        {"src": str(ROLES / source), "dest": f"{folder}/{case}-{kind}", "exposed": exposed}
        for case, exposed in EXPOSED.items()
        for kind, source in TEMPLATES.items()
    ]
    play = {
        "vars_files": [
            *(str(ROLES / role / "defaults/main.yml") for role in roles),
            *(str(ROLES / role / "vars/main.yml") for role in roles),
        ],
        "tasks": [
            {
                "ansible.builtin.template": {"src": "{{ item.src }}", "dest": "{{ item.dest }}", "mode": "0600"},
                "loop": cases,
                "vars": {
                    "compose_advertised_address": "192.0.2.1",
                    "liveconnect_components": ["ksqldb"],
                    "liveconnect_expose_ksqldb": "{{ item.exposed }}",
                },
            }
        ],
    }
    done = run_play(folder, play)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.parametrize("case", EXPOSED)
def test_ksqldb_is_open_only_where_that_is_said(rendered: Path, case: str) -> None:
    sites = (rendered / f"{case}-nginx").read_text()
    nginx = yaml.safe_load((rendered / f"{case}-compose").read_text())["services"].get("nginx", {"volumes": []})
    mounted = "./conf/ksqldb-server:/etc/nginx/ksqldb:ro" in nginx["volumes"]

    published, login = case not in ("none", "text"), case.startswith("login")
    assert ("ksqldb-server:8088" in sites) == published
    assert ("auth_basic_user_file /etc/nginx/ksqldb/htpasswd;" in sites) == login
    assert mounted == login
