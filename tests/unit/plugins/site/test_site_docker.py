# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine of a node is refused, and which is used as it is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.docker import docker_options, docker_problems

RUNNING = {"installed": True, "program": "26.1.5", "engine": "26.1.5", "compose": "2.26.1", "error": ""}
BARE = {"installed": False, "program": None, "engine": None, "compose": None, "error": "No such file"}


def problems(
    source: str,
    docker: dict[str, Any],
    system: str = "Debian 13",
    configuration: str = "{}",
    *,
    interrupted: bool = False,
    rules_are_gone: bool = False,
) -> list[str]:
    distribution, release = system.split()
    node = {"system": {"distribution": distribution, "release": release}, "docker": docker}
    declared = {"source": source, "configuration": configuration}
    declared |= {"interrupted": interrupted, "rules_are_gone": rules_are_gone}
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


def test_an_engine_that_an_interrupted_run_left_without_its_options_is_started_by_this_one() -> None:
    dead = RUNNING | {"engine": None, "error": "refused"}

    assert problems("distribution", dead, interrupted=True) == []
    assert "does not answer" in problems("distribution", dead)[0]
    assert "does not answer" in problems("existing", dead, interrupted=True)[0]


def test_rules_that_are_gone_are_told_where_the_role_leaves_the_engine_alone() -> None:
    assert "its packet filter rules are gone" in problems("existing", RUNNING, rules_are_gone=True)[0]
    assert problems("distribution", RUNNING, rules_are_gone=True) == []


OWN = {"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}, "live-restore": True}
SYSLOG = {"log-driver": "syslog", "log-opts": {"syslog-address": "udp://192.0.2.1:514"}}


@pytest.mark.parametrize(
    ("present", "declared", "expected"),
    [
        ({}, {}, OWN),
        (OWN, {}, OWN),
        ({"debug": True}, {"registry-mirrors": ["https://m"]}, OWN | {"debug": True, "registry-mirrors": ["https://m"]}),
        # What the operator chose on the node stays, and ours does not go with it.
        (SYSLOG, {}, SYSLOG | {"live-restore": True}),
        ({"log-driver": "local"}, {}, OWN | {"log-driver": "local"}),
        ({"log-opts": {"max-size": "50m"}}, {}, OWN | {"log-opts": {"max-size": "50m", "max-file": "3"}}),
        ({"live-restore": False}, {}, OWN | {"live-restore": False}),
        # What is declared comes over it, and options of another driver do not come along.
        (SYSLOG, {"log-driver": "json-file"}, OWN),
        (OWN, SYSLOG, SYSLOG | {"live-restore": True}),
        (SYSLOG, {"log-driver": "local"}, OWN | {"log-driver": "local"}),
        (OWN, {"log-opts": {"max-file": "9"}}, OWN | {"log-opts": {"max-size": "10m", "max-file": "9"}}),
        # Null takes out, ours too.
        (OWN, {"log-opts": {"max-file": None}}, OWN | {"log-opts": {"max-size": "10m"}}),
        (OWN | {"debug": True}, {"debug": None, "live-restore": None, "log-driver": None, "log-opts": None}, {}),
        ({"log-opts": None}, {}, OWN),
    ],
)  # fmt: skip
def test_options_of_the_engine_are_merged(
    present: dict[str, Any], declared: dict[str, Any], expected: dict[str, Any]
) -> None:
    merged = docker_options(present, declared, OWN)

    assert merged == expected
    assert docker_options(merged, declared, OWN) == merged


def test_a_node_of_a_swarm_gets_no_live_restore_that_nobody_asked_for() -> None:
    assert "live-restore" not in docker_options({}, {}, OWN, swarm=True)
    assert docker_options({}, {"live-restore": True}, OWN, swarm=True)["live-restore"] is True
