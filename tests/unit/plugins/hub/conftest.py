# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plugin hub to talk to: the lab's own server, in a thread, over a directory that a test fills."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.igrafx.liveconnect.plugins.modules import confluent_hub_plugin

# In its container the package lab/hub is called hub.
sys.path.append(str(Path(__file__).resolve().parents[4] / "lab"))
from hub.server import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SERVICE = "META-INF/services/org.apache.kafka.connect.source.SourceConnector"


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files, the same whenever it is made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def tar_bytes(files: Mapping[str, bytes]) -> bytes:
    """A tar.gz of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def jar_bytes(class_name: str = "org.example.Source", filler: bytes = b"") -> bytes:
    """A jar that declares one source connector."""
    services = {SERVICE: f"# plugin\n{class_name}\n".encode()}
    return zip_bytes({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\n", **services, "filler": filler})


def manifest(owner: str, name: str, version: str, **more: Any) -> bytes:
    """A hub plugin's manifest.json."""
    return json.dumps({"name": name, "version": version, "owner": {"username": owner}, **more}).encode()


class Site:
    """A hub with its files, and a destination to install into."""

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.url = url
        self.requests: list[str] = []
        self.dest = root / "node" / "plugins"

    def publish(self, owner: str, name: str, version: str, archive: bytes | None = None, **more: Any) -> bytes:
        """Put a plugin into the hub; the archive is a good one unless given."""
        place = self.root / "hub" / owner / name / version
        place.mkdir(parents=True)
        text = manifest(owner, name, version, **more)
        if archive is None:
            top = f"{owner}-{name}-{version}"
            archive = zip_bytes(
                {
                    f"{top}/manifest.json": text,
                    f"{top}/lib/{name}-{version}.jar": jar_bytes(filler=version.encode()),
                    f"{top}/doc/README.md": b"read me",
                }
            )
        (place / "archive.zip").write_bytes(archive)
        (place / "manifest.json").write_bytes(text)
        return archive

    def publish_file(self, path: str, content: bytes, *algorithms: str, style: str = "{hex}") -> str:
        """Put a file below maven2/ with checksum files beside it; its address."""
        target = self.root / "maven2" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        for algorithm in algorithms:
            digest = hashlib.new(algorithm, content).hexdigest()
            target.with_name(f"{target.name}.{algorithm}").write_text(style.format(hex=digest, name=target.name))
        return f"{self.maven}/{path}"

    @property
    def maven(self) -> str:
        """Address of the Maven repository."""
        return f"{self.url}/maven2"

    def listing(self) -> list[str]:
        """Every file below the destination's parent, which also holds the staging directory."""
        base = self.dest.parent
        return sorted(str(path.relative_to(base)) for path in base.rglob("*") if path.is_file())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A running hub over an empty root."""
    server = serve(tmp_path, "127.0.0.1", 0)
    found = Site(tmp_path, f"http://127.0.0.1:{server.server_port}")
    found.dest.parent.mkdir()
    server.RequestHandlerClass.log_message = lambda handler, *_args: found.requests.append(handler.path)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def run(site: Site, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Run the module with these options and give its result."""

    def runner(*, check: bool = False, **options: Any) -> dict[str, Any]:
        defaults = {"dest": str(site.dest), "hub_url": site.url, "maven_repository": site.maven, "retries": 0}
        arguments = {**defaults, **options, "_ansible_check_mode": check, "_ansible_diff": True}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            confluent_hub_plugin.main()
        site.requests, asked = [], site.requests
        return {**json.loads(capsys.readouterr().out), "asked": asked}

    return runner


def quartet(run: Callable[..., dict[str, Any]], **options: Any) -> dict[str, Any]:
    """Check, do, check again, do again; the result of the doing."""
    would = run(check=True, **options)
    did = run(**options)
    assert not did.get("failed"), did
    assert would["changed"]
    assert did["changed"]
    assert would["diff"] == did["diff"]
    assert [entry["action"] for entry in would["plugins"]] == [entry["action"] for entry in did["plugins"]]
    for again in (run(check=True, **options), run(**options)):
        assert not again.get("failed"), again
        assert not again["changed"]
        assert not again["restart_required"]
        if options.get("state") != "latest":
            assert again["asked"] == []
    return did
