# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node is registered when the platform's api container reaches it, and only then; what is in the way is named."""

from __future__ import annotations

import json
import typing as t

import pytest

if t.TYPE_CHECKING:
    from conftest import Played, Site


def register(site: Site, *arguments: str) -> Played:
    return site.play("playbooks/register.yml", *arguments)


def test_what_the_container_reaches_is_registered_once(site: Site) -> None:
    assert register(site, "--check").changed >= 1
    assert site.row() == ["", ""]
    assert register(site).changed >= 1
    assert site.row() == [f"http://{site.node}:19092", f"http://{site.node}:8081"]
    assert register(site).changed == 0


@pytest.mark.parametrize(
    ("variable", "address", "said"),
    [
        ("workgroup_broker", "{node}:19094", "The broker {node}:19094 cannot be reached: the connection was refused."),
        ("workgroup_broker", "no-such.example.invalid:19092", "its name is unknown there"),
        ("workgroup_broker", "{node}:22", "The broker {node}:22 is not a Kafka broker."),
        ("workgroup_broker", "{node}:19093", "it sends clients to broker:29092, which cannot be reached: its name is"),
        ("workgroup_registry", "{node}:19092", "What answers at http://{node}:19092/subjects is not a schema"),
        ("workgroup_broker", "kafka-broker:29092", "only containers of the same Docker network"),
    ],
)
def test_what_it_does_not_reach_is_not(site: Site, variable: str, address: str, said: str) -> None:
    before = site.row()

    played = register(site, "-e", json.dumps({variable: address.format(node=site.node)}))

    assert played.code != 0
    assert said.format(node=site.node) in " ".join(played.output.split())
    assert site.row() == before


def test_names_are_those_of_the_container_not_of_its_machine(site: Site) -> None:
    # The machine's own file of names leads astray, the container's does not.
    site.run("platform-vm", "echo 127.0.0.1 kafka.example.test >> /etc/hosts")
    site.run("platform-vm", f"docker exec api sh -c 'echo {site.node} kafka.example.test >> /etc/hosts'")

    assert register(site, "-e", "workgroup_broker=kafka.example.test:19092").changed >= 1
    assert site.row()[0] == "http://kafka.example.test:19092"


def test_taken_out_both_columns_are_null(site: Site) -> None:
    assert site.play("playbooks/deregister.yml", "--check").changed == 1
    assert site.row() != ["", ""]
    assert site.play("playbooks/deregister.yml").changed == 1
    assert site.row() == ["", ""]
    assert site.play("playbooks/deregister.yml").changed == 0
