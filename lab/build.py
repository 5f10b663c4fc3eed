# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the lab's images, each cached by its content.

An image is a folder below ``lab/images``. Its local name is ``liveconnect-lab/<name>:<digest>``. The digest covers the
folder's files and the tags of the images it is made from: what has not changed is not built again, and a change in a
base reaches everything above it. Three kinds:

- a base (``trixie``, ``bookworm``): a minimal Debian, see ``base.py``;
- an artifact set: a folder with ``fetch.sh``, see ``artifacts.py``;
- an image: a folder with a ``Dockerfile``. The images it is made from come as build arguments: ``BASE`` for the first,
  and ``ARTIFACTS`` for an artifact set.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import docker.errors

from lab import artifacts, base, lock

if TYPE_CHECKING:
    import docker

IMAGES_FOLDER = Path(__file__).parent / "images"
NAMESPACE = "liveconnect-lab"
DIGEST_LENGTH = 12
EXECUTABLE = 0o111

Progress = Callable[[str], None]


class BuildError(Exception):
    """An image could not be built: the last lines of its log and one sentence."""


@dataclass(frozen=True)
class Image:
    """One image of the lab.

    ``context`` is its folder below ``lab/images`` (none for a base, which is named after its Debian suite), ``base``
    the lab image it stands on, ``artifacts`` the artifact set it copies from, ``publish`` the upstream
    ``repository:tag`` names under which a site serves it.
    """

    name: str
    context: str | None
    base: str | None = None
    artifacts: str | None = None
    publish: tuple[str, ...] = ()

    @property
    def dependencies(self) -> tuple[str, ...]:
        """The lab images that must be there first."""
        return tuple(name for name in (self.base, self.artifacts) if name)

    @property
    def folder(self) -> Path | None:
        """Where its files lie."""
        return IMAGES_FOLDER / self.context if self.context else None


def _debian(suite: str) -> Image:
    return Image(suite, context=None)


def _artifact_set(name: str) -> Image:
    return Image(name, context=name, base="toolchain")


def _image(name: str, *, base: str = "python", artifacts: str | None = None, publish: str | None = None) -> Image:
    return Image(name, context=name, base=base, artifacts=artifacts, publish=(publish,) if publish else ())


# All that runs stands on one chain, trixie -> python -> java -> kafka, so that a node pulls the common layers once.
IMAGES: tuple[Image, ...] = (
    _debian("trixie"),
    _debian("bookworm"),
    _image("python", base="trixie", publish="igrafx/api:lab"),
    _image("toolchain"),
    _image("jre", base="bookworm"),
    _image("java", artifacts="jre"),
    _artifact_set("kafka-jars"),
    _artifact_set("avro-converter"),
    _artifact_set("registry-jars"),
    _artifact_set("jupyter-venv"),
    _artifact_set("dbt-venv"),
    _artifact_set("plugin-archives"),
    _image("kafka-base", base="java", artifacts="kafka-jars"),
    _image("kafka", base="kafka-base", publish="confluentinc/cp-kafka:7.9.9"),
    _image("zookeeper", base="kafka-base", publish="confluentinc/cp-zookeeper:7.9.9"),
    _image(
        "kafka-connect",
        base="kafka-base",
        artifacts="avro-converter",
        publish="confluentinc/cp-kafka-connect:7.9.9",
    ),
    _image("schema-registry", artifacts="registry-jars", publish="confluentinc/cp-schema-registry:7.9.9"),
    _image("ksqldb-server", publish="confluentinc/cp-ksqldb-server:7.9.9"),
    _image("kafka-ui", publish="kafbat/kafka-ui:v1.5.0"),
    _image("control-center", publish="confluentinc/cp-enterprise-control-center:7.9.9"),
    _image("postgres", publish="postgres:17.12"),
    _image("sftp", publish="atmoz/sftp:debian"),
    _image("nginx", publish="nginx:1.30.5"),
    _image("jupyter", artifacts="jupyter-venv", publish="jupyter/all-spark-notebook:2025-03-24"),
    _image("dbt", artifacts="dbt-venv", publish="dbt-labs/dbt-postgres:1.9.0"),
    _image("kcat", publish="edenhill/kcat:1.7.1"),
    _image("pebble", publish="letsencrypt/pebble:lab"),
    _image("plugins", artifacts="plugin-archives"),
    _image("registry"),
    # The machines of a site: bare Debian 13, Debian 12 with an engine already there, and the platform's.
    Image("node-trixie", context="node", base="trixie"),
    Image("node-bookworm-bare", context="node", base="bookworm"),
    _artifact_set("compose-plugin"),
    _image("node-bookworm", base="node-bookworm-bare", artifacts="compose-plugin"),
    _image("platform", base="node-trixie"),
)
_BY_NAME = {image.name: image for image in IMAGES}


def image_named(name: str) -> Image:
    """The declaration of the lab image ``name``."""
    try:
        return _BY_NAME[name]
    except KeyError:
        known = ", ".join(sorted(_BY_NAME))
        raise BuildError(f"The lab has no image named {name!r}; it has: {known}.") from None


def published() -> dict[str, tuple[str, ...]]:
    """Lab image name -> the upstream ``repository:tag`` names that a site serves it under."""
    return {image.name: image.publish for image in IMAGES if image.publish}


def tags(names: Iterable[str] | None = None) -> dict[str, str]:
    """Lab image name -> its local tag for the files as they are now; of ``names`` and all that they are made from."""
    known: dict[str, str] = {}
    for name in _BY_NAME if names is None else names:
        _tag(image_named(name).name, known)
    return known


def ensure(
    client: docker.DockerClient, names: Iterable[str] | None = None, progress: Progress = print
) -> dict[str, str]:
    """Build what is missing of ``names`` (default: everything), in dependency order; return name -> local tag.

    An image that is there is left alone, and so is what it was made from. One line per image built goes to
    ``progress``. Calls from several processes wait for one another.
    """
    wanted = list(_BY_NAME if names is None else names)
    known = tags(wanted)
    if missing := _missing(client, wanted, known):
        with lock.exclusively("images"):
            # Looked at again: another process may have built them while this one waited.
            missing = _missing(client, wanted, known)
            for place, name in enumerate(missing, start=1):
                started = time.monotonic()
                _build(client, image_named(name), known)
                progress(f"[{place}/{len(missing)}] {name} … {time.monotonic() - started:.0f} s")
    return {name: known[name] for name in wanted}


def _tag(name: str, known: dict[str, str]) -> str:
    if name not in known:
        image = _BY_NAME[name]
        digest = hashlib.sha256()
        parts = [name, *(_tag(dependency, known) for dependency in image.dependencies)]
        if image.folder is None:
            parts.append(base.RECIPE)
        for part in parts:
            digest.update(part.encode() + b"\0")
        for path, file in _files(image.folder):
            content = file.read_bytes()
            digest.update(f"{path}\0{_mode(file):o}\0{len(content)}\0".encode() + content)
        known[name] = f"{NAMESPACE}/{name}:{digest.hexdigest()[:DIGEST_LENGTH]}"
    return known[name]


def _files(folder: Path | None) -> Iterator[tuple[str, Path]]:
    """The files of a context, in a fixed order, with their paths inside it."""
    if folder is not None:
        if not folder.is_dir():
            raise BuildError(f"The folder {folder} of a lab image is missing.")
        for file in sorted(folder.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file.relative_to(folder).as_posix(), file


def _mode(file: Path) -> int:
    """A file's mode as git keeps it: the umask of a checkout must change neither digest nor image."""
    return 0o755 if file.stat().st_mode & EXECUTABLE else 0o644


def _context(folder: Path) -> io.BytesIO:
    """A tar of a context: same files, same bytes, whenever and by whomever it is made."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, file in _files(folder):
            entry = tarfile.TarInfo(path)
            entry.mode = _mode(file)
            entry.size = file.stat().st_size
            with file.open("rb") as content:
                tar.addfile(entry, content)
    buffer.seek(0)
    return buffer


def _missing(client: docker.DockerClient, wanted: Iterable[str], known: dict[str, str]) -> list[str]:
    """What must be built for ``wanted``, dependencies first."""
    order: dict[str, bool] = {}

    def visit(name: str) -> None:
        if name in order:
            return
        order[name] = not _exists(client, known[name])
        if order[name]:
            for dependency in _BY_NAME[name].dependencies:
                visit(dependency)
            order[name] = order.pop(name)  # to the end: behind its dependencies

    for name in wanted:
        visit(name)
    return [name for name, absent in order.items() if absent]


def _exists(client: docker.DockerClient, tag: str) -> bool:
    try:
        client.images.get(tag)
    except docker.errors.ImageNotFound:
        return False
    return True


def _build(client: docker.DockerClient, image: Image, known: dict[str, str]) -> None:
    try:
        if image.folder is None:
            base.make(client, image.name, known[image.name])
        elif (image.folder / "fetch.sh").is_file():
            context = _context(image.folder)
            artifacts.fetch(client, image.name, context, toolchain=known[str(image.base)], tag=known[image.name])
        else:
            _docker_build(client, image, known)
    except (base.BaseImageError, artifacts.FetchError, docker.errors.DockerException) as error:
        raise BuildError(
            f"{error}\nThe lab image {image.name} could not be built; the lines above say why. "
            "What was built and downloaded before it is kept."
        ) from error


def _docker_build(client: docker.DockerClient, image: Image, known: dict[str, str]) -> None:
    arguments = dict(artifacts.proxies())
    for argument, dependency in (("BASE", image.base), ("ARTIFACTS", image.artifacts)):
        if dependency:
            arguments[argument] = known[dependency]
    last: deque[str] = deque(maxlen=artifacts.LAST_LINES)
    context = _context(image.folder) if image.folder else None
    for event in client.api.build(
        fileobj=context,
        custom_context=True,
        tag=known[image.name],
        buildargs=arguments,
        rm=True,
        forcerm=True,
        decode=True,
    ):
        last.extend(str(event.get("stream", "")).splitlines())
        if "error" in event:
            raise artifacts.FetchError("\n".join([*last, event["error"]]).strip())
