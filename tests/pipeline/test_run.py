import pytest
from support.estate import Recorded, bucket, collect, evidence, gap, plan, reader
from support.ledgers import Clock, signer

from collector.ledger.store import Ledger
from collector.model.errors import Exit
from collector.model.record import Header, Kind
from collector.model.snapshot import FailureClass
from collector.pipeline.run import run


@pytest.fixture
def ledger(tmp_path):
    return Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test-1", signer(tmp_path), Clock())


def headers(ledger):
    with ledger.read() as reading:
        return [Header.decode(data, "it") for _, data in reading.headers()]


def test_a_run_records_configuration_readings_and_results_in_that_order(ledger):
    report = collect(ledger, evidence((reader(),), (bucket(),)), Clock())
    assert [h.kind for h in headers(ledger)] == [Kind.CONFIG, *[Kind.SNAPSHOT] * 3, *[Kind.RESULT] * 2]
    assert report.exit is Exit.PASS


def test_the_configuration_is_recorded_again_only_when_it_changes(ledger):
    clock = Clock()
    for _ in range(2):
        collect(ledger, evidence((reader(),), (bucket(),)), clock)
    assert [h.kind for h in headers(ledger)].count(Kind.CONFIG) == 1


def test_records_name_the_controls_that_they_are_evidence_for(ledger):
    collect(ledger, evidence((reader(),), (bucket(),)), Clock())
    found = {h.subject.split("/")[-1]: h.controls for h in headers(ledger) if h.kind is Kind.SNAPSHOT}
    assert found["iam.authorization_details"] == ("ACC-2",)
    assert found["s3.buckets"] == ("ACC-2", "ACC-5")


def test_deviations_exit_with_1_and_anything_open_with_3(ledger):
    clock = Clock()
    failing = bucket(versioning=None)
    assert collect(ledger, evidence((reader(),), (failing,)), clock).exit is Exit.DEVIATIONS
    assert collect(ledger, evidence(gap("iam.authorization_details"), (failing,)), clock).exit is Exit.INCONCLUSIVE


def test_an_interrupted_reading_is_on_record_as_not_attempted(ledger):
    class Interrupted(Recorded):
        def read(self, population):
            if population == "kms.keys":
                raise KeyboardInterrupt
            return super().read(population)

    source = Interrupted(evidence((reader(),), (bucket(),)))
    with pytest.raises(KeyboardInterrupt):
        run(ledger, [source], plan(), Clock())
    assert [(header.kind, header.subject.split("/")[-1]) for header in headers(ledger)[1:]] == [
        (Kind.SNAPSHOT, "iam.authorization_details"),
        (Kind.GAP, "kms.keys"),
        (Kind.GAP, "s3.buckets"),
    ]
    with ledger.read() as reading:
        for header in headers(ledger)[2:]:
            assert FailureClass.NOT_ATTEMPTED.value.encode() in reading.object(header.body)


def test_a_result_that_cannot_be_recorded_is_a_crash_of_its_control_alone(ledger, caplog):
    from dataclasses import replace

    from collector.model.outcome import Outcome
    from collector.model.result import Assessment, conclude

    def twice(*_):
        return conclude("ACC-5", [Assessment("same", Outcome.PASS), Assessment("same", Outcome.PASS)])

    given = plan()
    broken = tuple(replace(c, test=twice) if c.id == "ACC-5" else c for c in given.controls)
    source = Recorded(evidence((reader(),), (bucket(),)))
    report = run(ledger, [source], replace(given, controls=broken), Clock())
    assert {t.control.id: t.result.outcome if t.result else None for t in report.tested} == {
        "ACC-2": Outcome.PASS,
        "ACC-5": None,
    }
    assert report.exit is Exit.INCONCLUSIVE
    assert "sorted by id" in caplog.text
