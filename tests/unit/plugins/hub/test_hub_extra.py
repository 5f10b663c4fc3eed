# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jars that an operator adds to a plugin: those that are declared, and those that somebody put there by hand."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.igrafx.liveconnect.plugins.modules import confluent_hub_plugin_info

from .conftest import jar_bytes, manifest, quartet, zip_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Site

Run = Callable[..., dict[str, Any]] if TYPE_CHECKING else Any
DRIVER = "com.oracle:ojdbc8:23.3"


@pytest.fixture
def lib(site: Site) -> Path:
    """Where the jars of acme/jdbc are, of which versions 1.0 and 2.0 are published, as is a driver."""
    for version in ("1.0", "2.0"):
        site.publish("acme", "jdbc", version)
    site.publish_file("com/oracle/ojdbc8/23.3/ojdbc8-23.3.jar", jar_bytes("oracle.Driver"), "sha1")
    return site.dest / "acme-jdbc" / "lib"


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_extra_jars_of_every_source_are_installed_beside_the_plugins_own(site: Site, run: Run, lib: Path) -> None:
    on_node = site.root / "db2jcc4.jar"
    on_node.write_bytes(jar_bytes("ibm.Driver"))
    url = site.publish_file("files/hana", jar_bytes("sap.Driver"))
    extra = [{"maven": DRIVER}, {"src": str(on_node), "remote_src": True}, {"url": url, "checksum": "none"}]
    did = quartet(run, name="acme/jdbc:1.0", extra=extra)
    assert names(lib) == ["db2jcc4.jar", "hana.jar", "jdbc-1.0.jar", "ojdbc8-23.3.jar"]
    assert did["diff"]["after"] == f"acme-jdbc: 1.0, with maven:{DRIVER}, with src:db2jcc4.jar, with url:{url}\n"
    did = quartet(run, name="acme/jdbc:2.0", extra=extra)
    assert names(lib) == ["db2jcc4.jar", "hana.jar", "jdbc-2.0.jar", "ojdbc8-23.3.jar"]


def test_an_extra_jar_is_added_changed_and_removed(site: Site, run: Run, lib: Path) -> None:
    run(name="acme/jdbc:1.0")
    did = quartet(run, name="acme/jdbc:1.0", extra=[{"maven": DRIVER}])
    assert did["plugins"][0]["reasons"] == [f"extra maven:{DRIVER} is not there"]
    assert did["diff"] == {
        "before": f"acme-jdbc: 1.0 (extra maven:{DRIVER} is not there)\n",
        "after": f"acme-jdbc: 1.0, with maven:{DRIVER}\n",
    }

    jar = site.root / "own.jar"
    jar.write_bytes(jar_bytes())
    own = {"src": str(jar), "remote_src": True}
    quartet(run, name="acme/jdbc:1.0", extra=[own])
    assert names(lib) == ["jdbc-1.0.jar", "own.jar"]
    jar.write_bytes(jar_bytes(filler=b"built again"))
    did = quartet(run, name="acme/jdbc:1.0", extra=[own])
    assert did["plugins"][0]["reasons"] == ["extra src:own.jar has another sha256"]
    assert (lib / "own.jar").read_bytes() == jar.read_bytes()

    quartet(run, name="acme/jdbc:1.0")
    assert names(lib) == ["jdbc-1.0.jar"]


def test_an_extra_jar_that_went_missing_is_a_damage(run: Run, lib: Path) -> None:
    wanted = {"name": "acme/jdbc:1.0", "extra": [{"maven": DRIVER}]}
    run(**wanted)
    (lib / "ojdbc8-23.3.jar").unlink()
    did = quartet(run, **wanted)
    assert did["plugins"][0]["action"] == "repaired"


@pytest.mark.usefixtures("lib")
def test_extra_jars_of_the_flat_layout_lie_beside(site: Site, run: Run) -> None:
    quartet(run, name="acme/jdbc:1.0", layout="flat", extra=[{"maven": DRIVER}])
    assert {"jdbc-1.0.jar", "ojdbc8-23.3.jar"} <= set(names(site.dest))
    quartet(run, name="acme/jdbc:2.0", layout="flat")
    assert names(site.dest) == [".acme-jdbc.receipt.json", "jdbc-2.0.jar"]


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        ({"maven": "com.oracle:ojdbc8:0"}, "ojdbc8-0.jar: its source publishes no checksum."),
        ({"maven": DRIVER, "checksum": "sha256:" + "0" * 64}, "ojdbc8-23.3.jar: its sha256 is "),
        ({"src": "/nowhere.jar", "remote_src": True}, "src: /nowhere.jar is not a file on this node."),
        ({"src": "{zip}", "remote_src": True}, "notes.zip: not a jar. Only jars can be added to a plugin."),
        ({"src": "{same}", "remote_src": True}, "jdbc-2.0.jar: the plugin already has a file of that name."),
    ],
)
def test_an_extra_jar_that_cannot_be_leaves_everything_as_it_is(
    site: Site, run: Run, lib: Path, extra: dict[str, Any], sentence: str
) -> None:
    run(name="acme/jdbc:1.0")
    before = site.listing()
    files = {"{zip}": ("notes.zip", zip_bytes({"notes": b""})), "{same}": ("jdbc-2.0.jar", jar_bytes())}
    if extra.get("src") in files:
        name, content = files[extra["src"]]
        (site.root / name).write_bytes(content)
        extra = {**extra, "src": str(site.root / name)}
    result = run(name="acme/jdbc:2.0", extra=[extra])
    assert result["failed"]
    assert result["msg"].startswith("acme/jdbc:2.0: ")
    assert sentence in result["msg"]
    assert site.listing() == before
    assert names(lib) == ["jdbc-1.0.jar"]


def test_a_check_run_finds_an_extra_jar_that_cannot_be_had(run: Run, lib: Path) -> None:
    result = run(check=True, name="acme/jdbc:1.0", extra=[{"maven": "com.oracle:ojdbc8:0"}])
    assert "ojdbc8-0.jar: its source publishes no checksum." in result["msg"]
    assert not lib.exists()


CHANGES = {
    "update": {"name": "acme/jdbc:2.0"},
    "removal": {"name": "acme/jdbc", "state": "absent"},
    "purge": {"plugins": [{"name": "acme/other:1.0"}], "purge": True},
    "an extra jar": {"name": "acme/jdbc:1.0", "extra": [{"maven": DRIVER}]},
    "repair": {"name": "acme/jdbc:1.0"},
}


@pytest.mark.parametrize("kind", ["file", "link", "link to a directory"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_somebody_put_there_is_never_dropped_in_silence(
    site: Site, run: Run, lib: Path, change: str, kind: str
) -> None:
    site.publish("acme", "other", "1.0")
    run(name="acme/jdbc:1.0")
    if change == "repair":
        (lib / "jdbc-1.0.jar").unlink()
    if kind == "file":
        (lib / "by-hand.jar").write_bytes(jar_bytes())
    else:
        (lib / "by-hand.jar").symlink_to(site.root if kind == "link to a directory" else "/opt/driver.jar")
    before = site.listing()
    for check in (True, False):
        result = run(check=check, **CHANGES[change])
        assert result["failed"]
        assert "acme-jdbc/lib/by-hand.jar did not come with the plugin and would be lost" in result["msg"]
        assert "foreign: remove" in result["msg"]
        assert site.listing() == before
        assert os.path.lexists(lib / "by-hand.jar")
    if change == "purge":
        allowed = {"plugins": [{"name": "acme/jdbc", "state": "absent", "foreign": "remove"}]}
    else:
        allowed = {**CHANGES[change], "foreign": "remove"}
    did = quartet(run, **allowed)
    assert did["plugins"][0]["foreign"] == ["acme-jdbc/lib/by-hand.jar"]
    assert "acme-jdbc/lib/by-hand.jar: a foreign file\n" in did["diff"]["before"]
    assert not os.path.lexists(lib / "by-hand.jar")


def test_a_file_that_somebody_put_there_stays_and_is_named_while_nothing_is_to_do(
    site: Site, run: Run, lib: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(name="acme/jdbc:1.0")
    (lib / "by-hand.jar").write_bytes(jar_bytes())
    (lib / os.fsdecode(b"caf\xe9")).write_bytes(b"")
    result = run(name="acme/jdbc:1.0")
    assert not result["changed"]
    assert result["plugins"][0]["foreign"] == ["acme-jdbc/lib/by-hand.jar", "acme-jdbc/lib/caf\ufffd"]
    did = quartet(run, name="acme/jdbc:1.0", mode="0640")
    assert did["plugins"][0]["action"] == "adjusted"
    assert (lib / "by-hand.jar").exists()
    with patch_module_args({"dest": str(site.dest)}), pytest.raises(SystemExit):
        confluent_hub_plugin_info.main()
    (plugin,) = json.loads(capsys.readouterr().out)["plugins"]
    assert plugin["foreign"] == ["lib/by-hand.jar", "lib/caf\ufffd"]


def test_a_driver_that_is_declared_takes_the_place_of_the_one_put_there_by_hand(run: Run, lib: Path) -> None:
    run(name="acme/jdbc:1.0")
    (lib / "ojdbc8-23.3.jar").write_bytes(b"put there by hand")
    quartet(run, name="acme/jdbc:2.0", extra=[{"maven": DRIVER}])
    assert (lib / "ojdbc8-23.3.jar").read_bytes() == jar_bytes("oracle.Driver")


def test_another_directory_of_the_plugin_does_not_take_a_driver_with_it(site: Site, run: Run, lib: Path) -> None:
    run(name="acme/jdbc:1.0")
    shutil.copytree(site.dest / "acme-jdbc", site.dest / "jdbc-old")
    (site.dest / "jdbc-old" / "lib" / "by-hand.jar").write_bytes(jar_bytes())
    result = run(name="acme/jdbc:1.0")
    assert "jdbc-old/lib/by-hand.jar did not come with the plugin" in result["msg"]
    assert lib.exists()


def test_a_plugin_of_another_tool_does_not_take_a_driver_with_it(site: Site, run: Run, lib: Path) -> None:
    """Without a receipt a jar counts as put there by hand when the new version brings no jar of its name."""
    lib.mkdir(parents=True)
    (lib.parent / "manifest.json").write_bytes(manifest("acme", "jdbc", "1.0"))
    for name in ("jdbc-1.0.jar", "ojdbc8.jar"):
        (lib / name).write_bytes(jar_bytes())
    before = site.listing()
    result = run(name="acme/jdbc:2.0")
    assert "acme-jdbc/lib/ojdbc8.jar did not come with the plugin" in result["msg"]
    assert site.listing() == before
    assert run(name="acme/jdbc:2.0", extra=[{"maven": DRIVER}])["changed"]
    assert names(lib) == ["jdbc-2.0.jar", "ojdbc8-23.3.jar"]


@pytest.mark.parametrize("ours", [True, False], ids=["beside ours", "beside another of that tool"])
@pytest.mark.parametrize("version", ["1.0", "2.0"], ids=["nothing to fetch", "update"])
def test_another_tools_directory_of_the_plugin_does_not_take_a_driver_with_it(
    site: Site, run: Run, lib: Path, version: str, ours: bool
) -> None:
    run(name="acme/jdbc:1.0")
    if not ours:
        (lib.parent / "liveconnect-receipt.json").unlink()
    by_hand = site.dest / "jdbc-0.9" / "lib"
    by_hand.mkdir(parents=True)
    (by_hand.parent / "manifest.json").write_bytes(manifest("acme", "jdbc", "0.9"))
    for name in ("jdbc-0.9.jar", "ojdbc8.jar"):
        (by_hand / name).write_bytes(jar_bytes())
    result = run(name=f"acme/jdbc:{version}")
    assert "jdbc-0.9/lib/ojdbc8.jar did not come with the plugin" in result["msg"]
    assert names(lib) == ["jdbc-1.0.jar"]
    did = quartet(run, name=f"acme/jdbc:{version}", foreign="remove")
    assert did["plugins"][0]["foreign"] == ["jdbc-0.9/lib/ojdbc8.jar"]
    assert names(site.dest) == ["acme-jdbc"]


def test_a_file_that_is_not_the_installed_one_is_named_when_it_is_replaced(run: Run, lib: Path) -> None:
    run(name="acme/jdbc:1.0")
    (lib / "jdbc-1.0.jar").write_bytes(b"patched")
    did = quartet(run, name="acme/jdbc:2.0")
    assert did["plugins"][0]["reasons"] == [
        "version 1.0, not 2.0",
        "lib/jdbc-1.0.jar is not the file that was installed",
    ]


def test_credentials_are_not_sent_to_the_host_of_an_extra_jar_by_chance(run: Run, lib: Path) -> None:
    digest = hashlib.sha256(b"").hexdigest()
    extra = [{"url": "http://elsewhere.invalid/a.jar", "checksum": f"sha256:{digest}"}]
    result = run(name="acme/jdbc:1.0", url_username="u", url_password="p", extra=extra)
    assert "it is not clear which of 127.0.0.1:" in result["msg"]
    assert "elsewhere.invalid" in result["msg"]
    assert not lib.exists()
