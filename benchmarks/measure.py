# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks share: cases timed side by side, plays, and a table of ratios."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

# Two plays of about a second differ by less than a machine's own moods: these take more rounds than longer cases.
PLAY_ROUNDS, ROUNDS = 15, 5


@dataclass(frozen=True)
class Goal:
    """What a case is measured against: at most ``factor`` times the case named ``other``."""

    other: str
    factor: float


def side_by_side(
    cases: Mapping[str, Callable[[], object]],
    rounds: int = ROUNDS,
    *,
    before: Callable[[], object] = lambda: None,
) -> dict[str, float]:
    """Time every case once per round, in turn, so that a slow moment of the machine meets them all.

    ``before`` is done before each case and not timed. Returns each case's median in seconds, by its name.
    """
    measured: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, action in cases.items():
            before()
            measured[name].append(seconds(action))
    return {name: statistics.median(values) for name, values in measured.items()}


def seconds(action: Callable[[], object]) -> float:
    """How long this takes once."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def play(*tasks: Mapping[str, object]) -> Callable[[], None]:
    """A case that runs these tasks as a play on this machine, as an operator would: a process of ansible-playbook.

    The environment names the collections (``make benchmarks`` sets it). Raises RuntimeError with the play's output
    when it fails.
    """
    playbook = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": list(tasks)}]

    def run() -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as file:
            json.dump(playbook, file)  # JSON is YAML.
            file.flush()
            command = ["ansible-playbook", "-i", "localhost,", file.name]
            done = subprocess.run(
                [*command, "-e", f"ansible_python_interpreter={sys.executable}"],
                cwd=Path(__file__).resolve().parents[1],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            raise RuntimeError(done.stdout[-3000:] + done.stderr[-3000:])

    return run


def table(title: str, seconds: Mapping[str, float], goals: Mapping[str, Goal]) -> bool:
    """Print the cases, and for each goal the ratio and whether it is met; True when all are."""
    width = max(map(len, seconds))
    print(f"\n{title}")
    reached = True
    for name, value in seconds.items():
        line = f"  {name:<{width}}  {value:9.3f} s"
        if name in goals:
            goal = goals[name]
            ratio = value / seconds[goal.other]
            met = ratio <= goal.factor
            reached = reached and met
            line += f"  {ratio:6.2f} x {goal.other} (at most {goal.factor:g}: {'met' if met else 'MISSED'})"
        print(line)
    return reached
