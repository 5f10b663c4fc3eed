# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback of Ansible that counts what a play costs, and writes it as JSON to the file that COUNTS_FILE names.

``tasks``: tasks that were executed, not skipped, over all hosts; ``changed``: those that changed something;
``modules``: module runs on nodes, also those that an action such as ``copy`` does by itself, but not those on the
control machine.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: counts
type: notification
short_description: Counts executed tasks and module runs
description: Writes them to the file that E(COUNTS_FILE) names.
"""

_execute_module = ActionBase._execute_module


def _counted(action: ActionBase, *arguments: Any, **options: Any) -> Any:
    if action._connection.transport != "local":
        # Of one byte each, from the processes that Ansible forks.
        with Path(os.environ["COUNTS_FILE"] + ".modules").open("ab") as file:
            file.write(b".")
    return _execute_module(action, *arguments, **options)


class CallbackModule(CallbackBase):
    """The callback, under the name that Ansible asks for."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "counts"

    def __init__(self) -> None:
        super().__init__()
        self._file = Path(os.environ["COUNTS_FILE"])
        self._modules = Path(f"{self._file}.modules")
        self._modules.write_bytes(b"")
        self._tasks = self._changed = 0
        setattr(ActionBase, "_execute_module", _counted)  # noqa: B010 -- a method that others typed otherwise

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task that was executed on a host."""
        self._tasks += 1
        self._changed += result.is_changed()

    def v2_playbook_on_stats(self, _stats: Any) -> None:
        """The end of the run."""
        counts = {"tasks": self._tasks, "modules": self._modules.stat().st_size, "changed": self._changed}
        self._file.write_text(json.dumps(counts), encoding="utf-8")
