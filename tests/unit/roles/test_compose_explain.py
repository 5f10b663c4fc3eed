# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a stack that does not start repeats no secret, whatever the containers log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from playbook import run_play

ROLES = Path(__file__).resolve().parents[3] / "roles"

pytestmark = pytest.mark.component

INCLUDE = "ansible.builtin.include_tasks"
HASH = "$6$salt$wZU8LXJfJJqoagopbB7RuK6JEotEMZ0CQDy0phpPAuLMYQFcmf6L6BdAbs/Q7w7o1qsZ9pFqFVY4yuUSWgaYt1"
DOCKER = f"""#!/bin/sh
[ "$1" != --host ] || shift 2
case "$*" in
    'version '*) echo '{{"Server": {{"ApiVersion": "1.45"}}}}' ;;
    'compose version '*) echo '{{"version": "2.26.1"}}' ;;
    compose*up*) echo 'Error response from daemon: POSTGRES_PASSWORD=s3cretdb is refused' >&2; exit 1 ;;
    compose*) echo '[]' ;;
    'ps '*) printf 'sftp\\tExited (1)\\nbroker\\tUp 2 minutes (healthy)\\n' ;;
    'logs '*) echo 'Parsing user data: "acme:{HASH}:e:1001"'; echo "FATAL: s3cretdb is wrong, so is s3crethub" >&2 ;;
    'inspect '*) echo "the check used m4dehere" ;;
esac
"""


@pytest.mark.parametrize("loud", [False, True])
def test_a_failure_is_told_once_and_without_secrets(tmp_path: Path, loud: bool) -> None:
    tasks = yaml.safe_load((ROLES / "compose/tasks/main.yml").read_text())
    for task in tasks:
        if INCLUDE in task:
            task[INCLUDE] = str(ROLES / "compose/tasks" / task[INCLUDE])
    (tmp_path / "docker-compose.yml").touch()
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)
    site = {
        "liveconnect_postgres_password": "s3cretdb",
        "liveconnect_connect_secrets": {"hub": "s3crethub"},
        "_compose_secured": False,
        "compose_external_credentials": {"user": "platform", "password": "m4dehere"},
        "compose_directory": str(tmp_path),
    }
    (tmp_path / "site.json").write_text(json.dumps(site))
    play = {
        "vars_files": [
            *(
                str(ROLES / f"{name}/main.yml")
                for name in ("liveconnect/defaults", "liveconnect/vars", "compose/defaults")
            ),
            str(tmp_path / "site.json"),
        ],
        "tasks": [task for task in tasks if {"community.docker.docker_compose_v2", INCLUDE} & task.keys()],
    }
    done = run_play(tmp_path, play, *(["-vv"] if loud else []), programs=tmp_path)

    said = done.stdout + done.stderr
    assert "Parsing user data" in said
    assert "POSTGRES_PASSWORD=********" in said
    assert "failed=1" in said
    assert said.count("fatal: ") == 1
    assert not [secret for secret in ("s3cret", "m4dehere", "wZU8LXJf") if secret in said]
