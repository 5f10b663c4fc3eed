# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.igrafx.liveconnect.plugins.modules import kafka_connector_info
from fake_connect_worker import Held


@pytest.fixture
def info(url, capsys):
    def info(**options):
        with patch_module_args({"url": url, **options}), pytest.raises(SystemExit):
            kafka_connector_info.main()
        return json.loads(capsys.readouterr().out)

    return info


def test_tells_all_and_masks(info, worker):
    config = {"connector.class": "org.example.Sink", "pin": "1234567", "token": "${f:p:k}", "url": "x?p=1234567"}
    worker.connectors = {"b": Held(config), "a": Held(config, "RUNNING", ["FAILED"])}
    found = info()
    assert [one["name"] for one in found["connectors"]] == ["a", "b"]
    shown = {"connector.class": "org.example.Sink", "pin": "********", "token": "${f:p:k}", "url": "x?p=********"}
    assert found["connectors"][1] == {
        "name": "b",
        "config": shown,
        "type": "sink",
        "state": "running",
        "tasks": [{"id": 0, "state": "running", "worker": "127.0.0.1:8083"}],
    }
    assert "Refused" not in str(found["connectors"][1])
    assert "Connection refused" in found["connectors"][0]["tasks"][0]["trace"]
    assert found["worker"]["version"] == "3.9.0"
    assert found["plugins"][0]["class"] == "org.example.Sink"
    # One of them asks what the provider gives to the connector that failed.
    assert len(worker.requests) == 7


def test_what_a_config_provider_gives_is_masked(info, worker):
    config = {"connector.class": "x", "file": "${f:p:k}", "dir": "/nodir/${f:p:d}/x"}
    worker.connectors["a"] = Held(config, "FAILED", [])
    worker.trace = "no hunter2-resolved"
    found = info()["connectors"][0]
    assert found["config"] == config
    assert found["trace"] == "no ********"


def test_only_the_named(info, worker):
    worker.connectors = {"a": Held({"connector.class": "x"}), "b": Held({"connector.class": "x"})}
    assert [one["name"] for one in info(names=["b", "c"])["connectors"]] == ["b"]
