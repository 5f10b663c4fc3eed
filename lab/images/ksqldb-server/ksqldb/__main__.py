# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the emulator: ``python3 -m ksqldb``, configured by the environment of the real image.

``KSQL_LISTENERS`` (default ``http://0.0.0.0:8088``), ``KSQL_KSQL_SERVICE_ID`` (default ``default_``),
``KSQL_KSQL_EXTENSION_DIR`` (its jars are listed, not loaded), ``KSQL_KSQL_SCHEMA_REGISTRY_URL`` (its presence allows
AVRO, PROTOBUF and JSON_SR; it is not asked), ``KSQL_KSQL_CONNECT_URL`` (the worker that gets connector statements).
The catalogue is kept in ``/var/lib/ksqldb/catalogue.json`` where that directory can be written.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from .engine import Engine
from .request import Settings
from .server import serve

STATE_DIRECTORY = Path("/var/lib/ksqldb")


def main() -> None:
    """Serve until the process is ended."""
    settings = Settings.from_environment(os.environ)
    keep = STATE_DIRECTORY if os.access(STATE_DIRECTORY, os.W_OK) else None
    engine = Engine(settings, state_file=keep / "catalogue.json" if keep else None)
    listener = urlsplit(os.environ.get("KSQL_LISTENERS", "http://0.0.0.0:8088").split(",")[0])
    server = serve(engine, listener.hostname or "0.0.0.0", listener.port or 8088)  # noqa: S104 -- as the real image
    print(
        f"The lab's emulator of ksqlDB listens on {listener.geturl()}. It moves no data.", file=sys.stderr, flush=True
    )
    server.serve_forever()


if __name__ == "__main__":
    main()
