"""The page for everyone: by keyboard, for a screen reader, in light and dark, and on paper."""

import base64
import re
from itertools import pairwise

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from support.browser import drop, opened, text, wait
from support.estate import year
from support.ledgers import signer

from collector.bundle.export import export_bundle
from collector.bundle.page import page_bytes
from collector.model.period import Period

TEXT, SHAPE = 4.5, 3.0
"""The least contrast of text, and of what is not text but has to be told apart (WCAG 2.2, 1.4.3 and 1.4.11)."""
PAIRS = (
    *((name, ground, TEXT) for name in ("ink", "soft", "accent") for ground in ("paper", "card")),
    *((name, ground, TEXT) for name in ("pass", "fail", "open") for ground in ("paper", "card", f"{name}-soft")),
    *(("card", ground, TEXT) for ground in ("accent", "fail", "pass")),
    *((name, "card", SHAPE) for name in ("none", "open-fill")),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("usable")
    ledger = year(folder, days=3)
    with ledger.read() as reading:
        export_bundle(reading, Period.parse("2026-01-01..2026-01-06"), None, folder / "bundle.zip")
    (folder / "index.html").write_bytes(page_bytes())
    return folder


@pytest.fixture(scope="module")
def page(browser, folder):
    """The page with a verified bundle in it."""
    opened(browser, folder / "index.html", f"#key={signer(folder).key.fingerprint}")
    drop(browser, folder / "bundle.zip")
    return browser


@pytest.fixture
def media(page):
    """Sets what the page is shown on; what it was is set again afterwards."""

    def emulate(**told):
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", told)

    yield emulate
    emulate(media="", features=[])


def scheme(name):
    return [{"name": "prefers-color-scheme", "value": name}]


def colours(page):
    """Give the colours that the style's variables come to, as red, green and blue from 0 to 1."""
    names = sorted({name for pair in PAIRS for name in pair[:2]})
    found = page.execute_script(
        "const s = getComputedStyle(document.documentElement);"
        "return arguments[0].map((name) => s.getPropertyValue('--' + name).trim());",
        names,
    )
    digits = (re.sub(r"^#(.)(.)(.)$", r"#\1\1\2\2\3\3", value) for value in found)
    return dict(zip(names, [[int(each[at : at + 2], 16) / 255 for at in (1, 3, 5)] for each in digits], strict=True))


def contrast(one, other):
    """Give the contrast ratio of WCAG 2.2."""

    def luminance(colour):
        linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("told", [{"features": scheme("light")}, {"features": scheme("dark")}, {"media": "print"}])
def test_every_colour_can_be_read_on_its_ground(page, media, told):
    media(**told)
    found = colours(page)
    low = {pair: contrast(found[pair[0]], found[pair[1]]) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in low.items() if ratio < pair[2]} == {}


def test_dark_is_dark_and_light_is_light(page, media):
    grounds = {}
    for name in ("light", "dark"):
        media(features=scheme(name))
        grounds[name] = sum(colours(page)["paper"])
    assert grounds["dark"] < 0.5
    assert grounds["light"] > 2.5


def test_every_control_has_a_name_and_every_table_a_caption_and_headings(page):
    unnamed = page.execute_script("""
        const named = (e) => e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length;
        return [...document.querySelectorAll("button, input, select, a, progress")].filter((e) => !named(e)).map((e) => e.outerHTML);
    """)
    assert unnamed == []
    assert page.execute_script("return [...document.querySelectorAll('table')].every((t) => t.caption?.textContent)")
    assert page.execute_script(
        "return [...document.querySelectorAll('main table tbody tr')].every((row) => row.querySelector('th[scope=row]'))"
    )
    assert page.execute_script(
        "return [...document.querySelectorAll('main table thead th')].every((each) => /^col/.test(each.scope))"
    )


def test_names_of_search_fields_tell_them_apart(page):
    names = page.execute_script("return [...document.querySelectorAll('main input')].map((e) => e.ariaLabel)")
    assert len(names) == len(set(names)) > 1


def test_headings_come_in_order_and_name_their_sections(page):
    levels = page.execute_script("return [...document.querySelectorAll('h1, h2, h3, h4')].map((e) => +e.tagName[1])")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.execute_script(
        "return [...document.querySelectorAll('main section')].every((s) => document.getElementById(s.getAttribute('aria-labelledby')).textContent)"
    )


def test_progress_and_verdict_are_told_as_they_change(page):
    assert page.find_element(By.ID, "verdict").get_attribute("role") == "status"
    assert page.execute_script("return document.getElementById('said').role") == "status"
    assert page.execute_script("return document.getElementById('said').textContent") == "100 % verified"
    assert page.execute_script("return document.getElementById('bar').value") == 1


def test_the_first_tab_leads_past_the_head_and_the_focus_is_seen(page):
    page.execute_script("document.activeElement.blur(); scrollTo(0, 0)")
    page.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    skip = page.switch_to.active_element
    assert skip.text == "Skip to the evidence"
    assert skip.rect["x"] >= 0
    skip.send_keys(Keys.TAB)
    field = page.switch_to.active_element
    assert field.get_attribute("id") == "pin"
    assert (field.value_of_css_property("outline-style"), field.value_of_css_property("outline-width")) == (
        "solid",
        "2px",
    )


def test_a_map_is_one_stop_of_the_tab_key_and_home_and_end_move_in_it(page):
    cells = page.find_elements(By.CSS_SELECTOR, "#controls .heatmap tbody tr:first-child button")
    stops = "return document.querySelectorAll('#controls .heatmap button[tabindex=\"0\"]').length"
    cells[0].send_keys(Keys.END)
    assert page.switch_to.active_element == cells[-1]
    assert page.execute_script(stops) == 1
    cells[-1].send_keys(Keys.HOME)
    assert page.switch_to.active_element == cells[0]
    cells[0].send_keys(Keys.ARROW_DOWN)
    assert page.switch_to.active_element.get_attribute("aria-label").startswith("ACC-5, 2026-01-01")


def test_escape_leads_back_from_a_cell_s_detail_to_the_cell(page):
    cell = page.find_element(By.CSS_SELECTOR, "#controls .heatmap button.fail")
    cell.send_keys(Keys.ENTER)
    wait(page, "document.activeElement.id === 'detail'")
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert page.switch_to.active_element == cell


def test_evidence_takes_the_focus_and_escape_gives_it_back(page):
    link = page.find_element(By.CSS_SELECTOR, "#records tbody .link")
    link.send_keys(Keys.ENTER)
    wait(page, "document.querySelector('#evidence[open]')")
    assert page.switch_to.active_element.get_attribute("id") == "evidence-title"
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait(page, "!document.getElementById('evidence').open")
    assert page.switch_to.active_element == link


def test_on_paper_the_evidence_is_whole_and_what_is_for_the_screen_is_gone(page, media):
    media(media="print")
    hidden = ("#contents", ".filters", ".drop", ".skip")
    for chosen in hidden:
        assert not page.find_element(By.CSS_SELECTOR, chosen).is_displayed(), chosen
    assert page.find_element(By.ID, "verdict").is_displayed()
    assert "Controls by day" in text(page, "main")
    printed = base64.b64decode(page.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    assert printed.startswith(b"%PDF")
    widest = page.execute_script(
        "return Math.max(...[...document.querySelectorAll('main .table')].map((e) => e.scrollWidth - e.clientWidth))"
    )
    assert widest <= 1
