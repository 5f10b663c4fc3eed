# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one command at a time may do with the engine.

The locks are a user's, not a checkout's: the lab of another checkout works with the same engine, and names what it
makes there alike.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(tempfile.gettempdir()) / f"liveconnect-lab-{os.getuid()}"


@contextlib.contextmanager
def exclusively(what: str) -> Iterator[None]:
    """Wait until nobody else has the lock of that name, and have it meanwhile; it goes with the process."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    with (FOLDER / f"{what}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
