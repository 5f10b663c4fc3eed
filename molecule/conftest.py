# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scenarios' tests share: the site of the lab that LAB_NAME names, and its hosts over SSH."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import testinfra
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "molecule")]

from liveconnect_node import Node  # noqa: E402 -- found by the line above


@pytest.fixture(scope="session")
def site() -> Path:
    """The directory with the site's ssh_config, keys and secrets."""
    return ROOT / ".lab" / os.environ["LAB_NAME"]


@pytest.fixture(scope="session")
def vm(site: Path) -> Host:
    """The LiveConnect node, as root."""
    return testinfra.get_host("ssh://liveconnect-vm", ssh_config=str(site / "ssh_config"), sudo=True)


@pytest.fixture(scope="session")
def platform(site: Path) -> Host:
    """The platform VM, as root."""
    return testinfra.get_host("ssh://platform-vm", ssh_config=str(site / "ssh_config"), sudo=True)


@pytest.fixture(scope="session")
def node(site: Path) -> Node:
    """The LiveConnect node as its users see it: files in, rows out."""
    return Node(site)
