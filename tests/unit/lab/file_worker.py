# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of a Kafka Connect worker as the recorded connector statements need, with the two file connectors."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

PLUGINS = {f"org.apache.kafka.connect.file.FileStream{kind}Connector": kind.lower() for kind in ("Sink", "Source")}
WORKER_ID = "127.0.0.1:18083"


class FileWorker:
    """Holds connectors; ``url`` is where it listens once started."""

    def __init__(self) -> None:
        self.configs: dict[str, dict[str, str]] = {}
        worker = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, content = worker.answer(self.command, self.path, json.loads(body or b"null"))
                text = b"" if content is None else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 -- names of http.server

            def log_message(self, *_args: object) -> None:
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method: str, target: str, body: dict) -> tuple[int, object]:  # noqa: PLR0911 -- one per exchange
        """Status and content."""
        path = [unquote(part) for part in urlsplit(target).path.strip("/").split("/")]
        match method, path:
            case "GET", ["connector-plugins"]:
                return 200, [{"class": name, "type": kind, "version": "3.6.2"} for name, kind in PLUGINS.items()]
            case "PUT", ["connector-plugins", name, "config", "validate"]:
                return self._validate(name, body)
            case "GET", ["connectors"] if "expand" in target:
                return 200, {name: {"info": self._info(name), "status": self._status(name)} for name in self.configs}
            case "GET", ["connectors"]:
                return 200, list(self.configs)
            case "POST", ["connectors"]:
                self.configs[body["name"]] = body["config"]
                return 201, self._info(body["name"], tasks=0)
        name = path[1]
        if name not in self.configs:
            problem = f"No status found for connector {name}" if "status" in path else f"Connector {name} not found"
            return 404, {"error_code": 404, "message": problem}
        if method == "DELETE":
            del self.configs[name]
            return 204, None
        return 200, self._status(name) if "status" in path else self._info(name)

    def _validate(self, name: str, config: dict[str, str]) -> tuple[int, object]:
        problem = ""
        if name not in PLUGINS:
            problem = "ConnectException: Failed to find any class that implements Connector and which name matches"
            problem = f"org.apache.kafka.connect.errors.{problem} {name}, available connectors are: …"
        elif PLUGINS[name] == "sink" and "topics" not in config:
            problem = "org.apache.kafka.common.config.ConfigException: Must configure one of topics or topics.regex"
        return (500, {"error_code": 500, "message": problem}) if problem else (200, {"configs": []})

    def _info(self, name: str, tasks: int = 1) -> dict[str, object]:
        config = self.configs[name]
        listed = [{"connector": name, "task": number} for number in range(tasks)]
        return {"name": name, "config": config, "tasks": listed, "type": PLUGINS[config["connector.class"]]}

    def _status(self, name: str) -> dict[str, object]:
        running = {"state": "RUNNING", "worker_id": WORKER_ID}
        kind = PLUGINS[self.configs[name]["connector.class"]]
        return {"name": name, "connector": running, "tasks": [{"id": 0, **running}], "type": kind}
