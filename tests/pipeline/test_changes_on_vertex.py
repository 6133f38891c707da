"""CHG-5 on a project that is read over REST and gRPC, recorded in a real ledger, and tested on what was recorded."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from support.gcp_logging import Refusal, certificate, entry, logging_service, on
from support.ledgers import NAME, signer
from support.vertex import PARENT, endpoint, key_file, model, settings, vertex

from collector.ledger.store import Ledger
from collector.model.outcome import Outcome
from collector.pipeline.run import Plan, run
from connectors.registry import connect
from controls.chg5 import CHG_5
from controls.source import source_files

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Polled:
    """A project that is polled each hour."""

    def __init__(self, project, logging, folder):
        self.project, self.logging, self.now = project, logging, T0
        self.ledger = Ledger.create(f"sqlite:///{folder}/ledger.db", "test", signer(folder), self.clock)
        told = settings(project.url, key_file(folder, project.url), logging_url=logging.url)
        self.source = connect(told, clock=self.clock, progress=lambda *_: None)
        parameters = {CHG_5.id: {**CHG_5.defaults, "sources": [self.source.id]}}
        self.plan = Plan((CHG_5,), parameters, {"ledger": NAME, "v": 1}, source_files())

    def clock(self):
        self.now += timedelta(milliseconds=1)
        return self.now

    def poll(self, now):
        self.now = now
        (tested,) = run(self.ledger, [self.source], self.plan, self.clock).tested
        return tested.result


@pytest.fixture
def polled(tmp_path, monkeypatch):
    monkeypatch.setenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", str(certificate()[2]))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with vertex() as project, logging_service() as logging:
        project.models += [model(version="1"), model(version="2", versionAliases=[])]
        project.endpoints.append(serving("11", "1"))
        polled = Polled(project, logging, tmp_path)
        assert "no earlier snapshot" in polled.poll(T0).reason
        yield polled


def serving(deployment, version):
    return endpoint(deployedModels=[{"id": deployment, "model": f"{PARENT}/models/1", "modelVersionId": version}])


def operation(verb, began, ended, identity):
    method = f"google.cloud.aiplatform.v1.EndpointService.{verb}"
    return [
        entry(when, f"{identity}-{side}", {"id": identity, side: True}, methodName=method)
        for when, side in ((began, "first"), (ended, "last"))
    ]


def test_a_rollout_that_the_audit_log_holds_passes_and_one_that_it_does_not_fails(polled):
    polled.project.endpoints[:] = [serving("12", "2")]
    polled.logging.entries += operation("DeployModel", T0 + 5 * MINUTE, T0 + 15 * MINUTE, "op-1")
    polled.logging.entries += operation("UndeployModel", T0 + 16 * MINUTE, T0 + 20 * MINUTE, "op-2")
    result = polled.poll(T0 + HOUR)
    assert result.outcome is Outcome.PASS
    assert [each.detail["made_by"] for each in result.assessments] == [["engineer-1@example.com"]]
    polled.project.endpoints[:] = [serving("13", "1")]
    assert polled.poll(T0 + 2 * HOUR).outcome is Outcome.INCONCLUSIVE, "the log may be late"
    (found,) = polled.poll(T0 + 3 * HOUR).deviations
    assert "no audit log holds it" in found.reason


def test_a_version_that_came_and_went_between_two_polls_is_found_in_the_audit_log_alone(polled):
    polled.logging.entries += operation("DeployModel", T0 + 5 * MINUTE, T0 + 15 * MINUTE, "op-1")
    polled.logging.entries += operation("UndeployModel", T0 + 16 * MINUTE, T0 + 20 * MINUTE, "op-2")
    (found,) = polled.poll(T0 + HOUR).deviations
    assert "the audit log holds 1 deployments, and the snapshots show 0" in found.reason


def test_an_audit_log_that_cannot_be_read_is_a_gap_and_no_deviation(polled):
    polled.project.endpoints[:] = [serving("12", "2")]
    denied = Refusal(grpc.StatusCode.PERMISSION_DENIED, "Permission 'logging.logEntries.list' denied")
    polled.logging.rules.append(on("ListLogEntries", denied))
    result = polled.poll(T0 + HOUR)
    assert (result.outcome, result.deviations) == (Outcome.INCONCLUSIVE, ())
    assert "logging.logEntries.list" in result.reason
