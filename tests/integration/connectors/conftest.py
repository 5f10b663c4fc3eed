# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Connect cluster of two workers, and the module run against it. ``LAB_KEEP=1`` leaves it for the next run."""

from __future__ import annotations

import json
import os
import runpy
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))
# Makes this checkout importable as a collection, as for the unit tests.
runpy.run_path(str(ROOT / "tests/unit/conftest.py"))

from ansible.module_utils.testing import patch_module_args  # noqa: E402
from ansible_collections.igrafx.liveconnect.plugins.modules import kafka_connector  # noqa: E402

from lab import connect_cluster  # noqa: E402

NAME = os.environ.get("LAB_NAME", "connectors-test")


def request(url, method="GET", payload=None):
    """One plain request to a worker; its answer parsed."""
    answer = requests.request(method, url, json=payload, timeout=60)
    answer.raise_for_status()
    return answer.json() if answer.content else None


@pytest.fixture
def request_to():
    return lambda url, path, *more: request(f"{url}{path}", *more)


@pytest.fixture(scope="session")
def cluster():
    with connect_cluster.cluster(NAME) as running:
        left = request(f"{running.urls[0]}/connectors")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: request(f"{running.urls[0]}/connectors/{quote(name)}", "DELETE"), left))
        running.shell("connect-1", "rm -rf /data/*")
        yield running


@pytest.fixture
def url(cluster):
    return cluster.urls[0]


@pytest.fixture
def run(cluster, capsys):
    """Runs the module as Ansible does, with both workers unless told otherwise, and gives its result."""

    def run(*, check=False, **options):
        arguments = {"url": cluster.urls, "wait_timeout": 60, "retry_timeout": 60, **options}
        arguments |= {"_ansible_check_mode": check, "_ansible_diff": True}
        capsys.readouterr()
        with patch_module_args(arguments), pytest.raises(SystemExit):
            kafka_connector.main()
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def quartet(run, cluster):
    """Check, do, check again, do again; gives the result of doing."""

    def quartet(**options):
        before = request(f"{cluster.urls[0]}/connectors?expand=info")
        preview = run(check=True, **options)
        assert preview["changed"], preview
        assert request(f"{cluster.urls[0]}/connectors?expand=info") == before
        done = run(**options)
        assert done["changed"], done
        assert "msg" not in done, done["msg"]
        assert done["diff"] == preview["diff"]
        for again in (run(check=True, **options), run(**options)):
            assert "msg" not in again, again["msg"]
            assert (again["changed"], again["diff"]) == (False, [])
        return done

    return quartet


@pytest.fixture
def eventually():
    """Waits for a condition, for up to 30 seconds."""

    def eventually(condition):
        deadline = time.monotonic() + 30
        while not (found := condition()):
            assert time.monotonic() < deadline, "it did not come to be"
            time.sleep(0.1)
        return found

    return eventually


@pytest.fixture
def status(url):
    """State of a connector and of its tasks, as the worker says it."""

    def status(name):
        told = request(f"{url}/connectors/{quote(name, safe='')}/status")
        return told["connector"]["state"], [task["state"] for task in told["tasks"]]

    return status


@pytest.fixture
def offsets(url):
    def offsets(name):
        return request(f"{url}/connectors/{quote(name, safe='')}/offsets")["offsets"]

    return offsets
