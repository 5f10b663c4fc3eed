# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Carries out a plan."""

from __future__ import annotations

import typing as t

from .._errors import LiveConnectError
from .client import Node
from .model import Kind
from .plan import Step
from .report import paths


def apply(node: Node, steps: t.Sequence[Step]) -> None:
    """Do the steps in their order; an error carries those that were done as ``paths`` in its details."""
    for done, step in enumerate(steps):
        try:
            _carry_out(node, step)
        except LiveConnectError as error:
            error.details["paths"] = paths(steps[:done])
            error.details["changed"] = done > 0
            raise


def _carry_out(node: Node, step: Step) -> None:
    if step.after is None:
        node.remove(step.path)
    elif not step.writes:
        node.set_attributes(step.after)
    elif step.after.kind is Kind.DIRECTORY:
        node.make_directory(step.after)
    else:
        node.write_file(step.after)
