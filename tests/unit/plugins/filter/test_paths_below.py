# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File names in an inventory are relative to it."""

from __future__ import annotations

import pytest
from ansible_collections.igrafx.liveconnect.plugins.filter.paths_below import paths_below

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA acme"
PEM = "-----BEGIN CERTIFICATE-----\nMII…\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("acme.pub", "/site/acme.pub"),
        ("files/acme.pub", "/site/files/acme.pub"),
        ("/etc/acme.pub", "/etc/acme.pub"),
        ("", ""),
        (KEY, KEY),
        (PEM, PEM),
        (["a.pub", KEY], ["/site/a.pub", KEY]),
    ],
)
def test_relative_names_alone_are_resolved(value, expected):
    assert paths_below(value, "/site") == expected


def test_dictionaries_keep_what_else_they_hold():
    users = [{"name": "acme", "public_keys": ["acme.pub"]}, {"name": "globex"}]
    assert paths_below(users, "/site", key="public_keys") == [
        {"name": "acme", "public_keys": ["/site/acme.pub"]},
        {"name": "globex"},
    ]
    assert users[0]["public_keys"] == ["acme.pub"]


@pytest.mark.parametrize("value", [None, 7, True, {"name": "acme"}, "acme.pub"])
def test_what_is_not_declared_as_it_should_stays_for_whoever_checks_it(value):
    assert paths_below(value, "/site", key="public_keys") == value
    assert paths_below([value, {"public_keys": None}], "/site", key="public_keys") == [value, {"public_keys": None}]


def test_without_a_directory_names_stay_relative():
    assert paths_below(["a.pub"], None) == ["a.pub"]


def test_without_a_directory_names_stay_as_they_are():
    assert paths_below([{"src": "a.jar"}], None, key="src") == [{"src": "a.jar"}]


def test_dictionaries_within_dictionaries_are_resolved_too():
    plugins = [{"src": "a.zip", "extra": [{"src": "b.jar"}, {"maven": "g:a:1"}]}, {"name": "c", "extra": None}]
    assert paths_below(plugins, "/site", key="src", within="extra") == [
        {"src": "/site/a.zip", "extra": [{"src": "/site/b.jar"}, {"maven": "g:a:1"}]},
        {"name": "c", "extra": None},
    ]
