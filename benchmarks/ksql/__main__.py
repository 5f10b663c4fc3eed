# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""100 statements with nothing to change against a ping, and 100 to create against one raw request that holds them all.

The server is the lab's emulator in a process of its own. A real one takes about 0.2 s for each statement it creates, so
that what the module adds weighs less there.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

from benchmarks.measure import PLAY_ROUNDS, Goal, play, side_by_side, table

EMULATOR = Path(__file__).resolve().parents[2] / "lab/images/ksqldb-server"
COUNT = 100
MOST_REQUESTS = {"with the record": 1, "without the record": 2}
STATEMENTS = [
    f"CREATE STREAM s{n} (id INT KEY, state VARCHAR, priority INT) "
    f"WITH (KAFKA_TOPIC='t{n}', VALUE_FORMAT='JSON', PARTITIONS=1);"
    for n in range(COUNT)
]


def post(url: str, text: str) -> None:
    """Send one request; an answer that is not 200 raises."""
    requests.post(f"{url}/ksql", json={"ksql": text}, timeout=60).raise_for_status()


@contextlib.contextmanager
def emulator() -> Iterator[str]:
    """The emulator's address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
        port = free.server_port
    environment = {**os.environ, "KSQL_LISTENERS": f"http://127.0.0.1:{port}"}
    process = subprocess.Popen([sys.executable, "-m", "ksqldb"], cwd=EMULATOR, env=environment, stderr=subprocess.PIPE)
    try:
        if process.stderr is None or not process.stderr.readline():
            raise RuntimeError("The emulator did not start.")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def counted(url: str) -> Iterator[tuple[str, list[str]]]:
    """An address that hands requests on to ``url``, and what was asked there."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(f"{self.command} {self.path}")
            length = int(self.headers.get("Content-Length") or 0)
            answer = requests.request(self.command, url + self.path, data=self.rfile.read(length), timeout=60)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_POST = do_GET  # noqa: N815 -- name of the base class

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- signature of the base class
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()


def main() -> int:
    """Print both tables; 1 when a goal is missed."""
    with emulator() as url, tempfile.TemporaryDirectory() as directory:
        options = {"statements": STATEMENTS, "record": f"{directory}/record.json"}
        declare = play({"igrafx.liveconnect.ksql_statement": {"url": url, **options}})
        raw = play(
            {
                "ansible.builtin.uri": {
                    "url": f"{url}/ksql",
                    "method": "POST",
                    "body_format": "json",
                    "body": {"ksql": " ".join(STATEMENTS)},
                    "timeout": 120,
                }
            }
        )

        def empty() -> None:
            post(url, " ".join(f"DROP STREAM IF EXISTS s{n};" for n in range(COUNT)))

        cases = {"(empty 1)": empty, "one raw request": raw, "(empty 2)": empty, "ksql_statement": declare}
        seconds = {name: value for name, value in side_by_side(cases).items() if not name.startswith("(")}
        met = table(f"{COUNT} statements to create", seconds, {"ksql_statement": Goal("one raw request", 1.1)})

        fewer = True
        for how, most in MOST_REQUESTS.items():
            with counted(url) as (address, seen):
                known = options if how == "with the record" else {**options, "record": ""}
                play({"igrafx.liveconnect.ksql_statement": {**known, "url": address}})()
                if known is options:  # the record is kept by address
                    seen.clear()
                    play({"igrafx.liveconnect.ksql_statement": {**known, "url": address}})()
            fewer &= len(seen) <= most
            met_or_not = "met" if len(seen) <= most else "MISSED"
            print(f"  {COUNT} statements, nothing changed, {how}: {len(seen)} requests (at most {most}: {met_or_not})")
        unknown = play({"igrafx.liveconnect.ksql_statement": {"url": url, **options, "record": ""}})
        cases = {"ping": play({"ansible.builtin.ping": {}}), "ksql_statement": declare, "without its record": unknown}
        seconds = side_by_side(cases, PLAY_ROUNDS)
        goals = {name: Goal("ping", 1.3) for name in ("ksql_statement", "without its record")}
        met &= table(f"{COUNT} statements, nothing changed", seconds, goals)
        return 0 if met and fewer else 1


if __name__ == "__main__":
    sys.exit(main())
