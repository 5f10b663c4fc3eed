# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JupyterLab as its users open it: what they make in it is there again after the container was recreated."""

from __future__ import annotations

import json
import typing as t

from selenium.webdriver.common.keys import Keys

if t.TYPE_CHECKING:
    from conftest import Browser, Site

RECREATE = "docker compose --project-directory /opt/liveconnect up --detach --wait --force-recreate jupyter"
NOTEBOOKS = "/opt/liveconnect/notebooks"
CELL = "print(6 * 7, __import__('os').getcwd())"


def login(site: Site, browser: Browser, password: str) -> None:
    """Open JupyterLab, and fill in the form that it asks with."""
    browser.open(f"https://{site.batch}/lab")
    browser.one("#password_input").send_keys(password)
    browser.one("#login_submit").click()


def choose(browser: Browser, *path: str) -> None:
    """Choose an entry of the menu bar, by the texts that lead to it."""
    for level, text in enumerate(path):
        label = ".lm-MenuBar-itemLabel" if level == 0 else ".lm-Menu-itemLabel"

        def entry(_: object, label: str = label, text: str = text) -> t.Any:
            found = browser.driver.find_elements("css selector", label)
            return next((item for item in found if item.is_displayed() and item.text == text), None)

        browser.wait(entry, f"no menu entry {text}").click()


def outputs(browser: Browser) -> list[str]:
    return browser.texts(".jp-Notebook .jp-OutputArea-output pre")


def test_a_wrong_password_is_refused(site: Site, browser: Browser) -> None:
    login(site, browser, "not the password")

    browser.wait(lambda _: "Invalid credentials" in " ".join(browser.texts("body")), "a wrong password was not refused")
    browser.one("#password_input")


def test_a_notebook_and_a_setting_are_there_again_after_the_container_was_recreated(
    site: Site, browser: Browser
) -> None:
    # Of before this version had the mounted folder shown first; and what a test before this one may have left.
    site.run(f"sh -c 'rm -rf {NOTEBOOKS}/* /opt/liveconnect/data/jupyter/*; echo earlier > {NOTEBOOKS}/earlier.txt'")
    login(site, browser, site.password("jupyter"))
    browser.one(".jp-LauncherCard[data-category=Notebook]").click()

    browser.one(".jp-Notebook .jp-CodeCell .cm-content").send_keys(CELL)
    # The kernel answers, over its websocket.
    browser.wait(lambda _: "Idle" in " ".join(browser.texts(".jp-StatusBar-Widget")), "no kernel")
    browser.one(".jp-Notebook .jp-CodeCell .cm-content").send_keys(Keys.SHIFT, Keys.ENTER)
    browser.wait(lambda _: outputs(browser), "no output")
    assert outputs(browser) == ["42 /home/jovyan/work"]

    choose(browser, "File", "Save Notebook")
    name = browser.one(".jp-Dialog input")
    name.clear()
    name.send_keys("kept.ipynb")
    browser.one(".jp-Dialog .jp-mod-accept").click()
    browser.wait(lambda _: site.run(f"ls {NOTEBOOKS}").split() == ["earlier.txt", "kept.ipynb"], "not saved")
    choose(browser, "Settings", "Theme", "JupyterLab Dark")
    browser.wait(
        lambda _: "Dark" in site.run("grep -r theme /opt/liveconnect/data/jupyter || true"), "setting not saved"
    )

    before = site.run("docker inspect --format '{{.Id}}' jupyter")
    site.run(RECREATE)
    assert site.run("docker inspect --format '{{.Id}}' jupyter") != before

    login(site, browser, site.password("jupyter"))
    browser.wait(lambda _: outputs(browser) == ["42 /home/jovyan/work"], "the notebook is not open as it was left")
    # In the first folder, which has none above it.
    browser.wait(
        lambda _: browser.texts(".jp-DirListing-itemText") == ["earlier.txt", "kept.ipynb"],
        "the notebook is not listed",
    )
    assert browser.texts(".jp-BreadCrumbs-item") == []
    assert browser.driver.execute_script("return document.body.dataset.jpThemeName") == "JupyterLab Dark"
    # Otherwise JupyterLab would not show what is in its outputs but text.
    assert "is not trusted" not in site.run("docker logs jupyter 2>&1")
    saved = json.loads(site.run(f"cat {NOTEBOOKS}/kept.ipynb"))
    assert saved["cells"][0]["source"] == CELL or saved["cells"][0]["source"] == [CELL]


def test_a_phone_shows_the_login_without_scrolling_sideways(site: Site, browser: Browser) -> None:
    browser.become_a_phone()
    browser.open(f"https://{site.batch}/lab")
    browser.one("#password_input")

    browser.assert_fits()
