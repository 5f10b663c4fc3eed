# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are killed, and file systems that refuse: the old plugin or the new stands, and the next run heals."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError, RefusedError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import Access
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins import destination as destination_module
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins import download as download_module
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.destination import Destination, Layout
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.download import Web
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.model import Declaration, parse_declarations
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.options import Options, Servers
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.runner import Runner

from .conftest import Site, jar_bytes, tar_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.component

NO_RETRIES = Servers(Access(url="", timeout=5), retries=0)


@dataclass
class Node:
    """A plugin directory, and what is to be installed into it as version 1 or 2."""

    site: Site
    layout: Layout

    def converge(self, version: int, progress: Callable[[str], None] = lambda _line: None) -> dict[str, Any]:
        destination = Destination(str(self.site.dest), layout=self.layout)
        runner = Runner(destination, Options(NO_RETRIES), progress)
        archive = self.site.root / f"udfs-{version}.0.tar.gz"
        return runner.run(parse_declarations([Declaration(src=str(archive), remote_src=True)]))

    def versions(self) -> set[str]:
        """The versions that stand in the destination whole."""
        found = Destination(str(self.site.dest), layout=self.layout).read(verify=True)
        return {f"{item.version}" for item in found if not item.damage and not item.bare_jar}


@pytest.fixture(params=list(Layout))
def node(tmp_path: Path, request: pytest.FixtureRequest) -> Node:
    site = Site(tmp_path, "http://127.0.0.1:1")
    site.dest.parent.mkdir()
    for version in (1, 2):
        jars = {f"{name}-{version}.0.jar": jar_bytes(filler=name.encode()) for name in ("a", "b")}
        (site.root / f"udfs-{version}.0.tar.gz").write_bytes(tar_bytes(jars))
    return Node(site, request.param)


def in_child(work: Callable[[], Any]) -> int:
    """Run in a process of its own; the signal that ended it, or 0."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(step: int, counter: list[int]) -> Callable[..., None]:
    """Kills this process the moment it has been called ``step`` times."""

    def count(*_args: object) -> None:
        counter[0] += 1
        if counter[0] == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return count


def instrument(monkeypatch: pytest.MonkeyPatch, count: Callable[..., None]) -> None:
    """Call ``count`` before every change of a name in a file system."""
    for owner, names in ((Path, ("rename", "replace", "unlink", "rmdir", "mkdir")), (os, ("unlink", "rmdir"))):
        for name in names:
            original = getattr(owner, name)

            def wrapped(*args: Any, _original: Callable[..., Any] = original, **named: Any) -> Any:
                count()
                return _original(*args, **named)

            monkeypatch.setattr(owner, name, wrapped)
    exchange = destination_module._exchange

    def exchanged(one: Path, other: Path) -> bool:
        count()
        return exchange(one, other)

    monkeypatch.setattr(destination_module, "_exchange", exchanged)


@pytest.mark.parametrize("atomic", [True, False], ids=["exchange", "two renames"])
def test_killed_at_every_step(node: Node, atomic: bool) -> None:
    if not atomic and node.layout is Layout.FLAT:
        pytest.skip("a flat layout exchanges no directories")
    site = node.site
    node.converge(1)
    before = site.root / "before"
    shutil.copytree(site.dest, before)
    for step in itertools.count(1):
        with pytest.MonkeyPatch.context() as patched:
            if not atomic:
                patched.setattr(destination_module, "_exchange", lambda *_paths: False)
            count = killed_at(step, [0])
            instrument(patched, count)
            code = in_child(lambda count=count: node.converge(2, count))
        if code == 0:
            break
        assert code == -signal.SIGKILL
        # Without the atomic exchange there is one moment in which the old plugin waits in the staging directory.
        if atomic and node.layout is Layout.PLUGIN:
            assert node.versions() in ({"1.0"}, {"2.0"})
        # Whichever of the two the next run wants, it ends with that one alone.
        version = 1 + step % 2
        node.converge(version)
        assert node.versions() == {f"{version}.0"}
        assert {path.name for path in site.dest.rglob("*.jar")} == {f"a-{version}.0.jar", f"b-{version}.0.jar"}
        assert not (site.dest.parent / ".plugins-staging").exists()
        shutil.rmtree(site.dest)
        shutil.copytree(before, site.dest)
    assert step > 10
    assert node.versions() == {"2.0"}


def test_the_old_comes_back_when_the_new_was_not_yet_there(node: Node) -> None:
    if node.layout is Layout.FLAT:
        pytest.skip("a flat layout replaces file by file")
    node.converge(1)
    staging = node.site.dest.parent / ".plugins-staging"
    staging.mkdir()
    (node.site.dest / "udfs").rename(staging / "udfs.old")
    assert not node.converge(1)["changed"]
    assert node.versions() == {"1.0"}
    assert not staging.exists()


@pytest.mark.parametrize(
    ("code", "remedy"), [(errno.EROFS, "Mount its file system read-write."), (errno.ENOSPC, "Free some space")]
)
@pytest.mark.parametrize("name", ["rename", "write_bytes", "mkdir", "replace"])
def test_a_file_system_that_refuses(
    node: Node, monkeypatch: pytest.MonkeyPatch, name: str, code: int, remedy: str
) -> None:
    node.converge(1)
    before = node.site.listing()

    def refuse(path: Path, *_args: Any, **_named: Any) -> None:
        raise OSError(code, os.strerror(code), str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, name, refuse)
        if name in ("replace",) and node.layout is Layout.PLUGIN:
            patched.setattr(destination_module, "_exchange", lambda _one, other: refuse(other))
        with pytest.raises(LiveConnectError) as caught:
            node.converge(2)
    assert os.strerror(code) in str(caught.value)
    assert remedy in str(caught.value)
    assert node.site.listing() == before
    assert node.versions() == {"1.0"}


@pytest.fixture
def small_disk(node: Node) -> Iterator[Path]:
    """A file system of 200 kB that holds the destination and the staging directory."""
    place = node.site.dest.parent
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root mounts file systems")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("packed", [300_000, 150_000], ids=["while fetching", "while unpacking"])
def test_a_disk_that_is_full(node: Node, small_disk: Path, packed: int) -> None:
    node.converge(1)
    before = node.site.listing()
    large = jar_bytes(filler=os.urandom(packed))
    (node.site.root / "udfs-2.0.tar.gz").write_bytes(tar_bytes({"a-2.0.jar": large}))
    with pytest.raises(LiveConnectError, match=r"No space left on device\. Free some space on its file system\."):
        node.converge(2)
    assert node.site.listing() == before
    assert node.versions() == {"1.0"}
    assert {path.name for path in small_disk.iterdir()} == {"plugins"}


def test_a_disk_that_is_read_only(node: Node, small_disk: Path) -> None:
    node.converge(1)
    before = node.site.listing()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(LiveConnectError, match=r"Read-only file system\. Mount its file system read-write\."):
        node.converge(2)
    assert node.site.listing() == before
    assert not node.converge(1)["changed"]


def test_two_processes_at_once(node: Node) -> None:
    """One of them does the work; the other does it too, or says that somebody is at it. Neither breaks anything."""
    node.converge(1)
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            code = 2
            try:
                node.converge(2)
                code = 0
            except RefusedError:
                code = 1
            finally:
                os._exit(code)
        children.append(child)
    codes = {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children}
    assert 0 in codes
    assert codes <= {0, 1}
    assert node.versions() == {"2.0"}
    assert {path.name for path in node.site.dest.rglob("*.jar")} == {"a-2.0.jar", "b-2.0.jar"}


def test_two_runs_at_once(node: Node) -> None:
    node.converge(1)
    destination = Destination(str(node.site.dest), layout=node.layout)
    with destination.locked(), pytest.raises(RefusedError, match="another run is at work there"):
        node.converge(2)
    node.converge(2)
    assert node.versions() == {"2.0"}


def test_dest_is_a_file(node: Node) -> None:
    node.site.dest.write_text("")
    with pytest.raises(LiveConnectError, match=r"plugins: .* Give a directory"):
        node.converge(1)


@pytest.mark.parametrize("wanted", ["the same", "another"])
def test_killed_while_fetching_goes_on_in_the_next_run(
    site: Site, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    content = tar_bytes({"a.jar": jar_bytes(filler=os.urandom(1_000_000))})
    address = {"the same": site.publish_file("files/one-1.0.tar.gz", content, "sha256")}
    address["another"] = site.publish_file("files/two-1.0.tar.gz", content, "sha256")
    ranges: list[str | None] = []
    original_open, original_write = Web._open, download_module._Transfer._write

    def converge(url: str) -> dict[str, Any]:
        runner = Runner(Destination(str(site.dest)), Options(NO_RETRIES), lambda _line: None)
        return runner.run(parse_declarations([Declaration(url=url)]))

    def killed(transfer: Any, stream: Any, chunk: bytes) -> None:
        original_write(transfer, stream, chunk)
        if transfer._size:
            os.kill(os.getpid(), signal.SIGKILL)

    def noted(web: Web, url: str, headers: dict[str, str]) -> Any:
        ranges.append(headers.get("Range"))
        return original_open(web, url, headers)

    with monkeypatch.context() as patched:
        patched.setattr(download_module._Transfer, "_write", killed)
        assert in_child(lambda: converge(address["the same"])) == -signal.SIGKILL
    assert not any(site.dest.iterdir())
    monkeypatch.setattr(Web, "_open", noted)
    assert converge(address[wanted])["changed"]
    assert any(ranges) == (wanted == "the same")
    assert not converge(address[wanted])["changed"]
    assert [path.name for path in site.dest.parent.iterdir()] == ["plugins"]
