"""Agreement with an independent simulator on random policy sets, and AWS's word where the two differ."""

import hashlib
import importlib.util
import json
from collections import Counter
from pathlib import Path

import pytest
from support.requests import decide

from controls.access.truth import Truth

VECTORS = Path(__file__).parents[1] / "vectors" / "iam"
RECORDED = json.loads((VECTORS / "answers.json").read_text("utf-8"))
POLICIES = ("identity", "boundary", "levels", "session", "resource_policy")


def generate():
    spec = importlib.util.spec_from_file_location("iam_cases", VECTORS / "cases.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.cases(RECORDED["seed"], RECORDED["count"]))


@pytest.fixture(scope="module")
def cases():
    return generate()


def statements(case):
    documents = [*case["identity"], case["boundary"], case["session"], case["resource_policy"]]
    documents += [document for level in case["levels"] for document in level]
    return [(document, statement) for document in documents if document for statement in document["Statement"]]


def an_older_version_has_no_variables(case):
    return any(d["Version"] == "2008-10-17" and "${" in json.dumps(s) for d, s in statements(case))


def if_exists_holds_for_a_missing_key(case):
    operators = [operator for _, s in statements(case) for operator in s.get("Condition", {})]
    return any(operator.startswith("ForAnyValue:") and operator.endswith("IfExists") for operator in operators)


def a_session_policy_does_not_bound_who_is_named_by_session(case):
    return case["session"] is not None and case["resource_policy"] is not None


def an_account_in_not_principal_spares_nobody(case):
    listed = [name for _, s in statements(case) if "NotPrincipal" in s for name in s["NotPrincipal"]["AWS"]]
    return any(name.isdigit() or name.endswith(":root") for name in listed)


def an_ipv6_address_is_outside_every_ipv4_network(case):
    return ":" in case["context"].get("aws:SourceIp", "") and "NotIpAddress" in json.dumps(case)


def what_a_variable_without_a_value_is_not_equal_to(case):
    negated = [v for _, s in statements(case) for operator, v in s.get("Condition", {}).items() if "Not" in operator]
    return "${" in json.dumps(negated)


DIFFERENCES = (
    what_a_variable_without_a_value_is_not_equal_to,
    an_ipv6_address_is_outside_every_ipv4_network,
    an_older_version_has_no_variables,
    if_exists_holds_for_a_missing_key,
    a_session_policy_does_not_bound_who_is_named_by_session,
    an_account_in_not_principal_spares_nobody,
)
"""Where AWS's documentation and the simulator differ; each is a test below."""


def test_the_cases_are_those_that_were_answered(cases):
    lines = "".join(json.dumps(case, sort_keys=True) + "\n" for case in cases)
    assert hashlib.sha256(lines.encode()).hexdigest() == RECORDED["cases"]
    assert set(RECORDED["answers"]) == {"A", "E", "I"}


def test_it_agrees_with_the_simulator_except_where_aws_documents_otherwise(cases):
    agreed, undecided, explained = 0, 0, Counter()
    for number, (case, answer) in enumerate(zip(cases, RECORDED["answers"], strict=True)):
        decided = decide(case)
        if decided is Truth.UNKNOWN:
            undecided += 1
        elif decided is (Truth.YES if answer == "A" else Truth.NO):
            agreed += 1
        else:
            reasons = [difference.__name__ for difference in DIFFERENCES if difference(case)]
            assert reasons, f"case {number}: {decided.name}, the simulator says {answer}: {json.dumps(case)}"
            explained[reasons[0]] += 1
    assert agreed >= 10_000
    assert undecided + explained.total() < len(cases) / 50


def test_the_cases_cover_every_feature(cases):
    texts = [json.dumps(case) for case in cases]
    features = [
        '"Deny"', "NotAction", "NotResource", "NotPrincipal", "${aws:username}", "${aws:PrincipalTag/team}", "${*}",
        "ll?/", "we*ts", "IfExists", "ForAllValues:", "ForAnyValue:", '"Null"', '"Bool', "ArnLike", "ArnNotEquals",
        "IpAddress", "NotIpAddress", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "NumericLessThan",
        "DateGreaterThan", "assumed-role/reader/s1\"]", "kms:Decrypt", "sts:AssumeRole", '"block_public_access": true',
    ]  # fmt: skip
    for feature in features:
        assert sum(feature in text for text in texts) >= 100, feature
    for part in ("boundary", "levels", "session", "resource_policy"):
        assert sum(bool(case[part]) for case in cases) >= 1_000, part
    assert sum(case["owner"] not in case["principal"] for case in cases) >= 3_000


OBJECT = "arn:aws:s3:::weights/llm/model.bin"
USER = "arn:aws:iam::111111111111:user/alice"
ROLE_SESSION = "arn:aws:sts::111111111111:assumed-role/reader/s1"


def statement(effect="Allow", resource="*", **more):
    return {"Effect": effect, "Action": "s3:*", "Resource": resource, **more}


def policy(*members, version="2012-10-17"):
    return {"Version": version, "Statement": list(members)}


def ask(principal=USER, context=None, **policies):
    case = {"action": "s3:GetObject", "resource": OBJECT, "owner": "111111111111", "principal": principal}
    return decide({**case, "context": context or {}, "identity": [], **policies})


def test_variables_are_plain_text_in_a_policy_of_an_older_version():
    # IAM User Guide, "IAM policy elements: Variables and tags": they need Version 2012-10-17.
    own = statement(resource="arn:aws:s3:::weights/${aws:username}/*")
    known = {"aws:username": "llm"}
    assert ask(context=known, identity=[policy(own)]) is Truth.YES
    assert ask(context=known, identity=[policy(own, version="2008-10-17")]) is Truth.NO


def test_if_exists_holds_for_a_missing_key_also_with_a_set_operator():
    # IAM User Guide, "Condition operators", "...IfExists": if the key is not present, the element is true.
    condition = {"ForAnyValue:StringEqualsIfExists": {"aws:CalledVia": "athena.amazonaws.com"}}
    assert ask(identity=[policy(statement(Condition=condition))]) is Truth.YES


def test_a_session_policy_does_not_bound_what_a_resource_policy_gives_to_the_session_by_name():
    # IAM User Guide, "Session policies": with the session's ARN as principal, permissions add to the session's.
    named = statement(Principal={"AWS": ROLE_SESSION})
    nothing = policy({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"})
    assert ask(ROLE_SESSION, session=nothing, resource_policy=policy(named)) is Truth.YES
    role = statement(Principal={"AWS": "arn:aws:iam::111111111111:role/reader"})
    assert ask(ROLE_SESSION, session=nothing, resource_policy=policy(role)) is Truth.NO


@pytest.mark.parametrize("account", ["111111111111", "arn:aws:iam::111111111111:root"])
def test_an_account_in_not_principal_spares_none_of_its_users(account):
    # IAM User Guide, "AWS JSON policy elements: NotPrincipal": the account is listed beside the user that is
    # spared, and all other users of that account stay denied.
    everything = policy(statement())
    spared = statement("Deny", NotPrincipal={"AWS": [USER, account]})
    others = statement("Deny", NotPrincipal={"AWS": ["arn:aws:iam::111111111111:user/bob", account]})
    assert ask(identity=[everything], resource_policy=policy(spared)) is Truth.YES
    assert ask(identity=[everything], resource_policy=policy(others)) is Truth.NO


def test_not_principal_spares_nobody_who_has_a_boundary():
    # IAM User Guide, "AWS JSON policy elements: NotPrincipal": with Deny it always denies whoever has a boundary.
    everything = policy(statement())
    spared = policy(statement("Deny", NotPrincipal={"AWS": [USER, "111111111111"]}))
    assert ask(identity=[everything], resource_policy=spared) is Truth.YES
    assert ask(identity=[everything], resource_policy=spared, boundary=everything) is Truth.NO


def test_an_ipv6_address_is_outside_every_ipv4_network():
    # IAM User Guide, "IP address condition operators": NotIpAddress is all addresses except the named ones.
    condition = {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    given = [policy(statement(Condition=condition))]
    assert ask(context={"aws:SourceIp": "2001:db8::7"}, identity=given) is Truth.YES


def test_a_date_may_be_given_in_seconds():
    # IAM User Guide, "Date condition operators": ISO 8601, or epoch time.
    condition = {"DateGreaterThan": {"aws:CurrentTime": "1780272000"}}
    given = [policy(statement(Condition=condition))]
    assert ask(context={"aws:CurrentTime": "2026-06-01T00:00:00Z"}, identity=given) is Truth.NO
    assert ask(context={"aws:CurrentTime": "2026-06-01T00:00:01Z"}, identity=given) is Truth.YES


def test_what_must_not_equal_a_variable_without_a_value_does_not():
    # IAM User Guide, "Variables and tags", "Policy variables with no value".
    other = {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:user/${aws:username}"}}
    known = {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}
    everything = policy(statement())
    assert ask(ROLE_SESSION, known, identity=[policy(statement(Condition=other))]) is Truth.YES
    assert ask(ROLE_SESSION, known, identity=[everything, policy(statement("Deny", Condition=other))]) is Truth.NO


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_what_all_but_a_variable_without_a_value_leaves_is_left_open(effect):
    # IAM User Guide, "Variables and tags", says both that it matches nothing and that it may void the statement.
    rest = {"Effect": effect, "Action": "s3:*", "NotResource": "arn:aws:s3:::weights/${aws:username}/*"}
    others = [policy(statement())] if effect == "Deny" else []
    assert ask(ROLE_SESSION, identity=[policy(rest), *others]) is Truth.UNKNOWN
