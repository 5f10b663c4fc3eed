# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first run of site.yml on a bare node, beside what nobody can save: packages, images, and the services' own start.

``python -m benchmarks.cold`` brings two sites of the lab up, takes about eight minutes, and removes them. On one node
the playbook is run; on the other the parts are measured alone, by hand.
"""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.measure import Goal, seconds, table
from benchmarks.site.__main__ import NODE, ROOT, run
from lab import access

PLAYED, ALONE = "cold-played", "cold-alone"

# Of Debian 13: the engine with its Compose plugin, and what the roles need for what the lab declares.
PACKAGES = "docker.io docker-cli docker-compose make nftables python3-cryptography openssh-client"
INSTALL = f"""
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --yes --no-install-recommends {PACKAGES} >/dev/null
mkdir -p /etc/docker
echo '{{"insecure-registries": ["registry.lab:5000"]}}' >/etc/docker/daemon.json
systemctl restart docker
"""
PULL = "for image; do docker pull --quiet $image & done; wait"
# As at the first start: the directories stay, with their owners, and are empty.
EMPTY = "cd /opt/liveconnect && docker compose down --volumes && find data -mindepth 2 -delete"
START = "cd /opt/liveconnect && docker compose up --detach --wait"

RUN, SUM = "site.yml on a bare node", "the sum of these parts"


def on(site: str, script: str, *arguments: str) -> str:
    """What a shell prints that root runs on the site's node; LabError when it fails."""
    # Read as a whole, or a program that it starts reads the rest of it.
    whole = f"{{\n{script}\n}} </dev/null"
    return access.run(ROOT / ".lab" / site, NODE, f"sudo bash -eus {' '.join(arguments)}", whole)


def lab(command: str, site: str, *arguments: str) -> None:
    """Run one of the lab's commands."""
    subprocess.run([sys.executable, "-m", "lab", command, "--name", site, *arguments], cwd=ROOT, check=True)


def main() -> int:
    """Print the table; 1 when the goal is missed."""
    try:
        for site in (PLAYED, ALONE):
            lab("up", site, "--nodes", f"{NODE}:trixie")
        measured = {RUN: run(ROOT, "site.yml", environment={"LAB_NAME": PLAYED}).wall}
        configuration = json.loads(on(PLAYED, "cd /opt/liveconnect && docker compose config --format json"))
        images = sorted({service["image"] for service in configuration["services"].values()})
        parts = {
            "installation of packages": seconds(lambda: on(ALONE, INSTALL)),
            f"pull of {len(images)} images": seconds(lambda: on(ALONE, PULL, *images)),
        }
        on(PLAYED, EMPTY)
        parts["start of the services"] = seconds(lambda: on(PLAYED, START))
        measured |= parts | {SUM: sum(parts.values())}
        return 0 if table("A first run", measured, {RUN: Goal(SUM, 1.3)}) else 1
    finally:
        for site in (PLAYED, ALONE):
            lab("down", site)


if __name__ == "__main__":
    sys.exit(main())
