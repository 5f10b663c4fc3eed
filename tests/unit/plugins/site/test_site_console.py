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
    "liveconnect_console": "kafka_ui",
    "liveconnect_expose_ksqldb": False,
}


def problems(**changes: Any) -> list[str]:
    return console_problems(GOOD | {f"liveconnect_{name}": value for name, value in changes.items()})


@pytest.mark.parametrize(
    ("console", "components"), [("control_center", []), ("none", ["ksqldb"]), ("kafka_ui", ["kafka_ui"])]
)
def test_a_site_has_one_console_or_none(console: str, components: list[str]) -> None:
    assert problems(console=console, components=components) == []


@pytest.mark.parametrize(
    ("console", "components", "words"),
    [
        ("kafka_ui", ["ksqldb"], "kafka_ui is not among liveconnect_components"),
        ("control_center", ["kafka_ui"], "is control_center, and kafka_ui is among"),
        ("none", ["kafka_ui"], "is none, and kafka_ui is among"),
    ],
)
def test_a_console_that_contradicts_the_components_is_refused(console: str, components: list[str], words: str) -> None:
    (sentence,) = problems(console=console, components=components)
    assert sentence.startswith("liveconnect_console is ")
    assert words in sentence


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
    assert problems(components=["kafka_ui"], expose_ksqldb=False) == []
    (sentence,) = problems(components=["kafka_ui"], expose_ksqldb=exposed)
    assert "ksqldb is not among liveconnect_components" in sentence
