# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's images: what is declared, what decides whether one is built again, and in which order."""

from __future__ import annotations

import fcntl
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker.errors
import pytest

sys.path.append(str(Path(__file__).resolve().parents[3]))
from lab import artifacts, base, build, lock

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRACT = {
    "confluentinc/cp-kafka:7.9.9",
    "confluentinc/cp-zookeeper:7.9.9",
    "confluentinc/cp-schema-registry:7.9.9",
    "confluentinc/cp-kafka-connect:7.9.9",
    "confluentinc/cp-ksqldb-server:7.9.9",
    "kafbat/kafka-ui:v1.5.0",
    "postgres:17.12",
    "atmoz/sftp:debian",
    "nginx:1.30.5",
    "jupyter/all-spark-notebook:2025-03-24",
    "dbt-labs/dbt-postgres:1.9.0",
    "edenhill/kcat:1.7.1",
}


class Engine:
    """As much of a Docker client as ``ensure`` uses: it remembers what was built."""

    def __init__(self) -> None:
        self.images = self
        self.api = self
        self.present: set[str] = set()
        self.arguments: dict[str, dict[str, str]] = {}
        self.failure = ""

    def get(self, tag: str) -> str:
        if tag not in self.present:
            raise docker.errors.ImageNotFound(tag)
        return tag

    def build(self, *, tag: str, buildargs: dict[str, str], **_: Any) -> Iterator[dict[str, str]]:
        yield from ({"stream": f"line {number}\n"} for number in range(50))
        if self.failure:
            yield {"error": self.failure}
            return
        self.arguments[tag] = buildargs
        self.present.add(tag)


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Path:
    """Three images on one another: a base, ``low`` and ``high``."""
    images = (build.Image("debian", None), build.Image("low", "low", "debian"), build.Image("high", "high", "low"))
    for name in ("low", "high"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\n")
    monkeypatch.setattr(build, "IMAGES_FOLDER", tmp_path)
    monkeypatch.setattr(lock, "FOLDER", tmp_path / "locks")
    monkeypatch.setattr(build, "_BY_NAME", {image.name: image for image in images})
    monkeypatch.setattr(base, "make", lambda _client, _suite, tag: engine.present.add(tag))
    return tmp_path


def test_every_upstream_image_of_the_contract_is_published_once() -> None:
    names = [name for several in build.published().values() for name in several]
    assert len(names) == len(set(names))
    assert set(names) >= CONTRACT


def test_images_are_declared_after_what_they_are_made_from() -> None:
    seen: set[str] = set()
    for image in build.IMAGES:
        assert image.name not in seen
        assert set(image.dependencies) <= seen
        seen.add(image.name)


@pytest.mark.parametrize("image", [image for image in build.IMAGES if image.folder], ids=lambda image: image.name)
def test_a_context_says_how_it_is_built_and_uses_the_images_it_declares(image: build.Image) -> None:
    assert image.folder is not None
    if (image.folder / "fetch.sh").is_file():
        assert image.base == "toolchain"
        return
    lines = (image.folder / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "FROM ${BASE}" in lines
    assert ("FROM ${ARTIFACTS} AS artifacts" in lines) == bool(image.artifacts)


def test_missing_images_are_built_in_order_and_then_left_alone(lab: Path, engine: Engine) -> None:
    said: list[str] = []
    tags = build.ensure(engine, ["high"], said.append)
    known = build.tags()
    assert tags == {"high": known["high"]}
    assert [line.split()[:2] for line in said] == [["[1/3]", "debian"], ["[2/3]", "low"], ["[3/3]", "high"]]
    assert engine.arguments[known["high"]]["BASE"] == known["low"]
    said.clear()
    assert build.ensure(engine, ["high"], said.append) == tags
    assert said == []
    assert lab.is_dir()


def test_what_an_image_was_made_from_is_not_needed_once_it_is_there(lab: Path, engine: Engine) -> None:
    engine.present = {build.tags()["high"]}
    build.ensure(engine, ["high"], pytest.fail)
    assert lab.is_dir()


def test_an_unknown_image_is_refused_with_the_names_that_are_known(engine: Engine) -> None:
    with pytest.raises(build.BuildError, match=r"no image named 'postgress'; it has: .*postgres"):
        build.ensure(engine, ["postgress"])


@pytest.mark.usefixtures("lab")
def test_a_failed_build_tells_its_last_lines_and_its_name(engine: Engine) -> None:
    engine.failure = "no space left"
    with pytest.raises(build.BuildError) as caught:
        build.ensure(engine, ["low"], lambda _: None)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"line {50 - artifacts.LAST_LINES}"
    assert "no space left" in lines
    assert lines[-1].startswith("The lab image low could not be built")


def test_the_lock_is_free_again_afterwards(lab: Path, engine: Engine) -> None:
    build.ensure(engine, ["low"], lambda _: None)
    with (lab / "locks" / "images.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_tag_depends_on_content_names_mode_and_base_only(lab: Path) -> None:
    file = lab / "low" / "run"
    file.write_text("one")
    tags = [build.tags()]

    file.chmod(0o600)
    assert build.tags() == tags[0]
    (lab / "low" / "__pycache__").mkdir()
    (lab / "low" / "__pycache__" / "run.pyc").write_text("x")
    assert build.tags() == tags[0]

    file.write_text("two")
    tags.append(build.tags())
    file.chmod(0o755)
    tags.append(build.tags())
    file.rename(file.with_name("ran"))
    tags.append(build.tags())

    assert len({known["low"] for known in tags}) == len(tags)
    assert len({known["high"] for known in tags}) == len(tags)
    assert len({known["debian"] for known in tags}) == 1


def test_a_context_is_the_same_bytes_whatever_the_times_and_owners(lab: Path) -> None:
    file = lab / "low" / "run"
    file.write_text("one")
    before = build._context(lab / "low").getvalue()
    file.touch()
    assert build._context(lab / "low").getvalue() == before
    with tarfile.open(fileobj=build._context(lab / "low")) as tar:
        assert [(entry.name, entry.mode, entry.uid) for entry in tar] == [("Dockerfile", 0o644, 0), ("run", 0o644, 0)]


def test_proxies_are_handed_on_in_both_spellings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in artifacts.PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    address = "http://proxy.example.com:3128"
    assert artifacts.proxies() == {"https_proxy": address, "HTTPS_PROXY": address}


def test_the_first_bundle_that_exists_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "ca.crt"
    bundle.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.crt"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert artifacts.ca_bundle() == bundle


def test_a_base_can_be_asked_for_from_a_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_BASE_FROM_REGISTRY", "1")
    assert not base.can_debootstrap()
