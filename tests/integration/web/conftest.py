# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small site of the lab as its users reach it, and Chromium, which trusts the site's authority as they would.

LAB_NAME names the site; with LAB_KEEP=1 it stays for the next run. Screenshots of all pages that a test has seen last
lie in ``.build/screenshots``.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from lab import access  # noqa: E402 -- found by the line above

NAME = os.environ.get("LAB_NAME", "web")
FOLDER = ROOT / ".lab" / NAME
VARIABLES = Path(__file__).with_name("site.yml")
SCREENSHOTS = ROOT / ".build" / "screenshots"
# Debian's, so that selenium looks for no others and downloads none.
CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
# Nothing but the site is asked for anything, and nothing is kept of an earlier run. The last one has the browser ask
# for http:// where it says so, and follow the site's own redirect.
SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
)
SHOWN_TEXTS = """
return Array.from(document.querySelectorAll(arguments[0]))
    .filter(element => element.getClientRects().length > 0)
    .map(element => element.textContent.trim());
"""
SECONDS = 120
PHONE_WIDTH = 390


@dataclass(frozen=True)
class Site:
    """The node, and the names and passwords that its users have."""

    address: str
    console: str
    batch: str

    def run(self, command: str, text: str = "") -> str:
        """What a shell command prints that root runs on the node; LabError when it fails."""
        return access.run(FOLDER, "liveconnect-vm", f"sudo {command}", text).strip()

    def declared(self, variable: str) -> t.Any:
        """The value of a variable of this site alone."""
        return yaml.safe_load(VARIABLES.read_text())[variable]

    def password(self, name: str) -> str:
        """The site's password of this name."""
        return (FOLDER / "secrets" / name).read_text().strip()


class Browser:
    """A Chromium with an empty profile. Every wait is for a condition, and fails after ``SECONDS``."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        # A page may take an element away between finding it and looking at it.
        self._wait = WebDriverWait(driver, SECONDS, ignored_exceptions=[StaleElementReferenceException])

    def open(self, url: str) -> None:
        """Go to a page."""
        self.driver.get(url)

    def refusal(self, url: str) -> str:
        """The browser's own word for why it shows no page, as ``ERR_EMPTY_RESPONSE``."""
        # The driver takes some for a failure of its own, and not others.
        with contextlib.suppress(WebDriverException):
            self.driver.get(url)

        def word(driver: webdriver.Chrome) -> str:
            found = re.search(r"ERR_[A-Z_]+", driver.execute_script("return document.body.innerText"))
            return found[0] if found else ""

        return str(self.wait(word, f"{url} is not refused"))

    def wait(self, condition: t.Callable[[webdriver.Chrome], t.Any], message: str) -> t.Any:
        """What a condition gives once it gives something."""
        return self._wait.until(condition, message)

    def one(self, selector: str) -> t.Any:
        """The first element that is shown and can be used."""

        def usable(driver: webdriver.Chrome) -> t.Any:
            found = driver.find_elements("css selector", selector)
            return next((element for element in found if element.is_displayed() and element.is_enabled()), None)

        return self.wait(usable, f"no {selector}")

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements that are shown, in the page's order."""
        return list(self.driver.execute_script(SHOWN_TEXTS, selector))

    def become_a_phone(self) -> None:
        """Be as wide as a phone is, and lay pages out as a phone does."""
        metrics = {"width": PHONE_WIDTH, "height": 844, "deviceScaleFactor": 2, "mobile": True}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def assert_fits(self) -> None:
        """The page is no wider than the screen."""
        script = "return [document.documentElement.scrollWidth, window.innerWidth]"
        assert self.driver.execute_script(script) == [PHONE_WIDTH, PHONE_WIDTH]


Start = t.Callable[..., t.ContextManager[Browser]]


def lab(*arguments: str) -> None:
    """Run one of the lab's commands."""
    subprocess.run([sys.executable, "-m", "lab", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def site() -> t.Iterator[Site]:
    """The site, installed by site.yml."""
    lab("up", "--name", NAME, "--nodes", "liveconnect-vm:bookworm")
    try:
        environment = os.environ | {
            "LAB_NAME": NAME,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": f"{ROOT / '.build/ws'}{os.pathsep}{ROOT / '.build/deps'}",
        }
        playbook = [Path(sys.executable).with_name("ansible-playbook"), "-i", "inventories/lab/hosts.yml", "site.yml"]
        command = [*playbook, "-l", "liveconnect-vm", "-e", f"@{VARIABLES}"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr
        names = (f"liveconnect-{kind}325151bf-2007-4308-b94d-b436a61a35c5.pf1.example.com" for kind in ("", "batch-"))
        yield Site(access.address(FOLDER, "liveconnect-vm"), *names)
    finally:
        if not os.environ.get("LAB_KEEP"):
            lab("down", "--name", NAME)


@pytest.fixture(scope="session")
def trusting_home(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's home whose browser trusts the authority of the site."""
    home = tmp_path_factory.mktemp("home")
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    authority = site.run("cat /opt/liveconnect/conf/certificates-authority/ca.crt")
    certutil = ["certutil", "-d", f"sql:{database}"]
    subprocess.run([*certutil, "-N", "--empty-password"], check=True)
    # C: it may issue the certificates of servers.
    subprocess.run([*certutil, "-A", "-n", "site", "-t", "C,,", "-a"], input=authority, text=True, check=True)
    return home


@pytest.fixture
def start(site: Site, trusting_home: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Start:
    """Start a browser, of who trusts the site unless another home is given; its last page is kept as a screenshot."""

    @contextlib.contextmanager
    def started(home: Path = trusting_home) -> t.Iterator[Browser]:
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        rules = f"MAP *.pf1.example.com {site.address}"
        for switch in (*SWITCHES, f"--host-resolver-rules={rules}", f"--user-data-dir={tmp_path / 'profile'}"):
            options.add_argument(switch)
        driver = webdriver.Chrome(options, Service(DRIVER, env=os.environ | {"HOME": str(home)}))
        try:
            yield Browser(driver)
        finally:
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            test = re.sub(r"\W+", "-", f"{request.path.stem}-{request.node.name}".replace("test_", "")).strip("-")
            with contextlib.suppress(WebDriverException):
                driver.save_screenshot(str(SCREENSHOTS / f"{test}.png"))
            driver.quit()

    return started


@pytest.fixture
def browser(start: Start) -> t.Iterator[Browser]:
    """A browser that trusts the site."""
    with start() as started:
        yield started
