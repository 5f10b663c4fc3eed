# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be declared for a workgroup, and how it is written."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._workgroup.model import (
    Registration,
    WorkgroupTable,
    id_spellings,
    internal_warnings,
    parse_registrations,
)

ID = "325151bf-2007-4308-b94d-b436a61a35c5"


def params(**given: t.Any) -> dict[str, t.Any]:
    return {
        "workgroup_id": ID,
        "broker": "192.168.1.128:19092",
        "registry": "192.168.1.128:8081",
        "workgroups": None,
        "state": "present",
        "url_prefix": "http://",
        "allow_internal_address": False,
        **given,
    }


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("192.168.1.128:19092", "http://192.168.1.128:19092"),
        ("http://192.168.1.128:19092", "http://192.168.1.128:19092"),
        ("kafka.example.com:19092/", "http://kafka.example.com:19092"),
        ("[2001:db8::1]:19092", "http://[2001:db8::1]:19092"),
        ("  10.0.0.7:19092 ", "http://10.0.0.7:19092"),
        ("172.18.4.2:19092", "http://172.18.4.2:19092"),
    ],
)
def test_a_broker_is_written_with_the_published_prefix(given: str, written: str) -> None:
    (registration,) = parse_registrations(params(broker=given))

    assert registration == Registration(ID, written, "http://192.168.1.128:8081")


def test_the_prefix_can_be_switched_off_and_a_registry_may_have_a_path() -> None:
    (registration,) = parse_registrations(
        params(url_prefix="", registry="https://registry.example.com/apis/ccompat/v7")
    )

    assert registration.broker == "192.168.1.128:19092"
    assert registration.registry == "https://registry.example.com/apis/ccompat/v7"
    (registration,) = parse_registrations(params(url_prefix="kafka://", broker="kafka://10.0.0.7:19092"))
    assert registration.broker == "kafka://10.0.0.7:19092"


@pytest.mark.parametrize(
    "broker",
    [
        "",
        "192.168.1.128",
        ":19092",
        "192.168.1.128:0",
        "192.168.1.128:70000",
        "192.168.1.128:kafka",
        "192.168.1.128:19092/path",
        "a.example.com:1,b.example.com:2",
        "a b.example.com:1",
        "user:secret@kafka.example.com:19092",
        "kafka.example.com:19092?x=1",
        "192.168.1.128:19092'; DROP TABLE x; --",
        "javascript://192.168.1.128:19092",
        "http://http://192.168.1.128:19092",
        "127.1:19092",
        "0x7f.1:19092",
        "192.168.1.128:19092\nx",
    ],
)
def test_a_malformed_broker_is_refused_with_its_name_and_without_its_credentials(broker: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^broker of workgroup {ID}: ") as caught:
        parse_registrations(params(broker=broker))

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "x.localhost", "127.0.0.1", "127.1.2.3", "[::1]", "0.0.0.0", "169.254.1.1"),  # noqa: S104
        *(
            "172.17.0.1",
            "kafka-broker",
            "host.docker.internal",
            "[::ffff:127.0.0.1]",
            "LOCALHOST.",
            "localhost.localdomain",
        ),
    ],
)
def test_an_address_of_no_use_to_the_platform_is_refused_unless_allowed(host: str) -> None:
    with pytest.raises(InvalidInputError, match="allow_internal_address"):
        parse_registrations(params(broker=f"{host}:29092"))

    (registration,) = parse_registrations(params(broker=f"{host}:29092", allow_internal_address=True))
    assert registration.broker == f"http://{host}:29092"
    (warning,) = internal_warnings([registration])
    assert warning.startswith(f"broker of workgroup {ID}: {host.strip('[]').lower()} ")
    assert warning.endswith("so the platform must be there too.")


def test_no_other_address_is_warned_of() -> None:
    assert internal_warnings([*parse_registrations(params()), Registration(ID, None, None)]) == []


@pytest.mark.parametrize("prefix", ["http:", "x", "http://a", "'; --"])
def test_a_prefix_that_is_no_scheme_is_refused(prefix: str) -> None:
    with pytest.raises(InvalidInputError, match=r"^url_prefix: "):
        parse_registrations(params(url_prefix=prefix))


def test_absent_needs_no_addresses_and_means_null() -> None:
    assert parse_registrations(params(state="absent", broker=None, registry=None)) == [Registration(ID, None, None)]


def test_a_list_is_read_in_order_and_a_workgroup_declared_twice_is_refused() -> None:
    item = {"broker": "10.0.0.1:19092", "registry": "10.0.0.1:8081"}
    fleet = [{"workgroup_id": "b", **item}, {"workgroup_id": "a", **item}]

    assert [one.workgroup_id for one in parse_registrations(params(workgroups=fleet))] == ["b", "a"]
    with pytest.raises(InvalidInputError, match="declared twice"):
        parse_registrations(params(workgroups=[{"workgroup_id": ID, **item}, {"workgroup_id": ID.upper(), **item}]))


@pytest.mark.parametrize("workgroup_id", ["", "  ", "a\0b", None])
def test_an_empty_id_is_refused(workgroup_id: str | None) -> None:
    with pytest.raises(InvalidInputError, match=r"^workgroup_id: "):
        parse_registrations(params(workgroup_id=workgroup_id))


def test_a_uuid_is_also_looked_for_as_a_uuid_column_writes_it() -> None:
    assert id_spellings(ID) == [ID]
    assert id_spellings(ID.upper()) == [ID.upper(), ID]
    assert id_spellings("wk1") == ["wk1"]


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 64, "é" * 32])
def test_an_identifier_that_postgresql_would_cut_off_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match=r"^broker_column: "):
        WorkgroupTable(broker_column=name)
