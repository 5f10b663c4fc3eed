# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all sites share: the image registry and the plugin hub, each one container that is in all their networks."""

from __future__ import annotations

import hashlib
import io
import ipaddress
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from lab import labels, network
from lab.report import LabError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import docker
    from docker.models.containers import Container

HUB_SOURCE = Path(__file__).parent / "hub"
HUB_PARENT = "/usr/local/lib/liveconnect-lab"
START_SECONDS = 30
# Pushing is compressing: more at a time than this brings nothing on a small machine.
PUSHES_AT_A_TIME = 3
MANIFEST_TYPES = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Service:
    """A shared container: its image, the name and host number it has in every site, its port and what it runs."""

    name: str
    image: str
    alias: str
    host: int
    port: int
    probe: str
    command: tuple[str, ...] | None = None
    volume: str | None = None
    source: Path | None = None


REGISTRY = Service(
    "lc-registry",
    image="registry",
    alias="registry.lab",
    host=network.REGISTRY,
    port=5000,
    probe="/v2/",
    volume="/var/lib/registry",
)
HUB = Service(
    "lc-hub",
    image="plugins",
    alias="hub.lab",
    host=network.HUB,
    port=80,
    probe="/",
    command=("python3", "-m", "hub", "--root", "/plugins", "--port", "80"),
    source=HUB_SOURCE,
)
SERVICES = (REGISTRY, HUB)


def ensure(client: docker.DockerClient, service: Service, image: str) -> tuple[Container, bool]:
    """Have a shared service run from the image, in the network of every site, and answer; tell whether it is new.

    It holds no state outside its volume, so a changed image or source simply replaces the container.
    """
    recipe = _recipe(service, image)
    container = find(client, service)
    if container is not None and container.labels.get(labels.RECIPE) != recipe:
        container.remove(force=True, v=True)
        container = None
    new = container is None
    if container is None:
        own = {labels.SHARED: service.name, labels.RECIPE: recipe}
        if service.volume:
            client.volumes.create(service.name, labels=own)
        container = client.containers.create(
            image,
            list(service.command) if service.command else None,
            name=service.name,
            labels=own,
            # Only for this machine, and on a port that is free; engines push to 127.0.0.0/8 without TLS.
            ports={f"{service.port}/tcp": ("127.0.0.1", 0)},
            volumes=[f"{service.name}:{service.volume}"] if service.volume else [],
            working_dir=HUB_PARENT if service.source else None,
            environment={"PYTHONPATH": HUB_PARENT} if service.source else None,
            restart_policy={"Name": "always"},
        )
        if service.source:
            container.put_archive("/", _archive(service.source))
    attach(client, container, service)
    if container.status != "running":
        container.start()
    _wait(container, service)
    return container, new


def find(client: docker.DockerClient, service: Service) -> Container | None:
    """The container of a shared service, running or not."""
    found = client.containers.list(all=True, filters={"label": f"{labels.SHARED}={service.name}"})
    return found[0] if found else None


def remove(client: docker.DockerClient, service: Service) -> None:
    """Remove the container of a shared service; its volume stays."""
    if container := find(client, service):
        container.remove(force=True, v=True)


def attach(client: docker.DockerClient, container: Container, service: Service) -> None:
    """Connect a shared service to the network of every site that it is not in yet."""
    connected = container.attrs["NetworkSettings"]["Networks"]
    for site in client.networks.list(filters={"label": labels.SITE}):
        if site.name not in connected:
            subnet = ipaddress.IPv4Network(site.attrs["IPAM"]["Config"][0]["Subnet"])
            site.connect(container, aliases=[service.alias], ipv4_address=str(subnet[service.host]))


def address_on_host(container: Container, service: Service) -> str:
    """``127.0.0.1:<port>``, where this machine and its engine reach a shared service."""
    container.reload()
    bound = container.ports.get(f"{service.port}/tcp") or []
    if not bound:
        log = container.logs(tail=10).decode(errors="replace").strip()
        raise LabError(f"{log}\nThe container {service.name} does not run; its last lines are above.")
    return f"127.0.0.1:{bound[0]['HostPort']}"


def _recipe(service: Service, image: str) -> str:
    digest = hashlib.sha256(f"{image}\0{service}\0".encode())
    if service.source:
        digest.update(_archive(service.source))
    return digest.hexdigest()


def _archive(source: Path) -> bytes:
    """A tar of a Python package, the same bytes for the same files, to be unpacked at the root."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for file in sorted(source.rglob("*.py")):
            content = file.read_bytes()
            entry = tarfile.TarInfo(f"{HUB_PARENT}/{source.name}/{file.relative_to(source)}".lstrip("/"))
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _wait(container: Container, service: Service) -> None:
    """Wait until a shared service answers a request."""
    deadline = time.monotonic() + START_SECONDS
    last = ""
    while time.monotonic() < deadline:
        url = f"http://{address_on_host(container, service)}{service.probe}"
        try:
            requests.get(url, timeout=5)
        except requests.RequestException as error:
            last = str(error)
            time.sleep(0.2)
        else:
            return  # whatever it answers
    log = container.logs(tail=10).decode(errors="replace").strip()
    raise LabError(f"{log}\nThe container {service.name} did not answer within {START_SECONDS} s: {last}")


def to_push(wanted: Mapping[str, str], served: Mapping[str, Iterable[str]]) -> list[str]:
    """The ``repository:tag`` names to push: those that the registry has not, or has with other content.

    ``wanted`` gives each name's local image id, ``served`` the digests that the registry knows it by.
    """
    return [name for name, image_id in wanted.items() if image_id not in served.get(name, ())]


def push(client: docker.DockerClient, registry: Container, images: Mapping[str, str]) -> list[str]:
    """Push what is missing of ``images`` (``repository:tag`` -> local tag) to the registry; return those names."""
    address = address_on_host(registry, REGISTRY)
    with ThreadPoolExecutor(max_workers=len(images) or 1) as pool:
        served = dict(zip(images, pool.map(lambda name: _digests(address, name), images), strict=True))
    wanted = {name: str(client.images.get(tag).id) for name, tag in images.items()}
    missing = to_push(wanted, served)
    with ThreadPoolExecutor(max_workers=PUSHES_AT_A_TIME) as pool:
        for _ in pool.map(lambda name: _push(client, address, name, images[name]), missing):
            pass
    return missing


def _digests(address: str, name: str) -> set[str]:
    """The digests of an image in the registry: its manifest's and its configuration's; none if it is not there."""
    repository, _, tag = name.rpartition(":")
    url = f"http://{address}/v2/{repository}/manifests/{tag}"
    answer = requests.get(url, headers={"Accept": MANIFEST_TYPES}, timeout=30)
    if answer.status_code == requests.codes.not_found:
        return set()
    if not answer.ok:
        raise LabError(f"The registry answered {answer.status_code} for {name}; look at: docker logs {REGISTRY.name}")
    manifest: dict[str, Any] = answer.json()
    # Which of the two an engine uses as the image's id depends on its image store.
    return {answer.headers.get("Docker-Content-Digest", ""), str(manifest.get("config", {}).get("digest", ""))} - {""}


def _push(client: docker.DockerClient, address: str, name: str, local: str) -> None:
    repository, _, tag = name.rpartition(":")
    remote = f"{address}/{repository}"
    client.api.tag(local, remote, tag, force=True)
    try:
        for event in client.api.push(remote, tag, stream=True, decode=True):
            if "error" in event:
                raise LabError(f"The image {name} could not be pushed to the lab's registry: {event['error']}")
    finally:
        client.api.remove_image(f"{remote}:{tag}", noprune=True)
