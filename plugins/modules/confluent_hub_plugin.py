#!/usr/bin/python

# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: confluent_hub_plugin
short_description: Install Kafka Connect plugins and ksqlDB extensions, whole and verified
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Installs connector plugins from a Confluent Hub, a Maven repository, a web address or a file, and removes them.
  - An archive is a zip, a tar (as it is, or packed by gzip, bzip2 or xz) or a bare jar.
  - Needs no Java, no command line client and no container on the node.
  - Takes one plugin, or all of them in one task (O(plugins)), which are then fetched some at a time.
  - Every archive is fetched, verified and unpacked outside of O(dest) before the first plugin is exchanged. One that
    is unsafe, damaged or not a plugin is refused, and what is installed stays as it is.
  - A plugin is exchanged in one step of the file system. A run that was killed leaves the old plugin or the new, and
    the next run cleans up.
  - Every plugin that this module installed has a receipt. When there is nothing to do, no server is asked.
  - What other tools installed is known by its C(manifest.json). Another version of the same plugin beside the
    declared is removed.
options:
  dest:
    description:
      - The directory that holds the plugins, one of the worker's C(plugin.path), or ksqlDB's extension directory.
      - Created when it is missing.
    type: path
    required: true
  layout:
    description:
      - V(plugin) gives every plugin a directory of its own, C(<owner>-<plugin>) or the name it has in Maven.
      - V(flat) puts the jars directly into O(dest), as ksqlDB wants its functions.
    type: str
    choices: [plugin, flat]
    default: plugin
  staging:
    description:
      - A directory outside of O(dest) on the same file system. A directory C(.<name of dest>-staging) is made in it to
        unpack in, and removed at the end.
      - The default is the directory that O(dest) is in.
    type: path
  name:
    description:
      - The plugin as C(owner/plugin) or C(owner/plugin:version). Alone, the plugin comes from the hub.
      - With O(maven), O(url) or O(src) it says what the archive is, and decides the directory. There a name without
        owner will do. The default is the artifact's name, or the file's name without version.
    type: str
  maven:
    description: Coordinates below O(maven_repository), C(group:artifact:version[:classifier][@ext]). Without C(@ext)
      it is a jar. A snapshot is refused.
    type: str
  url:
    description:
      - Address of an archive. Must not carry credentials.
      - Only the address and O(checksum) tell versions apart, the server is not asked whether the file behind an
        address has changed.
    type: str
  src:
    description:
      - Path of an archive on the control machine, searched for as M(ansible.builtin.copy) does; with O(remote_src) on
        the node.
      - A file of the control machine is transferred only when it is not installed yet. Two of them must not have the
        same name.
    type: path
  remote_src:
    description: Whether O(src) is on the node.
    type: bool
    default: false
  version:
    description:
      - The version, when it is not in O(name) or O(maven). V(latest) is the same as O(state=latest).
      - Without a version, any that is installed will do, and the hub's latest is installed when none is.
    type: str
  checksum:
    description:
      - Digest of the archive as C(algorithm:hex), best V(sha256:…) or V(sha512:…); V(sha384), V(sha1) and V(md5) are
        understood.
      - Without it the archive must match what its source publishes, the hub in its manifest, a Maven repository or a
        web server in a file C(.sha512), C(.sha256) or C(.sha1) beside the archive. When nothing is published the
        archive is refused.
      - V(none) installs an archive without verifying it.
      - A file of O(src) needs none. One of the control machine that has none is held against its own SHA-256, so that
        what arrived is what was sent.
    type: str
  dependencies:
    description: Maven coordinates of further jars beside the one of O(maven), short for entries of O(extra).
    type: list
    elements: str
    default: []
  extra:
    description:
      - Further jars to install with the plugin, such as the database drivers that a JDBC connector wants. They are put
        where most of the plugin's jars are, and exchanged with it in one step.
      - When one is added, removed or declared otherwise, the whole plugin is installed again.
    type: list
    elements: dict
    suboptions:
      maven:
        description: As O(maven).
        type: str
      url:
        description: As O(url).
        type: str
      src:
        description: As O(src).
        type: path
      remote_src:
        description: As O(remote_src).
        type: bool
        default: false
      checksum:
        description: As O(checksum).
        type: str
  foreign:
    description:
      - What to do when the plugin's directory holds files that came neither with the plugin nor from O(extra), as a
        driver put there by hand, and the plugin is to be exchanged or removed.
      - V(refuse) changes nothing and names them. V(remove) removes them.
      - A file whose name a jar of O(extra) has is replaced by that jar.
      - A plugin of another tool has no receipt that names its files. There the jars count of which the new archive has
        no version at all, so that only a real run can tell.
    type: str
    choices: [refuse, remove]
    default: refuse
  state:
    description:
      - V(present) installs the plugin, or the declared version of it.
      - V(latest) asks the hub, or the Maven repository, for its latest version.
      - V(absent) removes it, in whatever directory it is.
    type: str
    choices: [present, latest, absent]
    default: present
  plugins:
    description: The plugins, instead of a single one.
    type: list
    elements: dict
    suboptions:
      name:
        description: As O(name).
        type: str
      maven:
        description: As O(maven).
        type: str
      url:
        description: As O(url).
        type: str
      src:
        description: As O(src).
        type: path
      remote_src:
        description: As O(remote_src).
        type: bool
        default: false
      version:
        description: As O(version).
        type: str
      checksum:
        description: As O(checksum).
        type: str
      dependencies:
        description: As O(dependencies).
        type: list
        elements: str
        default: []
      extra:
        description: As O(extra).
        type: list
        elements: dict
        suboptions:
          maven:
            description: As O(maven).
            type: str
          url:
            description: As O(url).
            type: str
          src:
            description: As O(src).
            type: path
          remote_src:
            description: As O(remote_src).
            type: bool
            default: false
          checksum:
            description: As O(checksum).
            type: str
      foreign:
        description: As O(foreign).
        type: str
        choices: [refuse, remove]
        default: refuse
      state:
        description: As O(state).
        type: str
        choices: [present, latest, absent]
        default: present
  purge:
    description:
      - Whether plugins are removed that this module installed into O(dest) and that O(plugins) does not declare.
      - What has no receipt of this module stays. Refused without any entry in O(plugins); declare O(state=absent) for
        the last ones.
      - One that holds foreign files is refused until an entry with O(state=absent) and O(foreign) says what happens to
        them.
    type: bool
    default: false
  hub_url:
    description:
      - Address below which C(/api/plugins/{owner}/{plugin}/versions/{version}) is asked.
      - The manifest says where the archive is, which may be another host. A relative address is taken below O(hub_url).
    type: str
    default: https://api.hub.confluent.io
  maven_repository:
    description: Address of a Maven repository. Needed for O(maven).
    type: str
  credential_hosts:
    description:
      - The hosts (V(host) or V(host:port)) that the credentials and the client certificate are sent to, and no
        others, also when redirected.
      - The default is the host of O(hub_url), O(maven_repository) or O(url), when the task names only one of them.
    type: list
    elements: str
    default: []
  accept_licenses:
    description: Whether the licences that the hub names for the plugins are accepted. A plugin with a licence is
      refused otherwise.
    type: bool
    default: false
  verify:
    description:
      - Whether the content of every installed file is compared with its receipt. Presence and size always are.
      - A plugin that differs is installed again.
    type: bool
    default: false
  owner:
    description: User (name or number) that owns the installed files. The default is the user that the module runs as.
    type: str
  group:
    description: Group (name or number) of the installed files. The default is the group that the module runs as.
    type: str
  mode:
    description: Mode of the installed files, in octal. Whoever can read a file can enter its directory.
    type: str
    default: '0644'
  retries:
    description:
      - How often a transfer that broke is tried again. It goes on where it stopped when the server can do so.
      - So does the transfer of a run that was killed, in the next run, when a checksum proves the whole.
    type: int
    default: 3
  parallel:
    description: How many plugins are fetched at a time.
    type: int
    default: 4
  max_size:
    description: Largest size of an archive, packed or unpacked, in bytes or as V(500M).
    type: str
    default: 2G
  max_files:
    description: Most entries of an archive.
    type: int
    default: 20000
  max_ratio:
    description: Most bytes that one byte of an archive may unpack to. Does not matter below 16 MiB.
    type: float
    default: 100
extends_documentation_fragment:
  - igrafx.liveconnect.action_group
  - igrafx.liveconnect.connection
attributes:
  action:
    description: Files of the control machine are transferred by an action plugin.
    support: full
  async:
    description: The files of the control machine are transferred before the task goes into the background.
    support: full
  check_mode:
    description: Says what would be done. Asks the servers about versions, licences and checksums when there is
      something to do.
    support: full
  diff_mode:
    description: Shows the version and the extra jars in every place before and after, and the foreign files that go.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
seealso:
  - module: igrafx.liveconnect.confluent_hub_plugin_info
notes:
  - While the task runs, every step and every tenth of a download (at least 16 MiB) becomes a line in the node's system
    log, C(journalctl -f | grep confluent_hub_plugin).
  - A worker reads its plugins only when it starts. Restart it when RV(restart_required) says so.
  - The proxy is taken from the environment (C(https_proxy), C(http_proxy), C(no_proxy)).
"""

EXAMPLES = r"""
- name: Install the connectors
  igrafx.liveconnect.confluent_hub_plugin:
    dest: /opt/liveconnect/connect-plugins
    accept_licenses: true
    maven_repository: https://maven.example.com/repository/public
    plugins:
      - name: jcustenborder/kafka-connect-spooldir:2.0.65
      - maven: org.apache.camel.kafkaconnector:camel-ssh-kafka-connector:0.10.1:package@tar.gz
      - maven: io.debezium:debezium-connector-postgres:3.2.0.Final:plugin@tar.gz
  register: plugins

- name: Restart Connect
  ansible.builtin.command: docker restart connect
  when: plugins.restart_required
  changed_when: true

- name: Install a JDBC connector with the driver that it wants
  igrafx.liveconnect.confluent_hub_plugin:
    dest: /opt/liveconnect/connect-plugins
    maven_repository: https://maven.example.com/repository/public
    name: confluentinc/kafka-connect-jdbc:10.7.6
    accept_licenses: true
    extra:
      - maven: com.oracle.database.jdbc:ojdbc8:23.3.0.23.09
      - src: db2jcc4.jar

- name: Install functions for ksqlDB
  igrafx.liveconnect.confluent_hub_plugin:
    dest: /opt/liveconnect/extensions
    layout: flat
    src: igrafx-udfs-assembly-1.1.0.jar

- name: Remove a plugin
  igrafx.liveconnect.confluent_hub_plugin:
    dest: /opt/liveconnect/connect-plugins
    name: jcustenborder/kafka-connect-spooldir
    state: absent
"""

RETURN = r"""
plugins:
  description:
    - One entry per declared plugin, in the declared order, then those that were purged.
    - When the task fails, those that were already done.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The plugin's name.
      type: str
    action:
      description:
        - V(installed), V(updated) (to another version or source), V(repaired) (files differed from the receipt),
          V(adjusted) (owner, group or mode), V(cleaned) (another version beside it removed), V(removed) or
          V(unchanged).
        - In check mode, what would be done.
      type: str
    changed:
      description: Whether something was done.
      type: bool
    version:
      description: The version that now stands, null when nothing says it or the plugin is removed.
      type: str
    previous_version:
      description: The version that stood before.
      type: str
    path:
      description: The plugin's directory; in the flat layout its jar, or O(dest) when it has several.
      type: str
    source:
      description: Where it comes from, C(hub:…), C(maven:…), C(url:…) or C(src:…).
      type: str
    bytes:
      description: Size of its files, null when there is no receipt.
      type: int
    classes:
      description: Plugin classes by kind (C(sources), C(sinks), C(converters), C(transformations), …), as the jars
        declare them, or as found by a scan of the class files when no jar declares any.
      type: dict
    classes_declared:
      description: Whether jars declare these classes in C(META-INF/services). A worker with
        C(plugin.discovery=service_load) finds no others. Null when there is no receipt.
      type: bool
    reasons:
      description: Why it was not left alone.
      type: list
      elements: str
    foreign:
      description:
        - Files in its directory, relative to O(dest), that came neither with the plugin nor from O(extra).
        - When the plugin was exchanged or removed, those that went with it.
      type: list
      elements: str
  sample:
    - name: jcustenborder/kafka-connect-spooldir
      action: updated
      changed: true
      version: 2.0.65
      previous_version: 2.0.60
      path: /opt/liveconnect/connect-plugins/jcustenborder-kafka-connect-spooldir
      source: hub:jcustenborder/kafka-connect-spooldir
      bytes: 11302017
      classes:
        sources: [com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceConnector]
      classes_declared: false
      reasons: ['version 2.0.60, not 2.0.65']
      foreign: []
leftovers:
  description: Whether an interrupted run had left something in the staging directory, which was (in check mode, would
    be) cleaned up.
  returned: success
  type: bool
restart_required:
  description: Whether the worker must be restarted to see the change.
  returned: success
  type: bool
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import (
    HTTP_ARGUMENT_SPEC,
    HTTP_MUTUALLY_EXCLUSIVE,
    HTTP_REQUIRED_TOGETHER,
)
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.options import PUBLIC_HUB
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.runner import run

FILE_SPEC: dict[str, t.Any] = {
    "maven": {"type": "str"},
    "url": {"type": "str"},
    "src": {"type": "path"},
    "remote_src": {"type": "bool", "default": False},
    "checksum": {"type": "str"},
}
PLUGIN_SPEC: dict[str, t.Any] = {
    **FILE_SPEC,
    "name": {"type": "str"},
    "version": {"type": "str"},
    "dependencies": {"type": "list", "elements": "str", "default": []},
    "extra": {"type": "list", "elements": "dict", "options": FILE_SPEC},
    "foreign": {"type": "str", "choices": ["refuse", "remove"], "default": "refuse"},
    "state": {"type": "str", "choices": ["present", "latest", "absent"], "default": "present"},
}
ARGUMENT_SPEC: dict[str, t.Any] = {
    **HTTP_ARGUMENT_SPEC,
    **PLUGIN_SPEC,
    "plugins": {"type": "list", "elements": "dict", "options": PLUGIN_SPEC},
    "purge": {"type": "bool", "default": False},
    "dest": {"type": "path", "required": True},
    "layout": {"type": "str", "choices": ["plugin", "flat"], "default": "plugin"},
    "staging": {"type": "path"},
    "hub_url": {"type": "str", "default": PUBLIC_HUB},
    "maven_repository": {"type": "str"},
    "credential_hosts": {"type": "list", "elements": "str", "default": []},
    "accept_licenses": {"type": "bool", "default": False},
    "verify": {"type": "bool", "default": False},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "str", "default": "0644"},
    "retries": {"type": "int", "default": 3},
    "parallel": {"type": "int", "default": 4},
    "max_size": {"type": "str", "default": "2G"},
    "max_files": {"type": "int", "default": 20000},
    "max_ratio": {"type": "float", "default": 100},
}


def main() -> None:
    module = AnsibleModule(
        ARGUMENT_SPEC,
        supports_check_mode=True,
        required_one_of=[("plugins", "name", "maven", "url", "src")],
        mutually_exclusive=[
            *(("plugins", option) for option in PLUGIN_SPEC if "default" not in PLUGIN_SPEC[option]),
            ("maven", "url", "src"),
            *HTTP_MUTUALLY_EXCLUSIVE,
        ],
        required_together=HTTP_REQUIRED_TOGETHER,
    )
    try:
        result = run(module.params, check_mode=module.check_mode, progress=module.log)
    except LiveConnectError as error:
        module.fail_json(msg=str(error), **{"plugins": [], **error.details})
    module.exit_json(**result)


if __name__ == "__main__":
    main()
