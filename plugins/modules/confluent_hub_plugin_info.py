#!/usr/bin/python

# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: confluent_hub_plugin_info
short_description: List the Kafka Connect plugins or ksqlDB extensions in a directory
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Lists what is in a plugin directory, with versions, sizes and plugin classes, without a worker and without Java.
  - Classes are those that the jars declare in C(META-INF/services). Plugins from before Kafka 3.6 declare none; their
    class files are scanned for connectors, converters, transformations and predicates, as a worker does, but without
    loading a class.
  - What was found is kept in the receipt, so that a plugin that M(igrafx.liveconnect.confluent_hub_plugin) installed is
    not read again.
options:
  dest:
    description: The directory that holds the plugins. An empty list is the answer when it is missing.
    type: path
    required: true
  layout:
    description: As in M(igrafx.liveconnect.confluent_hub_plugin).
    type: str
    choices: [plugin, flat]
    default: plugin
  verify:
    description: Whether the content of every file is compared with the receipt. Presence and size always are.
    type: bool
    default: false
extends_documentation_fragment:
  - igrafx.liveconnect.reads_only
seealso:
  - module: igrafx.liveconnect.confluent_hub_plugin
"""

EXAMPLES = r"""
- name: List the connector plugins
  igrafx.liveconnect.confluent_hub_plugin_info:
    dest: /opt/liveconnect/connect-plugins
  register: installed

- name: Show what was tampered with
  ansible.builtin.debug:
    msg: "{{ installed.plugins | selectattr('damage') | items2dict(key_name='name', value_name='damage') }}"
"""

RETURN = r"""
plugins:
  description: One entry per plugin, sorted by path.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: C(owner/plugin) when something says it, else the name of its directory or file.
      type: str
    version:
      description: The version, null when nothing says it.
      type: str
    path:
      description: Its directory, or its jar.
      type: str
    managed:
      description: Whether M(igrafx.liveconnect.confluent_hub_plugin) installed it.
      type: bool
    source:
      description: Where it came from, null when it is not managed.
      type: str
    bytes:
      description: Size of its files.
      type: int
    files:
      description: Number of its files.
      type: int
    classes:
      description: >-
        Plugin classes by kind, C(sources), C(sinks), C(converters), C(header_converters), C(transformations),
        C(predicates), C(config_providers) and C(rest_extensions); a kind without a class is left out.
      type: dict
    classes_declared:
      description:
        - Whether jars declare these classes in C(META-INF/services).
        - If not they were found by a scan, which a worker with C(plugin.discovery=service_load) does not make. A worker
          leaves out those of them whose libraries are missing. Those that derive from a class outside of the plugin's
          jars are not known, nor those in C(*-tests.jar).
      type: bool
    damage:
      description: How its files differ from the receipt.
      type: list
      elements: str
    foreign:
      description: Files in its directory that the receipt does not name; none in the flat layout or without a receipt.
      type: list
      elements: str
  sample:
    - name: jcustenborder/kafka-connect-spooldir
      version: 2.0.65
      path: /opt/liveconnect/connect-plugins/jcustenborder-kafka-connect-spooldir
      managed: true
      source: hub:jcustenborder/kafka-connect-spooldir
      bytes: 11302017
      files: 34
      classes:
        sources: [com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceConnector]
      classes_declared: false
      damage: []
      foreign: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.destination import Destination, Layout
from ansible_collections.igrafx.liveconnect.plugins.module_utils._plugins.inventory import describe


def main() -> None:
    module = AnsibleModule(
        {
            "dest": {"type": "path", "required": True},
            "layout": {"type": "str", "choices": ["plugin", "flat"], "default": "plugin"},
            "verify": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        destination = Destination(module.params["dest"], layout=Layout(module.params["layout"]))
        found = destination.read(verify=module.params["verify"])
        plugins = [describe(destination, item) for item in found]
    except LiveConnectError as error:
        module.fail_json(msg=str(error), **error.details)
    module.exit_json(changed=False, plugins=plugins)


if __name__ == "__main__":
    main()
