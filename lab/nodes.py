# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes: containers that behave like virtual machines, with systemd, sshd and room for a Docker engine of their own."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab import labels
from lab.engine import execute
from lab.report import LabError

if TYPE_CHECKING:
    import docker
    from docker.models.containers import Container

# What a node can be -> the lab image it is made from.
IMAGE_OF_KIND = {"trixie": "node-trixie", "bookworm": "node-bookworm", "platform": "platform"}
DEFAULT_NODES = "liveconnect-vm:trixie"
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?")

# A machine may do everything. The capabilities are named one by one, because --privileged fails on an engine that is
# itself without SYS_RESOURCE; the newest are left out, as Docker 20.10 does not know them and SYS_ADMIN includes them.
CAPABILITIES = (
    "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH",
    "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE",
    "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
    "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO",
    "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
)  # fmt: skip

BOOT_SECONDS = 180
STOP_SECONDS = 60
SSH_PORT = 22
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Node:
    """A machine of a site: its name in the site's network, and its kind (a key of ``IMAGE_OF_KIND``)."""

    name: str
    kind: str


def parse(text: str) -> list[Node]:
    """The nodes that ``name:kind,name:kind`` declares; the kind is trixie where none is given."""
    nodes: list[Node] = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, kind = item.partition(":")
        node = Node(name, kind or "trixie")
        if not NAME.fullmatch(name):
            raise LabError(f"--nodes: {name!r} is no host name; use lower-case letters, digits and dashes.")
        if node.kind not in IMAGE_OF_KIND:
            raise LabError(f"--nodes: {name} has the unknown kind {kind!r}; use one of {', '.join(IMAGE_OF_KIND)}.")
        if name in {other.name for other in nodes}:
            raise LabError(f"--nodes: {name} is declared twice; give every node a name of its own.")
        nodes.append(node)
    return nodes


def container_name(site: str, node: str) -> str:
    """The name of a node's container; its volume and its network are named likewise."""
    return f"lc-{site}-{node}"


def present(client: docker.DockerClient, site: str) -> dict[str, Container]:
    """Node name -> container, of a site, running or not."""
    found = client.containers.list(all=True, filters=labels.of_site(site))
    return {container.labels[labels.NODE]: container for container in found}


def create(
    client: docker.DockerClient, site: str, node: Node, *, image: str, network: str, address: str, **options: Any
) -> Container:
    """Create the container of a site's node, not started; ``options`` are those of the docker package."""
    return client.containers.create(
        image,
        name=container_name(site, node.name),
        hostname=node.name,
        labels={labels.SITE: site, labels.NODE: node.name, labels.KIND: node.kind, labels.ADDRESS: address},
        network=network,
        networking_config={network: client.api.create_endpoint_config(ipv4_address=address, aliases=[node.name])},
        **options,
    )


def create_machine(
    client: docker.DockerClient, site: str, node: Node, *, image: str, network: str, address: str
) -> Container:
    """Create a node that behaves like a virtual machine, and the volume that its Docker engine will need."""
    name = container_name(site, node.name)
    client.volumes.create(f"{name}-docker", labels={labels.SITE: site})
    # An overlay file system cannot stand on another one: the engine's directory is a volume.
    volumes = [f"{name}-docker:/var/lib/docker"]
    version_1 = client.info().get("CgroupVersion", "1") == "1"
    if version_1:
        volumes.append("/sys/fs/cgroup:/sys/fs/cgroup:rw")
    return create(
        client,
        site,
        node,
        image=image,
        network=network,
        address=address,
        cap_add=list(CAPABILITIES),
        security_opt=["seccomp=unconfined", "apparmor=unconfined", "label=disable"],
        # systemd needs a hierarchy that it may write: the host's with version 1, one of the node's own with version 2.
        cgroupns="host" if version_1 else "private",
        tmpfs={"/run": "exec,mode=755", "/tmp": "exec,mode=1777"},  # noqa: S108
        volumes=volumes,
        # `reboot` in the node ends the container, and this starts it again.
        restart_policy={"Name": "always"},
    )


def wait_until_booted(container: Container) -> str:
    """Wait until systemd says that the boot has ended (running or degraded) and sshd answers; return that state."""
    deadline = time.monotonic() + BOOT_SECONDS
    state = ""
    while time.monotonic() < deadline:
        _, state = execute(container, ["timeout", "30", "systemctl", "is-system-running", "--wait"])
        if state in {"running", "degraded"} and _ssh_answers(container.labels[labels.ADDRESS]):
            return state
        time.sleep(POLL_SECONDS)
    name = container.labels[labels.NODE]
    log = container.logs(tail=20).decode(errors="replace").strip()
    raise LabError(f"{log}\nThe node {name} did not boot within {BOOT_SECONDS} s; its last state was: {state}")


def _ssh_answers(address: str) -> bool:
    try:
        with socket.create_connection((address, SSH_PORT), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def authorize(container: Container, public_key: str) -> str:
    """Let the owner of a key log in as ``operator``; return the node's own public host key."""
    script = """
        file=/home/operator/.ssh/authorized_keys
        printf '%s\n' "$PUBLIC_KEY" | cmp -s - $file || printf '%s\n' "$PUBLIC_KEY" > $file
        chown operator:operator $file
        cat /etc/ssh/ssh_host_ed25519_key.pub
    """
    code, output = execute(container, ["sh", "-euc", script], environment={"PUBLIC_KEY": public_key})
    if code != 0:
        raise LabError(f"The SSH key could not be placed on {container.labels[labels.NODE]}: {output}")
    return " ".join(output.split()[:2])


def reboot(container: Container) -> str:
    """Restart a node as a power cycle would, its address kept; wait until it has booted, return systemd's state."""
    container.stop(timeout=STOP_SECONDS)
    container.start()
    return wait_until_booted(container)
