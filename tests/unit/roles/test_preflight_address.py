# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that preflight runs on a node to learn what the advertised address means there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[3] / "roles/preflight/files/address.py"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("127.0.0.1", {"addresses": ["127.0.0.1"], "loopback": True, "own": True}),
        ("192.0.2.1", {"addresses": ["192.0.2.1"], "loopback": False, "own": False}),
        ("a..b", {"addresses": [], "loopback": False, "own": False}),
    ],
)
def test_what_a_name_means(name: str, expected: dict[str, object]) -> None:
    # As preflight runs it: the text on the command line, nothing copied to the node.
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM.read_text(), name], check=True, capture_output=True, text=True
    )
    assert json.loads(answer.stdout) == expected
