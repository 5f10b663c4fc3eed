# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Kafka Connect worker in this process: holds connectors and answers as real ones were recorded to answer."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

BOOTING = (404, b"<html><body><h2>HTTP ERROR 404 Not Found</h2></body></html>", "text/html")
# The connection ends without an answer.
CUT = (0, b"", "")
REBALANCE_READ = "Request cannot be completed because a rebalance is expected"
REBALANCE_WRITE = "Cannot complete request because of a conflicting operation (e.g. worker rebalance)"
TRACE = (
    "org.apache.kafka.connect.errors.ConnectException: task gave up\n"
    "\tat org.example.Task.poll(Task.java:42)\n"
    "Caused by: java.sql.SQLException: login failed with {password}\n"
    "\tat org.example.Driver.connect(Driver.java:7)\n"
    "Caused by: java.net.ConnectException: Connection refused with {password}\n"
    "\t... 3 more\n"
)


@dataclass
class Held:
    """One connector: ``state`` as in the REST API, ``tasks`` the states of its tasks.

    For the next ``passing`` reads its status tells that it is on its way; ``ran`` whether it was ever running;
    ``target`` is the state that a failed connector takes on when it is restarted;
    ``offsets`` stand still; those that are ``unsaved`` take their place when it is stopped, or, when its tasks
    ``linger``, only after they were changed.
    After each restart its tasks are RUNNING for ``retries`` reads of its status before they fail once more.
    """

    config: dict[str, str]
    state: str = "RUNNING"
    tasks: list[str] = field(default_factory=lambda: ["RUNNING"])
    ran: bool = True
    passing: int = 0
    target: str = "RUNNING"
    offsets: list[dict] = field(default_factory=list)
    unsaved: list[dict] | None = None
    linger: bool = False
    retries: int | None = None
    left: int | None = None

    def save(self) -> None:
        if self.unsaved is not None:
            self.offsets, self.unsaved = self.unsaved, None


class Worker:
    """``script`` holds answers to give, in order, to the next requests whatever they are, before real answers.

    ``provided`` is what config providers give for every reference; ``trace`` what failed tasks tell.
    ``lazy``: tasks are left as they are for a new configuration, as before Kafka 3.9 when their own is the same.
    """

    def __init__(self, version: str = "3.9.0") -> None:
        self.version = version
        self.connectors: dict[str, Held] = {}
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[object] = []
        self.provided = "hunter2-resolved"
        self.trace = TRACE
        self.largest_record = 1 << 20
        self.script: list[tuple[int, bytes, str] | None] = []
        self.without_status: dict[str, int] = {}
        self.failing: set[str] = set()
        self.healing = False
        self.lazy = False
        self.keys: list[dict] = [
            {"name": "pin", "type": "PASSWORD", "default_value": None},
            {"name": "topic", "type": "STRING", "default_value": None},
        ]
        self.refuse: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [one for one in self.requests if one[0] != "GET" and not one[1].endswith("/validate")]

    def answer(self, method: str, target: str, body: bytes | None) -> tuple[int, bytes, str]:
        with self._lock:
            self.requests.append((method, target))
            self.bodies.append(json.loads(body) if body else None)
            if self.script and (scripted := self.script.pop(0)) is not None:
                return scripted
            status, payload = self._route(method, target, self.bodies[-1])
            return status, b"" if payload is None else json.dumps(payload).encode(), "application/json"

    def _route(self, method, target, body):  # noqa: PLR0911 -- one return for each exchange
        parts = urlsplit(target)
        path = [unquote(part) for part in parts.path.strip("/").split("/") if part]
        query = parse_qs(parts.query)
        match method, path:
            case "GET", []:
                return 200, {"version": self.version, "commit": "13f70256db3c994c", "kafka_cluster_id": "MkU3"}
            case "GET", ["connectors"]:
                return 200, self._listed(query.get("expand", []))
            case "POST", ["connectors"]:
                return self._create(body)
            case "GET", ["connector-plugins"]:
                return 200, [{"class": "org.example.Sink", "type": "sink", "version": "1.0"}]
            case "GET", ["connector-plugins", _, "config"]:
                return 200, self.keys
            case "GET", ["connectors", name, "status"] if name in self.connectors:
                return 200, self._status(name, self.connectors[name])
            case "PUT", ["connector-plugins", _, "config", "validate"]:
                return self._validate(body)
            case _, ["connectors", name, *rest]:
                return self._one(method, name, rest, body, query)
        return 405, _error(405, "HTTP 405 Method Not Allowed")

    def _listed(self, expand):
        entries = {}
        for name, held in self.connectors.items():
            entry = {}
            if "info" in expand:
                tasks = [{"connector": name, "task": index} for index in range(len(held.tasks))]
                entry["info"] = {"name": name, "config": {**held.config, "name": name}, "tasks": tasks, "type": "sink"}
            if "status" in expand:
                if self.without_status.get(name, 0) > 0:
                    self.without_status[name] -= 1
                    continue
                entry["status"] = self._status(name, held)
            entries[name] = entry
        return entries

    def _status(self, name, held):
        def shown(state, **more):
            password = self._resolved(held.config.get("password", ""))
            trace = {"trace": self.trace.format(password=password)} if state == "FAILED" else {}
            return {**more, "state": state, "worker_id": "127.0.0.1:8083", **trace}

        passing, held.passing = held.passing > 0, max(0, held.passing - 1)
        if held.left is not None and not passing:
            held.left -= 1
            if held.left < 0:
                held.left, held.tasks = None, ["FAILED"] * len(held.tasks)
        tasks = [shown("UNASSIGNED" if passing else state, id=index) for index, state in enumerate(held.tasks)]
        return {
            "name": name,
            "connector": shown("UNASSIGNED" if passing else held.state),
            "tasks": tasks,
            "type": "sink",
        }

    def _create(self, body):
        name = body["name"]
        if name in self.connectors:
            return 409, _error(409, f"Connector {name} already exists")
        if "initial_state" in body and self.version.startswith("3.6"):
            return 500, _error(500, 'Unrecognized field "initial_state"')
        return self._written(name, body["config"], body.get("initial_state", "RUNNING"))

    def _written(self, name, config, state):
        if len(json.dumps(config)) > self.largest_record:
            return 500, _error(500, "Error writing connector configuration to Kafka")
        new = name not in self.connectors
        self._put(name, config, state)
        if new and (template := re.search(r"{(.*?)}", name)):
            # It is created; its address in the header Location cannot be built.
            return 500, _error(500, f'The template variable "{template[1]}" has no value')
        return (201 if new else 200), {"name": name, "config": {**config, "name": name}, "tasks": [], "type": "sink"}

    def _put(self, name, config, state):
        held = self.connectors.setdefault(name, Held({}, state, [], ran=state == "RUNNING"))
        held.config = {key: value for key, value in config.items() if key != "name"}
        if not (self.lazy and held.tasks):
            self._start(name, held)

    def _start(self, name, held):
        if held.state == "FAILED":
            held.state = held.target
        held.passing = 1
        held.left = held.retries if held.state == "RUNNING" else None
        task_state = "FAILED" if name in self.failing and held.state == "RUNNING" else held.state
        held.tasks = [] if held.state == "STOPPED" else [task_state] * int(held.config.get("tasks.max", "1"))

    def _resolved(self, value):
        return re.sub(r"\$\{[^{}]+\}", self.provided, value)

    def _validate(self, config):
        if config["connector.class"] == "NoSuch":
            return 400, _error(400, "Failed to find any class that implements Connector and which name matches NoSuch")
        if "mode" in config and config["mode"] != "bulk":
            # A class that breaks off instead of collecting what is wrong.
            return 500, _error(500, f"Invalid mode: {self._resolved(config['mode'])}")
        values = []
        for key, value in config.items():
            resolved = self._resolved(value)
            errors = [f"Invalid value {resolved} for configuration {key}"] if value.endswith("bad") else []
            shown = None if errors else "[hidden]" if key == "pin" else resolved
            values.append({"definition": {"name": key}, "value": {"name": key, "value": shown, "errors": errors}})
        count = sum(bool(value["value"]["errors"]) for value in values)
        return 200, {"name": config["connector.class"], "error_count": count, "groups": [], "configs": values}

    def _one(self, method, name, rest, body, query):  # noqa: PLR0911 -- one return for each exchange
        if name in self.refuse and method != "GET":
            return 400, _error(400, self.refuse[name])
        if (method, rest) == ("PUT", ["config"]):
            return self._written(name, body, "RUNNING")
        held = self.connectors.get(name)
        if held is None:
            return 404, _error(404, f"Connector {name} not found")
        match method, rest:
            case "GET", []:
                return 200, {"name": name, "config": {**held.config, "name": name}, "tasks": [], "type": "sink"}
            case "DELETE", []:
                del self.connectors[name]
                return 204, None
            case "PUT", ["pause" | "resume" | "stop" as verb]:
                return self._move(name, held, {"pause": "PAUSED", "resume": "RUNNING", "stop": "STOPPED"}[verb])
            case "GET", ["offsets"]:
                return 200, {"offsets": held.offsets}
            case "PATCH" | "DELETE", ["offsets"] if self.version >= "3.6":
                answer = self._change_offsets(held, body)
                held.save()
                return answer
            case "POST", ["restart"]:
                return self._restart(name, held, only_failed=query["onlyFailed"] == ["true"])
        return 405, _error(405, "HTTP 405 Method Not Allowed")

    def _move(self, name, held, state):
        held.target = state
        failed = [task == "FAILED" for task in held.tasks]
        if held.state != "FAILED" or state == "STOPPED":
            held.state = state
            if state == "STOPPED" and not held.linger:
                held.save()
            self._start(name, held)
            # A failed task takes on no state until it is restarted.
            held.tasks = [
                "FAILED" if was else task for was, task in zip(failed, held.tasks, strict=False)
            ] or held.tasks
        return 202, None

    def _change_offsets(self, held, body):
        if held.state != "STOPPED":
            return 400, _error(400, "Connectors must be in the STOPPED state before their offsets can be modified.")
        if body is None:
            held.offsets = []
            return 200, {"message": "The offsets for this connector have been reset successfully"}
        for entry in body["offsets"]:
            if "refused" in entry["partition"]:
                return 500, _error(500, "The value for the 'position' key is expected to be a Long value")
            held.offsets = [one for one in held.offsets if one["partition"] != entry["partition"]]
            held.offsets += [entry] if entry["offset"] is not None else []
        return 200, {"message": "The offsets for this connector have been altered successfully"}

    def _restart(self, name, held, *, only_failed):
        if self.healing:
            self.failing.discard(name)
        failed = "FAILED" in [held.state, *held.tasks]
        if failed or not only_failed:
            self._start(name, held)
        return 202, {"name": name, "connector": {"state": "RESTARTING"}, "tasks": [], "type": "sink"}


def _error(code, message):
    return {"error_code": code, "message": message}


def error(code, message):
    """A scripted answer with an error of Connect's own form."""
    return code, json.dumps(_error(code, message)).encode(), "application/json"


@contextmanager
def serve(worker, tls=None):
    """The worker behind a real HTTP server, with an SSLContext an HTTPS one; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            status, body, content_type = worker.answer(self.command, self.path, self.rfile.read(length))
            if status == CUT[0]:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = _answer  # noqa: N815 -- names of http.server

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}" if tls else f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
