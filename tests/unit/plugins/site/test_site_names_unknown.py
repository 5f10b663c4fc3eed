# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule, with the names of a site."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.names import unknown_variables

SITE = Path(__file__).resolve().parents[4] / "roles" / "liveconnect" / "meta" / "argument_specs.yml"
PREFIX = "liveconnect_"


@pytest.fixture(scope="module")
def known() -> list[str]:
    specification = yaml.load(SITE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return list(specification["argument_specs"]["variables"]["options"])


def test_what_is_known_is_not_mentioned(known: list[str]) -> None:
    assert unknown_variables(known, known, PREFIX) == []
    assert unknown_variables([], known, PREFIX) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("liveconnect_pipeline", "liveconnect_pipelines"),
        ("liveconnect_plugin", "liveconnect_plugins"),
        ("liveconnect_sftp_user", "liveconnect_sftp_users"),
        ("liveconnect_workgroupid", "liveconnect_workgroup_id"),
        ("liveconnect_adress_translated", "liveconnect_address_translated"),
        ("liveconnect_accept_licences", "liveconnect_accept_licenses"),
        ("liveconnect_component", "liveconnect_components"),
    ],
)
def test_a_misspelt_name_is_told_with_what_was_meant(known: list[str], written: str, meant: str) -> None:
    assert unknown_variables([written], known, PREFIX) == [
        f"{written} is not a variable that anything reads: did you mean {meant}?"
    ]


@pytest.mark.parametrize("written", ["liveconnect_sftp_port", "liveconnect_region"])
def test_a_name_that_is_like_none_is_told_with_what_to_do(known: list[str], written: str) -> None:
    (sentence,) = unknown_variables([written], known, PREFIX)

    assert sentence.startswith(f"{written} is not a variable that anything reads: correct it")
    assert "a variable of your own begin otherwise than with liveconnect_" in sentence


def test_one_sentence_for_each_in_the_order_of_the_names(known: list[str]) -> None:
    found = unknown_variables(["liveconnect_zebra", "liveconnect_plugin", *known], known, PREFIX)

    assert [sentence.split()[0] for sentence in found] == ["liveconnect_plugin", "liveconnect_zebra"]
