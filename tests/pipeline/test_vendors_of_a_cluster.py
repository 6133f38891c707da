"""VEN on recordings of a real cluster: read by the real client, recorded in a real ledger, judged from there."""

from datetime import UTC, date, datetime, timedelta

import pytest
from support.kubernetes import INSTANTS, REDACTION, api_server, cluster
from support.ledgers import NAME, signer

from collector.ledger.bodies import Input
from collector.ledger.evaluation import Evaluations
from collector.ledger.reader import fetch
from collector.ledger.store import Ledger
from collector.model.outcome import Outcome
from collector.model.record import Kind
from collector.pipeline.run import Plan, run
from collector.review.document import Document
from collector.review.vendor import read_register, vendor_entries
from collector.review.vendor_example import EXAMPLE
from connectors.kubernetes.source import KubernetesSource
from controls.registry import CONTROLS
from controls.source import source_files

VENDORS = {
    "anthropic": "api.anthropic.com is in use in key routes.yaml of ConfigMap inference/gateway-routes",
    "cohere": "api.cohere.com is in use behind ServiceEntry inference/cohere",
    "mistral": "api.mistral.ai is in use behind Service inference/mistral",
    "openai": "api.openai.com is in use in environment OPENAI_BASE_URL of container main of deployment inference/summarizer",
}
CONTROLS_OF_VENDORS = tuple(control for control in CONTROLS if control.id.startswith("VEN-"))


class Collected:
    """A cluster that is collected from, and registers of vendors."""

    def __init__(self, server, folder):
        self.now = datetime(2026, 11, 28, tzinfo=UTC)
        self.server, self.folder = server, folder
        self.ledger = Ledger.create(f"sqlite:///{folder}/ledger.db", "test", signer(folder), self.clock)
        self.source = KubernetesSource(cluster(server.url, folder), self.clock, lambda *_: None, REDACTION)
        parameters = {control.id: {**control.defaults, "sources": [self.source.id]} for control in CONTROLS_OF_VENDORS}
        self.plan = Plan(CONTROLS_OF_VENDORS, parameters, {"ledger": NAME, "v": 1}, source_files())

    def clock(self):
        self.now += timedelta(milliseconds=1)
        return self.now

    def collect(self, instant="t2"):
        self.server.instant = instant
        report = run(self.ledger, [self.source], self.plan, self.clock)
        return {tested.control.id: tested.result for tested in report.tested}

    def register(self, *vendors):
        """Record the printed example as the assessment of each vendor, its report compared."""
        head, _, entry = EXAMPLE.partition("  openai:\n")
        path = self.folder / "vendors.yaml"
        path.write_text(head + "".join(f"  {vendor}:\n{entry}" for vendor in vendors))
        compared = {vendor: Document(path, "0" * 64, 1) for vendor in vendors}
        self.ledger.append(list(vendor_entries(read_register(path, date(2026, 11, 28)), compared, None, None)))


def _headers(reader):
    return [reader.header(seq) for seq in range(reader.size)]


@pytest.fixture
def collected(tmp_path):
    with api_server() as server:
        yield Collected(server, tmp_path)


def test_each_vendor_whose_api_the_cluster_is_set_up_to_call_is_found_and_says_where(collected):
    results = collected.collect()
    assert {result.outcome for result in results.values()} == {Outcome.FAIL}
    reasons = " ".join(deviation.reason for deviation in results["VEN-1"].deviations)
    for vendor, where in VENDORS.items():
        assert where in reasons
        assert f"({vendor}) is not in the vendor register" in reasons
    assert "OPENAI_API_KEY is in use" in reasons
    assert {each.id for each in results["VEN-2"].deviations} == set(VENDORS)
    # Cohere's host was let out of the mesh between the second instant and the third.
    assert {each.id for each in collected.collect("t1")["VEN-2"].deviations} == set(VENDORS) - {"cohere"}


def test_once_all_are_registered_all_pass_and_without_one_it_alone_deviates(collected):
    collected.register("anthropic", "mistral", "openai")
    assert {each.id for each in collected.collect()["VEN-3"].deviations} == {"cohere"}
    collected.register("cohere")
    assert {id_: result.outcome for id_, result in collected.collect().items()} == {
        control.id: Outcome.PASS for control in CONTROLS_OF_VENDORS
    }


@pytest.mark.parametrize("instant", INSTANTS)
def test_no_secret_of_the_cluster_and_nothing_else_of_a_config_map_is_in_the_ledger(collected, instant):
    told = {"routes": "https://me:CANARY-1@api.cohere.com/CANARY-2", "other": "CANARY-3", "OPENAI_API_KEY": "CANARY-4"}
    metadata = {"name": "it", "namespace": "it", "creationTimestamp": "2026-11-23T16:20:34Z"}
    collected.server.plant("/api/v1/configmaps", {"metadata": metadata, "data": told})
    collected.collect(instant)
    written = []
    with collected.ledger.read() as reader:
        for header in _headers(reader):
            written.append(fetch(reader, header.body))
            if header.kind is Kind.SNAPSHOT:
                (snapshot,) = Evaluations().evidence(reader, [Input.of(header)]).readings
                written += [item.body for item in snapshot]
    assert len(written) > 50
    assert b"api.cohere.com" in b"".join(written)
    for secret in (b"CANARY", b"llm-chat.inference.svc", b"BEGIN CERTIFICATE"):
        assert secret not in b"".join(written)
