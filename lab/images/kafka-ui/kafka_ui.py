#!/usr/bin/python3
# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's stand-in for Kafka UI: a login, a health address, and one page with the connectors of each cluster.

``AUTH_TYPE=LOGIN_FORM`` with ``SPRING_SECURITY_USER_NAME`` and ``SPRING_SECURITY_USER_PASSWORD`` (no defaults) closes
everything but ``/actuator/health``. Of these, what is not in the environment is read from the files
``spring.security.user.name`` and ``spring.security.user.password`` of ``SPRING_CONFIG_IMPORT=configtree:<directory>/``.
``KAFKA_CLUSTERS_<n>_NAME`` and ``KAFKA_CLUSTERS_<n>_KAFKACONNECT_<m>_ADDRESS`` say what the page shows.
``SERVER_PORT`` is 8080.
"""

from __future__ import annotations

import functools
import hmac
import html
import json
import os
import re
import secrets
import sys
import typing as t
import urllib.error
import urllib.request
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

LOGIN_PAGES = ("/login", "/auth")
COOKIE = "SESSION"
LONGEST_FORM = 4096
NOTICE = "This is the stand-in for Kafka UI of the LiveConnect lab, not Kafka UI itself."
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>UI for Apache Kafka (lab)</title></head>
<body><h1>UI for Apache Kafka</h1><p>{notice}</p>{body}</body></html>
"""
FORM = """<form method="post" action="/login">
<label>Username <input name="username" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button type="submit">Log in</button></form>
"""


class Handler(BaseHTTPRequestHandler):
    """One request. Sessions are kept in memory: they end with the container."""

    server_version = "kafka-ui-lab"
    sys_version = ""
    sessions: t.ClassVar[set[str]] = set()
    login = os.environ.get("AUTH_TYPE") == "LOGIN_FORM"

    def do_GET(self) -> None:
        """The health address, the login form, or the page."""
        path = urlsplit(self.path).path
        if path == "/actuator/health":
            self.answer(json.dumps({"status": "UP"}), "application/json")
        elif self.login and path in LOGIN_PAGES:
            self.answer(PAGE.format(notice=NOTICE, body=FORM))
        elif self.login and path == "/logout":
            self.sessions.discard(self.session())
            self.redirect("/login?logout")
        elif self.login and self.session() not in self.sessions:
            self.redirect("/login")
        elif path == "/":
            self.answer(PAGE.format(notice=NOTICE, body="".join(cluster_section(number) for number in clusters())))
        else:
            self.answer(PAGE.format(notice=NOTICE, body="<p>No such page.</p>"), status=HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def do_POST(self) -> None:
        """A filled-in login form."""
        length = int(self.headers.get("Content-Length") or 0)
        if not self.login or urlsplit(self.path).path not in LOGIN_PAGES or length > LONGEST_FORM:
            self.answer(PAGE.format(notice=NOTICE, body="<p>No such page.</p>"), status=HTTPStatus.NOT_FOUND)
            return
        given = parse_qs(self.rfile.read(length).decode("utf-8", "replace"))
        expected = {"username": "spring.security.user.name", "password": "spring.security.user.password"}
        right = [
            hmac.compare_digest(given.get(field, [""])[0].encode(), setting(name).encode())
            for field, name in expected.items()
        ]
        if all(right):
            session = secrets.token_urlsafe(32)
            self.sessions.add(session)
            self.redirect("/", cookie=f"{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax")
        else:
            self.redirect("/login?error")

    def session(self) -> str:
        """The session that the browser names."""
        morsel = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        return morsel.value if morsel else ""

    def answer(self, text: str, kind: str = "text/html; charset=utf-8", status: int = HTTPStatus.OK) -> None:
        """Send a whole answer."""
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def redirect(self, location: str, cookie: str = "") -> None:
        """Send the browser elsewhere."""
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()


@functools.cache
def setting(name: str) -> str:
    """A property of Spring's: the variable, or else the file of the config tree.

    A line end at the file's end does not count, if it is the only one.
    """
    if found := os.environ.get(name.replace(".", "_").upper()):
        return found
    kind, _, folder = os.environ.get("SPRING_CONFIG_IMPORT", "").partition(":")
    if not folder:
        return ""
    if kind != "configtree" or not folder.endswith("/") or not Path(folder).is_dir():
        sys.exit("ERROR: SPRING_CONFIG_IMPORT must be 'configtree:', a directory that is there, and a slash.")
    file = Path(folder, name)
    # Bytes, because reading as text would make line ends of carriage returns.
    text = file.read_bytes().decode() if file.is_file() else ""
    return text if text.count("\n") > 1 else re.sub(r"\r?\n\Z", "", text)


def clusters() -> list[str]:
    """The numbers of the clusters that the environment names."""
    found = (re.fullmatch(r"KAFKA_CLUSTERS_(\d+)_NAME", name) for name in os.environ)
    return sorted(match.group(1) for match in found if match)


def cluster_section(number: str) -> str:
    """A cluster's name, and a list of the connectors of each of its Connect clusters."""
    prefix = f"KAFKA_CLUSTERS_{number}_"
    section = f"<h2>{html.escape(os.environ[prefix + 'NAME'])}</h2>"
    for name, address in sorted(os.environ.items()):
        if re.fullmatch(re.escape(prefix) + r"KAFKACONNECT_\d+_ADDRESS", name):
            section += f"<h3>Connectors</h3><ul>{connectors(address)}</ul>"
    return section


def connectors(address: str) -> str:
    """The connectors and their states, as list items."""
    try:
        with urllib.request.urlopen(f"{address.rstrip('/')}/connectors?expand=status", timeout=3) as answer:  # noqa: S310
            found = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError) as error:
        return f"<li>{html.escape(address)} did not answer: {html.escape(str(error))}</li>"
    states = {name: entry["status"]["connector"]["state"] for name, entry in sorted(found.items())}
    return "".join(f"<li>{html.escape(name)}: {html.escape(state)}</li>" for name, state in states.items())


def main() -> None:
    """Serve until the container is stopped."""
    if Handler.login:
        for name in ("spring.security.user.name", "spring.security.user.password"):
            if not setting(name):
                sys.exit(f"ERROR: AUTH_TYPE is LOGIN_FORM and {name} is not set; set it.")
    ThreadingHTTPServer(("", int(os.environ.get("SERVER_PORT", "8080"))), Handler).serve_forever()


if __name__ == "__main__":
    main()
