# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File names that are relative to a directory, as paths."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from pathlib import PurePosixPath

DOCUMENTATION = r"""
name: paths_below
short_description: Resolve file names against a directory
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description:
  - Puts a directory before every relative file name, so that it is found wherever the playbook is.
  - Absolute names, empty ones, and keys and certificates that are given in place stay as they are.
  - So does what is no file name at all, which whoever checks the declaration reports.
positional: _input, directory
options:
  _input:
    description: A file name, a list of them, or (with O(key)) a list of dictionaries that have such under this key.
    type: raw
    required: true
  directory:
    description: The directory; with none, as for an inventory that is not a file, names stay relative.
    type: str
    required: true
  key:
    description: The key of each dictionary that holds the file name or names; a dictionary without it stays as it is.
    type: str
  within:
    description: The key of each dictionary that holds a list of further dictionaries with O(key).
    type: str
"""

EXAMPLES = r"""
- name: Show the paths of the users' keys
  ansible.builtin.debug:
    msg: "{{ sftp_users | igrafx.liveconnect.paths_below(inventory_dir, key='public_keys') }}"
"""

RETURN = r"""
_value:
  description: The same with paths.
  type: raw
"""

# A public key ("ssh-ed25519 AAAA…") or a PEM block.
IN_PLACE = re.compile(r"[a-z0-9@.-]+ AAAA|.*-----BEGIN ", re.DOTALL)


def paths_below(value: t.Any, directory: str | None, key: str | None = None, within: str | None = None) -> t.Any:
    """See DOCUMENTATION."""
    if isinstance(value, str):
        is_name = key is None and value and not IN_PLACE.match(value)
        return str(PurePosixPath(directory or "") / value) if is_name else value
    if isinstance(value, Mapping):
        resolved = {key: paths_below(value[key], directory)} if key in value else {}
        nested = {within: paths_below(value[within], directory, key)} if within in value else {}
        return {**value, **resolved, **nested}
    return [paths_below(item, directory, key, within) for item in value] if isinstance(value, list | tuple) else value


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Names and functions."""
        return {"paths_below": paths_below}
