# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts of the auxiliary database: everything that is wrong with them at once."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.data_transform import data_transform_problems

SQL = "SELECT 1;"


def test_nothing_is_wrong_with_scripts_that_postgresql_runs(tmp_path: Path) -> None:
    (tmp_path / "x.sql").write_text(SQL)

    assert not data_transform_problems([])
    assert not data_transform_problems(
        [{"name": "10-a.sql", "content": SQL}, {"name": "b_2.sql", "src": f"{tmp_path}/x.sql", "content": None}]
    )


@pytest.mark.parametrize(
    ("script", "words"),
    [
        *(
            ({"name": name, "content": SQL}, "cannot be a script's name")
            for name in ("x.sh", ".x.sql", "a/b.sql", "-x.sql", "x.sql\n", "", None)
        ),
        ({"name": "zzzz.sql", "content": SQL}, "zzzz.sql would run after the last script, which is the role's own"),
        ({"name": "_ZZZZ-a.sql", "content": SQL}, "_ZZZZ-a.sql would run after the last script"),
        ({"name": "x.sql"}, "x.sql needs either content, or src"),
        ({"name": "x.sql", "content": "", "src": None}, "x.sql needs either content, or src"),
        ({"name": "x.sql", "content": SQL, "src": "/x.sql"}, "x.sql needs either content, or src"),
        ({"name": "x.sql", "src": "/nowhere/x.sql"}, "there is no file /nowhere/x.sql on the control machine"),
        ({"name": "x.sql", "src": "/"}, "there is no file / on the control machine"),
        ("x.sql", "entry 1 is not a dictionary"),
    ],
)
def test_each_problem_is_one_sentence(script: t.Any, words: str) -> None:
    (sentence,) = data_transform_problems([script])

    assert sentence.startswith("data_transform_init_scripts: ")
    assert words in sentence


def test_a_name_given_twice_and_what_is_no_list_are_told() -> None:
    script = {"name": "x.sql", "content": SQL}

    assert "a name is given twice (x.sql)" in data_transform_problems([script, script])[0]
    assert "is not a list" in data_transform_problems(None)[0]
