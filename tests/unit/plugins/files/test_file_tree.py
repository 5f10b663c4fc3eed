# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module writes, refuses, shows and hides."""

from __future__ import annotations

import json
import os
import pwd
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import RefusedError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._files import runner
from ansible_collections.igrafx.liveconnect.plugins.module_utils._files.client import Node
from ansible_collections.igrafx.liveconnect.plugins.module_utils._files.model import Entry, Kind
from ansible_collections.igrafx.liveconnect.plugins.modules import file_tree

from .conftest import listing, needs_root, times

if TYPE_CHECKING:
    from .conftest import Run

SECRET = "a password that nobody sees"


def changes(result: dict[str, Any]) -> dict[str, list[str]]:
    assert not result["failed"], result
    return {one["path"]: one["changes"] for one in result["paths"]}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def shown(result: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {one["after_header"]: (one["before"], one["after"]) for one in result["diff"]}


def test_creates_the_root_and_the_directories_on_the_way(run: Run, root: Path) -> None:
    before = os.umask(0o077)
    try:
        result = run(
            {"path": "conf/nginx/nginx.conf", "content": "worker_processes 1;\n"},
            {"path": "conf/key", "secret_content": SECRET},
            {"path": "data/upload", "state": "directory", "mode": "0770"},
        )
    finally:
        os.umask(before)
    created = [".", "conf", "conf/key", "conf/nginx", "conf/nginx/nginx.conf", "data", "data/upload"]
    assert changes(result) == {path: ["created"] for path in created}
    assert (root / "conf/nginx/nginx.conf").read_text() == "worker_processes 1;\n"
    assert (root / "conf/key").read_text() == SECRET
    modes = {path: mode_of(root / path) for path in created}
    assert modes == dict.fromkeys(created, 0o755) | {
        "conf/key": 0o600,
        "conf/nginx/nginx.conf": 0o644,
        "data/upload": 0o770,
    }


def test_the_entry_of_the_root_and_a_root_without_parent(run: Run, root: Path) -> None:
    deep = root / "a/b"
    result = run({"path": ".", "state": "directory", "mode": "0700"}, root=str(deep))
    assert changes(result) == {".": ["created"]}
    assert (mode_of(deep), mode_of(deep.parent)) == (0o700, 0o755)


def test_each_change_is_named_and_the_rest_not_touched(run: Run, root: Path) -> None:
    entries = [{"path": name, "content": "old"} for name in ("content", "mode", "both", "same")]
    run(*entries)
    before = times(root)
    result = run(
        {"path": "content", "content": "new"},
        {"path": "mode", "content": "old", "mode": "0600"},
        {"path": "both", "content": "newer", "mode": "0640"},
        {"path": "same", "content": "old", "mode": "0644"},
    )
    assert changes(result) == {"content": ["content"], "mode": ["mode"], "both": ["content", "mode"]}
    assert mode_of(root / "mode") == 0o600
    assert (mode_of(root / "both"), (root / "both").read_text()) == (0o640, "newer")
    assert times(root)[str(root / "same")] == before[str(root / "same")]


def test_a_replaced_file_keeps_what_is_not_declared(run: Run, root: Path) -> None:
    run({"path": "a", "content": "old", "mode": "4711"})
    assert changes(run({"path": "a", "content": "new"})) == {"a": ["content"]}
    assert mode_of(root / "a") == 0o4711


@needs_root
def test_owner_and_group_by_name_and_number(run: Run, root: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    entry = {"path": "a", "content": "x", "owner": "nobody", "group": 4321, "mode": "4755"}
    assert changes(run(entry)) == {".": ["created"], "a": ["created"]}
    info = (root / "a").stat()
    assert (info.st_uid, info.st_gid, mode_of(root / "a")) == (nobody.pw_uid, 4321, 0o4755)
    assert changes(run(entry)) == {}
    # A change of owner alone clears these bits unless the mode is set after it.
    assert changes(run({**entry, "owner": "0", "mode": None})) == {"a": ["owner"]}
    assert (mode_of(root / "a"), (root / "a").stat().st_uid) == (0o4755, 0)
    assert changes(run({"path": "a", "group": "0"})) == {"a": ["group"]}
    # A new content changes none of it.
    run({"path": "a", "owner": "nobody", "group": "4321"})
    assert changes(run({"path": "a", "content": "y"})) == {"a": ["content"]}
    info = (root / "a").stat()
    assert (info.st_uid, info.st_gid, mode_of(root / "a")) == (nobody.pw_uid, 4321, 0o4755)


def test_content_is_written_as_it_is(run: Run, root: Path) -> None:
    text = "\ufefffirst\r\n  {{ not a template }}\n\n\N{SNOWMAN} no newline at the end"
    run({"path": "a", "content": text}, {"path": "empty", "content": ""}, {"path": "number", "content": 5})
    assert (root / "a").read_bytes() == text.encode()
    assert (root / "empty").read_bytes() == b""
    assert (root / "number").read_bytes() == b"5"


def test_a_file_without_content_must_be_there(run: Run, root: Path) -> None:
    entry = {"path": "ssl/key.pem", "mode": "0600"}
    result = run(entry)
    assert result["failed"]
    assert result["problems"] == ["ssl/key.pem: is missing, and no content is declared for it."]
    assert not root.exists()
    assert not run(entry, check=True)["failed"]  # an earlier task would have created it
    (root / "ssl").mkdir(parents=True)
    (root / "ssl/key.pem").write_text("made by another task")
    assert changes(run(entry)) == {"ssl/key.pem": ["mode"]}
    assert (root / "ssl/key.pem").read_text() == "made by another task"


def test_absent_removes_whatever_is_there(run: Run, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    (root / "directory/deep").mkdir(parents=True)
    (root / "directory/deep/file").touch()
    (root / "directory/link").symlink_to(outside)
    (root / "link").symlink_to(outside)
    (root / "file").touch()
    os.mkfifo(root / "pipe")
    names = ["directory", "file", "link", "pipe"]
    entries = [{"path": name, "state": "absent"} for name in [*names, "missing"]]
    assert changes(run(*entries)) == {name: ["removed"] for name in names}
    assert list(root.iterdir()) == []
    assert (outside / "kept").exists()


def test_nothing_is_created_for_what_is_absent(run: Run, root: Path) -> None:
    assert changes(run({"path": "a/b", "state": "absent"}, purge=["c"])) == {}
    assert not root.exists()
    root.mkdir()
    (root / "a").touch()
    assert changes(run({"path": "a/b", "state": "absent"})) == {}


def test_purge_keeps_what_is_declared_and_the_way_to_it(run: Run, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    for path in ("conf/sites/a", "conf/sites/old/b", "conf/empty/x", "conf/stray/y", "other/z"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    (root / "conf/link").symlink_to(outside)
    entries = [
        {"path": "conf/sites/a", "content": ""},
        {"path": "conf/sites/new/c", "content": ""},
        {"path": "conf/empty", "state": "directory"},
        {"path": "conf/stray/y", "state": "absent"},
    ]
    assert changes(run(*entries, purge=["conf"])) == {
        "conf/sites/new": ["created"],
        "conf/sites/new/c": ["created"],
        "conf/empty/x": ["removed"],
        "conf/link": ["removed"],
        "conf/sites/old": ["removed"],
        "conf/stray": ["removed"],
    }
    left = ["conf", "conf/empty", "conf/sites", "conf/sites/a", "conf/sites/new", "conf/sites/new/c"]
    assert sorted(set(listing(root)) - {"."}) == [*left, "other", "other/z"]
    assert (outside / "kept").exists()
    assert changes(run(*entries, purge=["conf"])) == {}


def test_purge_of_the_root_and_names_that_are_not_text(run: Run, root: Path) -> None:
    root.mkdir()
    (root / os.fsdecode(b"caf\xe9")).touch()
    result = run({"path": "a", "content": ""}, purge=["."], diff=True)
    assert changes(result) == {"a": ["created"], "caf\ufffd": ["removed"]}
    assert os.listdir(root) == ["a"]  # noqa: PTH208


LINKS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a file": ({"path": "link", "content": "x"}, {}),
    "a file, for its mode": ({"path": "link", "mode": "0600"}, {}),
    "a directory": ({"path": "link", "state": "directory", "mode": "0777"}, {}),
    "on the way to a file": ({"path": "link/a", "content": "x"}, {}),
    "on the way to a directory": ({"path": "link/a/b", "state": "directory"}, {}),
    "on the way to what is absent": ({"path": "link/kept", "state": "absent"}, {}),
    "a purged directory": ({"path": "other", "content": ""}, {"purge": ["link"]}),
    "on the way to a purged directory": ({"path": "other", "content": ""}, {"purge": ["link/a"]}),
}


@pytest.mark.parametrize("case", LINKS)
@pytest.mark.parametrize("target", ["directory", "file", "dangling"])
def test_links_are_not_followed(run: Run, root: Path, tmp_path: Path, case: str, target: str) -> None:
    outside = tmp_path / "outside"
    (outside / "directory/a").mkdir(parents=True)
    (outside / "directory/kept").touch()
    (outside / "file").write_text("kept")
    root.mkdir()
    (root / "link").symlink_to(outside / target)
    before = times(tmp_path)
    entry, options = LINKS[case]
    for check in (True, False):
        result = run(entry, check=check, **options)
        assert result["failed"]
        assert "link: is a symbolic link, which is not followed." in result["msg"]
        assert times(tmp_path) == before


WRITES: dict[str, Callable[[Node], None]] = {
    "make_directory": lambda node: node.make_directory(Entry("link/new", Kind.DIRECTORY, mode=0o777)),
    "write_file": lambda node: node.write_file(Entry("link/file", Kind.FILE, mode=0o777, content=b"x")),
    "set_attributes": lambda node: node.set_attributes(Entry("link/file", Kind.FILE, mode=0o777)),
    "set_attributes of a file": lambda node: node.set_attributes(Entry("file", Kind.FILE, mode=0o777)),
    "set_attributes of a directory": lambda node: node.set_attributes(Entry("link", Kind.DIRECTORY, mode=0o777)),
    "remove": lambda node: node.remove("link/file"),
}


@pytest.mark.parametrize("write", WRITES)
def test_no_write_follows_a_link_that_nobody_saw(root: Path, tmp_path: Path, write: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("kept")
    root.mkdir()
    (root / "link").symlink_to(outside)
    (root / "file").symlink_to(outside / "file")
    before = times(tmp_path)
    with Node(str(root)) as node, pytest.raises(RefusedError):
        WRITES[write](node)
    assert times(tmp_path) == before


def test_a_file_that_another_slips_in_is_not_written_to(
    run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.write_text("kept")

    def unlink(path: str, *, dir_fd: int, real: Any = os.unlink) -> None:
        monkeypatch.setattr(os, "unlink", real)
        os.link(outside, path, dst_dir_fd=dir_fd)

    root.mkdir()
    monkeypatch.setattr(os, "unlink", unlink)
    assert "File exists" in run({"path": "a", "content": "x"})["msg"]
    assert outside.read_text() == "kept"


def test_a_file_is_on_the_disk_before_it_gets_its_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def record(name: str, real: Callable[..., Any]) -> None:
        def call(*args: Any, **options: Any) -> Any:
            calls.append(name)
            return real(*args, **options)

        monkeypatch.setattr(os, name, call)

    record("fchmod", os.fchmod)
    record("fsync", os.fsync)
    record("rename", os.rename)
    run({"path": "a", "content": "x"})
    assert calls == ["fchmod", "fchmod", "fsync", "rename"]  # the first is the root's


def test_a_write_never_waits_for_a_pipe(root: Path) -> None:
    root.mkdir()
    os.mkfifo(root / "pipe")
    signal.alarm(10)  # ends the tests, where they would wait for ever
    with Node(str(root)) as node, pytest.raises(RefusedError, match="is no longer a file"):
        node.set_attributes(Entry("pipe", Kind.FILE, mode=0o777))
    signal.alarm(0)


def test_the_root_itself_may_be_a_link(run: Run, root: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    root.symlink_to(disk)
    assert changes(run({"path": ".", "state": "directory"}, {"path": "a", "content": "x"})) == {"a": ["created"]}
    assert (disk / "a").read_text() == "x"


@pytest.mark.parametrize("check", [False, True])
def test_a_directory_that_becomes_a_link_meanwhile(
    run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "goes").touch()
    (root / "user").mkdir(parents=True)
    (root / "user/goes").touch()
    before = times(outside)

    def planned(*args: Any, real: Any = runner.plan, **options: Any) -> Any:
        (root / "user").rename(root / "moved")
        (root / "user").symlink_to(outside)
        return real(*args, **options)

    monkeypatch.setattr(runner, "plan", planned)
    entries = [{"path": "user/a", "content": "x"}, {"path": "user/goes", "state": "absent"}]
    run({"path": "user", "state": "directory", "mode": "0700"}, *entries, check=check)
    assert times(outside) == before


def test_what_stands_in_the_way_is_told_at_once(run: Run, root: Path) -> None:
    (root / "directory").mkdir(parents=True)
    (root / "file").write_text("kept")
    os.mkfifo(root / "pipe")
    before = times(root)
    result = run(
        {"path": "fine", "content": "never written"},
        {"path": "directory", "content": "x"},
        {"path": "file", "state": "directory"},
        {"path": "pipe", "content": "x"},
        purge=["file"],
    )
    assert result["failed"]
    assert result["problems"] == [
        "directory: is a directory, not a file. Remove it first.",
        "file: is a file, not a directory. Remove it first.",
        "pipe: is a special file, not a file. Remove it first.",
    ]
    assert times(root) == before
    assert run({"path": "file/below", "content": ""})["problems"] == [
        "file: is a file, not a directory. Remove it first."
    ]


def test_what_the_file_system_refuses_half_way(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(source: str, *args: Any, real: Any = os.rename, **options: Any) -> None:
        if source.startswith(".b"):
            raise OSError(28, "No space left on device")
        real(source, *args, **options)

    monkeypatch.setattr(os, "rename", refuses)
    result = run(*({"path": name, "content": "x"} for name in "abc"))
    assert result["failed"]
    assert result["msg"] == f"{root}/b: No space left on device. Free some space on its file system."
    assert result["changed"]
    assert [one["path"] for one in result["paths"]] == [".", "a"]
    assert [path.name for path in root.iterdir()] == ["a"]


QUARTET = [
    {"path": ".", "state": "directory", "mode": "0750"},
    {"path": "new/a", "content": "a"},
    {"path": "old", "content": "new", "mode": "0600"},
    {"path": "gone", "state": "absent"},
    {"path": "conf/kept", "secret_content": SECRET},
]


@pytest.mark.parametrize("bare", [True, False])
def test_check_mode_says_what_happens(run: Run, root: Path, bare: bool) -> None:
    if not bare:
        (root / "conf").mkdir(parents=True)
        for path in ("old", "gone", "conf/stray"):
            (root / path).write_text("old")
    before = times(root.parent)
    foreseen = run(*QUARTET, purge=["conf"], check=True, diff=True)
    assert times(root.parent) == before
    done = run(*QUARTET, purge=["conf"], diff=True)
    assert foreseen == done
    assert done["changed"]
    before = times(root.parent)
    for check in (True, False):
        again = run(*QUARTET, purge=["conf"], check=check, diff=True)
        assert (again["changed"], again["paths"], again["diff"]) == (False, [], [])
    assert times(root.parent) == before


def test_check_mode_before_the_user_is_there(run: Run, root: Path) -> None:
    entry = {"path": "a", "content": "x", "owner": "nobody-knows", "group": "none-of-them"}
    result = run(entry)
    assert result["problems"] == [
        "a: owner: the node has no 'nobody-knows'.",
        "a: group: the node has no 'none-of-them'.",
    ]
    assert changes(run(entry, check=True)) == {".": ["created"], "a": ["created"]}
    root.mkdir()
    (root / "a").write_text("x")
    result = run(entry, check=True, diff=True)
    assert changes(result) == {"a": ["owner", "group"]}
    assert "owner: (not there yet)" in shown(result)[f"{root}/a (attributes)"][1]


def test_diff_of_contents_and_attributes(run: Run, root: Path) -> None:
    result = run({"path": "a", "content": "one\n", "mode": "0640"}, diff=True)
    assert shown(result) == {
        f"{root} (attributes)": ("state: absent\n", "state: directory\nmode: '0755'\n"),
        f"{root}/a (attributes)": ("state: absent\n", "state: file\nmode: '0640'\n"),
        f"{root}/a": ("", "one\n"),
    }
    result = run({"path": "a", "content": "two\n"}, diff=True)
    assert shown(result) == {f"{root}/a": ("one\n", "two\n")}
    result = run({"path": "a", "mode": "1640"}, diff=True)
    assert shown(result) == {f"{root}/a (attributes)": ("mode: '0640'\n", "mode: '1640'\n")}
    result = run({"path": "a", "state": "absent"}, diff=True)
    ids = f"owner: {os.geteuid()}\ngroup: {root.stat().st_gid}"
    assert shown(result) == {f"{root}/a (attributes)": (f"state: file\n{ids}\nmode: '1640'\n", "state: absent\n")}


def test_diff_of_what_cannot_be_shown(run: Run, root: Path) -> None:
    root.mkdir()
    (root / "binary").write_bytes(b"\xff\x00")
    (root / "large").write_text("x" * 200_000)
    large = "y" * 200_000
    result = run({"path": "binary", "content": "x"}, {"path": "large", "content": "x"}, diff=True)
    assert [{key for key in one if key.startswith("dst")} for one in result["diff"]] == [{"dst_binary"}, {"dst_larger"}]
    assert (root / "large").read_text() == "x"
    result = run({"path": "binary", "content": "\0"}, {"path": "large", "content": large}, diff=True)
    assert [{key for key in one if key.startswith("src")} for one in result["diff"]] == [{"src_binary"}, {"src_larger"}]
    assert large not in json.dumps(result)
    assert not run({"path": "large", "content": large})["changed"]


@pytest.mark.parametrize("check", [False, True])
def test_secrets_are_nowhere(run: Run, root: Path, check: bool) -> None:
    root.mkdir()
    old = "an older password of this file"
    (root / "changed").write_text(old)
    result = run(
        {"path": "changed", "secret_content": SECRET},
        {"path": "new", "secret_content": SECRET + "\n", "mode": "0640"},
        check=check,
        diff=True,
    )
    assert shown(result) == {
        f"{root}/changed": ("(secret content)\n", "(secret content changed)\n"),
        f"{root}/new (attributes)": ("state: absent\n", "state: file\nmode: '0640'\n"),
        f"{root}/new": ("", "(secret content)\n"),
    }
    assert SECRET not in json.dumps(result)
    assert old not in json.dumps(result)


def test_contents_are_not_returned_nor_logged(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(file_tree.FileTreeModule, "log", lambda _self, message, **_options: logged.append(message))
    entries = [{"path": "a", "content": "plain text"}, {"path": "b", "secret_content": SECRET}]
    for result in (run(*entries), run(*entries, {"path": "/bad"})):
        text = json.dumps([result, logged])
        assert "plain text" not in text
        assert SECRET not in text
        assert result["invocation"]["module_args"]["entries"][0]["path"] == "a"
    assert len(logged) == 2


def test_a_short_secret_does_not_mangle_the_result(run: Run) -> None:
    result = run(
        {"path": "a0", "secret_content": "0", "mode": "0600"}, {"path": "n", "secret_content": "\n"}, diff=True
    )
    assert changes(result) == {".": ["created"], "a0": ["created"], "n": ["created"]}
    assert "********" not in json.dumps(result)
