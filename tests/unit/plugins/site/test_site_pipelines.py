# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the pipelines is told before the first is carried out."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.pipelines import pipelines_problems


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A directory with the files of a pipeline."""
    (tmp_path / "incidents").mkdir()
    for name in ("tables.sql", "types.sql", "streams.sql", "connectors.yml"):
        (tmp_path / "incidents" / name).write_text("[]")
    return str(tmp_path)


def test_nothing_is_wrong_with_pipelines_whose_files_are_there(source: str) -> None:
    whole = {
        "name": "incidents",
        "tables": "incidents/tables.sql",
        "ksql": ["incidents/types.sql", "incidents/streams.sql"],
        "ksql_variables": {"topic": "x"},
        "ksql_secrets": None,
        "ksql_purge_match": "OLD_.*",
        "connectors": f"{source}/incidents/connectors.yml",
    }

    assert not pipelines_problems([], source)
    assert not pipelines_problems([whole, {"name": "b", "ksql": "incidents/types.sql", "tables": ""}], source)


@pytest.mark.parametrize(
    ("pipeline", "words"),
    [
        ({"name": ""}, "a pipeline has no name"),
        ({"tables": "gone.sql"}, "the pipeline a names gone.sql, and /nowhere/gone.sql is not there: correct"),
        ({"connectors": ["x.yml"]}, "the pipeline a has connectors that is not the name of a file"),
        ({"ksql": [7]}, "the pipeline a has ksql that is not the name of a file: write one, or a list of such,"),
        ({"ksql": {"x": "y"}}, "the pipeline a has ksql that is not the name of a file"),
        ({"ksql_secrets": ["s3cret"]}, "the pipeline a has ksql_secrets that is not a dictionary"),
        ({"ksql_purge_match": "OLD_("}, "the pipeline a has ksql_purge_match that is not a regular expression"),
    ],
)
def test_each_problem_is_one_sentence(pipeline: dict[str, t.Any], words: str) -> None:
    (sentence,) = pipelines_problems([{"name": "a", **pipeline}], "/nowhere", "liveconnect_pipelines")

    assert sentence.startswith(f"liveconnect_pipelines: {words}")
    assert "s3cret" not in sentence


def test_every_file_that_is_missing_and_a_name_given_twice_are_told(source: str) -> None:
    told = pipelines_problems([{"name": "a", "ksql": ["x.sql", "y.sql"]}, {"name": "a"}, "b"], source)

    assert [words for words in ("entry 3", "same name (a)", "x.sql", "y.sql") if any(words in one for one in told)] == [
        "entry 3",
        "same name (a)",
        "x.sql",
        "y.sql",
    ]
    assert "is not a list" in pipelines_problems(None, source)[0]


def test_a_file_whose_content_cannot_be_what_it_is_for_is_named(tmp_path: Path) -> None:
    contents = {"empty.yml": b"---\n", "map.yml": b"name: a\n", "wide.sql": "SELECT 1;".encode("utf-16")}
    contents |= {"vault.yml": b"$ANSIBLE_VAULT;1.1;AES256\n00", "braces.yml": b"- name: a\n  config:\n    x: {{ y }}\n"}
    contents |= {"right.yml": b'- name: a\n  secrets: {x: "{{ y }}", z: !vault 00}\n'}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    files = {"empty.yml": "connectors", "map.yml": "connectors", "wide.sql": "tables"}
    files |= {"vault.yml": "connectors", "braces.yml": "connectors", "right.yml": "connectors"}
    declared = [{"name": name, option: name} for name, option in files.items()]

    empty, mapping, wide, braces = pipelines_problems(declared, str(tmp_path))
    assert "empty.yml holds nothing: write the connectors into it" in empty
    assert "map.yml holds no list of connectors" in mapping
    assert "it is UTF-16" in wide
    assert "names braces.yml: line 3: the value of x begins with braces without quotes" in braces


def test_a_file_of_tables_that_ends_its_transaction_is_named_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("-- COMMIT;\nBEGIN;\nCREATE TABLE t ();\nCOMMIT;\n")

    begin, commit = pipelines_problems([{"name": "a", "tables": "a.sql"}], str(tmp_path), "liveconnect_pipelines")

    assert begin.startswith("liveconnect_pipelines: the pipeline a names a.sql: line 2: BEGIN cannot stand in a file")
    assert "a.sql: line 4: COMMIT cannot stand" in commit
    assert not pipelines_problems([{"name": "a", "ksql": "a.sql"}], str(tmp_path))
