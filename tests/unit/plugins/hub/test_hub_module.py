# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules end to end against the lab's hub: check, do, check again, do again, for every state."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins import inventory
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.download import Web
from ansible_collections.igrafx.liveconnect.plugins.modules import confluent_hub_plugin, confluent_hub_plugin_info

from .class_files import class_bytes
from .conftest import jar_bytes, manifest, quartet, tar_bytes, zip_bytes
from .test_hub_archive import REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Site


def test_hub_plugin_is_installed_once(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "1.0.0")
    did = quartet(run, name="acme/csv:1.0.0")
    assert did["restart_required"]
    assert did["diff"] == {"before": "", "after": "acme-csv: 1.0.0\n"}
    (entry,) = did["plugins"]
    assert entry["action"] == "installed"
    assert entry["version"] == "1.0.0"
    assert entry["path"] == str(site.dest / "acme-csv")
    assert entry["classes"] == {"sources": ["org.example.Source"]}
    assert site.listing() == [
        "plugins/acme-csv/doc/README.md",
        "plugins/acme-csv/lib/csv-1.0.0.jar",
        "plugins/acme-csv/liveconnect-receipt.json",
        "plugins/acme-csv/manifest.json",
    ]
    modes = {oct(path.stat().st_mode & 0o7777) for path in site.dest.rglob("*") if path.is_file()}
    assert modes == {"0o644"}
    assert oct((site.dest / "acme-csv" / "lib").stat().st_mode & 0o7777) == "0o755"


def test_check_mode_changes_nothing(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "1.0.0")
    assert run(check=True, name="acme/csv:1.0.0")["changed"]
    assert site.listing() == []
    assert not site.dest.exists()


def test_check_mode_finds_what_would_fail(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "1.0.0")
    result = run(check=True, name="acme/csv:9.9.9")
    assert result["failed"]
    assert "acme/csv:9.9.9: the hub at" in result["msg"]


def test_update_replaces_the_whole_directory(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "1.0.0")
    site.publish("acme", "csv", "1.1.0")
    run(name="acme/csv:1.0.0")
    did = quartet(run, name="acme/csv:1.1.0")
    assert did["diff"] == {"before": "acme-csv: 1.0.0\n", "after": "acme-csv: 1.1.0\n"}
    assert did["plugins"][0]["previous_version"] == "1.0.0"
    assert [path.name for path in (site.dest / "acme-csv" / "lib").iterdir()] == ["csv-1.1.0.jar"]


def test_latest_moves_and_present_stays(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "0.9.0")
    quartet(run, name="acme/csv")
    site.publish("acme", "csv", "0.10.0")
    assert not run(name="acme/csv")["changed"]
    did = quartet(run, name="acme/csv", state="latest")
    assert did["plugins"][0]["version"] == "0.10.0"


def test_absent_removes_every_place(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "1.0.0")
    run(name="acme/csv:1.0.0")
    elsewhere = site.dest / "csv-by-hand"
    elsewhere.mkdir()
    (elsewhere / "manifest.json").write_bytes(manifest("acme", "csv", "0.1"))
    did = quartet(run, name="acme/csv", state="absent")
    assert did["diff"] == {"before": "acme-csv: 1.0.0\ncsv-by-hand: 0.1\n", "after": ""}
    assert list(site.dest.iterdir()) == []


def test_plugin_of_another_tool_is_honoured(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    place = site.dest / "acme-csv"
    place.mkdir(parents=True)
    (place / "manifest.json").write_bytes(manifest("acme", "csv", "1.0.0"))
    result = run(name="acme/csv:1.0.0")
    assert not result["changed"]
    assert result["asked"] == []


def test_older_version_beside_is_removed(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "1.0.0")
    run(name="acme/csv:1.0.0")
    shutil.copytree(site.dest / "acme-csv", site.dest / "acme-csv-old")
    (site.dest / "csv-0.5.jar").write_bytes(jar_bytes())
    did = quartet(run, name="acme/csv:1.0.0")
    assert did["plugins"][0]["action"] == "cleaned"
    assert [path.name for path in site.dest.iterdir()] == ["acme-csv"]


def test_missing_jar_is_repaired(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "1.0.0")
    run(name="acme/csv:1.0.0")
    (site.dest / "acme-csv" / "lib" / "csv-1.0.0.jar").unlink()
    did = quartet(run, name="acme/csv")
    assert did["plugins"][0]["action"] == "repaired"
    assert did["plugins"][0]["reasons"] == ["lib/csv-1.0.0.jar is missing"]


def test_altered_jar_is_seen_with_verify(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "1.0.0")
    run(name="acme/csv:1.0.0")
    jar = site.dest / "acme-csv" / "lib" / "csv-1.0.0.jar"
    content = jar.read_bytes()
    jar.write_bytes(content[:-1] + b"X")
    assert not run(name="acme/csv:1.0.0")["changed"]
    did = quartet(run, name="acme/csv:1.0.0", verify=True)
    assert did["plugins"][0]["action"] == "repaired"
    assert jar.read_bytes() == content


def test_mode_is_adjusted(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "1.0.0")
    run(name="acme/csv:1.0.0")
    did = quartet(run, name="acme/csv:1.0.0", mode="0640")
    assert did["plugins"][0]["action"] == "adjusted"
    assert oct((site.dest / "acme-csv").stat().st_mode & 0o7777) == "0o750"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_owner_is_set(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "1.0.0")
    quartet(run, name="acme/csv:1.0.0", owner="1000", group="1000")
    assert {path.stat().st_uid for path in site.dest.rglob("*")} == {1000}


def test_licence_must_be_accepted(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "1.0.0", license=[{"name": "Acme EULA", "url": "https://acme.example/eula"}])
    for check in (True, False):
        result = run(check=check, name="acme/csv:1.0.0")
        assert result["msg"] == (
            "acme/csv:1.0.0: its licence is not accepted: Acme EULA https://acme.example/eula. "
            "Read it, then set accept_licenses: true."
        )
    assert site.listing() == []
    quartet(run, name="acme/csv:1.0.0", accept_licenses=True)


def test_camel_package_from_maven(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    package = tar_bytes(
        {
            "docs/README.adoc": b"docs",
            "camel-ssh-kafka-connector/camel-ssh-kafka-connector-0.10.1.jar": jar_bytes(),
            "camel-ssh-kafka-connector/camel-ssh-3.9.0.jar": jar_bytes(),
        }
    )
    path = "org/apache/camel/kafkaconnector/camel-ssh-kafka-connector/0.10.1/"
    name = "camel-ssh-kafka-connector-0.10.1-package.tar.gz"
    site.publish_file(path + name, package, "sha1", style="{hex}  {name}\n")
    coordinates = "org.apache.camel.kafkaconnector:camel-ssh-kafka-connector:0.10.1:package@tar.gz"
    did = quartet(run, maven=coordinates)
    assert did["plugins"][0]["version"] == "0.10.1"
    assert sorted(path.name for path in (site.dest / "camel-ssh-kafka-connector").iterdir()) == [
        "camel-ssh-3.9.0.jar",
        "camel-ssh-kafka-connector-0.10.1.jar",
        "liveconnect-receipt.json",
    ]


def test_maven_jar_with_dependencies(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish_file("org/example/sink/2.0/sink-2.0.jar", jar_bytes(), "sha512", style="{name}: {hex}")
    site.publish_file("org/example/driver/1.5/driver-1.5.jar", jar_bytes("x.Y"), "sha256")
    did = quartet(run, maven="org.example:sink:2.0", dependencies=["org.example:driver:1.5"], name="acme/sink")
    assert did["plugins"][0]["path"].endswith("/acme-sink")
    assert sorted(path.name for path in (site.dest / "acme-sink").glob("*.jar")) == ["driver-1.5.jar", "sink-2.0.jar"]
    did = quartet(run, maven="org.example:sink:2.0", name="acme/sink")
    assert did["plugins"][0]["reasons"] == ["extra maven:org.example:driver:1.5 is not declared"]


def test_maven_latest(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish_file("org/example/sink/2.0/sink-2.0.jar", jar_bytes(), "sha512")
    metadata = b"<metadata><versioning><latest>2.1-SNAPSHOT</latest><release>2.0</release></versioning></metadata>"
    site.publish_file("org/example/sink/maven-metadata.xml", metadata)
    did = quartet(run, maven="org.example:sink:latest", state="latest")
    assert did["plugins"][0]["version"] == "2.0"
    site.publish_file("org/example/sink/maven-metadata.xml", metadata.replace(b"<release>2.0</release>", b""))
    result = run(maven="org.example:sink:latest", state="latest")
    assert "names no release. Declare a version." in result["msg"]


def test_url_needs_a_checksum(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    content = zip_bytes({"plug/plug.jar": jar_bytes()})
    url = site.publish_file("files/plug-3.1.zip", content)
    result = run(url=url)
    assert "its source publishes no checksum. Declare checksum as algorithm:hex" in result["msg"]
    quartet(run, url=url, checksum="none")
    did = quartet(
        run, url=f"{url}?signature=geheim", name="other", checksum=f"sha256:{hashlib.sha256(content).hexdigest()}"
    )
    assert did["plugins"][0]["version"] == "3.1"
    assert "geheim" not in (site.dest / "other" / "liveconnect-receipt.json").read_text()
    result = run(url=url, name="other", checksum="sha512:" + "0" * 128)
    assert "its sha512 is" in result["msg"]
    assert (site.dest / "other" / "plug.jar").exists()


def test_flat_jar_is_updated(site: Site, run: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    site.dest.mkdir()
    (site.dest / "udfs-0.9.0.jar").write_bytes(jar_bytes())
    (site.dest / "someone-elses.jar").write_bytes(jar_bytes())
    for version in ("1.0.0", "1.1.0"):
        jar = tmp_path / f"udfs-{version}.jar"
        jar.write_bytes(jar_bytes(filler=version.encode()))
        did = quartet(run, layout="flat", src=str(jar), remote_src=True)
        assert did["plugins"][0]["path"] == str(site.dest / jar.name)
        assert site.listing() == [
            "plugins/.udfs.receipt.json",
            "plugins/someone-elses.jar",
            f"plugins/udfs-{version}.jar",
        ]
    jar.write_bytes(jar_bytes(filler=b"built again"))
    quartet(run, layout="flat", src=str(jar), remote_src=True)
    quartet(run, layout="flat", name="udfs", state="absent")
    assert site.listing() == ["plugins/someone-elses.jar"]


def test_src_that_a_check_run_has_not_copied(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    options = {"src": str(site.root / "none-1.0.jar"), "remote_src": True}
    assert run(check=True, **options)["changed"]
    assert "is not a file on this node. Copy it there first." in run(**options)["msg"]
    assert "would be on the control machine" in run(src="/x.jar")["msg"]


def test_many_at_once_or_none(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    for name in ("one", "two", "three"):
        site.publish("acme", name, "1.0")
    wanted = [{"name": f"acme/{name}:1.0"} for name in ("one", "two", "three")]
    result = run(plugins=[*wanted, {"name": "acme/four:1.0"}])
    assert result["failed"]
    assert result["msg"].startswith("acme/four:1.0: ")
    assert result["plugins"] == []
    assert site.listing() == []
    did = quartet(run, plugins=wanted)
    assert [entry["name"] for entry in did["plugins"]] == ["acme/one", "acme/two", "acme/three"]


def test_the_nodes_log_tells_what_is_done_and_nothing_else(
    site: Site, run: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        site.publish("acme", name, "1.0")
    run(plugins=[{"name": "acme/one:1.0"}, {"name": "acme/two:1.0"}])
    lines: list[str] = []
    monkeypatch.setattr(
        confluent_hub_plugin.AnsibleModule, "log", lambda _module, line, **_arguments: lines.append(line)
    )
    run(plugins=[{"name": "acme/one:1.0"}, {"name": "acme/two", "state": "absent"}, {"name": "acme/three:1.0"}])
    steps = ("fetched", "unpacked", "staged", "placed", "installed")
    assert [line for line in lines if line.startswith("acme")] == [
        *(f"acme-three {step}" for step in steps[:3]),
        "acme-two removed",
        *(f"acme-three {step}" for step in steps[3:]),
    ]


def test_downloads_run_side_by_side(
    site: Site, run: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("one", "two", "three")
    for name in names:
        site.publish("acme", name, "1.0")
    together = threading.Barrier(len(names), timeout=5)
    original = Web.download

    def download(*args: Any, **named: Any) -> Any:
        together.wait()
        return original(*args, **named)

    monkeypatch.setattr(Web, "download", download)
    assert run(plugins=[{"name": f"acme/{name}:1.0"} for name in names])["changed"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"name": "spooldir"}, "says no source"),
        ({"name": "../evil:1"}, "names no plugin"),
        ({"name": "a/b:1", "version": "2"}, "two versions are declared"),
        ({"name": "a/b:1", "state": "latest"}, "state is latest, but version 1"),
        ({"name": "a/b:../1"}, "is not a version"),
        ({"maven": "org.example:x"}, "are not coordinates"),
        ({"url": "ftp://x/y.zip"}, "is not a web address"),
        ({"url": "https://[::1/y.zip"}, "url: 'https://[::1/y.zip' is not a web address"),
        ({"url": "https://host:port/y.zip"}, "is not a web address"),
        ({"url": "https://u:p@host/y.zip"}, "carries credentials"),
        ({"url": "https://host/y.zip", "state": "latest"}, "only the hub and a Maven repository"),
        ({"name": "a/b:1", "checksum": "sha256:12"}, "is not a digest"),
        ({"name": "a/b:1", "dependencies": ["a:b:1"]}, "go with maven alone"),
        ({"name": "a/b:1", "mode": "u+x"}, "not an octal mode"),
        ({"name": "a/b:1", "mode": 420}, "not an octal mode"),
        ({"name": "a/b:1", "owner": "nobody-knows-me"}, "on this node"),
        ({"name": "a/b:1", "max_size": "much"}, "is not a size"),
        ({"name": "a/b:1", "parallel": 0}, "parallel: 0 is too small. Write 1 or more."),
        ({"name": "a/b:1", "retries": -1}, "retries: -1 is too small. Write 0 or more."),
        ({"name": "a/b:1", "max_files": 0}, "max_files: 0 is too small"),
        ({"name": "a/b:1", "max_ratio": 0.5}, "max_ratio: 0.5 is too small"),
        ({"name": "a/b:1", "hub_url": "hub"}, "hub_url: 'hub' is not a web address"),
        ({"plugins": [{"name": "a/b:1"}, {"name": "a/b:2"}]}, "would both be installed as a-b"),
        ({"name": "a/b:1", "staging": "inside"}, "lies inside of dest"),
    ],
)
def test_bad_input_is_refused_before_anything(
    site: Site, run: Callable[..., dict[str, Any]], options: dict[str, Any], sentence: str
) -> None:
    if options.get("staging"):
        options = {**options, "staging": str(site.dest / "inside")}
    result = run(**options)
    assert result["failed"]
    assert sentence in result["msg"]
    assert result["asked"] == []
    assert site.listing() == []


def test_info_lists_all(site: Site, run: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    site.publish("acme", "csv", "1.0.0")
    run(name="acme/csv:1.0.0")
    by_hand = site.dest / "by-hand"
    by_hand.mkdir()
    (by_hand / "x-2.0.jar").write_bytes(jar_bytes("org.example.Other"))
    (site.dest / "bare-3.0.jar").write_bytes(jar_bytes("org.example.Bare"))
    with patch_module_args({"dest": str(site.dest), "verify": True}), pytest.raises(SystemExit):
        confluent_hub_plugin_info.main()
    result = json.loads(capsys.readouterr().out)
    assert not result["changed"]
    found = {entry["name"]: entry for entry in result["plugins"]}
    assert found["acme/csv"]["version"] == "1.0.0"
    assert found["acme/csv"]["managed"]
    assert found["acme/csv"]["damage"] == []
    assert found["by-hand"]["classes"] == {"sources": ["org.example.Other"]}
    assert not found["by-hand"]["managed"]
    assert found["bare"]["version"] == "3.0"
    assert found["bare"]["bytes"] == (site.dest / "bare-3.0.jar").stat().st_size


def test_classes_that_no_jar_declares_are_scanned_once(
    site: Site, run: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = class_bytes("org.example.Csv", "org.apache.kafka.connect.source.SourceConnector")
    site.publish("acme", "csv", "1.0.0", zip_bytes({"csv/lib/csv.jar": zip_bytes({"org/example/Csv.class": source})}))
    (entry,) = quartet(run, name="acme/csv:1.0.0")["plugins"]
    assert entry["classes"] == {"sources": ["org.example.Csv"]}
    assert entry["classes_declared"] is False

    def listed() -> Any:
        with patch_module_args({"dest": str(site.dest)}), pytest.raises(SystemExit):
            confluent_hub_plugin_info.main()
        (plugin,) = json.loads(capsys.readouterr().out)["plugins"]
        return plugin

    opened: list[Path] = []
    monkeypatch.setattr(inventory, "find_classes", lambda files: opened.extend(files) or inventory.PluginClasses())
    assert listed()["classes"] == entry["classes"]
    assert listed()["classes_declared"] is False
    assert opened == []
    jar = site.dest / "acme-csv" / "lib" / "csv.jar"
    jar.write_bytes(b"another")
    assert listed()["classes"] == {}
    assert jar in opened


def test_a_receipt_that_does_not_know_is_not_asked(
    site: Site, run: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    site.publish("acme", "csv", "1.0.0")
    run(name="acme/csv:1.0.0")
    receipt = site.dest / "acme-csv" / "liveconnect-receipt.json"
    known = json.loads(receipt.read_text())
    del known["classes_declared"]
    receipt.write_text(json.dumps({**known, "classes": {}}))
    with patch_module_args({"dest": str(site.dest)}), pytest.raises(SystemExit):
        confluent_hub_plugin_info.main()
    (plugin,) = json.loads(capsys.readouterr().out)["plugins"]
    assert plugin["classes"] == {"sources": ["org.example.Source"]}
    assert plugin["classes_declared"]


def test_archive_of_an_installed_plugin(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    content = zip_bytes({"plug/plug.jar": jar_bytes(), "plug/liveconnect-receipt.json": b"{}"})
    url = site.publish_file("files/plug-1.0.zip", content, "sha256")
    quartet(run, url=url)


def test_jar_from_an_address_without_a_name(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    url = site.publish_file("files/download", jar_bytes())
    quartet(run, url=url, name="plug", checksum="none")
    assert [path.name for path in (site.dest / "plug").glob("*.jar")] == ["download.jar"]


def test_staging_of_ones_own_keeps_what_is_in_it(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "1.0.0")
    staging = site.root / "staging"
    staging.mkdir()
    (staging / "other").write_text("kept")
    quartet(run, name="acme/csv:1.0.0", staging=str(staging))
    assert [path.name for path in staging.iterdir()] == ["other"]


def test_a_hub_that_says_a_version_that_is_a_path(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    place = site.root / "hub" / "acme" / "csv" / "1.0"
    place.mkdir(parents=True)
    (place / "archive.zip").write_bytes(jar_bytes())
    (place / "manifest.json").write_bytes(manifest("acme", "csv", "../../evil"))
    result = run(name="acme/csv")
    assert "its source says '../../evil' for a version" in result["msg"]


@pytest.mark.component
def test_nothing_to_do_loads_nothing_that_fetches(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    """It takes longer to load than it takes to see that there is nothing to do."""
    site.publish("acme", "csv", "1.0.0")
    run(name="acme/csv:1.0.0")
    options = {"dest": str(site.dest), "name": "acme/csv:1.0.0"}
    script = f"""
import atexit, runpy, sys
runpy.run_path({str(Path(__file__).parents[2] / "conftest.py")!r})
from ansible.module_utils.testing import patch_module_args
from {confluent_hub_plugin.__name__} import main
atexit.register(lambda: print(*sys.modules))
with patch_module_args({options!r}):
    main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert '"changed": false' in done
    ours = {name.rpartition(".")[2] for name in done.split() if "._plugins." in name}
    assert "runner" in ours
    assert not ours & {"stage", "archive", "classes", "client", "download", "inventory"}


def test_wrong_checksum_from_the_hub(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    site.publish("acme", "csv", "1.0.0")
    run(name="acme/csv:1.0.0")
    before = site.listing()
    result = run(name="acme/csv:1.0.0", checksum="sha1:" + "0" * 40)
    assert result["failed"]
    assert "nothing was installed" in result["msg"]
    assert site.listing() == before


@pytest.mark.parametrize("layout", ["plugin", "flat"])
def test_purge_removes_what_is_ours_and_not_declared(
    site: Site, run: Callable[..., dict[str, Any]], layout: str
) -> None:
    for name in ("stays", "goes"):
        site.publish("acme", name, "1.0")
    run(plugins=[{"name": "acme/stays:1.0"}, {"name": "acme/goes:1.0"}], layout=layout)
    (site.dest / "by-hand.jar").write_bytes(jar_bytes())
    (site.dest / "by-hand").mkdir()
    (site.dest / "by-hand" / "manifest.json").write_bytes(manifest("acme", "hand", "1"))
    assert not run(plugins=[{"name": "acme/stays:1.0"}], layout=layout)["changed"]
    did = quartet(run, plugins=[{"name": "acme/stays:1.0"}], layout=layout, purge=True)
    assert did["diff"] == {"before": "acme-goes: 1.0\n", "after": ""}
    assert [(entry["name"], entry["action"]) for entry in did["plugins"]] == [
        ("acme/stays", "unchanged"),
        ("acme/goes", "removed"),
    ]
    assert did["restart_required"]
    assert not [path for path in site.listing() if "goes" in path]
    assert (site.dest / "by-hand.jar").exists()
    assert (site.dest / "by-hand").exists()


def test_purge_leaves_a_jar_that_goes_by_another_name_now(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    jar = site.root / "udfs-1.0.jar"
    jar.write_bytes(jar_bytes())
    run(layout="flat", src=str(jar), remote_src=True)
    wanted = [{"name": "functions", "src": str(jar), "remote_src": True}]
    quartet(run, layout="flat", purge=True, plugins=wanted)
    assert site.listing() == ["plugins/.functions.receipt.json", "plugins/udfs-1.0.jar"]


@pytest.mark.parametrize("options", [{"plugins": []}, {"name": "acme/csv:1.0"}])
def test_purge_wants_a_declaration(site: Site, run: Callable[..., dict[str, Any]], options: dict[str, Any]) -> None:
    site.publish("acme", "csv", "1.0")
    run(name="acme/csv:1.0")
    result = run(purge=True, **options)
    assert "purge: plugins declares nothing" in result["msg"]
    assert (site.dest / "acme-csv").exists()


def test_a_check_run_sees_a_file_that_it_has_not_copied(site: Site, run: Callable[..., dict[str, Any]]) -> None:
    """The action plugin hands over the digest of the file on the control machine."""
    jar = site.root / "udfs-1.0.jar"
    jar.write_bytes(jar_bytes())
    run(layout="flat", src=str(jar), remote_src=True)
    new = jar_bytes(filler=b"built again")
    options = {
        "layout": "flat",
        "src": str(jar),
        "remote_src": True,
        "checksum": f"sha256:{hashlib.sha256(new).hexdigest()}",
    }
    would = run(check=True, **options)
    assert would["plugins"][0]["reasons"] == ["its archive has another sha256"]
    jar.write_bytes(new)
    quartet(run, **options)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "kind",
    [
        "tar climbing",
        "zip absolute",
        "zip symlink",
        "tar hard link",
        "tar device",
        "zip twice",
        "zip overlap",
        "zip lying about size",
        "tar count",
        "tar size",
        "zip truncated",
        "tar truncated",
        "web page",
        "no jar",
    ],
)
def test_bad_archive_leaves_the_installed_plugin_alone(
    site: Site, run: Callable[..., dict[str, Any]], kind: str
) -> None:
    site.publish("acme", "csv", "1.0.0")
    run(name="acme/csv:1.0.0")
    before = site.listing()
    make, sentence = next(case[1:] for case in REFUSED if case[0] == kind)
    site.publish("acme", "csv", "2.0.0", make())
    result = run(name="acme/csv:2.0.0", max_size="1M", max_files=50)
    assert result["msg"].startswith("acme/csv:2.0.0: ")
    assert sentence in result["msg"]
    assert site.listing() == before
    again = run(name="acme/csv:1.0.0", verify=True)
    assert not again["changed"]
