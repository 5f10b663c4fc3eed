# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every check of the project, what is independent side by side, and count what passed and failed.

Usage: python tools/check.py [lint|unit|component|lab …]   (nothing named: all of it)

Each check's output goes to .build/logs/<check>.log; the end of it is shown when the check fails. The last line is
`N passed, M failed`: every test of pytest counts as one, and so does every other check.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
LOGS = ROOT / ".build" / "logs"
LINES_OF_A_FAILURE = 60
PYTEST_SUMMARY = re.compile(r"^=* ?(\d+ (?:passed|failed|error|skipped).*) in [\d.]+s", re.MULTILINE)
PYTEST_COUNTS = re.compile(r"(\d+) (passed|failed|errors?)\b")


@dataclass(frozen=True)
class Check:
    """One command. ``after`` names checks that must have passed; a check whose need failed counts as failed."""

    name: str
    group: str
    command: tuple[str, ...]
    after: tuple[str, ...] = ()
    is_pytest: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a check came to: tests (or the check itself) that passed and failed."""

    passed: int
    failed: int


PYTHON = str(BIN / "python")
PACKAGE = "ansible_collections.igrafx.liveconnect"
# Three on two cores, as tests also wait for their servers; and without the plugin that only the scenarios need.
UNIT = ("-n", "3", "--dist", "worksteal", "-p", "no:testinfra", "tests/unit")
LAB_READY = ("engine", "images")

# The short checks keep one core busy while the lab's images are built on the other; then what mostly waits for nodes
# goes on beside what computes.
LANES: tuple[tuple[Check, ...], ...] = (
    (
        Check("engine", "lab", (PYTHON, "-m", "lab", "engine")),
        Check("images", "lab", (PYTHON, "-m", "lab", "images"), after=("engine",)),
        Check("molecule-default", "lab", ("molecule", "test", "-s", "default"), after=LAB_READY, is_pytest=True),
    ),
    (
        Check("ruff", "lint", ("ruff", "check", ".")),
        Check("ruff-format", "lint", ("ruff", "format", "--check", ".")),
        Check(
            "mypy-plugins",
            "lint",
            ("mypy", "-p", f"{PACKAGE}.plugins.module_utils", "-p", f"{PACKAGE}.plugins.plugin_utils"),
        ),
        Check("mypy-lab", "lint", ("mypy", "lab", "tools", "benchmarks")),
        Check("variable-tables", "lint", (PYTHON, "tools/variable_tables.py", "--check")),
        Check("unit", "unit", ("pytest", *UNIT, "-m", "not component"), is_pytest=True),
        Check("component", "component", ("pytest", *UNIT, "-m", "component"), is_pytest=True),
        Check("ansible-lint", "lint", ("ansible-lint",)),
        Check("changelog", "lint", ("antsibull-changelog", "lint")),
        Check("plugin-docs", "lint", ("antsibull-docs", "lint-collection-docs", "--plugin-docs", ".")),
        Check("sanity", "lint", ("tools/sanity.sh",)),
        Check(
            "refusals",
            "lab",
            ("ansible-playbook", "-c", "local", "-i", "localhost,", "tests/integration/preflight/refusals.yml"),
        ),
        Check("molecule-bookworm", "lab", ("molecule", "test", "-s", "bookworm"), after=LAB_READY, is_pytest=True),
        Check("upgrade", "lab", ("pytest", "tests/integration/upgrade"), after=LAB_READY, is_pytest=True),
    ),
    (
        Check("connectors", "lab", ("pytest", "tests/integration/connectors"), after=LAB_READY, is_pytest=True),
        Check("workgroup", "lab", ("pytest", "tests/integration/workgroup"), after=LAB_READY, is_pytest=True),
        Check("sftp", "lab", ("pytest", "tests/integration/sftp"), after=LAB_READY, is_pytest=True),
        Check("browser", "lab", ("tools/system_packages.sh", "browser")),
        Check("web", "lab", ("pytest", "tests/integration/web"), after=(*LAB_READY, "browser"), is_pytest=True),
        Check("certificates", "lab", ("pytest", "tests/integration/certificates"), after=LAB_READY, is_pytest=True),
        Check("nginx", "lab", ("pytest", "tests/integration/nginx"), after=LAB_READY, is_pytest=True),
    ),
)


class Board:
    """The outcomes so far, shared by the lanes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._outcomes: dict[str, Outcome] = {}

    def report(self, check: Check, outcome: Outcome, line: str) -> None:
        """Note the outcome, print its line, and wake who waits for it."""
        with self._changed:
            self._outcomes[check.name] = outcome
            print(line, flush=True)
            self._changed.notify_all()

    def wait_for(self, names: tuple[str, ...]) -> bool:
        """Wait until all of these have an outcome; whether all passed."""
        with self._changed:
            self._changed.wait_for(lambda: all(name in self._outcomes for name in names))
            return all(self._outcomes[name].failed == 0 for name in names)

    def total(self) -> Outcome:
        """The sums."""
        outcomes = self._outcomes.values()
        return Outcome(sum(one.passed for one in outcomes), sum(one.failed for one in outcomes))


def count(check: Check, output: str, returncode: int) -> Outcome:
    """Count pytest's tests, and any other check as one; a failure that no test counts is one failure."""
    passed = failed = 0
    if check.is_pytest:
        for number, word in PYTEST_COUNTS.findall(" ".join(PYTEST_SUMMARY.findall(output))):
            passed += int(number) if word == "passed" else 0
            failed += 0 if word == "passed" else int(number)
    if returncode != 0:
        return Outcome(passed, max(failed, 1))
    # A runner that executed nothing has shown nothing.
    return Outcome(passed, failed) if passed else Outcome(0 if check.is_pytest else 1, 1 if check.is_pytest else 0)


def environment() -> dict[str, str]:
    """The tools by their names, and this checkout as a collection."""
    return os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": f"{ROOT / '.build/ws'}{os.pathsep}{ROOT / '.build/deps'}",
        "MOLECULE_GLOB": "molecule/*/molecule.yml",
        "MYPYPATH": str(ROOT / ".build/ws"),
        "PY_COLORS": "0",
        "NO_COLOR": "1",
    }


def run(check: Check, board: Board) -> None:
    """Run one check and report it."""
    if not board.wait_for(check.after):
        board.report(check, Outcome(0, 1), f"FAILED  {check.name}: not run, for it needs {' and '.join(check.after)}")
        return
    log = LOGS / f"{check.name}.log"
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(
            check.command,
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    text = log.read_text(encoding="utf-8", errors="replace")
    outcome = count(check, text, done.returncode)
    seconds = time.monotonic() - started
    word = "FAILED" if outcome.failed else "ok"
    line = f"{word:<6}  {check.name:<20} {seconds:6.0f} s  {outcome.passed} passed, {outcome.failed} failed"
    if outcome.failed:
        tail = "\n".join(f"    {entry}" for entry in telling_lines(text))
        line = f"{line}\n{tail}\n    (all of it: {log.relative_to(ROOT)})"
    board.report(check, outcome, line)


def telling_lines(text: str) -> list[str]:
    """The end of a failed check's output; where failed tests are summed up and a site was taken down after, that."""
    failures = [found for found in PYTEST_SUMMARY.finditer(text) if "failed" in found[1] or "error" in found[1]]
    end = failures[-1].end() if failures else len(text)
    return text[:end].splitlines()[-LINES_OF_A_FAILURE:]


def main(groups: list[str]) -> int:
    """Run the lanes; the exit code is 1 when anything failed."""
    LOGS.mkdir(parents=True, exist_ok=True)
    lanes = [[check for check in lane if not groups or check.group in groups] for lane in LANES]
    board = Board()

    def run_lane(lane: list[Check]) -> None:
        for check in lane:
            run(check, board)

    with ThreadPoolExecutor(len(lanes)) as pool:
        list(pool.map(run_lane, lanes))
    total = board.total()
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
