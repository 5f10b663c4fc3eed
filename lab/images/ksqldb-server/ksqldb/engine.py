# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out requests as the server does: everything is validated on a sandbox first, then done one by one."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import statements as st
from .catalogue import Catalogue
from .execution import Execution
from .functions import Functions
from .request import DENIED_PROPERTIES, OFFSETS, Prepared, Refusal, Request, Settings, known_property, substituted
from .schema import STRING, Type
from .syntax import Parser
from .tokens import SyntaxProblem, split

VERSION = "7.9.9-lab-emulator"
CHANGING = ("CREATE", "DROP", "INSERT", "TERMINATE", "ALTER")
# What a client hears when another one has begun to write commands.
FENCED = (
    "Producer with transactionalId 'default_' has been fenced by another producer with the same transactionalId",
    "There is a newer producer with the same transactionalId which fences the current one.",
)


class _AnyType(dict[str, Type]):
    """Takes every type name as known: for the reading of a request before its CREATE TYPE statements have run."""

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ARG002 -- signature of dict
        return STRING


class Engine:
    """One server."""

    def __init__(self, settings: Settings | None = None, state_file: Path | None = None) -> None:
        self.settings = settings or Settings()
        self.state_file = state_file
        self.functions = Functions(self.settings.extension_directory)
        self.lock = threading.Lock()
        # Clients that are fenced off: for each request that changes something, in turn, how many of its statements are
        # carried out before, and what it hears then.
        self.fences: list[tuple[int, str]] = []
        known = state_file is not None and state_file.exists()
        self.catalogue = Catalogue.load(state_file) if state_file and known else Catalogue()

    # -- requests

    def info(self) -> dict[str, Any]:
        """GET /info."""
        return {
            "KsqlServerInfo": {
                "version": VERSION,
                "kafkaClusterId": "lab-emulator-moves-no-data",
                "ksqlServiceId": self.settings.service_id,
                "serverStatus": "RUNNING",
            }
        }

    def post(self, body: Mapping[str, Any]) -> tuple[int, Any]:
        """POST /ksql: HTTP status and answer."""
        with self.lock:
            whole = body.get("ksql") or ""
            request = Request(
                whole, dict(body.get("streamsProperties") or {}), dict(body.get("sessionVariables") or {})
            )
            before = self.catalogue.sandbox() if self.state_file else None
            try:
                self._wait_for(body.get("commandSequenceNumber"))
                self._check_properties(request)
                self._run(request)
            except Refusal as refusal:
                answer = {"@type": "generic_error", "error_code": refusal.code, "message": refusal.message}
                statement = whole if refusal.whole else refusal.statement
                if statement is not None:
                    answer |= {"@type": "statement_error", "statementText": statement, "entities": request.entities}
                return refusal.code // 100, answer
            finally:
                if self.state_file and self.catalogue != before:
                    self.catalogue.save(self.state_file)
            return 200, request.entities

    def _wait_for(self, sequence: Any) -> None:
        if isinstance(sequence, int) and sequence > self.catalogue.sequence:
            raise Refusal(
                50301,
                f"Timed out while waiting for a previous command to execute. command sequence number: {sequence}",
            )

    def _check_properties(self, request: Request) -> None:
        for name, value in request.properties.items():
            if not known_property(name):
                problem = f"Not recognizable as ksql, streams, consumer, or producer property: '{name}'"
                raise Refusal(50000, problem, whole=True)
            if name.endswith("auto.offset.reset") and value not in OFFSETS:
                raise Refusal(
                    40000,
                    f"Failed to coerce type of value '{value}' for key '{name}'\nCaused by: Invalid value {value} for "
                    f"configuration {name}: String\n\tmust be one of: {', '.join(OFFSETS)}",
                )
        denied = sorted(DENIED_PROPERTIES.intersection(request.properties))
        if denied:
            raise Refusal(
                40000,
                "One or more properties overrides set locally are prohibited by the KSQL server denylist "
                f"(use UNSET to reset their default value): [{', '.join(denied)}]",
            )

    def _run(self, request: Request) -> None:
        prepared = self._prepare(request)
        trial = Request(request.text, dict(request.properties), dict(request.variables))
        sandbox = self.catalogue.sandbox()
        for one in prepared:
            Execution(self, sandbox, trial, one).run()
        changing = any(one.tokens[0].upper in CHANGING for one in prepared)
        left, message = self.fences.pop(0) if changing and self.fences else (len(prepared), "")
        for one in prepared:
            if message and one.tokens[0].upper in CHANGING:
                if left == 0:
                    # As the server does it: its answer lists nothing of what it has carried out.
                    request.entities.clear()
                    raise Refusal(50000, message, whole=True)
                left -= 1
            entity = Execution(self, self.catalogue, request, one).run()
            if entity is not None:
                request.entities.append(entity)

    def _prepare(self, request: Request) -> list[Prepared]:
        variables = dict(request.variables)
        found = []
        try:
            for tokens in split(request.text):
                one = substituted(request.text, tokens, variables)
                statement = Parser(one.tokens, _AnyType()).statement()
                if isinstance(statement, st.Setting) and statement.action == "DEFINE":
                    variables[statement.name] = statement.value
                found.append(one)
        except SyntaxProblem as problem:
            line = request.text.split("\n")[problem.token.line - 1]
            raise Refusal(40001, str(problem), line) from problem
        return found
