# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demonstration uploads its file once, and waits for its rows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[3]))
from lab import access, show
from lab.report import LabError

ANSWERS = {
    show.EVENTS: " INC-001 | 1 | Opened",
    "kafka-topics": "__consumer_offsets\nincidents\n",
    "curl": '{"sink": {"status": {"type": "sink", "connector": {"state": "RUNNING"}, "tasks": [{"state": "FAILED"}]}}}',
    "sed": "pf1.example.com\n325151bf\n",
}


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows that are there each time they are counted; None for the upload."""
    counts: list[int] = []

    def run(_folder: Path, _node: str, command: str) -> str:
        if show.COUNT in command:
            return f" {counts.pop(0)}\n"
        return next(answer for words, answer in ANSWERS.items() if words in command)

    monkeypatch.setattr(access, "run", run)
    monkeypatch.setattr(access, "address", lambda *_: "10.86.0.12")
    monkeypatch.setattr(access, "upload", lambda *_: counts.remove(-1))
    monkeypatch.setattr(show.time, "sleep", lambda _seconds: None)
    return counts


@pytest.mark.parametrize("seen", [[0, -1, 0, 3, 7], [7, 7], [2, 5, 7]])
def test_a_file_is_uploaded_where_there_are_no_rows_and_its_rows_are_waited_for(
    counts: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str], seen: list[int]
) -> None:
    counts += seen
    show.show(tmp_path)

    assert counts == []
    printed = capsys.readouterr().out
    for word in ("Opened", "  incidents", "sink: sink, RUNNING, tasks: FAILED", "https://liveconnect-325151bf.pf1."):
        assert word in printed
    assert "__consumer_offsets" not in printed


def test_rows_that_do_not_arrive_are_an_error(
    counts: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show, "SECONDS_FOR_ROWS", -1)
    counts += [0, -1, 3]
    with pytest.raises(LabError, match="3 of 7 rows"):
        show.show(tmp_path)
