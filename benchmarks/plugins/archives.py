# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plugin archives of a wanted size, and a hub in a process of its own that serves them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import random
import socket
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import requests

LAB = Path(__file__).resolve().parents[2] / "lab"
MEGABYTE = 1_000_000
_JAR_SIZE = 2 * MEGABYTE  # about the mean of what connectors bring
_START_TIMEOUT = 10.0


def publish(root: Path, name: str, size: int, *, jars: int | None = None) -> None:
    """Put ``bench/<name>`` 1.0 into the hub below ``root``: a zip with jars of about ``size`` bytes in all."""
    place = root / "hub" / "bench" / name / "1.0"
    place.mkdir(parents=True)
    manifest = json.dumps({"name": name, "version": "1.0", "owner": {"username": "bench"}})
    (place / "manifest.json").write_text(manifest, encoding="utf-8")
    count = jars or max(1, size // _JAR_SIZE)
    with zipfile.ZipFile(place / "archive.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        top = f"bench-{name}-1.0"
        archive.writestr(f"{top}/manifest.json", manifest)
        for number, content in enumerate(_jars(count, size // count)):
            archive.writestr(f"{top}/lib/{name}-{number}.jar", content)


def publish_package(root: Path, name: str, size: int) -> None:
    """Put ``org.example:<name>:1.0:package@tar.gz`` below ``root``, with jars of about ``size`` bytes in all."""
    place = root / "maven2" / "org" / "example" / name / "1.0"
    place.mkdir(parents=True)
    package = place / f"{name}-1.0-package.tar.gz"
    scratch = place / "scratch.jar"
    count = max(1, size // _JAR_SIZE)
    with tarfile.open(package, "w:gz", compresslevel=6) as archive:
        for number, content in enumerate(_jars(count, size // count)):
            scratch.write_bytes(content)
            archive.add(scratch, f"{name}/{name}-{number}.jar")
    scratch.unlink()
    with package.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha1").hexdigest()
    package.with_name(f"{package.name}.sha1").write_text(digest, encoding="utf-8")


def _jars(count: int, size: int) -> Iterator[bytes]:
    """Bytes that compress as jars do, by a tenth: they are compressed already, but for their tables of contents."""
    source = random.Random(size)  # noqa: S311 -- the same archives in every run
    for _ in range(count):
        yield source.randbytes(size * 6 // 10) + base64.b64encode(source.randbytes(size * 3 // 10))


@contextlib.contextmanager
def hub(root: Path) -> Iterator[str]:
    """The lab's hub over ``root``; its address. TimeoutError when it does not start."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "hub", "--root", str(root), "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, cwd=LAB, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(url)
            yield url
        finally:
            server.terminate()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while True:
        try:
            requests.get(url, timeout=1).raise_for_status()
        except requests.RequestException as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the hub at {url} did not start: {error}") from error
            time.sleep(0.02)
        else:
            return
