import json
from dataclasses import replace
from datetime import timedelta

import pytest
from support.estate import Recorded, bucket, evidence, plan, reader
from support.ledgers import Clock, signer

from collector.config import load, template
from collector.ledger.reader import fetch
from collector.ledger.store import Ledger
from collector.model.errors import ConfigurationError
from collector.pipeline.parameters import check_control_names
from collector.pipeline.run import run
from collector.pipeline.schedule import Scheduled, schedule_of
from controls.acc2 import ACC_2
from controls.acc5 import ACC_5
from controls.registry import CONTROLS


@pytest.fixture
def configuration(tmp_path):
    def write(section):
        text = template("controlproof.example.com/prod", "123456789012", "eu-central-1", ["s3://weights"])
        (tmp_path / "c.yaml").write_text(text + section)
        return load(tmp_path / "c.yaml")

    return write


def test_a_configured_cadence_goes_before_the_control_s_own(configuration):
    schedule = schedule_of(configuration("schedule:\n  ACC-2: 2d\n"), (ACC_2, ACC_5))
    assert [schedule[name].cadence for name in ("ACC-2", "ACC-5")] == [timedelta(days=2), ACC_5.cadence]


@pytest.mark.parametrize("cadence", ["0h", "32d", "1", "1w", "-1h", "1.5h", "60", "[1h]", "99999d"])
def test_a_cadence_that_is_none_is_refused_with_its_line(configuration, cadence):
    with pytest.raises(ConfigurationError, match=r"c\.yaml:\d+: schedule\.ACC-2: must be how often"):
        configuration(f"schedule:\n  ACC-2: {cadence}\n")


def test_a_cadence_of_a_control_that_does_not_exist_is_refused(configuration):
    with pytest.raises(ConfigurationError, match="there is no control 'ACC-9'"):
        check_control_names(configuration("schedule:\n  ACC-9: 1h\n"), {control.id for control in CONTROLS})


def test_the_schedule_is_recorded_with_what_the_sources_can_be_expected_to_give(tmp_path):
    ledger = Ledger.create(f"sqlite:///{tmp_path}/ledger.db", "test-1", signer(tmp_path), Clock())
    source = Recorded(evidence((reader(),), (bucket(),)))
    scheduled = Scheduled(timedelta(hours=6), ("s3.buckets", "kubernetes.roles"))
    run(ledger, [source], replace(plan(), schedule={"ACC-5": scheduled}), Clock())
    with ledger.read() as reading:
        recorded = json.loads(fetch(reading, reading.configuration))
    assert recorded["schedule"] == {"ACC-5": {"cadence": 21600, "subjects": [f"{source.id}/s3.buckets"]}}
