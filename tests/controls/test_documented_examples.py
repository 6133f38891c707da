"""The worked examples of AWS's documentation, each answered as its page answers it."""

import pytest
from support.documented.buckets import BUCKETS, MEANING_OF_PUBLIC, PUBLIC
from support.documented.conditions import CONDITIONS
from support.documented.elements import ELEMENTS
from support.documented.evaluation import EVALUATION, KEYS, SERVICE_CONTROL
from support.documented.example import policy
from support.requests import decide

from controls.access.policy import parse_policy
from controls.access.public import is_public

EXAMPLES = {**EVALUATION, **SERVICE_CONTROL, **KEYS, **ELEMENTS, **CONDITIONS, **BUCKETS}
ASKED = [
    pytest.param(example, request, id=f"{name}: {what}")
    for name, example in EXAMPLES.items()
    for what, request in example.requests.items()
]


@pytest.mark.parametrize(("example", "request_"), ASKED)
def test_a_documented_example_has_the_documented_answer(example, request_):
    assert decide(example.case(request_)) is request_.answer, example.page


@pytest.mark.parametrize(("statement", "expected"), PUBLIC.values(), ids=PUBLIC.keys())
def test_a_bucket_policy_is_public_where_s3_says_so(statement, expected):
    assert is_public(parse_policy(policy(statement), "it")) is expected, MEANING_OF_PUBLIC
