import pytest

from collector.model.person import is_same_person

ALICE = "arn:aws:iam::123456789012:user/alice"
ROLE = "arn:aws:iam::123456789012:role/team/oncall"
SESSION = "arn:aws:sts::123456789012:assumed-role/oncall/alice"
SAME = [
    (ALICE, ALICE),
    (ALICE, "alice"),
    (ALICE, "Alice"),
    (ALICE, " ALICE "),
    (ALICE, ALICE.replace("user/", "user/staff/")),
    (ROLE, "oncall"),
    (ROLE, SESSION),
    (SESSION, SESSION),
    (SESSION, "oncall"),
    (SESSION, "alice"),
    ("arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:ROOT"),
    ("alice@example.com", "Alice@Example.com"),
    ("user:alice@acme.example", "Alice@acme.example"),
    ("user:alice@acme.example", "alice"),
    ("serviceAccount:ci@acme-prod.iam.gserviceaccount.com", "ci@acme-prod.iam.gserviceaccount.com"),
]
OTHERS = [
    (ALICE, "bob"),
    (ALICE, "alice2"),
    (ALICE, "user/alice"),
    (ALICE, ALICE.replace("123456789012", "999988887777")),
    (ALICE, ALICE.replace("user", "role")),
    (ALICE, SESSION),
    (SESSION, SESSION.replace("/alice", "/bob")),
    (ROLE, SESSION.replace("123456789012", "999988887777")),
    ("arn:aws:iam::123456789012:root", "arn:aws:iam::999988887777:root"),
    ("alice", "alice@example.com"),
    ("arn:", "alice"),
    ("user:alice@acme.example", "user:alice@other.example"),
    ("user:alice@acme.example", "alice@other.example"),
    ("user:alice@acme.example", "group:alice@acme.example"),
    ("user:alice@acme.example", ALICE),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_names_of_one_person_are_one_whoever_is_named_first(one, other):
    assert is_same_person(one, other)
    assert is_same_person(other, one)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_the_names_of_two_are_two(one, other):
    assert not is_same_person(one, other)
    assert not is_same_person(other, one)
