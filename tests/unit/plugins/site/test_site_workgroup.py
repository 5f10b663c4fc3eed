# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be registered is told before anything is connected to, all of it at once."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.workgroup import workgroup_problems
from certificate_maker import authority, key_text

GOOD = {
    "id": "wk1",
    "broker": "192.168.1.128:19092",
    "registry": "192.168.1.128:8081",
    "advertised_address": "192.168.1.128",
    "state": "present",
    "url_prefix": "http://",
    "allow_internal_address": False,
    "postgres": {"host": "platform.example.com", "user": "liveconnect", "password": "s3cret"},
    "api": {"host": "platform-vm"},
    "security": {},
}
LOCAL = {"broker": "localhost:19092", "registry": "localhost:8081", "advertised_address": "localhost"}


def said(**change: t.Any) -> list[str]:
    return workgroup_problems({**GOOD, **change}, ["liveconnect-vm", "platform-vm"], site=True)


def test_nothing_is_wrong_with_what_can_be_registered() -> None:
    assert not said()
    assert not said(state="absent", broker="", registry=None, advertised_address="", ca_cert="gone.crt")
    assert not said(registry="https://registry.example.com", security={"user": "platform", "password": "x"})
    assert not said(**LOCAL, allow_internal_address=True)
    assert not said(api={"host": "localhost", "container": "api"})
    for host in ("localhost", "platform_db", "::1", "192.0.2.1", "db.example.com", "/run/postgresql", "a,192.0.2.1"):
        assert not said(postgres={**GOOD["postgres"], "host": host})
    assert not said(ca_cert="ca.crt", ca_cert_text=f"# two\n{authority('x')}{authority('y')}")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"api": {}}, "liveconnect_platform.api.host is not set"),
        ({"api": None}, "liveconnect_platform.api.host is not set"),
        ({"api": {"host": "platform"}}, "liveconnect_platform.api.host: platform is not in the inventory"),
        ({"postgres": {**GOOD["postgres"], "password": ""}}, "liveconnect_platform.postgres: password is not set"),
        *(
            (
                {"postgres": {**GOOD["postgres"], "host": host}},
                f"liveconnect_platform.postgres.host: '{host}' is neither",
            )
            for host in ("http://platform", "platform:5432", "a b", "192.0.2.300", "platform/x", "-x", "a..b")
        ),
        ({"postgres": []}, "liveconnect_platform.postgres: host, user, password are not set"),
        ({"id": None}, "liveconnect_workgroup_id: a workgroup has no usable id."),
        ({"url_prefix": "ftp"}, "workgroup_url_prefix: 'ftp' is no scheme."),
        ({"broker": "kafka:29092"}, "workgroup_broker: kafka is a name that only containers of the same Docker"),
        ({"registry": None}, "workgroup_registry: '' is not an address."),
        ({"broker": "192.168.1.128"}, "workgroup_broker: '192.168.1.128' is not a host and a port."),
        (LOCAL, "liveconnect_advertised_address: localhost is a name that only"),
        (
            {"broker": "a b:19092", "registry": "a b:8081", "advertised_address": "a b"},
            "liveconnect_advertised_address: 'a b:19092' is not an address.",
        ),
        (
            {"broker": ":19092", "registry": ":8081", "advertised_address": ""},
            "liveconnect_advertised_address: ':19092' is not an address.",
        ),
        ({"security": {"user": "platform"}}, "workgroup_security: give user and password"),
        ({"security": "platform"}, "workgroup_security: give user and password"),
        (
            {"security": {"user": "x", "password": "y", "ca_cert": "z"}},
            "workgroup_security.ca_cert holds no certificate",
        ),
        ({"ca_cert": "ca.crt"}, "liveconnect_platform.ca_cert: there is no file 'ca.crt' on the control machine"),
        ({"ca_cert": "ca.crt", "ca_cert_text": "x"}, "liveconnect_platform.ca_cert: 'ca.crt' holds no certificate"),
        (
            {"ca_cert": "ca.key", "ca_cert_text": key_text()},
            "liveconnect_platform.ca_cert: 'ca.key' holds PRIVATE KEY: give a PEM file of certificates, and nothing",
        ),
        (
            {"ca_cert": "ca.crt", "ca_cert_text": authority("x")[:99]},
            "liveconnect_platform.ca_cert: 'ca.crt' cannot be read (its block number 1 is cut off",
        ),
    ],
)
def test_each_problem_is_one_sentence(change: dict[str, t.Any], sentence: str) -> None:
    (told,) = said(**change)

    assert told.startswith(sentence)
    assert "s3cret" not in told


def test_problems_are_told_at_once_and_name_the_options_of_the_role() -> None:
    told = workgroup_problems({**GOOD, "broker": "kafka:29092", "registry": "x:y", "api": {}, "postgres": {}}, [])

    assert [sentence.split(":")[0] for sentence in told] == [
        "workgroup_api.host is not set",
        "workgroup_postgres",
        "workgroup_broker",
        "workgroup_registry",
    ]
    assert "set workgroup_allow_internal_address: true" in told[2]
