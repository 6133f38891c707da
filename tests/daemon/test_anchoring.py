import math
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from support.ledgers import Clock, fill, signer
from support.tsa import authority

from collector.config import load, template
from collector.daemon.anchoring import LOOKED_AT, anchoring
from collector.daemon.metrics import Metrics
from collector.ledger.anchors import Anchor, AnchorKind
from collector.ledger.keys import create_key_file
from collector.ledger.store import Ledger
from collector.model.instant import format_instant


@dataclass
class Still:
    """A clock that stands still until it is told otherwise."""

    time: object = field(default_factory=lambda: Clock().time)

    def __call__(self):
        return self.time


@pytest.fixture
def configuration(tmp_path):
    path = tmp_path / "controlproof.yaml"
    path.write_text(template("controlproof.example.com/it", "123456789012", "eu-central-1", ["s3://weights"]), "utf-8")
    return load(path)


@pytest.fixture
def ledger(tmp_path):
    return Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test-1", signer(tmp_path), Clock())


def test_a_period_is_anchored_at_its_end_as_soon_as_it_has_ended_and_once(tmp_path, ledger, configuration):
    fill(ledger, 3)
    with ledger.read() as reader:
        end = reader.header(1).time + timedelta(microseconds=1)
    with authority(tmp_path / "tsa") as tsa:
        path = tmp_path / "controlproof.yaml"
        section = (
            f"anchors:\n  tsas: [{{url: '{tsa.url}', root: '{tsa.root}'}}]\n  cadence: 31d\n"
            f"  periods: ['2020-01-01..2021-01-01', '2020-01-01..{format_instant(end)}']\n"
        )
        path.write_text(path.read_text("utf-8") + section, "utf-8")
        anchor = anchoring(ledger, load(path), Metrics(), Still(end - timedelta(seconds=1)))
        anchor()
        with ledger.read() as reader:
            assert [each.size for each in reader.anchors()] == [3]
        # Down at the end of the period: it is tried again.
        tsa.status = 503
        anchor._clock.time = end
        anchor()
        tsa.status = 200
        anchor()
        asked = tsa.asked
        anchor()
        with ledger.read() as reader:
            assert [each.size for each in reader.anchors()] == [2, 3]
        assert tsa.asked == asked


def test_a_timestamp_that_did_not_come_is_tried_again_although_our_own_second_key_signed(
    tmp_path, ledger, configuration
):
    fill(ledger, 2)
    create_key_file(tmp_path / "second.key", post_quantum=True)
    with authority(tmp_path / "tsa") as tsa:
        path = tmp_path / "controlproof.yaml"
        text = path.read_text("utf-8").replace("ledger:\n", "ledger:\n  post_quantum_key: file:second.key\n")
        path.write_text(f"{text}anchors:\n  tsas: [{{url: '{tsa.url}', root: '{tsa.root}'}}]\n", "utf-8")
        clock = Still()
        anchor = anchoring(ledger, load(path), Metrics(), clock)
        tsa.status = 503
        anchor()
        with ledger.read() as reader:
            assert [each.name for each in reader.anchors()] == [ledger.origin]
        assert math.isnan(anchor.age())
        tsa.status = 200
        clock.time += LOOKED_AT
        anchor()
        clock.time += timedelta(minutes=1)
        assert anchor.age() == 60


def test_the_age_of_the_newest_anchor_is_measured_and_is_no_number_without_any(ledger, configuration):
    fill(ledger, 2)
    metrics, clock = Metrics(), Still()
    anchor = anchoring(ledger, configuration, metrics, clock)
    anchor()
    assert math.isnan(anchor.age())
    ledger.anchor([Anchor(2, AnchorKind.COPY, "s3://locked/", clock(), b"it")])
    clock.time += timedelta(hours=3)
    anchor()
    assert b"controlproof_newest_anchor_age_seconds 10800.0" in metrics.text()
