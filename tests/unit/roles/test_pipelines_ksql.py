# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ksql part of a pipeline, as the role carries it out against the lab's emulator."""

from __future__ import annotations

import http.server
import sys
import threading
from pathlib import Path

import pytest
from playbook import run_play

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "lab/images/ksqldb-server"))

from ksqldb.engine import Engine  # noqa: E402
from ksqldb.server import serve  # noqa: E402

pytestmark = pytest.mark.component
TYPES = "CREATE TYPE money AS DECIMAL(10,2);\n"
STREAMS = (
    "-- ${topic} as ksqlDB sees it\n"
    "CREATE STREAM raw (id INT KEY, price MONEY) WITH (KAFKA_TOPIC='${topic}', VALUE_FORMAT='JSON', PARTITIONS=1);\n"
    "CREATE STREAM keyed AS SELECT id, '${key}' AS k FROM raw;\n"
)


class Worker(http.server.BaseHTTPRequestHandler):
    """As much of Connect as the role asks before it begins."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_args):
        pass


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def carry_out(engine, tmp_path):
    servers = [serve(engine, "127.0.0.1", 0), http.server.ThreadingHTTPServer(("127.0.0.1", 0), Worker)]
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    ksql, connect = (f"http://127.0.0.1:{server.server_port}" for server in servers)

    def run(pipeline, *arguments):
        variables = {
            "pipelines_source": str(tmp_path),
            "pipelines_ksqldb_url": ksql,
            "pipelines_connect_url": connect,
            "pipelines_pipelines": [{"name": "incidents", **pipeline}],
        }
        play = {"vars": variables, "roles": ["igrafx.liveconnect.pipelines"], "environment": {"HOME": str(tmp_path)}}
        return run_play(tmp_path, play, *arguments)

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


def test_all_that_a_pipeline_declares_reaches_ksqldb(carry_out, engine, tmp_path):
    (tmp_path / "types.sql").write_text(TYPES)
    (tmp_path / "streams.sql").write_text(STREAMS)
    pipeline = {
        "ksql": ["types.sql", "streams.sql"],
        "ksql_variables": {"topic": "incidents"},
        "ksql_secrets": {"key": "very-secret"},
        "ksql_properties": {"auto.offset.reset": "earliest"},
        "ksql_purge_match": "OLD_.*",
    }
    old = "CREATE STREAM old_one (id INT KEY, v INT) WITH (KAFKA_TOPIC='o', VALUE_FORMAT='JSON', PARTITIONS=1);"
    engine.post({"ksql": old})
    first = carry_out(pipeline, "--diff")
    assert "changed=1" in first.stdout, first.stdout
    assert "very-secret" not in first.stdout
    assert list(engine.catalogue.sources) == ["RAW", "KEYED"]
    assert engine.catalogue.sources["RAW"].topic == "incidents"
    assert "very-secret" in engine.catalogue.sources["KEYED"].statement
    assert next(iter(engine.catalogue.queries.values())).properties == {"auto.offset.reset": "earliest"}
    assert "changed=0" in carry_out(pipeline).stdout

    (tmp_path / "streams.sql").write_text(STREAMS.replace("id INT", "id BIGINT"))
    refused = carry_out(pipeline, "--check").stdout
    assert "stream RAW (streams.sql:2:1)" in refused
    assert "changed=1" in carry_out({**pipeline, "ksql_on_drift": "recreate"}).stdout
    assert engine.catalogue.sources["KEYED"].columns[0].type.name == "BIGINT"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_as_editors_of_windows_write_them(carry_out, engine, tmp_path, encoding):
    (tmp_path / "types.ksql").write_text(TYPES)
    (tmp_path / "streams.ksql").write_text(STREAMS, encoding=encoding, newline="\r\n")
    pipeline = {"ksql": ["types.ksql", "streams.ksql"], "ksql_variables": {"topic": "t", "key": "k"}}
    result = carry_out(pipeline).stdout
    if encoding == "utf-16":
        assert "streams.ksql cannot be read: it is UTF-16. Save it as UTF-8" in result
        assert engine.catalogue.sources == engine.catalogue.types == {}
    else:
        assert "changed=1" in result, result
        assert list(engine.catalogue.sources) == ["RAW", "KEYED"]
        assert "changed=0" in carry_out(pipeline).stdout


def test_one_file_that_is_missing_is_named(carry_out):
    assert "names streams.sql, and" in carry_out({"ksql": "streams.sql"}).stdout
