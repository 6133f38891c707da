"""A headless Chromium that reaches no network, for what only a browser can show."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

SWITCHES = (
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1440,1000",
)


@contextmanager
def chromium(profile: Path, *switches: str) -> Iterator[webdriver.Chrome]:
    """Start a browser with a new profile; the test is skipped where none is installed."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("needs chromium and chromedriver (Debian: chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for switch in (*SWITCHES, *switches, f"--user-data-dir={profile}"):
        options.add_argument(switch)
    browser = webdriver.Chrome(options=options, service=Service(driver))
    browser.set_script_timeout(120)
    try:
        yield browser
    finally:
        browser.quit()


def wait(browser: webdriver.Chrome, condition: str, seconds: float = 60) -> object:
    """Wait until a JavaScript expression is true, and give its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := browser.execute_script(f"return {condition}"):
            return value
        time.sleep(0.05)
    raise AssertionError(f"{condition} did not come true; the console: {browser.get_log('browser')}")


def opened(browser: webdriver.Chrome, path: Path, fragment: str = "", seconds: float = 60) -> webdriver.Chrome:
    """Open the page anew and wait until it shows what stands beside it."""
    browser.get("about:blank")
    browser.get(f"{path.as_uri()}{fragment}")
    wait(browser, "document.documentElement.dataset.loaded", seconds)
    return browser


def drop(browser: webdriver.Chrome, path: Path, seconds: float = 60) -> str:
    """Give the page a zip, wait until it is verified, and give what the page says of it."""
    browser.find_element(By.ID, "file").send_keys(str(path))
    wait(browser, "document.documentElement.dataset.state === 'done'", seconds)
    return text(browser, "verification")


def text(browser: webdriver.Chrome, place: str) -> str:
    """Give the text of an element as a person sees it."""
    return browser.execute_script("return document.getElementById(arguments[0]).innerText", place)


def verdict(browser: webdriver.Chrome) -> str:
    """Give the verdict that the page shows: good, open or bad."""
    return browser.execute_script("return document.documentElement.dataset.verdict")
