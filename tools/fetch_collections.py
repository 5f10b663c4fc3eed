# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the collections that this one depends on into a directory, from the `ansible` package: no Galaxy is needed.

Usage: python tools/fetch_collections.py DIRECTORY
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ANSIBLE = "ansible==12.3.0"  # the release that belongs to ansible-core 2.19
COLLECTIONS = (
    "community/crypto",
    "community/docker",
    "community/library_inventory_filtering_v1",  # needed by community.docker
)


def main(directory: Path) -> None:
    """Download the wheel, which is a zip, and unpack the few collections out of its hundred."""
    with tempfile.TemporaryDirectory() as download:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", download, ANSIBLE]
        subprocess.run(command, check=True)
        (wheel,) = Path(download).glob("*.whl")
        prefixes = tuple(f"ansible_collections/{name}/" for name in COLLECTIONS)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(directory, [name for name in archive.namelist() if name.startswith(prefixes)])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
