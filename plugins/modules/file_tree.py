#!/usr/bin/python

# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: file_tree
short_description: Write many files and directories in one task
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Makes the declared paths below a directory as they are declared, with content, owner, group and mode, and removes
    what is declared absent. One task does what otherwise takes one M(ansible.builtin.file) or M(ansible.builtin.copy)
    for each path.
  - Every path is looked at before the first is written. Whatever is wrong with the declaration or stands in the way
    on the node is reported at once, and then nothing is written.
  - A file is replaced by a whole new file in one step. A run that is killed leaves the old file or the new.
  - What is as declared already is not touched, and keeps its time stamps.
  - A symbolic link below O(root) is not followed, the task fails. Only the path of O(root) itself may contain links.
options:
  root:
    description:
      - The directory that all paths are relative to, as an absolute path.
      - It is created when it is missing, with owner, group and mode of the entry V(.) if there is one.
    type: path
    required: true
  entries:
    description: The paths. Each must be given once; their order does not matter.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: The path, relative to O(root) and without C(..). V(.) is O(root) itself.
        type: str
        required: true
      state:
        description:
          - V(file) writes the content. Without content the file must be there, and only its owner, group and mode are
            set; in check mode it may be missing.
          - V(directory) creates the directory. Directories on the way to an entry are created without being declared,
            with mode V(0755) and owned by the user that the task runs as.
          - V(absent) removes whatever is there, a directory with all that is in it.
          - A path that is something else than declared, for example a directory instead of a file, is refused.
        type: str
        choices: [file, directory, absent]
        default: file
      owner:
        description:
          - Name or number of the owner. The default leaves it as it is.
          - A name that the node does not know is refused, except in check mode.
        type: str
      group:
        description: Name or number of the group, as O(entries[].owner).
        type: str
      mode:
        description:
          - Permissions as an octal number in quotes, for example V('0644').
          - The default leaves a path that is there as it is. New ones get V(0644), with O(entries[].secret_content)
            V(0600), and directories V(0755), whatever the umask is.
        type: raw
      content:
        description: Text of the file, written as it is in UTF-8.
        type: raw
      secret_content:
        description: As O(entries[].content), and neither shown in a diff nor returned nor logged.
        type: raw
  purge:
    description:
      - Directories relative to O(root) in which everything is removed that O(entries) does not declare, at any depth.
        What is in a declared directory is not declared with it.
      - A directory that is missing is not created.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Says what would be done. Owners, groups and files that an earlier task would create may be missing.
    support: full
  diff_mode:
    description:
      - Shows the content of every file that changes, and owner, group and mode where they change.
      - Does not show O(entries[].secret_content), binary files, files above 100 kB, and what is in removed files.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
seealso:
  - module: ansible.builtin.copy
  - module: ansible.builtin.file
notes:
  - The contents are neither in the result nor in the node's system log.
  - The template lookup renders a content on the control machine.
  - A replaced file loses extended attributes and access control lists. A bind mount of a single file shows the old
    file until it is mounted again.
"""

EXAMPLES = r"""
- name: Write the configuration of nginx
  igrafx.liveconnect.file_tree:
    root: /opt/liveconnect/conf/nginx
    entries:
      - {path: ., state: directory, owner: root, group: root, mode: "0755"}
      - {path: nginx.conf, content: "{{ lookup('ansible.builtin.template', 'nginx.conf.j2') }}"}
      - {path: htpasswd, group: "101", mode: "0640", secret_content: "{{ nginx_htpasswd }}"}
      - {path: old.conf, state: absent}
    purge: [sites]
  register: nginx_files

- name: Restart nginx
  ansible.builtin.command: docker restart nginx
  when: nginx_files is changed
  changed_when: true
"""

RETURN = r"""
paths:
  description: The paths that changed, or in check mode would change. When the task fails half way, those that did.
  returned: success, or when the file system refused a write
  type: list
  elements: dict
  contains:
    path:
      description: The path relative to O(root), V(.) for O(root) itself.
      type: str
    changes:
      description: V(created) or V(removed) alone, or some of V(content), V(owner), V(group) and V(mode).
      type: list
      elements: str
  sample:
    - {path: nginx.conf, changes: [content]}
problems:
  description: Everything that is wrong with the declaration, or that stands in the way on the node.
  returned: when the task is refused before anything is written
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import LiveConnectError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._files.runner import run

ENTRY_SPEC = {
    "path": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["file", "directory", "absent"], "default": "file"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "raw"},
    "content": {"type": "raw"},
    "secret_content": {"type": "raw", "no_log": True},
}
ARGUMENT_SPEC = {
    "root": {"type": "path", "required": True},
    "entries": {"type": "list", "elements": "dict", "required": True, "options": ENTRY_SPEC},
    "purge": {"type": "list", "elements": "str", "default": []},
}
# Ansible replaces every secret wherever it is in a result. A file that holds no more than this would only mangle
# paths and modes, as no content is in the result but those that the diff shows.
SHORT_SECRET = 8


class FileTreeModule(AnsibleModule):
    """An AnsibleModule that logs paths, not the contents of all files."""

    def _log_invocation(self):
        self.log(f"Invoked with {without_contents(self.params)}")


def without_contents(params):
    """The options as they are returned and logged."""
    hidden = ("content", "secret_content")
    entries = [{key: one[key] for key in one if key not in hidden} for one in params["entries"]]
    return {**params, "entries": entries}


def main():
    """Entry point."""
    module = FileTreeModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    module.no_log_values = {secret for secret in module.no_log_values if len(secret) > SHORT_SECRET}
    invocation = {"module_args": without_contents(module.params)}
    try:
        result = run(module.params, check_mode=module.check_mode, diff=module._diff)
    except LiveConnectError as error:
        module.fail_json(msg=str(error), invocation=invocation, **error.details)
    module.exit_json(invocation=invocation, **result)


if __name__ == "__main__":
    main()
