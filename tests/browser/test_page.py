"""The page in a real browser, from file://, without a network: what it shows, and what it finds."""

import json
import zipfile

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from support.browser import drop, opened, text, verdict, wait
from support.estate import allow, bucket, collect, evidence, policy, reader, year
from support.ledgers import signer
from support.tampering import DERIVED, SAMPLED, TAMPERED, read, write

from collector.bundle.export import export_bundle
from collector.bundle.manifest import Items
from collector.bundle.reader import open_bundle
from collector.bundle.verify import verify_bundle
from collector.ledger.bodies import attestation_entry
from collector.ledger.verify import Trust
from collector.model.period import Period
from collector.model.record import Kind
from collector.period.sample import sample_entry, sample_of
from collector.period.state import newest

EVIL = "<img src=x onerror=\"document.title='owned'\">"
PERIOD = Period.parse("2026-01-02..2026-02-01")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A bundle, packed as bundle.zip and unpacked in unpacked/, and the page alone in alone/."""
    folder = tmp_path_factory.mktemp("page")
    ledger = year(folder, days=4)
    stranger = policy(allow(Principal={"AWS": EVIL}, Sid=EVIL))
    collect(ledger, evidence((reader(),), (bucket(policy=stranger, encryption=None),)), ledger._clock)
    answer = {
        "control": "ACC-5",
        "item": "s3://weights/llm/ encryption",
        "response": "a new key is ordered",
        "by": "ceo",
    }
    ledger.append(
        [attestation_entry("management_response", {**answer, "time": "2026-01-05T00:00:00.000000Z"}, ["ACC-5"])]
    )
    with ledger.read() as read_ledger:
        export_bundle(read_ledger, PERIOD, None, folder / "bundle.zip")
        export_bundle(read_ledger, PERIOD, ["ACC-5"], folder / "narrow.zip")
        header = newest(read_ledger, "aws:123456789012/s3.buckets", (Kind.SNAPSHOT,))
        drawn = sample_of(read_ledger, header, "2026", 1)
    ledger.append([sample_entry(drawn, header.controls)])
    with ledger.read() as read_ledger:
        export_bundle(read_ledger, PERIOD, None, folder / "sampled.zip", items=Items.SAMPLED)
    with zipfile.ZipFile(folder / "bundle.zip") as archive:
        archive.extractall(folder / "unpacked")
        archive.extract("index.html", folder / "alone")
    return folder


@pytest.fixture(scope="module")
def fingerprint(folder):
    return signer(folder).key.fingerprint


@pytest.fixture
def alone(browser, folder):
    """The page, opened without a bundle beside it."""
    return opened(browser, folder / "alone" / "index.html")


def test_the_page_alone_asks_for_the_zip(alone):
    assert "Drop a bundle here" in text(alone, "subtitle")
    assert text(alone, "main") == ""


def test_beside_its_data_the_page_shows_the_period_at_once_and_says_that_nothing_is_verified(browser, folder):
    opened(browser, folder / "unpacked" / "index.html")
    assert "Not verified yet" in text(browser, "verification")
    assert "controlproof.example.com/test" in text(browser, "origin")
    assert "can read" in text(browser, "deviations")


def test_a_clean_bundle_under_the_pinned_key_is_verified(browser, folder, fingerprint):
    opened(browser, folder / "alone" / "index.html", f"#key={fingerprint}")
    said = drop(browser, folder / "bundle.zip")
    assert verdict(browser) == "good"
    assert "Verified: intact, and signed by the key that you pinned" in said
    for line in (
        "Intact\t✓ proven",
        "Signed\t✓ proven",
        "Timestamped\t○ not proven here",
        "Witnessed\t○ not proven here",
    ):
        assert line in said
    assert "encryption" in text(browser, "deviations")


def test_a_bundle_without_a_pinned_key_is_not_called_verified(alone, folder):
    said = drop(alone, folder / "bundle.zip")
    assert verdict(alone) == "open"
    assert "Signed\t○ not proven here" in said


def test_another_key_is_red(browser, folder):
    opened(browser, folder / "alone" / "index.html", f"#key=sha256:{'0' * 64}")
    said = drop(browser, folder / "bundle.zip")
    assert verdict(browser) == "bad"
    assert "none of the keys is the pinned one" in said


NO_ROOM = """
window.Blob = class extends Blob {
  arrayBuffer() { return Promise.reject(new DOMException("no room for it", "NotReadableError")); }
  stream() { throw new DOMException("no room for it", "NotReadableError"); }
};
"""
"""As where a browser has no disk for what a page makes: a Blob that does not fit can be made, and not be read."""


def test_a_browser_without_room_for_blobs_verifies_all_the_same(alone, folder, fingerprint):
    alone.execute_script(NO_ROOM)
    alone.find_element(By.ID, "pin").send_keys(fingerprint)
    drop(alone, folder / "bundle.zip")
    assert verdict(alone) == "good"


def test_a_malformed_fingerprint_is_said_beside_the_field(alone):
    field = alone.find_element(By.ID, "pin")
    field.send_keys("sha256:12", Keys.TAB)
    assert "64 hex digits" in text(alone, "pin-error")
    assert field.get_attribute("aria-invalid") == "true"
    field.clear()


@pytest.mark.parametrize(
    ("tamper", "where"),
    [
        ("alter an item", "item arn:aws:s3:::"),
        ("alter a header", "record from 6 to 8 was altered"),
        ("cut the tail", "the tail is cut"),
    ],
)
def test_a_tampered_bundle_is_red_names_where_and_shows_nothing_of_it(
    browser, folder, fingerprint, tmp_path, tamper, where
):
    path = write(tmp_path / "bundle.zip", TAMPERED[tamper][0](read(folder / "bundle.zip"), folder))
    opened(browser, folder / "alone" / "index.html", f"#key={fingerprint}")
    said = drop(browser, path)
    assert verdict(browser) == "bad"
    assert "Tampered: do not rely on this bundle" in said
    assert where in said
    assert "Nothing of this bundle is shown" in text(browser, "main")


VERIFY = """
const [bytes, pin, done] = arguments;
const file = new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], "bundle.zip");
Verify.verify(file, [pin], () => {}).then(
  ({ verdict, steps }) => done({ verdict, problem: steps.find((step) => step.problem)?.problem ?? null }),
  (error) => done({ verdict: error instanceof Malformed ? "refuted" : "crashed", problem: { message: error.message, seq: null } }),
);
"""


def answer(browser, path, pin):
    import base64

    return browser.execute_async_script(VERIFY, base64.b64encode(path.read_bytes()).decode(), pin)


@pytest.mark.parametrize("name", [*TAMPERED, "hide bodies by claiming a narrowing", "change the page's summary"])
def test_the_page_and_the_product_agree_on_what_was_tampered_with(alone, folder, fingerprint, tmp_path, name):
    tamper = (TAMPERED | DERIVED)[name][0]
    path = write(tmp_path / "bundle.zip", tamper(read(folder / "bundle.zip"), folder))
    with open_bundle(path) as bundle:
        found = verify_bundle(bundle, Trust((fingerprint,)))
    said = answer(alone, path, fingerprint)
    assert said["verdict"] == "refuted", said
    assert said["problem"]["seq"] == found.problems[0].seq, (said, found.problems)


@pytest.mark.parametrize("name", ["bundle.zip", "narrow.zip", "sampled.zip"])
def test_the_page_derives_the_summary_from_verified_records_byte_for_byte(alone, folder, fingerprint, name):
    assert answer(alone, folder / name, fingerprint) == {"verdict": "proven", "problem": None}


@pytest.mark.parametrize("name", SAMPLED)
def test_the_page_refuses_what_was_tampered_with_in_a_sampled_bundle(alone, folder, fingerprint, tmp_path, name):
    path = write(tmp_path / "bundle.zip", SAMPLED[name](read(folder / "sampled.zip")))
    assert answer(alone, path, fingerprint)["verdict"] == "refuted"


def test_withheld_items_are_no_failure_and_said(browser, folder, fingerprint):
    opened(browser, folder / "alone" / "index.html", f"#key={fingerprint}")
    said = drop(browser, folder / "sampled.zip")
    assert verdict(browser) == "good"
    assert "their content is withheld" in said


def test_a_cut_zip_and_what_is_no_zip_are_red_with_words(alone, folder, fingerprint, tmp_path):
    whole = (folder / "bundle.zip").read_bytes()
    for data in (b"", b"hello", whole[: len(whole) // 2]):
        (tmp_path / "bundle.zip").write_bytes(data)
        assert "not a zip" in answer(alone, tmp_path / "bundle.zip", fingerprint)["problem"]["message"]


def test_text_from_outside_is_shown_as_text(browser, folder, fingerprint):
    opened(browser, folder / "unpacked" / "index.html", f"#key={fingerprint}")
    assert EVIL in text(browser, "deviations")
    drop(browser, folder / "bundle.zip")
    assert EVIL in text(browser, "deviations")
    assert browser.title != "owned"
    assert browser.find_elements(By.TAG_NAME, "img") == []


def test_no_script_is_refused_and_nothing_is_fetched(browser, folder, fingerprint):
    opened(browser, folder / "unpacked" / "index.html", f"#key={fingerprint}")
    browser.get_log("browser")
    drop(browser, folder / "bundle.zip")
    assert browser.get_log("browser") == []
    loaded = browser.execute_script("return performance.getEntriesByType('resource').map((each) => each.name)")
    assert {name.rpartition("/")[2] for name in loaded} <= {"overview.js", "records.js"}


def test_a_cell_leads_by_keyboard_to_its_results_deviations_and_raw_evidence(browser, folder, fingerprint):
    opened(browser, folder / "alone" / "index.html", f"#key={fingerprint}")
    drop(browser, folder / "bundle.zip")
    cells = browser.find_elements(By.CSS_SELECTOR, "#controls .heatmap tbody tr:last-child button")
    cells[0].send_keys(Keys.ARROW_RIGHT)
    browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    focused = browser.switch_to.active_element
    assert focused.get_attribute("aria-label").startswith("ACC-5, 2026-01-04: ")
    focused.send_keys(Keys.ENTER)
    detail = text(browser, "detail")
    assert "ACC-5 on 2026-01-04" in detail
    assert "Management response by ceo" in detail.replace("\n", " ")
    browser.find_element(By.CSS_SELECTOR, "#detail tbody .link").send_keys(Keys.ENTER)
    dialog = wait(browser, "document.querySelector('#evidence[open]')")
    wait(browser, "/What the test was given/i.test(document.querySelector('#evidence').innerText)")
    inputs = dialog.find_elements(By.CSS_SELECTOR, "li .link")
    next(each for each in inputs if each.text.startswith("record")).send_keys(Keys.ENTER)
    wait(browser, "/Items \\(/.test(document.querySelector('#evidence').innerText)")
    browser.find_element(By.CSS_SELECTOR, "#evidence .members .link").send_keys(Keys.ENTER)
    shown = wait(browser, "document.querySelector('#evidence .member pre')?.textContent")
    assert json.loads(shown)


def test_a_day_without_a_run_is_told_from_a_failure_by_more_than_colour(browser, folder):
    opened(browser, folder / "unpacked" / "index.html")
    silent = browser.find_element(By.CSS_SELECTOR, "#controls .heatmap .cell.none")
    failed = browser.find_element(By.CSS_SELECTOR, "#controls .heatmap .cell.fail")
    assert (silent.text, failed.text) == ("", "✕")
    assert silent.get_attribute("aria-label").endswith(": no run")
    assert silent.value_of_css_property("border-top-style") == "dashed"


def test_search_narrows_a_table(browser, folder):
    opened(browser, folder / "unpacked" / "index.html")
    field = browser.find_element(By.CSS_SELECTOR, "#records input[type=search]")
    field.send_keys("kms.keys")
    rows = browser.find_elements(By.CSS_SELECTOR, "#records tbody tr")
    assert rows
    assert all("kms.keys" in row.text for row in rows)
