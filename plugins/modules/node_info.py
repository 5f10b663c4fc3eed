#!/usr/bin/python

# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_info
short_description: Read what a node is, has and runs
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Returns in one call what checks ask of a node, its system, memory, disks, addresses, listening sockets and who has
    them, packages, files, units of systemd, and Docker.
  - Returns facts and judges nothing. What is not there is returned as such and does not make the task fail.
  - Run it with C(become), otherwise it sees neither other users' processes nor the Docker engine.
options:
  names:
    description: Host names or addresses to look up on the node.
    type: list
    elements: str
    default: []
  disks:
    description: Absolute paths for whose file systems the room is returned. They need not exist.
    type: list
    elements: path
    default: []
  packages:
    description: Packages of the distribution for which the installed version is returned.
    type: list
    elements: str
    default: []
  paths:
    description: Absolute paths whose state is returned.
    type: list
    elements: path
    default: []
  contents:
    description: Absolute paths of files whose content is returned. Must not be secret, as everybody who sees the
      result sees them.
    type: list
    elements: path
    default: []
  units:
    description: Units of systemd whose state is returned, with their endings such as C(.service).
    type: list
    elements: str
    default: []
  docker:
    description: Whether to ask for the Docker engine, its Compose plugin and its running containers.
    type: bool
    default: true
  timeout:
    description: Seconds after which name lookups and programs are no longer waited for; half of it for the engine.
    type: float
    default: 10
extends_documentation_fragment:
  - igrafx.liveconnect.reads_only
notes:
  - The Docker engine is asked at C(/var/run/docker.sock).
"""

EXAMPLES = r"""
- name: Read what the node has
  igrafx.liveconnect.node_info:
    names: ["{{ liveconnect_advertised_address }}"]
    disks: [/opt/liveconnect]
    packages: [nftables]
  register: node

- name: Check that there is room
  ansible.builtin.assert:
    that: node.disks['/opt/liveconnect'].free_mb > 20000
"""

RETURN = r"""
system:
  description: C(id), C(name), C(version) and C(codename) as in C(/etc/os-release), and the machine.
  returned: success
  type: dict
  sample:
    id: debian
    name: Debian GNU/Linux
    version: '12'
    codename: bookworm
    architecture: x86_64
    kernel: 6.1.0-28-amd64
    hostname: liveconnect-vm
    systemd: true
    python: {executable: /usr/bin/python3, version: 3.11.2}
memory:
  description: C(total_mb), C(available_mb) and C(swap_mb), in MiB.
  returned: success
  type: dict
cpus:
  description: Number of processors.
  returned: success
  type: int
addresses:
  description: The node's own addresses in C(ipv4) and C(ipv6), and in C(default_ipv4) the one that it uses towards the
    rest of the world, or null.
  returned: success
  type: dict
  sample: {ipv4: [127.0.0.1, 192.168.1.128], ipv6: ['::1'], default_ipv4: 192.168.1.128}
names:
  description: For each of O(names) its C(addresses), none when it is unknown there; C(loopback), whether one of them
    only leads whoever uses it to himself; C(own), whether one of them is the node's.
  returned: success
  type: dict
  sample:
    broker.example.com: {addresses: [192.168.1.128], loopback: false, own: true}
sockets:
  description: The listening TCP sockets, by port.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The address, V(0.0.0.0) or V(::) for all.
      type: str
    port:
      description: The port.
      type: int
    pid:
      description: A process that has it, or null when it cannot be seen.
      type: int
    process:
      description: Name of that process, or null.
      type: str
    container:
      description: The container that it belongs to or is held for, or null.
      type: str
    project:
      description: The Compose project of the container, or null.
      type: str
disks:
  description: For each of O(disks) C(path), the nearest that exists; C(mount), where its file system is mounted;
    C(free_mb) and C(total_mb), in MiB.
  returned: success
  type: dict
  sample:
    /opt/liveconnect: {path: /opt, mount: /, free_mb: 51200, total_mb: 102400}
packages:
  description: For each of O(packages) the installed version, or null.
  returned: success
  type: dict
  sample: {nftables: 1.0.6-2+deb12u2, acl: null}
paths:
  description: For each of O(paths) what is there. A link is not followed.
  returned: success
  type: dict
  contains:
    state:
      description: V(file), V(directory), V(link), V(other) or V(absent). With V(absent) there is nothing else.
      type: str
    owner:
      description: Name of the owner, or null when the number has none; C(group) likewise.
      type: str
    uid:
      description: Number of the owner; C(gid) likewise.
      type: int
    mode:
      description: Permissions, for example V(0644).
      type: str
    size:
      description: Size in bytes.
      type: int
    modified:
      description: Time of the last change in seconds since 1970.
      type: float
    target:
      description: What a link points to, else null.
      type: str
contents:
  description: For each of O(contents) the text, or null when it is missing, not a file, not UTF-8 or above 1 MB.
  returned: success
  type: dict
units:
  description: For each of O(units) C(load), C(active), C(sub) and C(enabled) in the words of C(systemctl show). Empty
    when systemd does not answer.
  returned: success
  type: dict
  sample:
    docker.service: {load: loaded, active: active, sub: running, enabled: enabled}
docker:
  description: The Docker engine.
  returned: when O(docker) is true
  type: dict
  contains:
    program:
      description: Path of C(dockerd), or null.
      type: str
    answers:
      description: Whether the engine answers.
      type: bool
    error:
      description: Why it does not, else null.
      type: str
    version:
      description: Version of the engine; of its program when the engine does not answer; null when there is none.
      type: str
    compose_version:
      description: Version of the Compose plugin, or null.
      type: str
    packages:
      description: The installed packages of the distribution or of Docker that bring engine and Compose, with versions.
      type: dict
      sample: {docker-ce: '5:28.0.4-1~debian.12~bookworm'}
    containers:
      description: C(name), C(project), C(service) and C(state) of each running container, and in C(ports) the
        addresses and TCP ports of the node that it has, or while it is restarted is declared to have.
      type: list
      elements: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.igrafx.liveconnect.plugins.module_utils._node.runner import run

ARGUMENT_SPEC = {
    "names": {"type": "list", "elements": "str", "default": []},
    "disks": {"type": "list", "elements": "path", "default": []},
    "packages": {"type": "list", "elements": "str", "default": []},
    "paths": {"type": "list", "elements": "path", "default": []},
    "contents": {"type": "list", "elements": "path", "default": []},
    "units": {"type": "list", "elements": "str", "default": []},
    "docker": {"type": "bool", "default": True},
    "timeout": {"type": "float", "default": 10},
}


def main():
    """Entry point."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    module.exit_json(changed=False, **run(module.params))


if __name__ == "__main__":
    main()
