# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Java itself reads from the lines what was written into them."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.igrafx.liveconnect.plugins.plugin_utils._site.java_properties import java_properties
from hypothesis import given
from hypothesis import strategies as st

# As Kafka's FileConfigProvider does.
READER = """
import java.nio.file.*; import java.util.*;
class Read {
    static String encoded(String text) throws Exception {
        return Base64.getEncoder().encodeToString(text.getBytes("UTF-8"));
    }
    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        try (var reader = Files.newBufferedReader(Path.of(arguments[0]))) { properties.load(reader); }
        for (var entry : properties.entrySet())
            System.out.println(encoded((String) entry.getKey()) + " " + encoded((String) entry.getValue()));
    }
}
"""
ALL = "".join(map(chr, [*range(0x250), 0x2028, 0x2029, 0xFEFF, 0xFFFF, 0x1F600]))
ENTRIES = {
    "plain": "S3cret",
    "pem": "-----BEGIN KEY-----\r\nMIIB\r\n-----END KEY-----\r\n",
    "spaces": "   inside and after  ",
    "tabs": "\t\fx\t",
    "backslash": "C:\\temp\\new\\u0041\\",
    "signs": "=:#! = # !",
    "#comment": "#",
    "!other": "!",
    " a name: with = all #signs!\\ ": "x",
    "é€": "é€😀",
    "empty": "",
    "unicode": "\\u00e9",
    "null": "null",
    "name" + ALL: ALL + ALL[::-1],
    ALL: " ",
}


@pytest.mark.component
def test_java_reads_what_was_written(tmp_path: Path) -> None:
    if not shutil.which("java"):
        pytest.skip("no java on this machine")
    reader, file = tmp_path / "Read.java", tmp_path / "secrets.properties"
    reader.write_text(READER)
    file.write_text("# managed\n" + "".join(f"{line}\n" for line in java_properties(ENTRIES)), newline="")
    printed = subprocess.run(["java", str(reader), str(file)], check=True, capture_output=True, text=True).stdout
    read = [[base64.b64decode(part).decode() for part in line.split(" ")] for line in printed.splitlines()]
    assert dict(read) == ENTRIES


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_each_entry_is_one_line(entries: dict[str, str]) -> None:
    lines = java_properties(entries)

    assert len(lines) == len(entries)
    assert not [line for line in lines if {"\n", "\r", "\f", "\t", "\0"} & set(line)]


def test_what_was_written_plainly_before_is_written_so_still() -> None:
    assert java_properties({"a.b": "p=a:s#s! w\\ord\né"}) == ["a.b=p=a:s#s! w\\\\ord\\né"]
