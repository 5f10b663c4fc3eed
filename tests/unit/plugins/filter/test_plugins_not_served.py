# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter plugins_not_served."""

from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.filter.plugins_not_served import plugins_not_served

SPOOLDIR = {
    "name": "jcustenborder/kafka-connect-spooldir",
    "version": "2.0.65",
    "classes": {
        "sources": ["a.CsvSource", "a.JsonSource"],
        "transformations": ["a.Cast$Value"],
        "config_providers": ["a.P"],
    },
    "classes_declared": True,
}


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


def test_scanned_classes_that_a_worker_leaves_out_are_no_problem() -> None:
    scanned = {**SPOOLDIR, "classes_declared": False}
    assert plugins_not_served([scanned], [{"class": "a.CsvSource", "type": "source"}]) == []


def test_a_worker_that_does_not_scan_is_told_to() -> None:
    scanned = {**SPOOLDIR, "classes_declared": False}
    (sentence,) = plugins_not_served([scanned], [{"class": "b.Source", "type": "source"}])
    assert (
        "serves no class of the plugin 'jcustenborder/kafka-connect-spooldir' (a.CsvSource, a.JsonSource)" in sentence
    )
    assert "plugin.discovery=service_load (CONNECT_PLUGIN_DISCOVERY)" in sentence


@pytest.mark.parametrize("classes", [{}, {"transformations": ["a.Cast$Value"]}])
def test_a_scanned_plugin_without_a_class_that_the_worker_lists_passes(classes: dict[str, list[str]]) -> None:
    scanned = {**SPOOLDIR, "classes": classes, "classes_declared": False}
    assert plugins_not_served([scanned], [{"class": "b.Source", "type": "source"}]) == []


def test_a_scanned_connector_in_another_version_is_named() -> None:
    scanned = {**SPOOLDIR, "classes_declared": False}
    served = [{"class": "a.CsvSource", "type": "source", "version": "2.0.60"}]
    (sentence,) = plugins_not_served([scanned], served)
    assert "serves a.CsvSource as version 2.0.60" in sentence


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
