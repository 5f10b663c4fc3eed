# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters plugins_on_node and plugins_not_served."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.igrafx.liveconnect.plugins.filter.plugins_not_served import plugins_not_served
from ansible_collections.igrafx.liveconnect.plugins.filter.plugins_on_node import plugins_on_node

SPOOLDIR = {
    "name": "jcustenborder/kafka-connect-spooldir",
    "version": "2.0.65",
    "classes": {
        "sources": ["a.CsvSource", "a.JsonSource"],
        "transformations": ["a.Cast$Value"],
        "config_providers": ["a.P"],
    },
}


def test_files_of_the_control_machine_become_files_of_the_node() -> None:
    declared = [
        {"name": "someone/something:1.0.0"},
        {"src": "files/functions-1.0.jar", "checksum": "none"},
        {"src": "/srv/there.jar", "remote_src": True},
    ]
    assert plugins_on_node(declared, "/opt/downloads") == [
        {"name": "someone/something:1.0.0"},
        {"src": "/opt/downloads/functions-1.0.jar", "checksum": "none", "remote_src": True},
        {"src": "/srv/there.jar", "remote_src": True},
    ]
    assert declared[1] == {"src": "files/functions-1.0.jar", "checksum": "none"}


def test_two_files_of_one_name_are_refused() -> None:
    with pytest.raises(AnsibleFilterError, match=r"'a/x\.jar' and 'b/x\.jar' have the same name"):
        plugins_on_node([{"src": "a/x.jar"}, {"src": "b/x.jar"}], "/opt/downloads")


def test_a_plugin_whose_classes_are_all_served_passes() -> None:
    served = [
        {"class": "a.CsvSource", "type": "source"},
        {"class": "a.JsonSource", "type": "source"},
        {"class": "a.Cast$Value", "type": "transformation"},
    ]
    assert plugins_not_served([SPOOLDIR], served) == []


def test_a_missing_class_is_named_with_its_plugin() -> None:
    served = [{"class": "a.CsvSource", "type": "source"}, {"class": "b.Converter", "type": "converter"}]
    (sentence,) = plugins_not_served([SPOOLDIR], served)
    assert "does not serve a.Cast$Value, a.JsonSource of the plugin 'jcustenborder/kafka-connect-spooldir'" in sentence


def test_a_worker_that_lists_connectors_only_is_asked_for_connectors_only() -> None:
    served = [{"class": "a.CsvSource", "type": "source"}, {"class": "a.JsonSource", "type": "source"}]
    assert plugins_not_served([SPOOLDIR], served) == []


@pytest.mark.parametrize("told", ["2.0.65", "2.0.65-cp1", "0.0.0", "unknown", "", None])
def test_a_connector_in_its_plugins_version_or_without_one_passes(told: str | None) -> None:
    served = [{"class": name, "type": "source", "version": told} for name in SPOOLDIR["classes"]["sources"]]
    assert plugins_not_served([SPOOLDIR], served) == []


def test_a_worker_that_still_serves_the_old_version_is_named() -> None:
    served = [
        {"class": "a.CsvSource", "type": "source", "version": "2.0.60"},
        {"class": "a.JsonSource", "type": "source", "version": "2.0.65"},
    ]
    (sentence,) = plugins_not_served([SPOOLDIR], served)
    assert plugins_not_served([{**SPOOLDIR, "version": "2.0"}], served)
    assert "serves a.CsvSource as version 2.0.60, but version 2.0.65 of the plugin" in sentence
    assert plugins_not_served([SPOOLDIR], served, versions=False) == []
    assert plugins_not_served([{**SPOOLDIR, "version": None}], served) == []


def test_two_versions_side_by_side_pass_when_one_is_the_plugins() -> None:
    names = SPOOLDIR["classes"]["sources"]
    served = [{"class": name, "type": "source", "version": told} for name in names for told in ("2.0.60", "2.0.65")]
    assert plugins_not_served([SPOOLDIR], served) == []
