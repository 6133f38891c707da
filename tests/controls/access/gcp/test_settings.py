"""ACC-5 and ACC-6 for weights in Cloud Storage: keys, versions, public access, and whether reads are logged."""

import pytest
from support.estate import judge, only
from support.google import (
    GROUP,
    INFERENCE,
    KEY,
    KEYS,
    LOCATION,
    VIEWER,
    bind,
    bucket,
    evidence,
    folder,
    key,
    lost,
    organization,
    project,
)

from collector.model.outcome import Outcome
from controls.acc5 import ACC_5
from controls.acc6 import ACC_6

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
TOLD = {"weights": [LOCATION]}


@pytest.mark.parametrize(
    ("facets", "said"),
    [
        ({"default_key": None}, "encrypts under a key of Google's own: set a key of Cloud KMS"),
        ({"versioning": False}, "versioning of bucket weights is off: turn it on"),
        ({"public_access_prevention": "inherited"}, "is not prevented: enforce its prevention"),
        ({"uniform_access": False}, "turn on uniform bucket-level access"),
    ],
)
def test_a_setting_that_leaves_weights_open_is_a_deviation(facets, said):
    assert judge(ACC_5, evidence(), **TOLD).outcome is PASS
    assert said in only(judge(ACC_5, evidence(buckets=(bucket(**facets),)), **TOLD), FAIL).reason


@pytest.mark.parametrize("state", ["DISABLED", "DESTROYED", None])
def test_a_key_that_does_not_work_is_a_deviation(state):
    found = only(judge(ACC_5, evidence(keys=(key(state=state),)), **TOLD), FAIL)
    assert f"the key {KEY} of bucket weights is {state or 'without a primary version'}: enable it" in found.reason


@pytest.mark.parametrize("keys", [(), (key(unreadable=["state"]),), lost(KEYS)], ids=["unlisted", "refused", "lost"])
def test_a_key_that_is_not_known_is_no_verdict(keys):
    assert judge(ACC_5, evidence(keys=keys), **TOLD).outcome is INCONCLUSIVE


def test_reads_are_logged_by_the_project_or_anything_above_it():
    assert judge(ACC_6, evidence(), **TOLD).outcome is PASS
    every = [{"logs": [{"exempted": [], "type": "DATA_READ"}], "service": "allServices"}]
    above = evidence(project=project(audit=[]), organization=organization(audit=every))
    assert judge(ACC_6, above, **TOLD).outcome is PASS


@pytest.mark.parametrize(
    "audit",
    [
        [],
        [{"logs": [{"exempted": [], "type": "DATA_READ"}], "service": "aiplatform.googleapis.com"}],
        [{"logs": [{"exempted": [], "type": "DATA_WRITE"}], "service": "storage.googleapis.com"}],
    ],
    ids=["nothing", "another service", "writes"],
)
def test_reads_that_are_not_logged_are_a_deviation_with_what_to_turn_on(audit):
    found = only(judge(ACC_6, evidence(project=project(audit=audit)), **TOLD), FAIL)
    assert "turn on DATA_READ for storage.googleapis.com" in found.reason


def exempting(*members):
    return [{"logs": [{"exempted": list(members), "type": "DATA_READ"}], "service": "storage.googleapis.com"}]


def test_a_reader_that_is_exempted_is_a_deviation_whichever_level_exempts_it():
    given = evidence(folder=folder(audit=exempting(INFERENCE)))
    found = only(judge(ACC_6, given, **TOLD), FAIL)
    assert f"remove {INFERENCE} from the exempted members of storage.googleapis.com on folder 12 (ml)" in found.reason


@pytest.mark.parametrize(
    ("member", "reader", "outcome"),
    [
        ("user:ml@acme.example", INFERENCE, PASS),
        ("user:ml@acme.example", GROUP, INCONCLUSIVE),
        ("group:other@acme.example", INFERENCE, INCONCLUSIVE),
    ],
)
def test_an_exempted_member_that_may_be_in_a_group_is_no_verdict(member, reader, outcome):
    given = evidence(buckets=(bucket("weights", bind(VIEWER, reader)),), project=project(audit=exempting(member)))
    assert judge(ACC_6, given, **TOLD).outcome is outcome


def test_what_everyone_reads_is_never_logged():
    opened = bucket("weights", bind(VIEWER, "allUsers"), public_access_prevention="inherited")
    assert "is never logged for allUsers" in only(judge(ACC_6, evidence(buckets=(opened,)), **TOLD), FAIL).reason


@pytest.mark.parametrize("audit", [[], exempting()], ids=["nothing known", "the project logs"])
def test_an_ancestor_that_was_refused_may_log_or_exempt(audit):
    given = evidence(project=project(audit=audit), organization=organization(unreadable=["policy", "audit"]))
    assert judge(ACC_6, given, **TOLD).outcome is INCONCLUSIVE


def test_an_exemption_counts_as_open_where_not_all_readers_are_known():
    given = evidence(project=project(audit=exempting("user:ml@acme.example")), roles=())
    assert judge(ACC_6, given, **TOLD).outcome is INCONCLUSIVE
