# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gate shows of a failed check."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

SPEC = importlib.util.spec_from_file_location("check", Path(__file__).resolve().parents[3] / "tools" / "check.py")
assert SPEC is not None
assert SPEC.loader is not None
check = importlib.util.module_from_spec(SPEC)
sys.modules["check"] = check
SPEC.loader.exec_module(check)

TEARDOWN = "\n".join(f"taking down {number}" for number in range(200))


def test_failed_tests_are_shown_and_not_what_was_taken_down_after_them() -> None:
    text = f"the test\nFAILED tests/test_a.py::test_b - why\n1 failed, 47 passed in 443.13s (0:07:23)\n{TEARDOWN}"

    assert check.telling_lines(text) == [
        "the test",
        "FAILED tests/test_a.py::test_b - why",
        "1 failed, 47 passed in 443.13s",
    ]


def test_of_anything_else_the_end_is_shown() -> None:
    lines = check.telling_lines(f"48 passed in 443.13s (0:07:23)\n{TEARDOWN}")

    assert len(lines) == check.LINES_OF_A_FAILURE
    assert lines[-1] == "taking down 199"
