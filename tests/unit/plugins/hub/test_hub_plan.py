# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsing and planning on plain data; whatever stood before, nothing is left to do after a plan."""

from __future__ import annotations

import json

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.client import _digest_in
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.model import (
    Checksum,
    Coordinates,
    Declaration,
    Desired,
    Extra,
    FileSource,
    HubSource,
    Installed,
    MavenSource,
    split_stem,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.options import credential_hosts
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.plan import Action, Plan, plan
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.receipt import (
    ExtraRecord,
    FileRecord,
    Receipt,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.report import diff
from hypothesis import given, settings
from hypothesis import strategies as st

DIGESTS = ["a" * 64, "b" * 64]


def receipt_of(desired: Desired) -> Receipt:
    """What a run writes for ``desired``."""
    digest = desired.checksum.digest if desired.checksum else DIGESTS[0]
    extra = tuple(
        ExtraRecord(str(one.source), {"sha256": one.checksum.digest} if one.checksum else {}) for one in desired.extra
    )
    return Receipt(
        desired.name,
        desired.version,
        str(desired.source),
        {"sha256": digest},
        extra,
        (FileRecord("a.jar", 1, "c" * 64),),
    )


def entries_gone(planned: Plan) -> set[str]:
    """What a plan replaces or removes, by the meaning of its actions."""
    replaced = {one.desired.directory for one in planned.decisions if not one.desired.present or one.fetches}
    return replaced | {item.entry for one in planned.decisions for item in one.obsolete}


def carry_out(planned: Plan, actual: list[Installed]) -> list[Installed]:
    """What stands after a plan, by the meaning of its actions."""
    gone = entries_gone(planned)
    made = [Installed(wanted.directory, wanted.name, wanted.version, receipt_of(wanted)) for wanted in planned.fetching]
    touched = {one.desired.directory for one in planned.decisions}
    rest = [
        Installed(item.entry, item.name, item.version, item.receipt, bare_jar=item.bare_jar)
        if item.entry in touched
        else item
        for item in actual
        if item.entry not in gone
    ]
    return rest + made


versions = st.sampled_from(["1.0", "2.0"])
names = st.sampled_from(["acme/csv", "acme/sink"])
checksums = st.none() | st.sampled_from([Checksum("sha256", digest) for digest in DIGESTS])

extras = st.builds(Extra, st.sampled_from([FileSource("/a.jar"), MavenSource(Coordinates("g", "b", "1"))]), checksums)


@st.composite
def declared(draw: st.DrawFn) -> Desired:
    name, version = draw(names), draw(versions)
    if draw(st.booleans()):
        owner, plugin = name.split("/")
        source: HubSource | MavenSource = HubSource(owner, plugin)
    else:
        source = MavenSource(Coordinates("g", "csv", version))
    return Desired(
        name,
        name,
        name.replace("/", "-"),
        source,
        version,
        present=draw(st.booleans()),
        checksum=draw(checksums),
        extra=tuple(draw(st.lists(extras, unique_by=lambda one: str(one.source), max_size=2))),
    )


@st.composite
def standing(draw: st.DrawFn) -> Installed:
    entry = draw(st.sampled_from(["acme-csv", "acme-sink", "elsewhere", "csv-0.1.jar"]))
    if entry.endswith(".jar"):
        return Installed(entry, *split_stem(entry), bare_jar=True)
    receipt = draw(st.none() | declared().map(receipt_of))
    if receipt:
        damage = draw(st.sampled_from([(), ("a.jar is missing",)]))
        misfit, foreign = draw(st.sampled_from([(), ("x",)])), draw(st.sampled_from([(), ("lib/b-1.jar", "notes")]))
        return Installed(entry, receipt.name, receipt.version, receipt, damage, misfit, foreign)
    return Installed(entry, draw(st.none() | names), draw(st.none() | versions))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(declared(), unique_by=lambda entry: entry.directory, max_size=2),
    st.lists(standing(), unique_by=lambda item: item.entry, max_size=4),
    st.booleans(),
)
def test_nothing_is_left_to_do(desired: list[Desired], actual: list[Installed], purge: bool) -> None:
    planned = plan(desired, actual, purge=purge)
    left = carry_out(planned, actual)
    again = plan(desired, left, purge=purge)
    if purge:
        assert {item.entry for item in left if item.receipt} <= {entry.directory for entry in desired}
    assert not again.changed, again
    lost = {path for decision in planned.decisions for path in decision.lost()}
    gone = entries_gone(planned)
    assert {path for path in lost if path.endswith("notes")} == {
        f"{item.entry}/notes" for item in actual if item.foreign and item.entry in gone
    }
    if planned.changed:
        before, after = diff(planned).values()
        assert before != after or any(decision.action is Action.CLEANED for decision in planned.decisions)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("igrafx-udfs-assembly-1.1.0.jar", ("igrafx-udfs-assembly", "1.1.0")),
        (
            "debezium-connector-postgres-3.2.0.Final-plugin.tar.gz",
            ("debezium-connector-postgres", "3.2.0.Final-plugin"),
        ),
        ("kafka-connect-s3.zip", ("kafka-connect-s3", None)),
        ("plugin_v2.tgz", ("plugin", "2")),
        ("log4j-1.2-api-2.0.jar", ("log4j", "1.2-api-2.0")),
    ],
)
def test_split_stem(name: str, expected: tuple[str, str | None]) -> None:
    assert split_stem(name) == expected


@pytest.mark.parametrize("text", ["g.h:a:1.0", "g.h:a:1.0:package@tar.gz", "g.h:a:1.0@zip", "g.h:a:1.0:all"])
def test_coordinates_are_written_as_read(text: str) -> None:
    assert str(Coordinates.parse(text)) == text


@pytest.mark.parametrize("text", ["g:a:1.0-SNAPSHOT", "g:a:1.0-snapshot:plugin@tar.gz"])
def test_snapshots_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"is a snapshot, .* Declare a release"):
        Coordinates.parse(text)


def test_path_in_the_repository() -> None:
    coordinates = Coordinates.parse("org.example:a-b:1.0:plugin@tar.gz")
    assert coordinates.path == "org/example/a-b/1.0/a-b-1.0-plugin.tar.gz"


@pytest.mark.parametrize("text", ["g:a", "g:a:1:b:c", "g:a/b:1", "g:..:1", "g:a:1@", "g::1", ""])
def test_no_coordinates(text: str) -> None:
    with pytest.raises(InvalidInputError, match="are not coordinates"):
        Coordinates.parse(text)


SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"


@pytest.mark.parametrize(
    "text", [SHA1, f"{SHA1}  file.jar\n", f"file.jar: {SHA1.upper()}", f"SHA1(file.jar)= {SHA1}", f"\ufeff{SHA1}"]
)
def test_checksum_files(text: str) -> None:
    assert _digest_in(text, "sha1") == SHA1


@pytest.mark.parametrize("text", ["", "<html>not found</html>", SHA1[:-1], SHA1 + "00"])
def test_no_checksum_in_file(text: str) -> None:
    assert _digest_in(text, "sha1") is None


def test_credentials_must_say_whose_they_are() -> None:
    desired = [Declaration(name="a/b:1").parse(), Declaration(maven="g:a:1").parse()]
    params = {
        "url_username": "u",
        "bearer_token": None,
        "client_cert": None,
        "credential_hosts": [],
        "hub_url": "https://hub.example",
        "maven_repository": "https://maven.example:8443/repo",
    }
    assert credential_hosts(params, desired[1:]) == ("maven.example:8443",)
    with pytest.raises(InvalidInputError, match=r"hub\.example, maven\.example:8443"):
        credential_hosts(params, desired)
    assert credential_hosts({**params, "credential_hosts": ["maven.example"]}, desired) == ("maven.example",)
    assert credential_hosts({**params, "url_username": None}, desired) == ()


def test_receipt_survives_and_nonsense_is_none() -> None:
    receipt = receipt_of(Declaration(name="acme/csv:1.0", extra=({"maven": "g:b:1"},)).parse())
    assert Receipt.load(receipt.dump()) == receipt
    for text in (b"", b"[]", b"{}", b'{"format": 2}', b'{"format": 1, "files": 3}'):
        assert Receipt.load(text) is None


def test_a_receipt_from_before_there_was_extra_is_understood() -> None:
    desired = Declaration(maven="g:a:1", dependencies=("g:b:1",)).parse()
    document = json.loads(receipt_of(desired).dump())
    del document["extra"]
    receipt = Receipt.load(json.dumps({**document, "dependencies": ["g:b:1"]}).encode())
    assert receipt == receipt_of(desired)
    assert not plan([desired], [Installed("a", "a", "1", receipt)]).changed


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        ({}, "an entry does not say which file. Write maven with a version, url or src."),
        ({"maven": "g:a:latest"}, "maven:g:a:latest does not say which file."),
        ({"maven": "g:a:1", "url": "https://host/a.jar"}, "maven, url and src exclude one another."),
        ({"src": "a.jar"}, "src: a.jar would be on the control machine."),
        ({"maven": "g:a:1", "checksum": "sha256:12"}, "extra maven:g:a:1: checksum 'sha256:12' is not a digest."),
        ({"url": "https://other/a-1.jar"}, "two of them are a-1.jar. Remove one of them."),
    ],
)
def test_extra_that_cannot_be(extra: dict[str, str], sentence: str) -> None:
    declaration = Declaration(name="acme/csv:1.0", extra=({"url": "https://host/a-1.jar"}, extra))
    with pytest.raises(InvalidInputError) as caught:
        declaration.parse()
    assert sentence in str(caught.value)
