# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the hub: ``python3 -m hub --root /plugins --port 80``."""

from __future__ import annotations

import argparse
from pathlib import Path

from .server import serve


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="hub", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="directory with hub/ and maven2/")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (default: all)")  # noqa: S104
    parser.add_argument("--port", type=int, default=80, help="port to listen on (default: 80)")
    arguments = parser.parse_args()
    with serve(arguments.root, arguments.host, arguments.port) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
