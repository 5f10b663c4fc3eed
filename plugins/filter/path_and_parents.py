# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A path and every directory above it."""

from __future__ import annotations

import typing as t
from pathlib import PurePosixPath

DOCUMENTATION = r"""
name: path_and_parents
short_description: A path and every directory above it, nearest first
version_added: 0.1.0
author: iGrafx LiveConnect contributors (@igrafx)
description: Gives a path and all its parent directories, nearest first, without looking at any file system.
positional: _input
options:
  _input:
    description: An absolute path.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Show /opt/liveconnect, /opt and /
  ansible.builtin.debug:
    msg: "{{ '/opt/liveconnect' | igrafx.liveconnect.path_and_parents }}"
"""

RETURN = r"""
_value:
  description: The paths.
  type: list
  elements: path
"""


def path_and_parents(path: str) -> list[str]:
    """``path``, its parent, and so on up to the root."""
    return [str(step) for step in (PurePosixPath(path), *PurePosixPath(path).parents)]


class FilterModule:
    """The filter, under its name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """What Ansible asks for."""
        return {"path_and_parents": path_and_parents}
