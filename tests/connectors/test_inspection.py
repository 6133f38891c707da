"""The sample of log events: kinds and counts of personal data stay, and nothing of the text does."""

import io
import json
import logging

import pytest
from support.aws import account, client
from support.estate import SOURCE
from support.ledgers import NAME, signer
from support.proxy import Answer, json_error, operation

from collector.cli.permissions import policy
from collector.demo.estate import REGION
from collector.ledger.store import Ledger
from collector.model import instant
from collector.model.evidence import Evidence
from collector.model.snapshot import FailureClass, Gap
from collector.pipeline.run import Plan, run
from connectors.personal_data import MAX_TEXT, kinds
from connectors.registry import connect
from controls.log5 import LOG_5
from controls.source import source_files

GROUP = "/inference/outputs"
CANARY = "canary-7f3a of Erika Mustermann"
TEXT = f"{CANARY} erika@example.com +49 30 901820 DE89 3704 0044 0532 0130 00 4111 1111 1111 1111 8.8.8.8"
FOUND = {"card_number": 1, "email": 1, "iban": 1, "ip_address": 1, "phone": 1}


@pytest.fixture(scope="module")
def estate(blank):
    logs = client(blank, "logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="it")
    now = int(instant.now().timestamp() * 1000)
    events = [{"timestamp": now - 10_000 + number, "message": TEXT if number else "nothing"} for number in range(3)]
    logs.put_log_events(logGroupName=GROUP, logStreamName="it", logEvents=events)
    return blank


def inspected(read, events=100):
    return read("logs.inspection", log_groups=(GROUP,), inspect_log_events=events)


def test_a_sample_is_counted_by_kind(read):
    (item,) = inspected(read)
    doubled = {kind: 2 * count for kind, count in FOUND.items()}
    assert item.id == f"{REGION}/{GROUP}"
    assert item.content().value["sample"] == {"events": 3, "found": doubled}


def test_a_sample_is_no_larger_than_was_asked_for(aws, read):
    (item,) = inspected(read, events=2)
    assert item.content().value["sample"]["events"] == 2
    assert [request.operation for request in aws.requests].count("FilterLogEvents") == 1


def test_without_being_asked_for_it_is_not_even_a_population(aws):
    source = connect(account(aws.url), clock=instant.now, progress=lambda *_: None)
    assert "logs.inspection" not in source.populations
    asked = connect(account(aws.url, inspect_log_events=1), clock=instant.now, progress=lambda *_: None)
    assert "logs.inspection" in asked.populations


def test_its_permission_is_only_published_when_it_is_asked_for():
    assert "logs:FilterLogEvents" not in policy("aws")["Statement"][0]["Action"]
    assert "logs:FilterLogEvents" in policy("aws", on_request=True)["Statement"][0]["Action"]


def test_a_sample_that_is_denied_is_unknown_and_not_clean(aws, read):
    aws.rules.append(operation("FilterLogEvents", json_error(403, "AccessDeniedException")))
    gap = inspected(read)
    assert isinstance(gap, Gap)
    assert gap.failure_class is FailureClass.DENIED
    assert gap.partial.listed


ANSWERS = {
    "a message that is no text": {"events": [{"message": {"text": CANARY}}]},
    "an event without a message": {"events": [{"text": CANARY}]},
    "no events": {"text": CANARY},
    "an error that repeats it": None,
}


@pytest.mark.parametrize("answer", [{"events": [{"message": TEXT}]}, *ANSWERS.values()], ids=["a sample", *ANSWERS])
def test_no_text_of_a_sample_reaches_ledger_logs_or_errors(aws, tmp_path, answer):
    """The canary: everything that is logged at any level, written or raised is searched for it."""
    body = json.dumps(answer).encode() if answer else b"{broken " + TEXT.encode()
    aws.rules.append(operation("FilterLogEvents", Answer(200, body, {"Content-Type": "application/x-amz-json-1.1"})))
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    database = tmp_path / "ledger.db"
    settings = account(aws.url, log_groups=(GROUP,), inspect_log_events=10)
    source = connect(settings, clock=instant.now, progress=lambda *_: None)
    reading = source.read("logs.inspection")
    ledger = Ledger.create(f"sqlite:///{database}", "test-1", signer(tmp_path))
    try:
        plan = Plan((LOG_5,), {"LOG-5": LOG_5.defaults}, {"ledger": NAME, "v": 1}, source_files())
        run(ledger, [Given(reading)], plan, instant.now)
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    with ledger.read() as reader:
        headers = [data for _, data in reader.headers()]
        written += b"".join(headers)
        bodies = b"".join(reader.object(json.loads(data)["body"]) or b"" for data in headers)
    for place in (
        said.getvalue().encode(),
        written,
        bodies,
        repr(reading).encode(),
        repr(Evidence((reading,))).encode(),
    ):
        assert b"canary-7f3a" not in place
        assert b"erika@example.com" not in place


class Given:
    """A source of one reading."""

    id = SOURCE
    populations = ("logs.inspection",)

    def __init__(self, reading):
        self._reading = reading

    def read(self, _):
        return self._reading


HELD = {
    "an address": ("write to a.b+c@mail.example.co.uk.", {"email": 1}),
    "a telephone number": ("call +1 (415) 555-2671 now", {"phone": 1}),
    "an IBAN in print": ("GB82 WEST 1234 5698 7654 32", {"iban": 1}),
    "a card with hyphens": ("5500-0000-0000-0004", {"card_number": 1}),
    "a social security number": ("SSN 123-45-6789", {"national_id": 1}),
    "an access key": ("key AKIAIOSFODNN7EXAMPLE", {"access_key": 1}),
    "an address of a host": ("from 8.8.4.4 and 2001:4860:4860::8888", {"ip_address": 2}),
    "text without any": ("the answer is 42, see section 3.1.4 at 12:30:15", {}),
    "an IBAN with wrong digits": ("GB83 WEST 1234 5698 7654 32", {}),
    "a card with a wrong digit": ("5500-0000-0000-0005", {}),
    "zeros": ("0000 0000 0000 0000", {}),
    "a number that is never given": ("666-45-6789 and 900-11-1111 and 123-00-1234", {}),
    "a private address": ("10.0.0.1 and ::1 and 999.1.1.1", {}),
    "a version": ("1.2.3.4.5", {}),
}


@pytest.mark.parametrize(("text", "found"), HELD.values(), ids=HELD.keys())
def test_kinds_are_told_by_form_and_check_digits(text, found):
    assert kinds(text) == found


@pytest.mark.parametrize("text", ["1" * 10**6, "a@" * 10**6, "AB12" * 10**6, "+1 " * 10**6, ":" * 10**6, "1." * 10**6])
def test_long_and_hostile_texts_take_no_time(text):
    began = instant.now()
    kinds(text)
    assert (instant.now() - began).total_seconds() < 5
    assert len(text) > MAX_TEXT
