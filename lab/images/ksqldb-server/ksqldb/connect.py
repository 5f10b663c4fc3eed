# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statements that ksqlDB hands to Kafka Connect. Here too they go to a worker: the one that the settings name."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from . import statements as st
from . import text
from .request import Refusal

TIMEOUT = 10
NO_VALIDATION = ("DROP", "DESCRIBE")


class Connect:
    """The worker at ``url``."""

    def __init__(self, url: str) -> None:
        self.url = url

    def answer(self, statement: st.Connector, written: str, *, trial: bool) -> tuple[str, dict[str, Any]] | None:
        """The type and content of the entity; with ``trial`` only what validation looks at, which may be nothing."""
        if statement.action == "CREATE":
            return self._create(statement, trial=trial)
        if trial and statement.action in NO_VALIDATION:
            return None
        found: tuple[str, dict[str, Any]] = getattr(self, "_" + statement.action.lower())(statement, written)
        return found

    def _create(self, statement: st.Connector, *, trial: bool) -> tuple[str, dict[str, Any]] | None:
        written, name = text.connector(statement), statement.name
        _status, names = self._ask("GET", "/connectors", written)
        if name.upper() in map(str.upper, names):
            if statement.guarded:
                return "warning_entity", {"statementText": written, "message": f"Connector {name} already exists"}
            raise Refusal(40900, f"Connector {name} already exists")
        config = {**{key: text.connect_value(value) for key, _as, value in statement.config}, "name": name}
        plugin = quote(config.get("connector.class", ""), safe="")
        status, found = self._ask("PUT", f"/connector-plugins/{plugin}/config/validate", written, config)
        if status >= HTTPStatus.BAD_REQUEST:
            raise Refusal(40000, f"Validation error: {json.dumps(found, separators=(',', ':'))}")
        if trial:
            return None
        status, info = self._ask("POST", "/connectors", written, {"name": name, "config": config})
        if status >= HTTPStatus.BAD_REQUEST:
            raise Refusal(status * 100, f"Failed to create connector: {json.dumps(info, separators=(',', ':'))}")
        return "connector_info", {"statementText": written, "info": info}

    def _drop(self, statement: st.Connector, written: str) -> tuple[str, dict[str, Any]]:
        name = statement.name
        status, found = self._ask("DELETE", f"/connectors/{quote(name, safe='')}", written)
        if status < HTTPStatus.BAD_REQUEST:
            return "drop_connector", {"connectorName": name}
        if statement.guarded and status == HTTPStatus.NOT_FOUND:
            return "warning_entity", {"message": f"Connector '{name}' does not exist."}
        raise Refusal(status * 100, f"Failed to drop connector: {json.dumps(found, separators=(',', ':'))}")

    def _list(self, statement: st.Connector, written: str) -> tuple[str, dict[str, Any]]:
        _status, found = self._ask("GET", "/connectors?expand=info&expand=status", written)
        listed = []
        for name, one in found.items():
            states = [task["state"] for task in one["status"]["tasks"]]
            state = f"{one['status']['connector']['state']} ({states.count('RUNNING')}/{len(states)} tasks RUNNING)"
            class_name = one["info"]["config"]["connector.class"]
            listed.append({"name": name, "type": one["info"]["type"], "className": class_name, "state": state})
        wanted = [one for one in listed if statement.kind in ("", one["type"].upper())]
        return "connector_list", {"connectors": wanted}

    def _describe(self, statement: st.Connector, written: str) -> tuple[str, dict[str, Any]]:
        name = quote(statement.name, safe="")
        status, found = self._ask("GET", f"/connectors/{name}/status", written)
        if status >= HTTPStatus.BAD_REQUEST:
            problem = f"Failed to query connector status: {json.dumps(found, separators=(',', ':'))}"
            raise Refusal(status * 100, problem)
        _status, info = self._ask("GET", f"/connectors/{name}", written)
        class_name = info["config"]["connector.class"]
        return "connector_description", {"connectorClass": class_name, "status": found, "sources": [], "topics": []}

    def _plugins(self, _statement: st.Connector, written: str) -> tuple[str, dict[str, Any]]:
        _status, found = self._ask("GET", "/connector-plugins", written)
        listed = [{"className": one["class"], "type": one["type"], "version": one["version"]} for one in found]
        return "connector_plugins_list", {"connectorsPlugins": listed}

    def _ask(self, method: str, path: str, written: str, payload: Any = None) -> tuple[int, Any]:
        body = None if payload is None else json.dumps(payload).encode()
        request = HttpRequest(self.url + path, body, {"Content-Type": "application/json"}, method=method)  # noqa: S310
        try:
            with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 -- the settings name the worker
                return answer.status, json.loads(answer.read() or b"null")
        except HTTPError as error:
            with error:
                return error.code, json.loads(error.read())
        except OSError as error:
            raise Refusal(
                50000,
                "io.confluent.ksql.util.KsqlServerException: org.apache.hc.client5.http.HttpHostConnectException: "
                f"Connect to {self.url} failed: Connection refused\nCaused by: Could not connect to the "
                "server. Please check the server details are\n\tcorrect and that the server is running.",
                written,
            ) from error
