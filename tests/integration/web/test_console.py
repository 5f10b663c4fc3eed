# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The console as its users open it: redirect, trust, login, ksqlDB's websocket, and names that lead nowhere."""

from __future__ import annotations

import http.client
import json
import typing as t
from pathlib import Path

import pytest

if t.TYPE_CHECKING:
    from conftest import Browser, Site, Start

# What comes of a websocket from the page: how it was closed, or the first message.
WEBSOCKET = """
const done = arguments[arguments.length - 1];
const socket = new WebSocket(`wss://${location.host}${arguments[0]}`);
let opened = false;
socket.onopen = () => { opened = true; };
socket.onmessage = (event) => { done({opened, message: event.data}); socket.close(); };
socket.onclose = (event) => done({opened, code: event.code});
"""


def login(browser: Browser, name: str, password: str) -> None:
    """Fill in the form of the console and send it."""
    browser.one("input[name=username]").send_keys(name)
    browser.one("input[name=password]").send_keys(password)
    browser.one("button[type=submit]").click()


@pytest.mark.parametrize("name", ["console", "batch"])
def test_http_is_redirected_to_https_under_the_same_name_and_path(site: Site, browser: Browser, name: str) -> None:
    host = getattr(site, name)
    plain = http.client.HTTPConnection(site.address, timeout=10)
    plain.request("GET", "/some/path?x=1", headers={"Host": host})
    answer = plain.getresponse()
    assert (answer.status, answer.getheader("Location")) == (301, f"https://{host}/some/path?x=1")

    browser.open(f"http://{host}/login")

    assert browser.driver.current_url.startswith(f"https://{host}/login")
    assert browser.driver.execute_script("return window.isSecureContext") is True


def test_who_does_not_trust_the_authority_sees_no_page(site: Site, start: Start, tmp_path: Path) -> None:
    with start(home=tmp_path) as browser:
        assert browser.refusal(f"https://{site.console}/") == "ERR_CERT_AUTHORITY_INVALID"


def test_a_wrong_password_is_refused_and_the_right_one_opens_the_console(site: Site, browser: Browser) -> None:
    browser.open(f"https://{site.console}/")
    browser.wait(lambda driver: driver.current_url.endswith("/login"), "no login asked for")

    login(browser, "admin", "not the password")
    browser.wait(lambda driver: driver.current_url.endswith("/login?error"), "a wrong password was not refused")
    browser.open(f"https://{site.console}/")
    browser.wait(lambda driver: driver.current_url.endswith("/login"), "a wrong password opened the console")

    login(browser, "admin", site.password("kafka_ui"))
    browser.wait(lambda driver: driver.current_url == f"https://{site.console}/", "the right password was refused")
    assert "liveconnect" in browser.texts("h2")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_unknown_name_is_refused(browser: Browser, scheme: str) -> None:
    refusal = {"http": "ERR_EMPTY_RESPONSE", "https": "ERR_SSL_UNRECOGNIZED_NAME_ALERT"}[scheme]

    assert browser.refusal(f"{scheme}://unknown.pf1.example.com/") == refusal


def test_ksqldbs_websocket_is_reached_through_the_prefix_by_who_has_its_password(site: Site, browser: Browser) -> None:
    browser.open(f"https://{site.console}/login")
    refused = browser.driver.execute_async_script(WEBSOCKET, "/ksqldb-server/ws/query")
    assert refused["opened"] is False

    # As a person answers the browser's dialog, which a driver cannot see.
    password = site.declared("liveconnect_ksqldb_password")
    browser.open(f"https://liveconnect:{password}@{site.console}/ksqldb-server/info")
    assert "KsqlServerInfo" in browser.driver.page_source
    browser.open(f"https://{site.console}/login")
    found = browser.driver.execute_async_script(WEBSOCKET, "/ksqldb-server/ws/query")
    elsewhere = browser.driver.execute_async_script(WEBSOCKET, "/ws/query")

    # ksqlDB's own answer to who asks for nothing.
    assert found["opened"] is True
    assert "error" in json.loads(found["message"])
    assert elsewhere["opened"] is False


def test_a_phone_shows_the_login_without_scrolling_sideways(site: Site, browser: Browser) -> None:
    browser.become_a_phone()
    browser.open(f"https://{site.console}/login")

    browser.assert_fits()
    login(browser, "admin", site.password("kafka_ui"))
    browser.wait(lambda driver: driver.current_url == f"https://{site.console}/", "the right password was refused")
