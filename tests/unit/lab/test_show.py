# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands on a node: a fault of its engine is no fault of the command."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[3]))
from lab import show
from lab.report import LabError

NOT_BEGUN = (
    "ssh failed: OCI runtime exec failed: exec failed: unable to start container process: "
    "waiting for init preliminary setup: read init-p: connection reset by peer: unknown"
)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the next commands end with: an output, or the message of a failure."""
    coming = ["hostname 10.86.0.12"]

    def checked(_command: list[str]) -> str:
        answer = coming.pop(0)
        if answer.startswith("ssh failed"):
            raise LabError(answer)
        return answer

    monkeypatch.setattr(show, "_checked", checked)
    return coming


def test_a_command_that_the_engine_did_not_begin_is_given_once_more(answers: list[str], tmp_path: Path) -> None:
    node = show.Node(tmp_path)
    answers += [NOT_BEGUN, "rows", NOT_BEGUN, NOT_BEGUN, "too late"]

    assert node.run("docker exec data-transform psql") == "rows"
    with pytest.raises(LabError, match="preliminary setup"):
        node.run("docker exec data-transform psql")
    assert answers == ["too late"]


def test_a_command_that_failed_is_not(answers: list[str], tmp_path: Path) -> None:
    node = show.Node(tmp_path)
    answers += ["ssh failed: psql: could not connect", "rows"]

    with pytest.raises(LabError, match="could not connect"):
        node.run("docker exec data-transform psql")
    assert answers == ["rows"]
