# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which declarations are refused, before the node is looked at."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._files.model import UNKNOWN_ID, Kind, Tree, parse

NOTHING = dict.fromkeys(("owner", "group", "mode", "content", "secret_content"))


def parsed(*entries: dict[str, Any], root: str = "/srv", purge: tuple[str, ...] = (), **options: Any) -> Tree:
    declared = [{**NOTHING, "state": "file", **entry} for entry in entries]
    options_of_module = {"root": root, "entries": declared, "purge": list(purge)}
    return parse(options_of_module, {"root": 0}.get, {"wheel": 10}.get, **options)


def problems(*entries: dict[str, Any], **options: Any) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        parsed(*entries, **options)
    return caught.value.details["problems"]


@pytest.mark.parametrize("path", ["/etc/passwd", "..", "a/../b", "../a", "", "a\0b"])
def test_paths_that_lead_elsewhere(path: str) -> None:
    assert any("is not a path below the root" in one for one in problems({"path": path}))
    assert any("is not a path below the root" in one for one in problems({"path": "a"}, purge=(path,)))


@pytest.mark.parametrize("mode", [0o644, "u=rw", "0888", "64", "100644", True, ["0644"]])
def test_modes_that_are_not_octal_text(mode: object) -> None:
    assert problems({"path": "a", "mode": mode}) == [
        f"a: mode {mode!r} is not an octal mode in quotes, such as '0644'."
    ]


@pytest.mark.parametrize(("mode", "bits"), [("0644", 0o644), ("644", 0o644), ("1777", 0o1777), ("0o600", 0o600)])
def test_modes(mode: str, bits: int) -> None:
    assert parsed({"path": "a", "mode": mode}).entries["a"].mode == bits


@pytest.mark.parametrize("value", [{"a": 1}, ["a"], 1.5, True])
def test_content_that_is_not_text(value: object) -> None:
    (told,) = problems({"path": "a.json", "content": value})
    assert told == "a.json: content is not text. Turn it into text, for example with 'to_nice_json'."
    (told,) = problems({"path": "a.json", "secret_content": value})
    assert told.startswith("a.json: secret_content is not text.")


def test_content_that_utf_8_cannot_write() -> None:
    assert problems({"path": "a", "content": "\ud800"}) == ["a: content holds characters that UTF-8 does not have."]


def test_accounts() -> None:
    entry = parsed({"path": "a", "owner": "root", "group": "wheel"}).entries["a"]
    assert (entry.uid, entry.gid) == (0, 10)
    entry = parsed({"path": "a", "owner": "4294967294", "group": "0"}).entries["a"]
    assert (entry.uid, entry.gid) == (2**32 - 2, 0)
    assert problems({"path": "a", "owner": "4294967295", "group": "-1"}) == [
        "a: owner: the node has no '4294967295'.",
        "a: group: the node has no '-1'.",
    ]
    entry = parsed({"path": "a", "owner": "alice"}, accounts_may_follow=True).entries["a"]
    assert entry.uid == UNKNOWN_ID


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert problems(
        {"path": "twice", "content": ""},
        {"path": "./twice/", "content": ""},
        {"path": "both", "content": "", "secret_content": ""},
        {"path": "directory", "state": "directory", "content": "x"},
        {"path": "file", "content": ""},
        {"path": "file/below", "content": ""},
        {"path": "gone", "state": "absent", "mode": "0644"},
        {"path": "gone/deep/below", "state": "directory"},
        {"path": "a", "owner": "alice", "mode": "rw"},
        root="relative",
        purge=("file", "gone/purged"),
    ) == [
        "root: 'relative' is not an absolute path.",
        "twice: is declared twice.",
        "both: has both content and secret_content.",
        "directory: only a file has content.",
        "a: owner: the node has no 'alice'.",
        "a: mode 'rw' is not an octal mode in quotes, such as '0644'.",
        "gone: has an owner, group or mode and is absent.",
        "file/below: lies below file, which is declared as file.",
        "gone/deep/below: lies below gone, which is declared as absent.",
        "gone/purged: lies below gone, which is declared as absent.",
        "file: cannot be purged, for it is declared as file.",
    ]


@pytest.mark.parametrize("state", ["file", "absent"])
def test_the_root_is_a_directory(state: str) -> None:
    assert "The root itself can only be a directory." in problems({"path": ".", "state": state})


def test_paths_are_normalised() -> None:
    tree = parsed({"path": "a//b/./c", "content": ""}, {"path": "./", "state": "directory"}, root="/srv//x/")
    assert tree.root == "/srv/x"
    assert list(tree.entries) == ["a/b/c", "."]
    assert tree.paths == [".", "a", "a/b", "a/b/c"]
    assert tree.entries["."].kind is Kind.DIRECTORY
