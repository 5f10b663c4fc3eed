# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Artifact sets: what Maven, pip and javac bring, downloaded in a container and kept as an image of its own.

A set is a folder with a ``fetch.sh``. It runs in the lab's toolchain image, with the folder as its working directory,
and leaves in ``/out`` the tree that other images take with ``COPY --from``. The host needs neither Java nor Maven, and
where a company's own certificate authority stands before the registries, the container trusts what the host trusts.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from lab.engine import execute

if TYPE_CHECKING:
    import docker
    from docker.models.containers import Container

# Downloads outlive the containers, so that an interrupted or a later build does not ask the registries again.
DOWNLOADS_VOLUME = "liveconnect-lab-m2"
WORK = "/work"
LAST_LINES = 30
PROXY_VARIABLES = ("http_proxy", "https_proxy", "no_proxy")


class FetchError(Exception):
    """``fetch.sh`` of an artifact set failed; the message holds its last lines."""


def proxies() -> dict[str, str]:
    """The host's proxy settings, in both spellings, for containers and builds."""
    found = {name: os.environ.get(name) or os.environ.get(name.upper()) for name in PROXY_VARIABLES}
    return {spelling: value for name, value in found.items() if value for spelling in (name, name.upper())}


def ca_bundle() -> Path | None:
    """The file of certificate authorities that the host's own clients trust."""
    candidates = (
        os.environ.get("SSL_CERT_FILE"),
        os.environ.get("REQUESTS_CA_BUNDLE"),
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
    )
    return next((Path(path).resolve() for path in candidates if path and Path(path).is_file()), None)


def fetch(client: docker.DockerClient, name: str, context: io.BytesIO, *, toolchain: str, tag: str) -> None:
    """Run the ``fetch.sh`` of the set ``name`` in the image ``toolchain``; its result becomes the image ``tag``.

    ``context`` is a tar of the set's folder.
    """
    container = _start(client, f"liveconnect-lab-fetch-{name}", toolchain)
    try:
        container.put_archive(WORK, context.getvalue())
        # The environment is given to the command, not to the container: it must not end up in the image.
        code, output = execute(container, ["fetch", "sh", "-eu", "fetch.sh"], workdir=WORK, environment=proxies())
        if code != 0:
            raise FetchError("\n".join(output.splitlines()[-LAST_LINES:]))
        repository, _, version = tag.rpartition(":")
        container.commit(repository=repository, tag=version, changes='CMD ["true"]')
    finally:
        container.remove(force=True)


def _start(client: docker.DockerClient, name: str, image: str) -> Container:
    for leftover in client.containers.list(all=True, filters={"name": f"^/{name}$"}):
        leftover.remove(force=True)
    mounts = {DOWNLOADS_VOLUME: {"bind": "/downloads", "mode": "rw"}}
    if bundle := ca_bundle():
        mounts[str(bundle)] = {"bind": "/run/host-ca.crt", "mode": "ro"}
    settings = Path.home() / ".m2" / "settings.xml"
    if settings.is_file():
        mounts[str(settings)] = {"bind": "/root/.m2/settings.xml", "mode": "ro"}
    return client.containers.run(
        image, ["sleep", "infinity"], name=name, detach=True, init=True, volumes=mounts, working_dir=WORK
    )
