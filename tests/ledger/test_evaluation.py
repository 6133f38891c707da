"""Equal inputs are evaluated once, and what a test looked at decides which inputs are equal."""

import gc
import weakref
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from support.estate import access_review, bucket, gap, good, parameters_of, refused, snapshot
from support.ledgers import CONFIGURATION_DIGEST, START, Clock, signer

from collector.ledger.bodies import Input, RecordedParameters, attestation_entry, gap_entries, snapshot_entry
from collector.ledger.cache import Cache
from collector.ledger.evaluation import Evaluations
from collector.ledger.store import Ledger
from collector.model.control import Control
from collector.model.errors import IntegrityError
from collector.model.outcome import Outcome
from collector.model.result import Assessment, conclude
from collector.model.snapshot import Gap
from controls.registry import CONTROLS

HOUR = timedelta(hours=1)
NONE = RecordedParameters.of({})


@pytest.fixture
def ledger(tmp_path):
    return Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test", signer(tmp_path), Clock(START))


def record(ledger, *readings, attestations=()):
    """Append readings and attestations; gives them as inputs, in order of seq."""
    entries = [attestation_entry(a.type, a.content, ("ACC-3",)) for a in attestations]
    for reading in readings:
        if isinstance(reading, Gap):
            entries += gap_entries(reading, (), CONFIGURATION_DIGEST)
        else:
            entries.append(snapshot_entry(reading, (), CONFIGURATION_DIGEST))
    headers = ledger.append(entries)
    last = {header.subject: header for header in headers if not header.subject.startswith("attestation/")}
    kept = [header for header in headers if last.get(header.subject, header) is header]
    return [Input.of(header) for header in kept]


def control(look):
    """A control whose result is what `look` gives of its evidence."""

    def test(evidence, parameters, as_of):
        del as_of
        return conclude("IT", [Assessment("seen", Outcome.PASS, str(look(evidence)))])

    return Control("IT", "it", (), (), test)


def polls(ledger, look, *readings):
    """The texts that the control gives for one poll after another, and how often it was evaluated."""
    evaluations, tested = Evaluations(), control(look)
    texts = []
    for reading in readings:
        inputs = record(ledger, reading)
        with ledger.read() as reader:
            written = evaluations.evaluate(reader, tested, inputs, NONE, START)
        texts.append(written.result.assessments[0].reason)
    return texts, evaluations.evaluated


def later(reading, hours=1):
    """The same reading at a later time, with other request ids."""
    moment = START + hours * HOUR
    provenance = replace(snapshot("s3.buckets").provenance, first_request=f"request-{hours}")
    if isinstance(reading, Gap):
        partial = later(reading.partial, hours) if reading.partial else None
        return replace(reading, started=moment, finished=moment, partial=partial)
    return replace(reading, started=moment, finished=moment, provenance=provenance)


WHOLE = snapshot("s3.buckets", bucket())
PARTLY = gap("s3.buckets", snapshot("s3.buckets", refused(bucket(), "policy"), failures=gap("s3.buckets").failures))


def only(evidence):
    return evidence.readings[0]


@pytest.mark.parametrize(
    ("look", "readings"),
    [
        (lambda e: len(only(e).items), [WHOLE, later(WHOLE), later(WHOLE, 2)]),
        (lambda e: only(e).complete, [WHOLE, later(WHOLE), later(WHOLE, 2)]),
        (lambda e: only(e).reason, [gap("s3.buckets"), later(gap("s3.buckets"))]),
        (lambda e: len(only(e).partial.items), [PARTLY, later(PARTLY)]),
    ],
    ids=["items", "completeness", "a gap's reason", "a gap's part"],
)
def test_polls_of_an_unchanged_estate_are_evaluated_once(ledger, look, readings):
    texts, evaluated = polls(ledger, look, *readings)
    assert len(set(texts)) == evaluated == 1


@pytest.mark.parametrize(
    ("look", "readings"),
    [
        (lambda e: only(e).started, [WHOLE, later(WHOLE)]),
        (lambda e: only(e).finished, [WHOLE, later(WHOLE)]),
        (lambda e: only(e).provenance.first_request, [WHOLE, later(WHOLE)]),
        (lambda e: repr(only(e)), [WHOLE, later(WHOLE)]),
        (lambda e: replace(only(e), items=()).started, [WHOLE, later(WHOLE)]),
        (lambda e: max(r.finished for r in e.history("s3.buckets")[0]), [WHOLE, later(WHOLE)]),
        (lambda e: only(e).started, [gap("s3.buckets"), later(gap("s3.buckets"))]),
        (lambda e: only(e).partial.finished, [PARTLY, later(PARTLY)]),
        (
            lambda e: only(e).items[0].content().facet("versioning"),
            [WHOLE, snapshot("s3.buckets", bucket(versioning="x"))],
        ),
        (
            lambda e: only(e).failures[0].code,
            [
                gap("s3.buckets"),
                replace(gap("s3.buckets"), failures=(replace(gap("s3.buckets").failures[0], code="Other"),)),
            ],
        ),
        (lambda e: only(e).source, [WHOLE, replace(WHOLE, source="aws:999988887777")]),
        (lambda e: type(only(e)).__name__, [WHOLE, PARTLY]),
    ],
    ids=[
        "started",
        "finished",
        "provenance",
        "repr",
        "a copy",
        "history",
        "a gap's time",
        "a part's time",
        "an item",
        "a failure",
        "source",
        "kind",
    ],
)
def test_what_a_test_looked_at_and_found_different_is_evaluated_again(ledger, look, readings):
    texts, evaluated = polls(ledger, look, *readings)
    assert len(set(texts)) == evaluated == 2


def test_a_time_that_is_looked_at_only_on_one_way_counts_on_that_way_alone(ledger):
    def look(evidence):
        return evidence.readings[0].finished if evidence.readings[0].items else "empty"

    empty = snapshot("s3.buckets")
    texts, evaluated = polls(ledger, look, empty, later(empty), WHOLE, later(WHOLE), later(empty, 3), WHOLE)
    assert [texts[0], texts[1], texts[4]] == ["empty"] * 3
    assert (texts[2], evaluated) == (texts[5], 3)


def test_another_attestation_and_other_parameters_are_evaluated_again(ledger):
    evaluations, tested = Evaluations(), control(lambda e: len(e.attestations))
    first = record(ledger, WHOLE, attestations=[access_review({})])
    second = record(ledger, later(WHOLE), attestations=[access_review({"a": "keep"})])
    with ledger.read() as reader:
        for inputs, parameters in ((first, {}), (first, {"a": 1}), (second, {}), (first, {})):
            evaluations.evaluate(reader, tested, inputs, RecordedParameters.of(parameters), START)
    assert evaluations.evaluated == 3


def test_a_test_that_uses_the_time_it_is_told_is_evaluated_at_each_time(ledger):
    def test(evidence, parameters, as_of):
        return conclude("IT", [Assessment("seen", Outcome.PASS, str(as_of))])

    evaluations, inputs = Evaluations(), record(ledger, WHOLE)
    with ledger.read() as reader:
        for hour in (0, 1, 1):
            evaluations.evaluate(reader, Control("IT", "it", (), (), test), inputs, NONE, START + hour * HOUR)
    assert evaluations.evaluated == 2


def test_a_test_that_compares_the_times_it_is_told_is_evaluated_when_a_comparison_comes_out_differently(ledger):
    def test(evidence, parameters, as_of):
        read = evidence.readings[0].finished
        told = [as_of - START > 6 * HOUR, read < START + 3 * HOUR]
        return conclude("IT", [Assessment("seen", Outcome.PASS, str(told))])

    evaluations, tested = Evaluations(), Control("IT", "it", (), (), test)
    texts = []
    for hours in range(10):
        inputs = record(ledger, later(WHOLE, hours))
        with ledger.read() as reader:
            written = evaluations.evaluate(reader, tested, inputs, NONE, START + hours * HOUR)
        texts.append(written.result.assessments[0].reason)
    assert texts == [str([hours > 6, hours < 3]) for hours in range(10)]
    # At an edge it is evaluated too: START + 3 h and START + 6 h are neither before nor after it.
    assert evaluations.evaluated == 5


def test_what_a_later_test_of_shared_evidence_looks_at_first_is_that_of_its_own_inputs(ledger):
    def test(evidence, parameters, as_of):
        seen = evidence.readings[0].finished if as_of > START + HOUR else None
        return conclude("IT", [Assessment("seen", Outcome.PASS, str(seen))])

    evaluations, tested = Evaluations(), Control("IT", "it", (), (), test)
    texts = []
    for hours in (0, 2):
        inputs = record(ledger, later(WHOLE, hours))
        with ledger.read() as reader:
            written = evaluations.evaluate(reader, tested, inputs, NONE, START + hours * HOUR)
        texts.append(written.result.assessments[0].reason)
    assert texts == ["None", str(START + 2 * HOUR)]


def test_a_test_that_does_with_a_time_what_only_a_time_can_do_is_evaluated_at_each_poll(ledger):
    def test(evidence, parameters, as_of):
        noon = datetime.combine(as_of, time(12), UTC)
        return conclude("IT", [Assessment("seen", Outcome.PASS, str(noon))])

    evaluations, inputs = Evaluations(), record(ledger, WHOLE)
    with ledger.read() as reader:
        for _ in range(2):
            written = evaluations.evaluate(reader, Control("IT", "it", (), (), test), inputs, NONE, START)
            assert written.result.assessments[0].reason == str(START.replace(hour=12, minute=0))
    assert evaluations.evaluated == 2


def test_a_crash_is_raised_as_it_is_without_watching(ledger):
    def test(evidence, parameters, as_of):
        raise LookupError("it")

    inputs = record(ledger, WHOLE)
    with ledger.read() as reader, pytest.raises(LookupError):
        Evaluations().evaluate(reader, Control("IT", "it", (), (), test), inputs, NONE, START)


@pytest.mark.parametrize("each", [False, True])
def test_evidence_that_is_too_large_to_keep_is_given_back_at_once_although_it_refers_to_itself(
    ledger, monkeypatch, each
):
    monkeypatch.setattr("collector.ledger.evaluation._PARSED", 1)
    kept = []

    class Estate:
        def __init__(self, evidence):
            self.evidence = evidence

    def look(evidence):
        evidence.derived[Estate] = Estate(evidence)
        kept.append(weakref.ref(evidence.derived[Estate]))

    inputs = record(ledger, snapshot("s3.buckets", bucket()))
    gc.disable()
    try:
        with ledger.read() as reader:
            Evaluations(each=each).evaluate(reader, control(look), inputs, NONE, START)
        assert [reference() for reference in kept] == [None]
    finally:
        gc.enable()


def test_each_evaluates_every_time(ledger):
    evaluations, inputs, tested = Evaluations(each=True), record(ledger, WHOLE), control(lambda e: 1)
    with ledger.read() as reader:
        for _ in range(3):
            evaluations.evaluate(reader, tested, inputs, NONE, START)
    assert evaluations.evaluated == 3


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: c.id)
def test_every_control_says_the_same_of_watched_evidence(control, ledger):
    given = good()
    inputs = record(ledger, *_last(given), attestations=given.attestations)
    with ledger.read() as reader:
        evaluations = Evaluations()
        first = evaluations.evaluate(
            reader, control, inputs, RecordedParameters.of(parameters_of(control)), START + HOUR
        )
        plain = control.test(evaluations.evidence(reader, inputs), parameters_of(control), START + HOUR)
    assert first.result == plain


def _last(given):
    return {(reading.source, reading.population): reading for reading in given.readings}.values()


def test_an_input_that_is_not_the_record_it_says_is_refused_also_when_it_is_remembered(ledger):
    (given,) = record(ledger, WHOLE)
    evaluations = Evaluations()
    with ledger.read() as reader:
        evaluations.evaluate(reader, control(lambda e: 1), [given], NONE, START)
        for forged in (
            replace(given, body="0" * 64),
            replace(given, subject="other/s3.buckets"),
            replace(given, seq=99),
        ):
            with pytest.raises(IntegrityError, match=r"is not the record|is missing"):
                evaluations.evaluate(reader, control(lambda e: 1), [forged], NONE, START)


def test_a_cache_keeps_to_its_limit_and_forgets_the_oldest():
    cache = Cache(10)
    for key in range(6):
        cache.put(key, str(key), 3)
        cache.get(0)
    assert [cache.get(key) for key in range(6)] == ["0", None, None, None, "4", "5"]
    assert cache.get_all([0, 1, 4]) == ["0", None, "4"]
    cache.put(6, "6", 3)
    assert cache.get_all([0, 4, 5, 6]) == ["0", "4", None, "6"]
    cache.put("large", "x", 11)
    assert cache.get("large") is None
