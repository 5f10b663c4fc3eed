# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab tells its user: one line for each step, with its seconds, and one sentence for what went wrong."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class LabError(Exception):
    """Something the lab's user must know; one sentence that says what to do."""


@dataclass
class Result:
    """What came of a step; set ``text`` while it runs."""

    text: str = "done"


@contextlib.contextmanager
def step(title: str) -> Iterator[Result]:
    """Print ``seconds  title: result`` when the step has ended well."""
    started = time.monotonic()
    result = Result()
    yield result
    print(f"{time.monotonic() - started:6.1f} s  {title}: {result.text}", flush=True)
