# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine of a node is refused, and which is used as it is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.docker import docker_problems

RUNNING = {"installed": True, "program": "26.1.5", "engine": "26.1.5", "compose": "2.26.1", "error": ""}
BARE = {"installed": False, "program": None, "engine": None, "compose": None, "error": "No such file"}


def problems(source: str, docker: dict[str, Any], system: str = "Debian 13", configuration: str = "{}") -> list[str]:
    distribution, release = system.split()
    node = {"system": {"distribution": distribution, "release": release}, "docker": docker}
    declared = {"source": source, "configuration": configuration}
    return docker_problems(declared, node, ["Debian 13"], "20.10", "2.18")


@pytest.mark.parametrize("source", ["distribution", "docker", "existing"])
@pytest.mark.parametrize("system", ["Debian 13", "Debian 12"])
def test_an_engine_that_is_recent_is_used_whoever_installed_it(source: str, system: str) -> None:
    assert problems(source, RUNNING, system) == []


@pytest.mark.parametrize("source", ["distribution", "docker"])
def test_what_will_be_installed_is_not_judged_before(source: str) -> None:
    assert problems(source, BARE) == []
    assert problems(source, RUNNING | {"program": "19.03.1"}) == []


@pytest.mark.parametrize(
    ("source", "docker", "system", "words"),
    [
        ("existing", BARE, "Debian 13", "there is no Docker engine"),
        ("distribution", BARE, "Debian 12", "Debian 12 has no packages of Docker"),
        ("distribution", RUNNING | {"compose": None}, "Debian 12", "Debian 12 has no packages of Docker"),
        ("existing", RUNNING | {"program": "19.03.13"}, "Debian 13", "Docker Engine 19.03.13 is older than 20.10"),
        ("existing", RUNNING | {"compose": None}, "Debian 13", "There is no Compose plugin"),
        ("existing", RUNNING | {"compose": "2.9.0"}, "Debian 13", "Compose 2.9.0 is older than 2.18"),
        (
            "existing",
            RUNNING | {"engine": None, "error": "denied"},
            "Debian 13",
            "does not answer on this node: denied",
        ),
    ],
)
def test_what_cannot_work_is_one_sentence(source: str, docker: dict[str, Any], system: str, words: str) -> None:
    (sentence,) = problems(source, docker, system)
    assert words in sentence


@pytest.mark.parametrize("version", ["20.10.24+dfsg1", "26.1.5", "100.0", "v20.10"])
def test_versions_count_by_their_numbers(version: str) -> None:
    assert problems("existing", RUNNING | {"program": version}) == []


@pytest.mark.parametrize("configuration", ["{", "[]", "null"])
def test_a_configuration_that_cannot_be_merged_into_is_refused(configuration: str) -> None:
    assert "not valid JSON" in problems("distribution", RUNNING, configuration=configuration)[0]
    assert problems("existing", RUNNING, configuration=configuration) == []
