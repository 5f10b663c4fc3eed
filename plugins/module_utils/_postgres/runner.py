# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From the module's options to its result."""

from __future__ import annotations

import typing as t

from .._errors import InvalidInputError
from .._text import plain
from .client import Run, Server, execute
from .report import report
from .script import refusals, split


def run(options: t.Mapping[str, t.Any], command: Run, *, check_mode: bool) -> dict[str, t.Any]:
    """Carry a script out, or in check mode say what it would change.

    Raises InvalidInputError before anything is run, and RefusedError when nothing of the script was kept.
    """
    script, name = plain(options["script"]), options["name"]
    if refused := refusals(script):
        raise InvalidInputError(f"{name}, {' '.join(refused)}", details={"refused": refused})
    server = Server(options["container"], options["login_user"], options["login_db"])
    return report(name, execute(command, server, name, split(script), keep=not check_mode))
