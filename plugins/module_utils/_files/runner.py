# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From the module's options to its result."""

from __future__ import annotations

import typing as t

from .apply import apply
from .client import Node, gid_of, uid_of
from .model import parse
from .plan import plan
from .report import report


def run(options: t.Mapping[str, t.Any], *, check_mode: bool, diff: bool) -> dict[str, t.Any]:
    """Make the paths as declared, or in check mode say what would be done.

    Raises InvalidInputError and RefusedError before anything is written, and RefusedError with ``paths`` in its
    details when the file system refuses a step.
    """
    tree = parse(options, uid_of, gid_of, accounts_may_follow=check_mode)
    with Node(tree.root) as node:
        steps = plan(tree, node.read(tree, for_diff=diff), files_may_follow=check_mode)
        if not check_mode:
            apply(node, steps)
    return report(tree.root, steps, diff=diff)
