# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which classes are found in jars: those declared in META-INF/services, else those that a scan finds."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins import classes
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.classes import find_derived, read_class
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.inventory import find_classes
from hypothesis import given
from hypothesis import strategies as st

from .class_files import ABSTRACT, INTERFACE, OBJECT, PUBLIC, class_bytes
from .conftest import SERVICE, zip_bytes

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "org.apache.kafka.connect.source.SourceConnector"
CONVERTER = "org.apache.kafka.connect.storage.Converter"
HEADER_CONVERTER = "org.apache.kafka.connect.storage.HeaderConverter"
PREDICATE = "org.apache.kafka.connect.transforms.predicates.Predicate"
PROVIDER = "org.apache.kafka.common.config.provider.ConfigProvider"


def jar(path: Path, *classes: tuple[Any, ...], more: dict[str, bytes] | None = None, **options: Any) -> Path:
    """A jar of classes, each given as the arguments of class_bytes."""
    entries = {f"{entry[0].replace('.', '/')}.class": class_bytes(*entry, **options) for entry in classes}
    path.write_bytes(zip_bytes({**entries, **(more or {})}))
    return path


def test_parents_are_followed_from_jar_to_jar(tmp_path: Path) -> None:
    jars = [
        jar(tmp_path / "a.jar", ("a.Csv", "b.Lines"), ("a.Helper",), ("a.Task", "java.lang.Thread")),
        jar(tmp_path / "b.jar", ("b.Lines", "c.Base"), ("b.Json", OBJECT, "b.Both"), ("b.Key$Is", OBJECT, PREDICATE)),
        jar(tmp_path / "c.jar", ("c.Base", SOURCE), access=PUBLIC | ABSTRACT),
        jar(tmp_path / "d.jar", ("b.Both", OBJECT, CONVERTER, HEADER_CONVERTER), access=PUBLIC | INTERFACE | ABSTRACT),
    ]
    found = find_classes(jars)
    assert found.by_kind == {
        "converters": ["b.Json"],
        "header_converters": ["b.Json"],
        "predicates": ["b.Key$Is"],
        "sources": ["a.Csv", "b.Lines"],
    }
    assert not found.declared


@pytest.mark.parametrize(
    "options",
    [
        {"access": 0},
        {"access": PUBLIC | ABSTRACT},
        {"access": PUBLIC | INTERFACE | ABSTRACT},
    ],
)
def test_what_a_worker_cannot_make_is_left_out(tmp_path: Path, options: dict[str, Any]) -> None:
    assert find_classes([jar(tmp_path / "a.jar", ("a.Csv", SOURCE), **options)]).by_kind == {}


def test_kafkas_own_classes_are_left_out_but_its_connectors(tmp_path: Path) -> None:
    own = ("org.apache.kafka.connect.tools.MockSource", SOURCE)
    files = ("org.apache.kafka.connect.file.FileStreamSourceConnector", SOURCE)
    assert find_classes([jar(tmp_path / "a.jar", own, files)]).by_kind == {"sources": [files[0]]}


def test_a_declaration_of_kafkas_own_is_none_of_the_plugins(tmp_path: Path) -> None:
    bundled = {"META-INF/services/" + CONVERTER: b"org.apache.kafka.connect.json.JsonConverter\n"}
    found = find_classes([jar(tmp_path / "a.jar", ("a.Csv", SOURCE), more=bundled)])
    assert found.by_kind == {"sources": ["a.Csv"]}
    assert not found.declared


def test_what_jars_declare_is_not_scanned(tmp_path: Path) -> None:
    jars = [
        jar(tmp_path / "a.jar", more={SERVICE: b"a.Declared\n"}),
        jar(tmp_path / "b.jar", ("b.Scanned", SOURCE)),
    ]
    found = find_classes(jars)
    assert found.by_kind == {"sources": ["a.Declared"]}
    assert found.declared


def test_a_worker_never_finds_undeclared_configuration_providers(tmp_path: Path) -> None:
    assert find_classes([jar(tmp_path / "a.jar", ("a.Vault", OBJECT, PROVIDER))]).by_kind == {}


def test_tests_and_misplaced_classes_are_left_out(tmp_path: Path) -> None:
    elsewhere = {
        "META-INF/versions/11/a/Other.class": class_bytes("META-INF.versions.11.a.Other", SOURCE),
        "BOOT-INF/classes/a/Boot.class": class_bytes("a.Boot", SOURCE),
    }
    jars = [jar(tmp_path / "a-1.0-tests.jar", ("a.Test", SOURCE)), jar(tmp_path / "a.jar", more=elsewhere)]
    assert find_classes(jars).by_kind == {}


def test_damage_hides_nothing_else(tmp_path: Path) -> None:
    good = class_bytes("a.Csv", SOURCE)
    broken = {
        "a/Cut.class": good[:-40],
        "a/Empty.class": b"",
        "a/Text.class": b"<html>",
        "a/Tag.class": good[:10] + b"\x63" + good[11:],
    }
    whole = jar(tmp_path / "a.jar", ("a.Csv", SOURCE), more=broken)
    (tmp_path / "no.jar").write_bytes(b"no jar")
    packed = bytearray(jar(tmp_path / "b.jar", ("b.Csv", SOURCE), ("b.Json", SOURCE)).read_bytes())
    start = 30 + len("b/Csv.class")
    packed[start : start + 20] = b"\xff" * 20
    (tmp_path / "b.jar").write_bytes(packed)
    jars = [whole, tmp_path / "no.jar", tmp_path / "b.jar", tmp_path / "missing.jar"]
    assert find_classes(jars).by_kind == {"sources": ["a.Csv", "b.Json"]}


def test_a_circle_of_parents_ends(tmp_path: Path) -> None:
    assert find_classes([jar(tmp_path / "a.jar", ("a.A", "a.B", SOURCE), ("a.B", "a.A"))]).by_kind == {
        "sources": ["a.A", "a.B"]
    }


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, {"a.Small", "b.One", "b.Two"}),
        ({"MAX_CLASSES": 2}, {"a.Small", "b.One"}),
        ({"MAX_SIZE": 150}, {"a.Small"}),
        ({"MAX_CLASS_SIZE": 50}, set()),
    ],
)
def test_limits_keep_the_smallest_jars(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int], expected: set[str]
) -> None:
    for name, limit in limits.items():
        monkeypatch.setattr(classes, name, limit)
    large = jar(tmp_path / "a.jar", ("b.One", SOURCE), ("b.Two", SOURCE))
    small = jar(tmp_path / "b.jar", ("a.Small", SOURCE))
    assert find_derived([large, small], [SOURCE]).get(SOURCE, set()) == expected


@given(st.data())
def test_no_bytes_break_the_reader(data: st.DataObject) -> None:
    good = class_bytes("a.Csv", SOURCE, CONVERTER)
    place = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.binary(max_size=8))
    found = read_class(good[:place] + other + good[place + len(other) :])
    assert found is None or found.parents


@pytest.mark.component
@pytest.mark.skipif(shutil.which("javac") is None, reason="needs javac")
def test_what_a_compiler_writes_is_read(tmp_path: Path) -> None:
    sources = {
        SOURCE: "public abstract class SourceConnector { }",
        CONVERTER: "public interface Converter { }",
        "a.Base": f"public abstract class Base extends {SOURCE} {{ static final long BIG = 1L << 40; double x = .5; }}",
        "a.Csv": 'public class Csv extends Base { Runnable run = () -> System.out.println(BIG + "é\\0" + x); }',
        "a.Nest": f"public class Nest {{ public static class In implements {CONVERTER} {{ }} "
        f"static class Pack implements {CONVERTER} {{ }} }}",
    }
    paths = []
    for name, text in sources.items():
        package, _dot, _name = name.rpartition(".")
        path = tmp_path / f"{name.replace('.', '/')}.java"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"package {package}; {text}", encoding="utf-8")
        paths.append(str(path))
    subprocess.run(["javac", "-encoding", "UTF-8", "-d", str(tmp_path / "out"), *paths], check=True)
    with zipfile.ZipFile(tmp_path / "a.jar", "w") as archive:
        for path in sorted((tmp_path / "out" / "a").iterdir()):
            archive.write(path, f"a/{path.name}")
    assert find_classes([tmp_path / "a.jar"]).by_kind == {"converters": ["a.Nest$In"], "sources": ["a.Csv"]}
