#!/usr/bin/python3
# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's stand-in for Confluent Control Center 7: its environment, its login, and a page of what it was told.

``CONTROL_CENTER_BOOTSTRAP_SERVERS`` and ``CONTROL_CENTER_REPLICATION_FACTOR`` must be set, and
``CONTROL_CENTER_DATA_DIR`` (default ``/var/lib/confluent-control-center``) must be writable.
``CONTROL_CENTER_REST_AUTHENTICATION_METHOD=BASIC`` closes everything; ``…_REALM`` names the entry of the JAAS file that
``CONTROL_CENTER_OPTS`` gives to the JVM, which names the file of users, and ``…_ROLES`` the roles that may log in.
``PORT`` is 9021.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import html
import os
import re
import sys
import typing as t
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NOTICE = "This is the stand-in for Control Center of the LiveConnect lab, not Control Center itself."
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Control Center (lab)</title></head>
<body><h1>Control Center</h1><p>{notice}</p><dl>{rows}</dl></body></html>
"""
DATA = "/var/lib/confluent-control-center"
LOGIN_FILE = re.compile(r"(?:^|\s)-Djava\.security\.auth\.login\.config=(\S+)")
MODULE = r'\s*\{\s*org\.eclipse\.jetty\.jaas\.spi\.PropertyFileLoginModule\s+required\s+file="([^"]+)"\s*;\s*\};'
LINE = re.compile(r"((?:\\.|[^\\=:\s])+)\s*[=:\s]\s*(.*)")
Users = dict[str, tuple[str, list[str]]]


def refuse(sentence: str) -> t.NoReturn:
    """Say what is wrong, in one sentence, and stop."""
    sys.exit(f"ERROR: {sentence}")


def check(environment: t.Mapping[str, str]) -> None:
    """Stop where the image would stop before it starts Java."""
    for name in ("CONTROL_CENTER_BOOTSTRAP_SERVERS", "CONTROL_CENTER_REPLICATION_FACTOR"):
        if not environment.get(name):
            refuse(f"The environment variable {name} is not set; this image needs it.")
    folder = environment.get("CONTROL_CENTER_DATA_DIR", DATA)
    if not os.access(folder, os.W_OK):
        refuse(f"{folder} is not writable for the user {os.getuid()}.")


def users(environment: t.Mapping[str, str]) -> Users | None:
    """Passwords and roles by names; None without a login."""
    prefix = "CONTROL_CENTER_REST_AUTHENTICATION_"
    if environment.get(f"{prefix}METHOD", "NONE") == "NONE":
        return None
    if environment[f"{prefix}METHOD"] != "BASIC" or not environment.get(f"{prefix}REALM"):
        refuse(f"{prefix}METHOD must be NONE or BASIC, and BASIC needs {prefix}REALM.")
    given = LOGIN_FILE.search(environment.get("CONTROL_CENTER_OPTS", ""))
    if not given:
        refuse("CONTROL_CENTER_OPTS names no java.security.auth.login.config, and there is nobody who could log in.")
    entry = re.search(r"(?:^|\s)" + re.escape(environment[f"{prefix}REALM"]) + MODULE, Path(given[1]).read_text())
    if not entry:
        refuse(f"{given[1]} has no entry {environment[f'{prefix}REALM']} with Jetty's PropertyFileLoginModule.")
    allowed = set(environment.get(f"{prefix}ROLES", "*").split(","))
    found = parse_users(Path(entry[1]).read_text())
    return {name: login for name, login in found.items() if "*" in allowed or allowed & set(login[1])}


def parse_users(text: str) -> Users:
    """``name: password,role,…`` of Java properties; the password ends at the first comma."""
    found: Users = {}
    for line in text.splitlines():
        if match := LINE.fullmatch(line.lstrip()):
            if match[1].startswith(("#", "!")):
                continue
            name, value = (re.sub(r"\\(.)", r"\1", part) for part in match.groups())
            password, *roles = value.strip().split(",")
            found[name] = (password, [role.strip() for role in roles])
    return found


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server_version = "control-center-lab"
    sys_version = ""
    known: t.ClassVar[Users | None] = None

    def do_GET(self) -> None:
        """The page, for whoever may log in."""
        if self.known is not None and not self.logged_in(self.known):
            self.answer("", HTTPStatus.UNAUTHORIZED)
            return
        told = {name: value for name, value in sorted(os.environ.items()) if name.startswith("CONTROL_CENTER_")}
        rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in told.items())
        self.answer(PAGE.format(notice=NOTICE, rows=rows), HTTPStatus.OK)

    def logged_in(self, known: Users) -> bool:
        """Whether name and password are those of a user."""
        kind, _, encoded = self.headers.get("Authorization", "").partition(" ")
        try:
            name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        expected = known.get(name, ("", []))[0]
        return kind == "Basic" and bool(expected) and hmac.compare_digest(password.encode(), expected.encode())

    def answer(self, text: str, status: HTTPStatus) -> None:
        """Send a whole answer."""
        body = text.encode()
        self.send_response(status)
        if status is HTTPStatus.UNAUTHORIZED:
            self.send_header(
                "WWW-Authenticate", f'basic realm="{os.environ["CONTROL_CENTER_REST_AUTHENTICATION_REALM"]}"'
            )
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until the container is stopped."""
    check(os.environ)
    Handler.known = users(os.environ)
    ThreadingHTTPServer(("", int(os.environ.get("PORT", "9021"))), Handler).serve_forever()


if __name__ == "__main__":
    main()
