"""Several accounts and regions in one run: a fault of one is a gap of that one, and the others' verdicts stand."""

import json
from contextlib import ExitStack

import boto3
import pytest
from support.aws import client, made_up_credentials
from support.estate import SMALL
from support.ledgers import NAME, signer
from support.proxy import NO_ANSWER, error_xml, json_error, operation, proxy, query_error

from collector.cli.collect import run_plan
from collector.config import load
from collector.demo.server import moto_server
from collector.ledger.store import Ledger
from collector.ledger.verify import Trust, verify
from collector.model.errors import Exit
from collector.model.outcome import Outcome
from collector.model.snapshot import FailureClass
from collector.pipeline.plan import make_plan

FIRST, SECOND, THIRD = ACCOUNTS = ("111111111111", "222222222222", "333333333333")
REGION, FAR = "eu-central-1", "eu-west-1"
POPULATIONS = ("iam.authorization_details", "kms.keys", "s3.buckets")
BLOCK = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


def role_of(account):
    return f"arn:aws:iam::{account}:role/collector"


def weights_of(account):
    return f"s3://weights-{account}/llm"


def seed(url, account):
    """A bucket with weights as it should be, a role that reads it, and a key in each of two regions."""
    sts = client(url, "sts", REGION)
    given = sts.assume_role(RoleArn=role_of(account), RoleSessionName="seed")["Credentials"]
    session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    def make(service, region=REGION):
        return session.client(service, region_name=region, endpoint_url=url)

    key, _ = (make("kms", region).create_key()["KeyMetadata"]["Arn"] for region in (REGION, FAR))
    s3, name = make("s3"), f"weights-{account}"
    s3.create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": REGION},
        ObjectOwnership="BucketOwnerEnforced",
    )
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=BLOCK)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    encryption = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [encryption]})
    statements = [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key},
    ]
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = make("iam")
    iam.create_role(RoleName="inference", AssumeRolePolicyDocument=json.dumps(policy(trust)))
    iam.put_role_policy(RoleName="inference", PolicyName="own", PolicyDocument=json.dumps(policy(*statements)))


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    with made_up_credentials(tmp_path_factory.mktemp("aws")), moto_server() as url:
        for account in ACCOUNTS:
            seed(url, account)
        yield url


def wants_external_id(request):
    """Refuse, as AWS does, who assumes the role without the external id that its trust policy wants."""
    return b"ExternalId=right-" not in request.body


@pytest.fixture
def accounts(estate):
    """A proxy for each account, in which a test plants faults; each account's role wants an external id."""
    with ExitStack() as stack:
        proxies = {account: stack.enter_context(proxy(estate)) for account in ACCOUNTS}
        for each in proxies.values():
            denied = query_error(403, "AccessDenied", "not authorized to perform: sts:AssumeRole")
            each.rules.append(operation("AssumeRole", denied, wants_external_id))
        yield proxies


@pytest.fixture
def collect(accounts, tmp_path):
    """Collects from all accounts, as configured, and gives the report."""

    def collect_once(**changed):
        sources = [
            {
                "aws": {
                    "account": account,
                    "region": REGION,
                    "more_regions": [FAR],
                    "role_arn": role_of(account),
                    "external_id": f"right-{account}",
                    "endpoint_url": accounts[account].url,
                    "max_attempts": 1,
                    **changed.get(f"of_{account}", {}),
                }
            }
            for account in ACCOUNTS
        ]
        key = signer(tmp_path)
        settings = {
            "version": 1,
            "ledger": {"name": NAME, "database": "sqlite:///ledger.db", "key": "file:key", "collector": "test-1"},
            "sources": sources,
            "weights": [weights_of(account) for account in ACCOUNTS],
        }
        path = tmp_path / "controlproof.yaml"
        path.write_text(json.dumps(settings), "utf-8")
        configuration = load(path)
        ledger = Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test-1", key)
        report = run_plan(configuration, ledger, make_plan(configuration, SMALL))
        with ledger.read() as reader:
            assert verify(reader, Trust((key.key.encode(),))).exit is Exit.PASS
        return report

    return collect_once


def complete(report):
    return {reading.subject for reading in report.readings if reading.gap is None}


def gaps(report):
    return {reading.subject: reading.gap for reading in report.readings if reading.gap is not None}


def subjects(*accounts):
    return {f"aws:{account}/{population}" for account in accounts for population in POPULATIONS}


def verdicts(report, account):
    """What each control says of an account's weights: control, item, outcome."""
    return {
        (tested.control.id, assessment.id, assessment.outcome)
        for tested in report.tested
        for assessment in tested.result.assessments
        if assessment.id.startswith(weights_of(account))
    }


def reads(account):
    return f"{weights_of(account)} <- arn:aws:iam::{account}:role/inference"


def passing(account):
    requirements = ("encryption", "public access", "versioning")
    kept = {("ACC-5", f"{weights_of(account)} {requirement}", Outcome.PASS) for requirement in requirements}
    return {("ACC-2", reads(account), Outcome.PASS), *kept}


def stands(report, failing):
    """Tell that all accounts but the failing one are as they are without a fault."""
    others = [account for account in ACCOUNTS if account != failing]
    assert complete(report) >= subjects(*others)
    for account in others:
        assert verdicts(report, account) == passing(account)
    # A gap is never a pass of the whole: what the failing account holds was not seen.
    assert report.exit is Exit.INCONCLUSIVE


def test_without_a_fault_every_account_is_complete_and_passes(collect):
    report = collect()
    assert complete(report) == subjects(*ACCOUNTS)
    assert [verdicts(report, account) for account in ACCOUNTS] == [passing(account) for account in ACCOUNTS]
    assert report.exit is Exit.PASS
    keys = {reading.subject: reading.count for reading in report.readings if reading.subject.endswith("kms.keys")}
    assert keys == {f"aws:{account}/kms.keys": 2 for account in ACCOUNTS}
    order = [reading.subject for reading in report.readings]
    assert order == [f"aws:{account}/{population}" for account in ACCOUNTS for population in POPULATIONS]


def test_a_wrong_external_id_is_denied_and_a_gap_of_that_account_alone(collect):
    report = collect(**{f"of_{SECOND}": {"external_id": "wrong"}})
    stands(report, SECOND)
    assert gaps(report).keys() == subjects(SECOND)
    for gap in gaps(report).values():
        assert gap.failure_class is FailureClass.DENIED
        assert "sts:AssumeRole: AccessDenied" in gap.reason
        assert gap.partial is None
    assert not passing(SECOND) & verdicts(report, SECOND)


def refusal(request, status, code):
    """An error in the form in which the service that was asked writes it."""
    if not request.operation:
        return error_xml(status, code)
    return (json_error if request.operation.startswith("List") else query_error)(status, code)


FAULTS = {
    "throttled": (FIRST, lambda r: refusal(r, 503, "SlowDown"), FailureClass.THROTTLED, "SlowDown"),
    "failing": (SECOND, lambda r: refusal(r, 500, "InternalFailure"), FailureClass.UNREACHABLE, "InternalFailure"),
    "silent": (THIRD, lambda _: NO_ANSWER, FailureClass.UNREACHABLE, "Connection"),
}


@pytest.mark.parametrize(("failing", "answer", "kind", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_an_account_that_does_not_answer_is_gaps_with_their_cause_and_no_other_is(
    accounts, collect, failing, answer, kind, words
):
    signing_in = ("AssumeRole", "GetCallerIdentity")
    accounts[failing].rules.append(lambda request: None if request.operation in signing_in else answer(request))
    report = collect()
    stands(report, failing)
    assert gaps(report).keys() == subjects(failing)
    for gap in gaps(report).values():
        assert gap.failure_class is kind
        assert words in gap.reason


def test_a_region_that_is_unreachable_is_a_gap_of_the_regional_populations_of_its_account(accounts, collect):
    accounts[SECOND].rules.append(lambda request: NO_ANSWER if request.region == FAR else None)
    report = collect()
    stands(report, SECOND)
    assert gaps(report).keys() == {f"aws:{SECOND}/kms.keys"}
    gap = gaps(report)[f"aws:{SECOND}/kms.keys"]
    assert gap.failure_class is FailureClass.UNREACHABLE
    assert gap.reason.count(f"in {FAR}: ") == 1
    # What the other region answered is on record, as a part.
    assert [item.id.split(":")[3] for item in gap.partial] == [REGION]


def test_an_account_that_answers_with_anothers_role_is_never_evidence(collect):
    report = collect(**{f"of_{SECOND}": {"role_arn": role_of(THIRD)}})
    stands(report, SECOND)
    assert {gap.failure_class for gap in gaps(report).values()} == {FailureClass.MISIDENTIFIED}
    assert gaps(report).keys() == subjects(SECOND)


def test_faults_of_several_accounts_are_told_apart(accounts, collect):
    accounts[FIRST].rules.append(operation("ListKeys", json_error(400, "ThrottlingException")))
    accounts[THIRD].rules.append(lambda request: NO_ANSWER if request.region == FAR else None)
    report = collect(**{f"of_{SECOND}": {"external_id": "wrong"}})
    assert {subject: gap.failure_class for subject, gap in gaps(report).items()} == {
        f"aws:{FIRST}/kms.keys": FailureClass.THROTTLED,
        **dict.fromkeys(subjects(SECOND), FailureClass.DENIED),
        f"aws:{THIRD}/kms.keys": FailureClass.UNREACHABLE,
    }
    assert report.exit is Exit.INCONCLUSIVE
