# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site: a network with nodes, the platform's machine, and the shared registry and hub in it."""

from __future__ import annotations

import ipaddress
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import docker.types

from lab import access, build, labels, lock, network, nodes, platform_vm, shared
from lab.nodes import Node
from lab.report import LabError, step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from docker.models.containers import Container
    from docker.models.networks import Network

STATE = Path(__file__).parents[1] / ".lab"


def folder(name: str) -> Path:
    """Where a site keeps its ssh_config, keys and secrets."""
    return STATE / name


def up(client: docker.DockerClient, name: str, wanted: Iterable[Node], served: Collection[str] | None = None) -> None:
    """Have the site run with (at least) the wanted nodes; what is there already is left as it is.

    ``served`` names the lab images that its registry must have (default: all that are published).
    """
    if not nodes.NAME.fullmatch(name):
        raise LabError(f"--name: {name!r} is no site name; use lower-case letters, digits and dashes.")
    declared = [Node(platform_vm.NODE, "platform"), *(node for node in wanted if node.name != platform_vm.NODE)]
    folder(name).mkdir(parents=True, exist_ok=True)

    published = build.published()
    if served is not None:
        published = {image: published[image] for image in {platform_vm.API_IMAGE, *served}}
    machine_images = {nodes.IMAGE_OF_KIND[node.kind] for node in declared}
    with step("images") as result:
        needed = [*published, *(service.image for service in shared.SERVICES), *machine_images]
        tags = build.ensure(client, needed)
        result.text = f"{len(tags)} there"

    # Networks and shared services are made by one command at a time, however many sites come up together.
    with lock.exclusively("sites"):
        with step("network") as result:
            net, subnet = ensure_network(client, name)
            result.text = f"{net.name} {subnet}"
        with step("registry") as result:
            registry, new = shared.ensure(client, shared.REGISTRY, tags[shared.REGISTRY.image])
            result.text = "started" if new else "runs"
        with step("push") as result:
            images = {upstream: tags[key] for key, names in published.items() for upstream in names}
            pushed = shared.push(client, registry, images)
            result.text = f"{len(pushed)} of {len(images)} images pushed"
        with step("hub") as result:
            _, new = shared.ensure(client, shared.HUB, tags[shared.HUB.image])
            result.text = "started" if new else "runs"

    present = nodes.present(client, name)
    addresses = network.assign(
        subnet,
        (node.name for node in declared),
        {key: container.labels[labels.ADDRESS] for key, container in present.items()},
    )
    for node in declared:
        if node.name not in present:
            present[node.name] = nodes.create_machine(
                client, name, node, image=tags[nodes.IMAGE_OF_KIND[node.kind]], network=str(net.name),
                address=addresses[node.name],
            )  # fmt: skip
    key = access.public_key(folder(name))
    with ThreadPoolExecutor(max_workers=len(present)) as pool:
        host_keys = dict(zip(present, pool.map(lambda node: _start(node, key), present.values()), strict=True))
    access.write(folder(name) / "known_hosts", access.known_hosts(addresses, host_keys))
    access.write(folder(name) / "ssh_config", access.ssh_config(addresses, folder(name)))
    with step("platform") as result:
        platform_vm.ensure(folder(name))
        result.text = f"database {platform_vm.DATABASE}, container api"
    print(f"        log in with: ssh -F {folder(name) / 'ssh_config'} {next(node.name for node in declared[::-1])}")


def _start(container: Container, public_key: str) -> str:
    """Start a node where it does not run, wait for it, let the site's key in; return its host key."""
    title = f"node {container.labels[labels.NODE]}"
    with step(title) as result:
        if container.status != "running":
            container.start()
        state = nodes.wait_until_booted(container)
        result.text = f"{container.labels[labels.ADDRESS]} {container.labels[labels.KIND]}, systemd is {state}"
        return nodes.authorize(container, public_key)


def ensure_network(client: docker.DockerClient, name: str) -> tuple[Network, ipaddress.IPv4Network]:
    """The network of a site, made where it is missing, and its addresses."""
    found = client.networks.list(filters=labels.of_site(name))
    if found:
        return found[0], ipaddress.IPv4Network(found[0].attrs["IPAM"]["Config"][0]["Subnet"])
    taken = network.routed()
    for other in client.networks.list():
        for config in (other.attrs["IPAM"] or {}).get("Config") or ():
            candidate = ipaddress.ip_network(config["Subnet"])
            if isinstance(candidate, ipaddress.IPv4Network):
                taken.append(candidate)
    subnet = network.free_subnet(taken)
    ipam = docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet=str(subnet))])
    return client.networks.create(f"lc-{name}", driver="bridge", ipam=ipam, labels={labels.SITE: name}), subnet


def names(client: docker.DockerClient) -> list[str]:
    """The sites that have anything left in the engine."""
    containers = client.containers.list(all=True, filters={"label": labels.SITE})
    found = {container.labels[labels.SITE] for container in containers}
    for item in [
        *client.networks.list(filters={"label": labels.SITE}),
        *client.volumes.list(filters={"label": labels.SITE}),
    ]:
        found.add(item.attrs["Labels"][labels.SITE])
    return sorted(found)


def down(client: docker.DockerClient, name: str) -> None:
    """Remove a site: containers, network, volumes and its folder; with the last site go registry and hub too.

    The registry's volume stays, so that the next site need not push again.
    """
    with step(f"site {name}") as result, lock.exclusively("sites"):
        own = labels.of_site(name)
        containers = client.containers.list(all=True, filters=own)
        with ThreadPoolExecutor(max_workers=len(containers) or 1) as pool:
            for _ in pool.map(lambda container: container.remove(force=True, v=True), containers):
                pass
        for net in client.networks.list(filters=own):
            net.reload()
            for container in net.containers:
                net.disconnect(container, force=True)
            net.remove()
        for volume in client.volumes.list(filters=own):
            volume.remove(force=True)
        shutil.rmtree(folder(name), ignore_errors=True)
        if not names(client):
            for service in shared.SERVICES:
                shared.remove(client, service)
        result.text = f"removed, with {len(containers)} nodes"


def reboot(client: docker.DockerClient, name: str, node: str) -> None:
    """Restart a node of a site as a power cycle would; its address stays."""
    found = nodes.present(client, name)
    if node not in found:
        raise LabError(f"The site {name} has no node {node!r}; it has: {', '.join(sorted(found)) or 'none'}.")
    with step(f"reboot {node}") as result:
        result.text = f"{found[node].labels[labels.ADDRESS]}, systemd is {nodes.reboot(found[node])}"


def status(client: docker.DockerClient) -> str:
    """Sites, nodes and shared services, one line for each."""
    lines = []
    for name in names(client):
        lines.append(f"site {name}: {folder(name)}")
        for node, container in sorted(nodes.present(client, name).items()):
            kind, address = container.labels[labels.KIND], container.labels[labels.ADDRESS]
            lines.append(f"  {node:24} {kind:10} {address:16} {container.status}")
    for service in shared.SERVICES:
        if running := shared.find(client, service):
            lines.append(f"shared {service.alias}:{service.port}: {running.status}")
    return "\n".join(lines) or "No site is up."
