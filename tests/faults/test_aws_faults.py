"""Faults of AWS, injected into real answers: each is a gap of its class, and never a verdict."""

import re

import pytest
from support.aws import account, made_up_credentials
from support.estate import SMALL
from support.ledgers import NAME, signer
from support.proxy import Answer, error_xml, json_error, list_buckets, operation, proxy, query_error, s3

from collector.demo.estate import ACCOUNT, LOCATIONS, seed
from collector.demo.server import moto_server
from collector.ledger.store import Ledger
from collector.ledger.verify import Trust, verify
from collector.model import instant
from collector.model.errors import Exit
from collector.model.outcome import Outcome
from collector.model.record import Header, Kind
from collector.model.snapshot import FailureClass, Gap
from collector.pipeline.run import Plan, run
from connectors.registry import connect
from controls.source import source_files


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """An account on which every control passes, so that what a fault changes is the fault's doing."""
    with made_up_credentials(tmp_path_factory.mktemp("aws")), moto_server() as url:
        seed(url, flaws=False)
        yield url


@pytest.fixture
def aws(clean):
    with proxy(clean) as faulty:
        yield faulty


@pytest.fixture
def collect(tmp_path):
    """Runs all controls against an endpoint and gives report and headers."""

    def collect_once(url, **settings):
        ledger = Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test-1", signer(tmp_path))
        parameters = {c.id: {**c.defaults, "weights": list(LOCATIONS)} for c in SMALL}
        plan = Plan(SMALL, parameters, {"ledger": NAME, "v": 1}, source_files())
        source = connect(account(url, **settings), clock=instant.now, progress=lambda *_: None)
        report = run(ledger, [source], plan, instant.now)
        with ledger.read() as reader:
            assert verify(reader, Trust((signer(tmp_path).key.encode(),))).exit is Exit.PASS
            headers = [Header.decode(data, "it") for _, data in reader.headers()]
        return report, headers

    return collect_once


def outcomes(report):
    return {tested.control.id: tested.result.outcome for tested in report.tested}


def gaps(report):
    return {reading.subject.split("/")[1]: reading.gap for reading in report.readings if reading.gap}


def test_without_a_fault_every_control_passes(aws, collect):
    report, headers = collect(aws.url)
    assert outcomes(report) == {"ACC-2": Outcome.PASS, "ACC-5": Outcome.PASS}
    assert report.exit is Exit.PASS
    assert Kind.GAP not in {header.kind for header in headers}


def first_page_only(request):
    """GetAccountAuthorizationDetails, second page: the request that carries a marker."""
    return b"Marker=" in request.body


PAGE = """<GetAccountAuthorizationDetailsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
<GetAccountAuthorizationDetailsResult><IsTruncated>true</IsTruncated>{marker}<UserDetailList><member>
<Path>/</Path><UserName>first</UserName><UserId>AIDA1</UserId><Arn>arn:aws:iam::123456789012:user/first</Arn>
<CreateDate>2026-01-01T00:00:00Z</CreateDate></member></UserDetailList><GroupDetailList/><RoleDetailList/><Policies/>
</GetAccountAuthorizationDetailsResult><ResponseMetadata><RequestId>R</RequestId></ResponseMetadata>
</GetAccountAuthorizationDetailsResponse>"""


def page(marker=""):
    return Answer(200, PAGE.format(marker=marker).encode(), {"Content-Type": "text/xml"})


GARBAGE = Answer(200, b"<html>a proxy's page", {"Content-Type": "text/html"})
DETAILS = "GetAccountAuthorizationDetails"

LIST_FAULTS = {
    "the list of buckets is denied": (
        [list_buckets(error_xml(403, "AccessDenied"))], "s3.buckets", FailureClass.DENIED, "ListBuckets: AccessDenied"
    ),
    "the list of buckets is throttled": (
        [list_buckets(error_xml(503, "SlowDown"))], "s3.buckets", FailureClass.THROTTLED, "s3:ListBuckets: SlowDown"
    ),
    "the list of keys is throttled": (
        [operation("ListKeys", json_error(400, "ThrottlingException"))],
        "kms.keys", FailureClass.THROTTLED, "kms:ListKeys: ThrottlingException",
    ),
    "the list of principals is throttled": (
        [operation(DETAILS, query_error(400, "Throttling"))],
        "iam.authorization_details", FailureClass.THROTTLED, "Throttling: the reason",
    ),
    "the server fails": (
        [operation(DETAILS, query_error(500, "InternalFailure"))],
        "iam.authorization_details", FailureClass.UNREACHABLE, "InternalFailure",
    ),
    "the answer is a proxy's page": (
        [operation(DETAILS, GARBAGE)], "iam.authorization_details", FailureClass.MALFORMED, "ResponseParserError",
    ),
    "a page fails midway": (
        [operation(DETAILS, query_error(400, "Throttling"), first_page_only),
         operation(DETAILS, page("<Marker>next</Marker>"))],
        "iam.authorization_details", FailureClass.THROTTLED, "Throttling",
    ),
    "a page says that more follows, but not where": (
        [operation(DETAILS, page())],
        "iam.authorization_details", FailureClass.MALFORMED, "TruncatedWithoutToken",
    ),
    "the pages go round in a circle": (
        [operation(DETAILS, page("<Marker>same</Marker>"))],
        "iam.authorization_details", FailureClass.MALFORMED, "PaginationError|listed .* twice",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "population", "kind", "reason"), LIST_FAULTS.values(), ids=LIST_FAULTS.keys())
def test_a_list_that_is_not_whole_is_a_gap_and_inconclusive(aws, collect, rules, population, kind, reason):
    aws.rules += rules
    report, headers = collect(aws.url)
    gap = gaps(report)[population]
    assert set(gaps(report)) == {population}
    assert gap.failure_class is kind
    assert re.search(reason, gap.reason)
    assert not (gap.partial and gap.partial.listed)
    needing = {control.id for control in SMALL if population in control.populations}
    for control, outcome in outcomes(report).items():
        assert outcome is (Outcome.INCONCLUSIVE if control in needing else Outcome.PASS)
    assert report.exit is Exit.INCONCLUSIVE
    recorded = [header for header in headers if header.kind is Kind.GAP]
    assert [header.subject for header in recorded] == [f"aws:{ACCOUNT}/{population}"]


def test_what_was_read_before_a_page_failed_is_recorded_as_partial(aws, collect):
    aws.rules += LIST_FAULTS["a page fails midway"][0]
    report, headers = collect(aws.url)
    gap = gaps(report)["iam.authorization_details"]
    assert [item.id for item in gap.partial] == ["arn:aws:iam::123456789012:user/first"]
    at = next(number for number, header in enumerate(headers) if header.kind is Kind.GAP)
    assert (headers[at - 1].kind, headers[at - 1].subject) == (Kind.SNAPSHOT, headers[at].subject)


DENIED = error_xml(403, "AccessDenied")

FACET_FAULTS = {
    "the policy of a weight bucket": (s3("acme-weights-prod", "policy", DENIED), {"ACC-2"}),
    "the encryption of a weight bucket": (s3("acme-weights-prod", "encryption", DENIED), {"ACC-2", "ACC-5"}),
    "the versioning of a weight bucket": (s3("acme-weights-prod", "versioning", DENIED), {"ACC-5"}),
    "the policy of a bucket without weights": (s3("acme-website", "policy", DENIED), set()),
    "the policies of all keys": (operation("GetKeyPolicy", json_error(400, "AccessDeniedException")), {"ACC-2"}),
    "the descriptions of all keys": (operation("DescribeKey", json_error(400, "AccessDeniedException")), {"ACC-5"}),
    "the account's public access block": (
        lambda r: DENIED if "publicAccessBlock" in r.path else None,
        {"ACC-2", "ACC-5"},
    ),
}


@pytest.mark.parametrize(("rule", "affected"), FACET_FAULTS.values(), ids=FACET_FAULTS.keys())
def test_a_facet_that_is_denied_makes_inconclusive_what_needs_it_and_nothing_else(aws, collect, rule, affected):
    aws.rules.append(rule)
    report, headers = collect(aws.url)
    assert [gap.failure_class for gap in gaps(report).values()] == [FailureClass.DENIED]
    for control, outcome in outcomes(report).items():
        assert outcome is (Outcome.INCONCLUSIVE if control in affected else Outcome.PASS)
    assert report.exit is (Exit.INCONCLUSIVE if affected else Exit.PASS)
    assert sum(header.kind is Kind.GAP for header in headers) == 1


def test_a_denied_facet_is_named_with_operation_item_and_code(aws, collect):
    aws.rules.append(s3("acme-weights-prod", "policy", DENIED))
    report, _ = collect(aws.url)
    failure = gaps(report)["s3.buckets"].failures[0]
    assert (failure.operation, failure.code) == ("s3:GetBucketPolicy", "AccessDenied")
    assert (failure.item, failure.facet) == ("arn:aws:s3:::acme-weights-prod", "policy")
    undecided = next(t for t in report.tested if t.control.id == "ACC-2").result.undecided
    assert (
        "policy of arn:aws:s3:::acme-weights-prod could not be read: s3:GetBucketPolicy denied" in undecided[0].reason
    )


def test_a_policy_that_is_not_json_is_malformed_not_absent(aws, collect):
    aws.rules.append(s3("acme-weights-prod", "policy", Answer(200, b"{not json")))
    report, _ = collect(aws.url)
    assert gaps(report)["s3.buckets"].failure_class is FailureClass.MALFORMED
    assert outcomes(report)["ACC-2"] is Outcome.INCONCLUSIVE


STRANGERS = {
    "an empty page": b"<html></html>",
    "a page with a document type": b"<?xml version='1.0'?><html><body>sign in</body></html>",
    "another operation's answer": b"<Tagging><TagSet/></Tagging>",
}


@pytest.mark.parametrize("body", STRANGERS.values(), ids=STRANGERS.keys())
def test_a_strangers_well_formed_page_never_reads_as_a_setting_that_is_off(aws, collect, body):
    aws.rules.append(s3("acme-weights-prod", "versioning", Answer(200, body, {"Content-Type": "application/xml"})))
    report, _ = collect(aws.url)
    assert gaps(report)["s3.buckets"].failure_class is FailureClass.MALFORMED
    assert outcomes(report) == {"ACC-2": Outcome.PASS, "ACC-5": Outcome.INCONCLUSIVE}


def test_aliases_that_are_denied_matter_only_where_a_key_is_named_by_one(aws, collect):
    aws.rules.append(operation("ListAliases", json_error(400, "AccessDeniedException")))
    report, _ = collect(aws.url)
    assert {failure.facet for failure in gaps(report)["kms.keys"].failures} == {"aliases"}
    assert report.exit is Exit.PASS


def test_an_unreachable_endpoint_is_three_gaps_after_one_wait(clean, collect):
    report, headers = collect("http://127.0.0.1:1")
    assert {gap.failure_class for gap in gaps(report).values()} == {FailureClass.UNREACHABLE}
    assert len(gaps(report)) == 3
    assert set(outcomes(report).values()) == {Outcome.INCONCLUSIVE}
    assert report.exit is Exit.INCONCLUSIVE
    assert sum(header.kind is Kind.GAP for header in headers) == 3


def test_another_account_that_answers_is_a_gap_not_evidence(aws, collect):
    report, _ = collect(aws.url, account="210987654321")
    for gap in gaps(report).values():
        assert gap.failure_class is FailureClass.MISIDENTIFIED
        assert gap.reason.endswith(f"account {ACCOUNT} answered, 210987654321 is configured")
        assert gap.partial is None
    assert report.exit is Exit.INCONCLUSIVE


def test_missing_credentials_are_denied_not_a_crash(aws, collect):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ACCESS_KEY_ID")
        patch.delenv("AWS_SECRET_ACCESS_KEY")
        report, _ = collect(aws.url)
    assert {gap.failure_class for gap in gaps(report).values()} == {FailureClass.DENIED}


def test_a_profile_that_does_not_exist_is_denied_not_a_crash(aws, collect):
    report, _ = collect(aws.url, profile="nobody")
    assert {gap.failure_class for gap in gaps(report).values()} == {FailureClass.DENIED}


def test_equal_faults_give_equal_reasons_whatever_ids_they_carry(aws, collect):
    ids = iter(range(100))
    aws.rules.append(
        lambda r: (
            error_xml(403, "AccessDenied", f"no access (Request ID: REQ{next(ids)}, Host ID: h+{next(ids)}=)")
            if r.path == "/acme-weights-prod" and "policy" in r.query
            else None
        )
    )
    readings = [
        connect(account(aws.url), clock=instant.now, progress=lambda *_: None).read("s3.buckets") for _ in range(2)
    ]
    assert all(isinstance(reading, Gap) for reading in readings)
    assert readings[0].reason == readings[1].reason
    assert readings[0].partial.items == readings[1].partial.items


def test_throttled_calls_are_tried_again_and_then_succeed(aws, collect):
    refusals = iter([True, True])
    aws.rules.append(operation("ListKeys", json_error(400, "ThrottlingException"), lambda _: next(refusals, False)))
    report, _ = collect(aws.url, max_attempts=4)
    assert report.exit is Exit.PASS
    assert gaps(report) == {}


def test_a_connector_that_crashes_is_loud_and_a_gap(aws, collect, monkeypatch, caplog):
    from connectors.aws import kms

    monkeypatch.setattr(kms, "_aliases", lambda _: 1 / 0)
    report, _ = collect(aws.url)
    gap = gaps(report)["kms.keys"]
    assert gap.failure_class is FailureClass.CRASHED
    assert report.exit is Exit.INCONCLUSIVE
    assert "ZeroDivisionError" in caplog.text


def test_a_test_that_crashes_is_loud_and_a_gap_and_never_a_verdict(aws, collect, monkeypatch, caplog):
    from dataclasses import replace

    def crash(*_):
        raise ZeroDivisionError("planted")

    monkeypatch.setitem(globals(), "SMALL", tuple(replace(c, test=crash) if c.id == "ACC-5" else c for c in SMALL))
    report, headers = collect(aws.url)
    crashed = next(t for t in report.tested if t.control.id == "ACC-5")
    assert crashed.result is None
    assert report.exit is Exit.INCONCLUSIVE
    assert "planted" in caplog.text
    assert [(h.kind, h.subject) for h in headers if h.controls == ("ACC-5",)][-1] == (Kind.GAP, "ACC-5")
