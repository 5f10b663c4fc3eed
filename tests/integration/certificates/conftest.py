# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node of the lab with nginx alone. LAB_NAME names the site."""

from __future__ import annotations

import os
import shlex
import sys
import typing as t
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from front import CONSOLE_STAND_IN, FOLDER, PYTHON, SITE, Front, Pair, lab, made

from lab import access


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The certificate of the first run."""
    return made(tmp_path_factory.mktemp("first") / "pair")


@pytest.fixture(scope="session")
def front(first: Pair) -> t.Iterator[Front]:
    """The node after its first run, with a stand-in for the console behind nginx."""
    lab("up", "--name", SITE, "--nodes", "liveconnect-vm:bookworm", "--images", "nginx", "python", "pebble")
    try:
        started = Front(access.address(FOLDER, "liveconnect-vm"))
        assert started.play(first.declared).changed > 0
        console = f"docker run --detach --network kafka-network --name kafka-ui {PYTHON} python3 -c"
        started.run(f"docker rm --force kafka-ui; {console} {shlex.quote(CONSOLE_STAND_IN)}")
        yield started
    finally:
        if not os.environ.get("LAB_KEEP"):
            lab("down", "--name", SITE)
