import math
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from support.ledgers import Clock, fill, signer

from collector.config import load, template
from collector.daemon.anchoring import anchoring
from collector.daemon.metrics import Metrics
from collector.ledger.anchors import Anchor, AnchorKind
from collector.ledger.store import Ledger


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


def test_the_age_of_the_newest_anchor_is_measured_and_is_no_number_without_any(tmp_path, configuration):
    ledger = Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test-1", signer(tmp_path), Clock())
    fill(ledger, 2)
    metrics, clock = Metrics(), Still()
    anchor = anchoring(ledger, configuration, metrics, clock)
    anchor()
    assert math.isnan(anchor.age())
    ledger.anchor([Anchor(2, AnchorKind.COPY, "s3://locked/", clock(), b"it")])
    clock.time += timedelta(hours=3)
    anchor()
    assert b"controlproof_newest_anchor_age_seconds 10800.0" in metrics.text()
