"""What the page shows of a period: windows and gaps, changes and approvals, reviews, what retention dropped."""

import csv
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from support.browser import drop, opened, text, verdict, wait
from support.estate import Recorded, access_review, bucket, evidence, gap, plan, reader
from support.ledgers import START, Clock, signer

from collector.bundle.export import export_bundle
from collector.ledger.bodies import Input, RecordedParameters, Run, Written, attestation_entry, result_entry
from collector.ledger.entry import Object
from collector.ledger.store import Ledger
from collector.model.canonical import decode_object, encode
from collector.model.instant import format_instant
from collector.model.outcome import Outcome
from collector.model.period import Period
from collector.model.record import Header, Kind
from collector.model.result import Assessment, conclude
from collector.model.snapshot import FailureClass
from collector.pipeline.run import run
from collector.pipeline.schedule import Scheduled

HOUR = timedelta(hours=1)
PERIOD = Period(START + 24 * HOUR, START + 72 * HOUR)
GOOD = evidence((reader(),), (bucket(),))
DENIED = evidence(gap("iam.authorization_details", kind=FailureClass.DENIED), (bucket(),))
CHANGED = evidence((reader(),), (bucket(encryption=None), bucket('=new, "quoted"')))


def poll(ledger, clock, hour, given=GOOD, cadence=HOUR):
    clock.time = START + hour * HOUR
    planned = plan()
    schedule = {control.id: Scheduled(cadence, control.populations) for control in planned.controls}
    return run(ledger, [Recorded(given)], replace(planned, schedule=schedule), clock)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three days: polls by the hour, a denied reading, a silence, another cadence, changes, and a retention."""
    folder = tmp_path_factory.mktemp("period")
    clock = Clock(START)
    ledger = Ledger.create(f"sqlite:///{folder}/ledger.db", "test-1", signer(folder), clock)
    poll(ledger, clock, 0)
    review = access_review({"arn:aws:iam::123456789012:role/inference": "keep"}, START)
    ledger.append([attestation_entry("access_review", {**review.content, "time": format_instant(START)}, ["ACC-3"])])
    poll(ledger, clock, 12, CHANGED)
    poll(ledger, clock, 25)
    for hour in (26, 27):
        poll(ledger, clock, hour, DENIED)
    poll(ledger, clock, 36)
    poll(ledger, clock, 40, CHANGED)
    poll(ledger, clock, 48, cadence=4 * HOUR)
    poll(ledger, clock, 52, cadence=4 * HOUR)
    clock.time = START + 53 * HOUR
    ledger.append([_change_result(ledger)])
    ledger.prune(START + 11 * HOUR)
    with ledger.read() as reading:
        export_bundle(reading, PERIOD, None, folder / "bundle.zip")
        export_bundle(reading, PERIOD, ["ACC-5"], folder / "narrow.zip")
    with zipfile.ZipFile(folder / "bundle.zip") as archive:
        archive.extractall(folder / "unpacked")
    return folder


def _change_result(ledger):
    """A result of CHG-1 that rests on the review from before: the change of the bucket was approved."""
    with ledger.read() as reading:
        headers = [Header.decode(data, "a header") for _, data in reading.headers()]
        changed = next(h for h in headers if h.subject.endswith("/s3.buckets") and h.time >= START + 40 * HOUR)
        finished = decode_object(reading.object(changed.body), "a body")["finished"]
    review = next(h for h in headers if h.kind is Kind.ATTESTATION)
    detail = {
        "added": ["two"],
        "approved_by": ["release-lead"],
        "made_by": ["deployer"],
        "not_after": finished,
        "not_before": format_instant(START),
        "removed": ["one"],
        "serving": "arn:aws:s3:::weights",
    }
    written = Written.of(conclude("CHG-1", [Assessment("weights", Outcome.PASS, "", detail)]))
    rests_on = (Input(review.seq, review.body, review.subject),)
    return result_entry(
        written, Run(rests_on, RecordedParameters.of({}), START, Object(encode({"controls/none.py": ""})))
    )


@pytest.fixture(scope="module")
def verified(browser, folder):
    """The page with the bundle verified in it."""
    opened(browser, folder / "unpacked" / "index.html", f"#key={signer(folder).key.fingerprint}")
    drop(browser, folder / "bundle.zip")
    assert verdict(browser) == "good"
    return browser


def rows(browser, caption):
    """The cells of the rows of a table; text that is not in view has no innerText, because it is not laid out."""
    return browser.execute_script(
        """
        const table = [...document.querySelectorAll("table")].find((t) => t.caption.textContent.startsWith(arguments[0]));
        return [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent));
        """,
        caption,
    )


def table(folder, name):
    with zipfile.ZipFile(folder / "bundle.zip") as archive:
        return list(csv.DictReader(archive.read(name).decode().splitlines()))


def test_the_page_derives_coverage_and_changes_byte_for_byte_under_gaps_and_a_new_cadence(verified):
    steps = verified.execute_script("return document.querySelector('#statements .steps').textContent")
    assert "coverage.csv, changes.csv derived again from the records, byte for byte" in steps


def test_each_control_shows_its_windows_and_they_sum_up(verified, folder):
    shown = {row[0]: [int(cell) for cell in row[2:7]] for row in rows(verified, "Windows of each control")}
    assert set(shown) == {"ACC-2", "ACC-5"}
    for control, (expected, *states) in shown.items():
        stated = [line for line in table(folder, "coverage.csv") if line["control"] == control]
        assert expected == sum(states) == sum(int(line["windows"]) for line in stated)
        for name, count in zip(("complete", "incomplete", "missed", "open"), states, strict=True):
            assert count == sum(int(line["windows"]) for line in stated if line["state"] == name), name


def test_a_gap_names_its_length_its_cause_and_what_is_missing(verified):
    gaps = rows(verified, "Gaps: windows")
    denied = next(row for row in gaps if row[0] == "ACC-2" and "denied" in row[6])
    assert denied[4] == "2 hours"
    assert "aws:123456789012/iam.authorization_details" in denied[7]
    silent = next(row for row in gaps if "missed" in row[1])
    assert "not recorded" in silent[6]
    assert "the collector did not run" in silent[8]


def test_a_change_between_snapshots_shows_what_when_and_its_approval(verified, folder):
    shown = rows(verified, "Differences between consecutive snapshots")
    assert len(shown) == len(table(folder, "changes.csv"))
    weights = next(row for row in shown if "arn:aws:s3:::weights" in row[1] and "2026-01-02 16:00" in row[3])
    assert "changed" in weights[0]
    assert "approved by release-lead" in weights[5]
    others = [row for row in shown if "new" in row[1]]
    assert others
    assert not any("approved" in row[5] for row in others)


def test_a_change_leads_to_what_the_item_was_and_became(verified):
    chosen = "[aria-label^='compare arn:aws:s3:::weights']"
    verified.find_element(By.CSS_SELECTOR, f"#changes {chosen}").send_keys(Keys.ENTER)
    wait(verified, "/What differs/.test(document.querySelector('#evidence[open]')?.innerText)")
    assert "encryption" in text(verified, "evidence")
    verified.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait(verified, "!document.getElementById('evidence').open")
    assert verified.switch_to.active_element.get_attribute("aria-label").startswith("compare")


def test_a_review_from_before_the_period_is_shown_with_its_record(verified):
    (review,) = rows(verified, "Access reviews")
    assert review[2] == "security-lead"
    verified.find_element(By.CSS_SELECTOR, "#reviews tbody .link").send_keys(Keys.ENTER)
    wait(verified, "/From before the period/.test(document.querySelector('#evidence[open]')?.innerText)")
    assert '"reviewer": "security-lead"' in text(verified, "evidence")
    verified.switch_to.active_element.send_keys(Keys.ESCAPE)


def test_what_retention_dropped_is_no_failure_and_counted_in_what_is_not_proven(verified):
    said = text(verified, "verification")
    assert verdict(verified) == "good"
    assert "Dropped\t○ not proven here" in said
    assert len(rows(verified, "Content dropped by retention")) == 1


def test_what_a_narrowed_export_withholds_is_no_failure_and_counted_in_what_is_not_proven(browser, folder):
    opened(browser, folder / "unpacked" / "index.html", f"#key={signer(folder).key.fingerprint}")
    said = drop(browser, folder / "narrow.zip")
    assert verdict(browser) == "good"
    assert "Withheld\t○ not proven here" in said
    assert "The export left out the bodies of" in said


def test_the_summary_shows_coverage_and_changes_before_anything_is_verified(browser, folder):
    opened(browser, folder / "unpacked" / "index.html")
    assert rows(browser, "Windows of each control")
    assert rows(browser, "Differences between consecutive snapshots")
    browser.find_element(By.CSS_SELECTOR, "#changes [aria-label^='compare']").send_keys(Keys.ENTER)
    wait(browser, "/lies in the zip/.test(document.querySelector('#evidence[open]')?.innerText)")
