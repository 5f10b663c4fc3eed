# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that an earlier form of the collection installed is brought over by this one, with its data, in one go."""

from __future__ import annotations

import collections
import json
import os
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "molecule")]

from liveconnect_node import DATA, EVENTS, SECOND, Node, lines  # noqa: E402 -- found by the line above

SITE = os.environ.get("LAB_NAME", "upgrade")
# Where every file had a task of its own. Taken from the history, as there is no release of it.
EARLIER = "860faac"
# It named older images, which the lab does not serve, and had to be told of an engine that is there already.
DECLARED = {
    "docker_source": "existing",
    "compose_confluent_platform": "7.9.9",
    "compose_image_kafka_ui": "ghcr.io/kafbat/kafka-ui:v1.5.0",
    "compose_image_data_transform": "postgres:17.12",
    "compose_image_nginx": "nginx:1.30.5",
}

LATER = {"liveconnect_dns_check"}


def play(collections_path: Path, inventories: Path, playbook: Path, *arguments: str) -> int:
    """Run a site.yml for the node; how many tasks changed something."""
    inventory = str(inventories / "lab/hosts.yml")
    command = ["ansible-playbook", "-i", inventory, "-l", "liveconnect-vm", str(playbook), *arguments]
    environment = os.environ | {
        "LAB_NAME": SITE,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": f"{collections_path}{os.pathsep}{ROOT / '.build/deps'}",
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    return int(re.findall(r"changed=(\d+)", done.stdout)[-1])


def now() -> int:
    """Install what this checkout declares."""
    return play(ROOT / ".build/ws", ROOT / "inventories", ROOT / "site.yml")


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the earlier form as a collection."""
    if subprocess.run(["git", "cat-file", "-e", f"{EARLIER}^{{commit}}"], cwd=ROOT, check=False).returncode != 0:
        pytest.skip(f"{EARLIER} is not in the history of this checkout: git fetch --unshallow")
    directory = tmp_path_factory.mktemp("earlier")
    checkout = directory / "ansible_collections/igrafx/liveconnect"
    checkout.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", EARLIER], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-x", "-C", checkout], input=archive, check=True)
    # The same site, but for what did not exist yet.
    shutil.copytree(ROOT / "inventories", directory / "inventories")
    variables = directory / "inventories/lab/group_vars/all.yml"
    declared = yaml.safe_load(variables.read_text())
    variables.write_text(yaml.safe_dump({name: value for name, value in declared.items() if name not in LATER}))
    return directory


@pytest.fixture(scope="module")
def node(earlier: Path) -> t.Iterator[Node]:
    """The node as the earlier form left it, with the rows of a file in its database."""
    lab = [sys.executable, "-m", "lab"]
    up = ["up", "--name", SITE, "--nodes", "liveconnect-vm:bookworm"]
    subprocess.run([*lab, *up], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    try:
        playbook = earlier / "ansible_collections/igrafx/liveconnect/site.yml"
        folder = {"lab_directory": str(ROOT / ".lab" / SITE)}
        play(earlier, earlier / "inventories", playbook, "-e", json.dumps(DECLARED | folder))
        installed = Node(ROOT / ".lab" / SITE)
        installed.upload(DATA)
        expected = lines(DATA)
        assert installed.wait_for_rows(EVENTS, len(expected)) == expected, installed.evidence()
        yield installed
    finally:
        subprocess.run([*lab, "down", "--name", SITE], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def starts(node: Node) -> dict[str, int]:
    """How often each container started while this checkout brought the node over."""
    since = node.run("date +%s").strip()
    assert now() > 0
    asked = f"docker events --since {since} --until $(date +%s) --filter event=start"
    return collections.Counter(node.run(f"sh -c '{asked} --format {{{{.Actor.Attributes.name}}}}'").split())


def test_no_service_starts_more_than_once(starts: dict[str, int]) -> None:
    assert set(starts.values()) == {1}, starts


@pytest.mark.usefixtures("starts")
def test_what_was_there_is_there_and_the_next_file_goes_through(node: Node) -> None:
    assert node.rows(EVENTS) == lines(DATA)
    node.upload(SECOND)
    expected = lines(DATA, SECOND)
    assert node.wait_for_rows(EVENTS, len(expected)) == expected, node.evidence()


@pytest.mark.usefixtures("starts")
def test_the_run_after_it_changes_nothing() -> None:
    assert now() == 0
