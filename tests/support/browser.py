"""A headless Chromium that reaches no network, for what only a browser can show."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

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
