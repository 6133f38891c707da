"""The audit log of a cluster, read from files as an API server writes them."""

import json
from datetime import timedelta

import pytest
from support.kubernetes import REDACTION, api_server, cluster
from support.ledgers import START

from collector.model.instant import format_instant
from collector.model.snapshot import FailureClass, Gap
from connectors.kubernetes.audit import MAX_LINE
from connectors.kubernetes.source import KubernetesSource


def event(number=1, when=START - timedelta(hours=1), **changes):
    stamp = format_instant(when)
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "auditID": f"id-{number}",
        "level": "Request",
        "objectRef": {"resource": "deployments", "namespace": "inference", "name": "chat", "apiGroup": "apps"},
        "requestObject": {"spec": "CANARY-BODY"},
        "requestReceivedTimestamp": stamp,
        "responseStatus": {"code": 200},
        "stage": "ResponseComplete",
        "stageTimestamp": stamp,
        "user": {"username": "engineer-1", "groups": ["CANARY-GROUP"]},
        "verb": "patch",
        **changes,
    }


@pytest.fixture
def read(tmp_path):
    with api_server() as server:

        def read_log(pattern="audit.log"):
            settings = cluster(server.url, tmp_path, audit_log=str(tmp_path / pattern))
            return KubernetesSource(settings, lambda: START, lambda *_: None, REDACTION).read("kubernetes.audit")

        yield read_log


def write(folder, *events, name="audit.log"):
    (folder / name).write_text("".join(json.dumps(each) + "\n" for each in events))


def test_who_wrote_what_is_kept_and_nothing_of_what_was_written(read, tmp_path):
    write(tmp_path, event())
    (item,) = read()
    assert item.id == "id-1"
    assert b"CANARY" not in item.body
    value = item.content().value
    assert (value["user"], value["verb"], value["resource"], value["name"]) == (
        "engineer-1",
        "patch",
        "deployments",
        "chat",
    )


def test_an_impersonated_write_is_the_impersonated_ones_and_says_who_acted(read, tmp_path):
    write(tmp_path, event(impersonatedUser={"username": "system:serviceaccount:ci:deployer"}))
    (item,) = read()
    assert item.content().value["user"] == "system:serviceaccount:ci:deployer"
    assert item.content().value["by"] == "engineer-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"verb": "get"},
        {"stage": "RequestReceived"},
        {"objectRef": {"resource": "secrets", "namespace": "inference", "name": "x"}},
        {"objectRef": None},
        {"when": START - timedelta(days=9)},
    ],
    ids=["a read", "not finished", "of another kind", "of no object", "longer ago"],
)
def test_what_is_no_finished_write_of_the_last_days_is_left_out(read, tmp_path, changes):
    write(tmp_path, event(1, **changes), event(2))
    assert [item.id for item in read()] == ["id-2"]


def test_rotated_files_are_one_log_and_an_event_in_two_of_them_is_one(read, tmp_path):
    write(tmp_path, event(1), event(2), name="audit-1.log")
    write(tmp_path, event(2), event(3), name="audit-2.log")
    assert [item.id for item in read("audit-*.log")] == ["id-1", "id-2", "id-3"]


def test_a_line_that_is_being_written_is_left_for_the_next_poll(read, tmp_path):
    write(tmp_path, event(1))
    with (tmp_path / "audit.log").open("a") as log:
        log.write(json.dumps(event(2))[:50])
    assert [item.id for item in read()] == ["id-1"]


FAULTS = {
    "no file": (None, FailureClass.UNREACHABLE, "NoSuchFile"),
    "no JSON": ("secret=CANARY\n", FailureClass.MALFORMED, "NotJson"),
    "another form": (
        '{"verb": "patch", "objectRef": {"resource": "deployments"}}\n',
        FailureClass.MALFORMED,
        "Unexpected",
    ),
    "a list": ("[]\n", FailureClass.MALFORMED, "Unexpected"),
    "an endless line": ("x" * (MAX_LINE + 1) + "\n", FailureClass.MALFORMED, "LineTooLong"),
}


@pytest.mark.parametrize(("text", "kind", "code"), FAULTS.values(), ids=FAULTS)
def test_a_log_that_cannot_be_read_whole_is_a_gap(read, tmp_path, text, kind, code):
    if text is not None:
        (tmp_path / "audit.log").write_text(text)
    gap = read()
    assert isinstance(gap, Gap)
    assert gap.failure_class is kind
    assert gap.failures[0].code.startswith(code)
    assert "CANARY" not in gap.reason


def test_without_a_configured_log_the_source_does_not_have_the_population(tmp_path):
    with api_server() as server:
        source = KubernetesSource(cluster(server.url, tmp_path), lambda: START, lambda *_: None, REDACTION)
    assert "kubernetes.audit" not in source.populations
