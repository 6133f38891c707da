"""What a packet says, and when there can be none."""

import pytest
from support.estate import (
    ACCOUNT,
    LOCATION,
    allow,
    bucket,
    evidence,
    gap,
    group,
    key,
    policy,
    reader,
    role,
    trust,
    user,
)
from support.ledgers import NAME
from support.reviews import ACC_3, decide

from collector.model.errors import ConfigurationError
from collector.review.packet import COLUMNS, build, newest_result

PARTNER = "arn:aws:iam::999988887777:root"


def only(packet):
    (entry,) = packet.entries
    return entry


def test_a_packet_names_the_ledger_the_record_and_its_time(desk):
    desk.collect()
    packet = desk.open()
    with desk.ledger.read() as reading:
        header = newest_result(reading, "ACC-3")
    assert (packet.ledger, packet.control, packet.record) == (NAME, "ACC-3", header.seq)
    assert (packet.body, packet.opened) == (header.body, header.time)
    assert packet.name == f"review-ACC-3-{header.seq}"


def test_everyone_who_can_read_is_an_entry_and_nobody_else(desk):
    writer = role("writer", allow("s3:PutObject"))
    in_group = user("through-group", groups=["readers"])
    readers = group("readers", allow(), allow("kms:Decrypt", "*"))
    stranger = bucket(policy=policy(allow(Principal={"AWS": PARTNER})), encryption=None)
    desk.collect(given=evidence((reader(), writer, in_group, readers), (stranger,)))
    found = {entry.principal: entry.kind for entry in desk.open().entries}
    assert found == {
        f"arn:aws:iam::{ACCOUNT}:role/inference": "role",
        f"arn:aws:iam::{ACCOUNT}:user/through-group": "user",
        PARTNER: "account",
    }


def test_an_entry_shows_path_conditions_who_can_become_it_and_last_use(desk):
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    oncall = role(
        "oncall",
        allow(Condition=mfa),
        allow("kms:Decrypt", "*"),
        trust=trust({"AWS": PARTNER}),
        last_used="2025-12-24T18:00:00.000000Z",
    )
    desk.collect(oncall)
    entry = only(desk.open())
    assert (entry.location, entry.access, entry.last_used) == (LOCATION, "conditional", "2025-12-24T18:00:00.000000Z")
    assert "role oncall → inline policy inline → statement 1" in entry.path
    assert "aws:MultiFactorAuthPresent" in entry.conditions
    assert f"account {PARTNER}" in entry.reachable_from
    assert (entry.decision, entry.note, entry.previous) == ("", "", "")


def test_a_use_that_aws_does_not_tell_is_left_empty(desk):
    desk.collect()
    assert only(desk.open()).last_used == ""


def test_the_previous_decision_is_shown_beside_whoever_it_was_about(desk):
    desk.collect(reader("old"), reader("revoked"))
    desk.review("keep", revoked="revoke")
    desk.collect(reader("old"), reader("revoked"), reader("new"))
    shown = {entry.principal.rsplit("/", 1)[-1]: entry.previous for entry in desk.open().entries}
    assert shown == {"old": "keep", "revoked": "revoke", "new": ""}


def test_a_packet_opened_again_on_the_same_record_is_the_same_also_after_a_review(desk):
    desk.collect()
    before = desk.open()
    desk.submit(decide(before))
    assert desk.open() == before


def test_locations_that_could_not_be_decided_are_named_as_not_covered(desk):
    other = role("other", allow(resource="arn:aws:s3:::other/*"), allow("kms:Decrypt", "*"))
    given = evidence((reader(), other), (bucket(unreadable=("policy",)), bucket("other")))
    desk.collect(given=given, weights=(LOCATION, "s3://other/", "s3://absent/"))
    packet = desk.open()
    assert only(packet).location == "s3://other/"
    told = "\n".join(packet.undecided)
    assert len(packet.undecided) == 2
    assert f"who can read {LOCATION} cannot be decided" in told
    assert "s3://absent/" in told


def test_a_packet_that_would_cover_nothing_is_not_opened_and_nobody_is_told_that_nobody_can_read(desk):
    desk.collect(given=evidence((reader(),), (bucket(unreadable=("policy",)),)))
    with pytest.raises(ConfigurationError, match=f"does not decide who can read: who can read {LOCATION} cannot be"):
        desk.open()


@pytest.mark.parametrize("population", ["iam.authorization_details", "s3.buckets", "kms.keys"])
def test_no_packet_is_opened_on_a_list_of_readers_with_a_gap(desk, population):
    names = {"iam.authorization_details": "iam", "s3.buckets": "buckets", "kms.keys": "keys"}
    parts = {"iam": (reader(),), "buckets": (bucket(),), "keys": (key(),), names[population]: gap(population)}
    desk.collect(given=evidence(**parts))
    with pytest.raises(ConfigurationError, match="not a whole list") as refused:
        desk.open()
    assert population in refused.value.message
    assert "controlproof collect --control ACC-3" in refused.value.mend


def test_no_packet_is_opened_where_nobody_can_read(desk):
    desk.collect(role("writer", allow("s3:PutObject")))
    with pytest.raises(ConfigurationError, match="nobody who can read"):
        desk.open()


def test_no_packet_is_opened_without_a_result(desk):
    with pytest.raises(ConfigurationError, match="no result of ACC-3") as refused:
        desk.open()
    assert refused.value.mend == "run: controlproof collect --control ACC-3"


def test_a_packet_is_of_the_newest_result_of_its_own_control(desk):
    desk.collect()
    desk.collect(reader(), reader("second"))
    with desk.ledger.read() as reading:
        header = newest_result(reading, "ACC-3")
        assert header.seq == reading.size - 2, "ACC-4's result is the last record"
        assert len(build(reading, header, ACC_3).entries) == 2


def test_every_column_is_a_text_of_the_entry(desk):
    desk.collect()
    entry = only(desk.open())
    assert COLUMNS[-2:] == ("decision", "note")
    assert all(isinstance(getattr(entry, name), str) for name in COLUMNS)
