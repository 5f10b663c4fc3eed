# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a stack that does not start repeats no secret, whatever the containers log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROLES = Path(__file__).resolve().parents[3] / "roles"

pytestmark = pytest.mark.component

HASH = "$6$salt$wZU8LXJfJJqoagopbB7RuK6JEotEMZ0CQDy0phpPAuLMYQFcmf6L6BdAbs/Q7w7o1qsZ9pFqFVY4yuUSWgaYt1"
DOCKER = f"""#!/bin/sh
case "$1" in
    ps) printf 'sftp\\tExited (1)\\nbroker\\tUp 2 minutes (healthy)\\n' ;;
    logs) echo 'Parsing user data: "acme:{HASH}:e:1001"'; echo "FATAL: s3cretdb is wrong, so is s3crethub" >&2 ;;
    inspect) echo "the check used m4dehere" ;;
esac
"""


@pytest.mark.parametrize("loud", [False, True])
def test_no_secret_is_in_the_explanation(tmp_path: Path, loud: bool) -> None:
    (tmp_path / "docker").write_text(DOCKER)
    (tmp_path / "docker").chmod(0o755)
    site = {
        "liveconnect_postgres_password": "s3cretdb",
        "liveconnect_connect_secrets": {"hub": "s3crethub"},
        "compose_external_credentials": {"user": "platform", "password": "m4dehere"},
        "ansible_failed_result": {"cmd": ["docker"], "msg": "Error: POSTGRES_PASSWORD=s3cretdb is refused"},
        "compose_directory": "/opt/liveconnect",
    }
    (tmp_path / "site.json").write_text(json.dumps(site))
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(ROLES / name) for name in ("liveconnect/defaults/main.yml", "liveconnect/vars/main.yml")]
        + [str(tmp_path / "site.json")],
        "tasks": [{"ansible.builtin.import_tasks": str(ROLES / "compose/tasks/explain.yml")}],
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    command = [Path(sys.executable).with_name("ansible-playbook"), "-c", "local", "-i", "localhost,"]
    environment = os.environ | {
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        [*command, tmp_path / "play.yml", *(["-vv"] if loud else [])],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    said = done.stdout + done.stderr
    assert "Parsing user data" in said
    assert "POSTGRES_PASSWORD=********" in said
    assert not [secret for secret in ("s3cretdb", "s3crethub", "m4dehere", "wZU8LXJf") if secret in said]
