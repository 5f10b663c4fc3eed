# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's command on the converged node of a scenario, and what it did."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[1]


def play(*arguments: str, playbook: str = "site.yml") -> subprocess.CompletedProcess[str]:
    command = ["ansible-playbook", "-i", "inventories/lab/hosts.yml", playbook, "-l", "liveconnect-vm", *arguments]
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_FORCE_COLOR": "0"}
    environment.pop("ANSIBLE_LOG_PATH", None)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def changed(done: subprocess.CompletedProcess[str]) -> int:
    return int(re.search(r"changed=(\d+)", done.stdout).group(1))


def containers(vm: Host) -> dict[str, str]:
    """Container id by name: another one after the container was recreated."""
    return dict(line.split() for line in vm.check_output("docker ps --format '{{.Names}} {{.ID}}'").splitlines())
