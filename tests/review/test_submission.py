"""What is submitted against what the record says: nobody added, nobody left out, nothing edited."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.estate import ACCOUNT, LOCATION, allow, reader, user
from support.ledgers import NAME
from support.reviews import ACC_3, LEAD, decide

from collector.ledger.reader import fetch
from collector.model.canonical import decode_object
from collector.model.errors import ConfigurationError
from collector.model.record import Kind
from collector.review.submission import MAX_NOTE, check

FIRST = f"arn:aws:iam::{ACCOUNT}:role/first"
SECOND = f"arn:aws:iam::{ACCOUNT}:role/second"


@pytest.fixture
def opened(desk):
    """A packet with two readers, first and second, decided keep."""
    desk.collect(reader("first"), reader("second"))
    return decide(desk.open())


def with_first(packet, **changes):
    first, *others = packet.entries
    return replace(packet, entries=(replace(first, **changes), *others))


def with_entries(packet, *entries):
    return replace(packet, entries=entries)


def problems(desk, filled, recorded=None, reviewer=LEAD):
    with pytest.raises(ConfigurationError) as refused:
        check(filled, recorded or desk.open(), reviewer, partial=False)
    assert refused.value.mend == "change only decision and note, or open a new packet: controlproof review open"
    return refused.value.message


def test_a_filled_packet_is_taken_and_attested_as_it_was_decided(desk, opened):
    filled = with_first(opened, decision="revoke", note="left\nthe team")
    header = desk.submit(filled)
    assert (header.kind, header.subject) == (Kind.ATTESTATION, "attestation/access_review")
    assert header.controls == ("ACC-3", "ACC-4")
    with desk.ledger.read() as reading:
        body = decode_object(fetch(reading, header.body), "it")
    assert body["entries"] == [
        {"decision": "revoke", "location": LOCATION, "note": "left\nthe team", "principal": FIRST},
        {"decision": "keep", "location": LOCATION, "note": "", "principal": SECOND},
    ]
    assert body["result"] == {"body": opened.body, "seq": opened.record}
    assert (body["control"], body["reviewer"], body["signature"]) == ("ACC-3", LEAD, None)


def test_the_order_of_the_entries_is_free(desk, opened):
    check(with_entries(opened, *reversed(opened.entries)), desk.open(), LEAD, partial=False)


def test_a_packet_of_another_ledger_is_refused(desk, opened):
    told = problems(desk, replace(opened, ledger="controlproof.example.com/other"))
    assert f"opened on the ledger controlproof.example.com/other, this is {NAME}" in told


@pytest.mark.parametrize("changes", [{"body": "0" * 64}, {"opened": None}])
def test_a_packet_of_another_snapshot_is_refused(desk, opened, changes):
    given = {name: value or opened.opened + timedelta(microseconds=1) for name, value in changes.items()}
    assert "another snapshot than record" in problems(desk, replace(opened, **given))


def test_a_packet_that_names_a_later_or_an_earlier_record_than_its_own_is_refused(desk, opened):
    desk.collect(reader("first"), reader("second"))
    later = decide(desk.open())
    assert later.record > opened.record
    for filled, other in ((opened, later), (later, opened)):
        told = problems(desk, replace(filled, record=other.record), recorded=other)
        assert f"opened on another snapshot than record {other.record} holds" in told


def test_an_older_packet_is_taken_for_what_it_says(desk, opened):
    desk.collect(reader("first"), reader("second"), reader("third"))
    desk.submit(opened)
    results = desk.collect(reader("first"), reader("second"), reader("third"))
    assert [each.id for each in results["ACC-3"].deviations] == [f"{LOCATION} <- arn:aws:iam::{ACCOUNT}:role/third"]


def test_a_principal_that_was_added_is_named(desk, opened):
    added = replace(opened.entries[0], principal="arn:aws:iam::1:role/mine", line=30)
    told = problems(desk, with_entries(opened, *opened.entries, added))
    assert f"line 30: arn:aws:iam::1:role/mine at {LOCATION}: unknown principal" in told


def test_a_row_that_is_missing_is_named(desk, opened):
    assert f"missing: {SECOND} at {LOCATION}" in problems(desk, with_entries(opened, opened.entries[0]))


def test_no_rows_at_all_are_as_many_missing(desk, opened):
    assert problems(desk, with_entries(opened)).count("missing: ") == 2


def test_a_row_that_stands_there_twice_is_named_with_both_lines_also_with_another_decision(desk, opened):
    first, second = (replace(entry, line=line) for line, entry in enumerate(opened.entries, 2))
    again = replace(first, line=9, decision="revoke")
    told = problems(desk, with_entries(opened, first, second, again))
    assert f"line 9: {FIRST} at {LOCATION}: stands there twice, first on line 2" in told


FACTS = ["kind", "access", "path", "conditions", "reachable_from", "last_used", "previous"]


@pytest.mark.parametrize("fact", FACTS)
def test_an_edited_fact_is_refused(desk, opened, fact):
    assert f"{FIRST} at {LOCATION}: altered" in problems(desk, with_first(opened, **{fact: "edited"}))


@pytest.mark.parametrize("fact", ["location", "principal"])
def test_a_reader_that_was_renamed_is_unknown_and_missing(desk, opened, fact):
    told = problems(desk, with_first(opened, **{fact: "edited"}))
    assert "unknown principal" in told
    assert f"missing: {FIRST} at {LOCATION}" in told


def test_an_undecided_entry_is_named_and_taken_only_as_partial(desk, opened):
    filled = with_first(opened, decision="", line=2)
    told = problems(desk, filled)
    assert "incomplete: 1 of 2 entries have no decision (--partial takes it so)" in told
    assert f"line 2: {FIRST} at {LOCATION}: no decision" in told
    desk.submit(filled, partial=True)
    standing = desk.standing()
    assert (standing.count("keep"), standing.count("")) == (1, 1)
    result = desk.collect(reader("first"), reader("second"))["ACC-3"]
    reasons = " ".join(each.reason for each in result.deviations)
    assert "partial: 1 of 2 entries have no decision" in reasons
    assert f"{FIRST} can read" in reasons


def test_partial_excuses_nothing_else(desk, opened):
    with pytest.raises(ConfigurationError, match="missing: "):
        desk.submit(with_entries(opened, replace(opened.entries[0], decision="")), partial=True)


def test_a_note_without_end_is_refused(desk, opened):
    desk.submit(with_first(opened, note="x" * MAX_NOTE))
    assert f"longer than {MAX_NOTE} characters" in problems(desk, with_first(opened, note="x" * (MAX_NOTE + 1)))


@pytest.mark.parametrize("name", ["lead", "LEAD", f"arn:aws:iam::{ACCOUNT}:user/lead"])
def test_a_reviewer_who_reviews_only_themself_is_refused(desk, name):
    desk.collect(user("lead", allow(), allow("kms:Decrypt", "*")))
    assert "reviews only themself" in problems(desk, decide(desk.open()), reviewer=name)


def test_a_session_of_the_only_reviewed_role_is_that_role(desk):
    desk.collect(reader("lead"))
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/lead/someone"
    assert "reviews only themself" in problems(desk, decide(desk.open()), reviewer=session)


@pytest.mark.parametrize(
    "name", ["lead", "Lead", f"arn:aws:iam::{ACCOUNT}:role/lead", f"arn:aws:sts::{ACCOUNT}:assumed-role/lead/someone"]
)
def test_a_keep_decision_on_ones_own_access_fails_however_the_name_is_spelt(desk, name):
    desk.collect(reader("lead"), reader("other"))
    desk.submit(decide(desk.open()), name)
    result = desk.collect(reader("lead"), reader("other"))["ACC-3"]
    own = f"{LOCATION} <- arn:aws:iam::{ACCOUNT}:role/lead"
    assert {each.id for each in result.deviations} == {"access review", own}
    assert all("self-approved" in each.reason for each in result.deviations)


def test_all_problems_are_told_at_once(desk, opened):
    told = problems(desk, with_entries(replace(opened, body="0" * 64), replace(opened.entries[0], kind="x")))
    for problem in ("another snapshot", "altered", "missing: "):
        assert problem in told


def test_a_packet_submitted_twice_is_two_attestations_of_which_the_last_counts(desk, opened):
    desk.submit(opened)
    desk.wait(1)
    second = desk.submit(decide(opened, first="revoke"))
    standing = desk.standing()
    assert (standing.record, standing.made) == (second.seq, second.time)
    assert (standing.count("keep"), standing.count("revoke")) == (1, 1)


def test_a_packet_kept_in_a_drawer_is_stale(desk, opened):
    desk.wait(ACC_3.defaults["max_packet_age_days"] + 1)
    desk.submit(opened)
    result = desk.collect(reader("first"), reader("second"))["ACC-3"]
    (deviation,) = result.deviations
    assert "stale: it was decided 15 days after the access was read" in deviation.reason
