# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as editors write them are read as text; what is not UTF-8 is named with the way to convert it."""

from __future__ import annotations

import subprocess

import pytest
from ansible.errors import AnsibleLookupError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.igrafx.liveconnect.plugins.lookup.text_file import LookupModule

TEXT = "-- Störung\nSELECT 'é';\n\nSELECT 2;\n"


@pytest.fixture
def read(tmp_path):
    def read_one(content):
        path = tmp_path / "script.sql"
        path.write_bytes(content)
        return LookupModule(loader=DataLoader()).run([str(path)], {})[0]

    return read_one


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r\n").encode("utf-8-sig"),
        TEXT.replace("\n", "\r").encode(),
    ],
)
def test_marks_and_line_ends_make_no_difference(read, content):
    assert read(content) == TEXT


@pytest.mark.parametrize(
    ("encoding", "problem"),
    [
        ("utf-16", "it is UTF-16."),
        ("utf-32", "it is UTF-32."),
        ("utf-16-le", "it is UTF-16 without a byte order mark."),
        ("utf-16-be", "it is UTF-16 without a byte order mark."),
        ("cp1252", "the byte 0xf6 in line 2 is not UTF-8."),
    ],
)
def test_what_is_not_utf_8_is_named_with_a_command_that_converts_it(read, tmp_path, encoding, problem):
    text = "SELECT 1;\n-- Störung\n"
    path = tmp_path / "script.sql"
    with pytest.raises(AnsibleLookupError) as caught:
        read(text.encode(encoding))
    assert str(caught.value).startswith(f"{path} cannot be read: {problem} Save it as UTF-8")
    command = str(caught.value).partition("with: ")[2].partition(" FILE")[0].split()
    converted = subprocess.run([*command, str(path)], capture_output=True, check=True)
    assert read(converted.stdout) == text


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AnsibleLookupError, match=r"none\.sql is not there"):
        LookupModule(loader=DataLoader()).run([str(tmp_path / "none.sql")], {})
