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
