#!/usr/bin/python

# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_info
short_description: Read what the checks of a LiveConnect node need to know, in one question
version_added: 0.2.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Reads facts of a Debian or Ubuntu machine, and judges none of them.
  - What is not asked for is not read.
options:
  gather:
    description:
      - Groups of facts.
      - V(system) is distribution and architecture; V(memory) the memory; V(docker) the versions of Docker and
        Compose, and the images; V(sockets) the TCP sockets that listen, and the ports that containers publish.
    type: list
    elements: str
    choices: [system, memory, docker, sockets]
    default: [system, memory, docker, sockets]
  packages:
    description: Debian packages whose versions are wanted.
    type: list
    elements: str
    default: []
  units:
    description: Units of systemd whose states are wanted.
    type: list
    elements: str
    default: []
  disks:
    description: Paths whose file systems are checked for free space; they need not exist yet.
    type: list
    elements: path
    default: []
  paths:
    description: Paths whose kind, owner and mode are wanted. Links are not followed.
    type: list
    elements: path
    default: []
  files:
    description: Text files whose content is wanted, which is shown in the result. Not for secrets.
    type: list
    elements: path
    default: []
  names:
    description: Addresses and host names whose meaning on the node is wanted.
    type: list
    elements: str
    default: []
  registry:
    description: Image registry, C(host:port) or C(host:port/path), that is asked whether it answers. Empty asks none.
    type: str
    default: ""
  timeout:
    description: Seconds that each question to the network, to Docker or to systemd may take.
    type: float
    default: 10
extends_documentation_fragment:
  - igrafx.liveconnect.reads_only
"""

EXAMPLES = r"""
- name: Read what the node is, and whether make is installed
  igrafx.liveconnect.node_info:
    packages: [make]
    disks: [/opt/liveconnect]
    names: [192.168.1.128]
  register: node

- name: Read only which host keys are there
  igrafx.liveconnect.node_info:
    gather: []
    paths: [/opt/liveconnect/conf/sftp/ssh_host_ed25519_key]
  register: keys
"""

RETURN = r"""
system:
  description: The operating system; C(release) has its point for Ubuntu alone, as in V(24.04).
  returned: with V(system) in O(gather)
  type: dict
  sample: {distribution: Debian, release: "13", codename: trixie, architecture: x86_64}
memory_mb:
  description: Memory in MB of 1024 kB.
  returned: with V(memory) in O(gather)
  type: int
  sample: 7938
docker:
  description:
    - C(installed), and the versions C(program) of dockerd, C(engine) that answers, and C(compose), null where there is
      none.
    - C(error) is what was said when no engine answered.
    - C(rules) is whether the kernel has the packet rules of the engine that answers; null where that cannot be told.
    - C(images) are the images that the engine has, as C(repository:tag) and as C(repository@digest).
  returned: with V(docker) in O(gather)
  type: dict
  sample:
    installed: true
    program: 26.1.5
    engine: 26.1.5
    compose: 2.26.1
    error: ""
    rules: true
    images: ["nginx:1.30.5"]
sockets:
  description:
    - C(address), C(port), C(process), C(container) and C(project) of each socket that listens, C(process) where it can
      be seen, and of each port that a container publishes, with its Compose C(project).
  returned: with V(sockets) in O(gather)
  type: list
  elements: dict
  sample: [{address: 0.0.0.0, port: 22, process: sshd, container: "", project: ""}]
packages:
  description: The versions of those O(packages) that are installed.
  returned: success
  type: dict
  sample: {make: 4.4.1-2}
units:
  description: C(active) and C(enabled) of the O(units), as ActiveState and UnitFileState say.
  returned: success
  type: dict
  sample: {docker.service: {active: active, enabled: enabled}}
disks:
  description: C(free_mb), in MB of 1024 kB, and C(mount), where the file system is mounted, of the O(disks).
  returned: success
  type: dict
  sample: {/opt/liveconnect: {free_mb: 20480, mount: /}}
paths:
  description: C(exists), C(type) (V(file), V(directory), V(link), V(other)), C(owner), C(group), C(mode), C(size).
  returned: success
  type: dict
  sample: {/etc/hosts: {exists: true, type: file, owner: 0, group: 0, mode: "0644", size: 187}}
files:
  description: C(exists) and C(content), which is null of what is no text, or larger than 1 MB.
  returned: success
  type: dict
  sample: {/etc/docker/daemon.json: {exists: false, content: null}}
names:
  description:
    - C(addresses) of the O(names), none for a name that is not known; C(loopback), when one of them is the node's own
      loopback; C(own), when one of them is an address of the node.
  returned: success
  type: dict
  sample: {192.168.1.128: {addresses: [192.168.1.128], loopback: false, own: true}}
registry:
  description: C(answers), and C(error) when it does not.
  returned: with O(registry)
  type: dict
  sample: {answers: true, error: ""}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.igrafx.liveconnect.plugins.module_utils._node.runner import run

GROUPS = ["system", "memory", "docker", "sockets"]
PATHS = {"type": "list", "elements": "path", "default": []}
STRINGS = {"type": "list", "elements": "str", "default": []}
ARGUMENT_SPEC = {
    "gather": {"type": "list", "elements": "str", "choices": GROUPS, "default": GROUPS},
    "packages": STRINGS,
    "units": STRINGS,
    "disks": PATHS,
    "paths": PATHS,
    "files": PATHS,
    "names": STRINGS,
    "registry": {"type": "str", "default": ""},
    "timeout": {"type": "float", "default": 10},
}


def main():
    """Entry point."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    module.exit_json(changed=False, **run(module.params))


if __name__ == "__main__":
    main()
