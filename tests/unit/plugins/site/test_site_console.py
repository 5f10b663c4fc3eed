# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a site may publish under the console's name, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.console import console_problems

GOOD: dict[str, Any] = {
    "liveconnect_components": ["ksqldb", "kafka_ui"],
    "liveconnect_expose_ksqldb": False,
}


def problems(**changes: Any) -> list[str]:
    return console_problems(GOOD | {f"liveconnect_{name}": value for name, value in changes.items()})


# On the command line every value is text.
@pytest.mark.parametrize("exposed", [False, "false", True, "true", "True", "open"])
def test_ksqldb_is_published_or_not(exposed: Any) -> None:
    assert problems(expose_ksqldb=exposed) == []


@pytest.mark.parametrize("exposed", ["password", "yes", 1, None, ["open"]])
def test_what_says_neither_is_refused(exposed: Any) -> None:
    (sentence,) = problems(expose_ksqldb=exposed)
    assert sentence.startswith(f"liveconnect_expose_ksqldb: '{exposed}' is not known: write false, true ")


@pytest.mark.parametrize("exposed", [True, "open"])
def test_what_does_not_run_is_not_published(exposed: Any) -> None:
    assert problems(components=[], expose_ksqldb=False) == []
    (sentence,) = problems(components=["kafka_ui"], expose_ksqldb=exposed)
    assert "ksqldb is not among liveconnect_components" in sentence
