# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files of declared plugins lie once they were copied to the node, and what is in them."""

from __future__ import annotations

import hashlib
import typing as t
from pathlib import Path, PurePosixPath

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: plugins_on_node
short_description: Declared plugins, with files of the control machine replaced by their copies on the node
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Takes plugins as M(igrafx.liveconnect.confluent_hub_plugin) declares them, and lets each C(src) without
    C(remote_src) stand for the file of the same name in a directory of the node.
  - Such a file with an absolute path gets its SHA-256 as C(checksum), unless another is declared. So what
    arrived is held against what was sent, and a check run, which copies nothing, still sees that a file has other
    content than the installed one.
  - Two different files of the same name are refused.
positional: _input, directory
options:
  _input:
    description: The declared plugins.
    type: list
    elements: dict
    required: true
  directory:
    description: The directory on the node that the files are copied to.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Install a jar of the control machine
  igrafx.liveconnect.confluent_hub_plugin:
    dest: /opt/liveconnect/extensions
    layout: flat
    plugins: "{{ [{'src': 'files/functions-1.0.jar'}] | igrafx.liveconnect.plugins_on_node('/opt/downloads') }}"
"""

RETURN = r"""
_value:
  description: The plugins; those of a file have C(remote_src=true).
  type: list
  elements: dict
"""


def plugins_on_node(plugins: t.Sequence[t.Mapping[str, t.Any]], directory: str) -> list[dict[str, t.Any]]:
    """The ``plugins``, each file of the control machine replaced by its copy in ``directory``."""
    origins: dict[str, str] = {}
    result = []
    for plugin in plugins:
        if plugin.get("src") and "remote_src" not in plugin:
            source = str(plugin["src"])
            name = PurePosixPath(source).name
            if origins.setdefault(name, source) != source:
                raise AnsibleFilterError(
                    f"The plugins' files '{origins[name]}' and '{source}' have the same name: rename one of them."
                )
            copied = {**plugin, "src": str(PurePosixPath(directory, name)), "remote_src": True}
            if PurePosixPath(source).is_absolute() and plugin.get("checksum", "none") == "none":
                copied["checksum"] = _checksum(source)
            result.append(copied)
        else:
            result.append(dict(plugin))
    return result


def _checksum(path: str) -> str:
    try:
        with Path(path).open("rb") as stream:
            return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
    except OSError as error:
        raise AnsibleFilterError(
            f"The plugin's file '{path}' cannot be read on the control machine ({error.strerror}): correct src."
        ) from error


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"plugins_on_node": plugins_on_node}
