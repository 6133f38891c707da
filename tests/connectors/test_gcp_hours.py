"""Hourly counts of Vertex AI's endpoints from Cloud Monitoring: whole hours, or a gap that says why."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from support.gcp_logging import certificate, entry, logging_service
from support.monitoring import ENTRIES, HOUR, PREDICTIONS, Counted
from support.proxy import Answer
from support.vertex import NUMBER, PROJECT, TOKEN, answer, at, endpoint, key_file, refusal, settings, vertex

from collector.model.snapshot import FailureClass, Snapshot
from connectors.gcp import hours
from connectors.gcp import session as session_module
from connectors.registry import connect

NOW = datetime(2026, 11, 24, 13, 40, tzinfo=UTC)
END = datetime(2026, 11, 24, 13, tzinfo=UTC)
INVOCATIONS, LOGS = "gcp.invocations", "gcp.inference_logs"
NAME = f"projects/{NUMBER}/locations/europe-west4/endpoints/7"
PATH = f"/v3/projects/{PROJECT}/timeSeries"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def project(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with vertex() as state:
        yield state


@pytest.fixture
def read(project, tmp_path):
    def read_once(population=INVOCATIONS, now=NOW, **changes):
        told = settings(project.url, key_file(tmp_path, project.url), **changes)
        outcome = connect(told, clock=lambda: now, progress=lambda *_: None).read(population)
        assert TOKEN not in repr(outcome)
        return outcome

    return read_once


def contents(snapshot):
    assert isinstance(snapshot, Snapshot), snapshot
    return {item.id: json.loads(item.body) for item in snapshot}


def predictions(minute, count=1, **parts):
    return Counted(PREDICTIONS, minute, count, **parts)


def test_predictions_are_added_up_by_endpoint_and_whole_hour(project, read):
    project.counted += [
        predictions(END - 10 * MINUTE, 5),
        predictions(END - 20 * MINUTE, 2, label=("deployed_model_id", "12")),
        predictions(END - 3 * HOUR, 7),
        predictions(END - 26 * HOUR, 100),
        predictions(END + MINUTE, 100),
        Counted(ENTRIES, END - MINUTE, 100),
    ]
    assert contents(read()) == {
        NAME: {
            "by": {
                "label": "deployed_model_id",
                "values": {
                    "11": {"2026-11-24T09:00:00Z": 7, "2026-11-24T12:00:00Z": 5},
                    "12": {"2026-11-24T12:00:00Z": 2},
                },
            },
            "endpoint": NAME,
            "first": "2026-11-24T09:00:00Z",
            "hours": {"2026-11-24T09:00:00Z": 7, "2026-11-24T12:00:00Z": 7},
            "last": "2026-11-24T12:00:00Z",
            "location": "europe-west4",
            "window": {"end": "2026-11-24T13:00:00Z", "start": "2026-11-23T11:00:00Z"},
        }
    }


def test_log_entries_are_counted_by_endpoint_and_log_without_reading_one(project, read, monkeypatch):
    monkeypatch.setenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", str(certificate()[2]))
    container = ("log", "aiplatform.googleapis.com/prediction_container")
    access = ("log", "aiplatform.googleapis.com/prediction_access")
    project.counted += [
        Counted(ENTRIES, END - MINUTE, 3, label=container),
        Counted(ENTRIES, END - MINUTE, 1, label=access),
        Counted(ENTRIES, END - MINUTE, 4, endpoint="8", label=container),
    ]
    with logging_service() as logging:
        logging.entries.append(entry(END - MINUTE))
        found = contents(read(LOGS, logging_url=logging.url))
        assert logging.calls == []
    assert "CANARY" not in repr(found)
    assert found[NAME]["hours"] == {"2026-11-24T12:00:00Z": 3}, "access logs hold no outputs"
    assert found[NAME]["by"]["values"].keys() == {container[1], access[1]}
    assert len(found) == 2


def test_an_hour_that_just_ended_is_left_to_the_next_poll(project, read):
    project.counted += [predictions(END - MINUTE), predictions(END - 70 * MINUTE)]
    for now, last in ((END + 9 * MINUTE, "11:00:00Z"), (END + 10 * MINUTE, "12:00:00Z")):
        ((_, content),) = contents(read(now=now)).items()
        assert content["last"].endswith(last)


def test_polls_of_one_hour_give_one_item(project, read):
    project.counted.append(predictions(END - MINUTE))
    assert read(now=NOW).items == read(now=NOW + 15 * MINUTE).items


def test_what_it_costs_does_not_grow_with_use_nor_with_endpoints(project, read):
    for number in range(50):
        project.counted += [predictions(END - hour * HOUR, 10**6, endpoint=str(number)) for hour in range(26)]
    snapshot = read()
    assert len(contents(snapshot)) == 50
    assert [(operation.name, operation.calls) for operation in snapshot.provenance.operations] == [
        ("aiplatform:endpoints.list", 1),
        ("monitoring:timeSeries.list", 1),
    ]


def test_counts_on_several_pages_are_read_to_their_end(project, read):
    project.page = 2
    project.counted += [predictions(END - MINUTE, endpoint=str(number)) for number in range(5)]
    assert len(contents(read())) == 5


def test_without_any_counts_the_window_is_on_record_all_the_same(read):
    snapshot = read()
    assert contents(snapshot) == {}
    operation = snapshot.provenance.operations[-1]
    assert (operation.parameters["interval.startTime"], operation.parameters["interval.endTime"]) == (
        "2026-11-23T11:00:00Z",
        "2026-11-24T13:00:00Z",
    )


@pytest.mark.parametrize("owner", [NUMBER, f"projects/{NUMBER}", PROJECT])
def test_the_project_is_known_by_its_number_or_its_id(project, read, owner):
    project.counted.append(predictions(END - MINUTE, owner=owner))
    (name,) = contents(read())
    assert name in {NAME, NAME.replace(NUMBER, PROJECT)}


def test_an_endpoint_is_known_by_the_name_that_vertex_gives_it_and_is_listed_without_counts_too(project, read):
    project.endpoints += [endpoint(7), endpoint(8, "us-central1")]
    project.counted.append(predictions(END - MINUTE, owner=PROJECT))
    found = contents(read(more_locations=("us-central1",)))
    other = NAME.replace("europe-west4", "us-central1").replace("/7", "/8")
    assert {name: content["hours"] for name, content in found.items()} == {
        NAME: {"2026-11-24T12:00:00Z": 1},
        other: {},
    }
    assert (found[other]["first"], found[other]["location"]) == (None, "us-central1")


def test_counts_of_another_project_that_this_one_watches_are_not_asked_for(project, read):
    project.counted.append(predictions(END - MINUTE, project="other-prod"))
    assert contents(read()) == {}


def series(hour="2026-11-24T13:00:00Z", count="1", **labels):
    return {
        "metric": {"labels": {"deployed_model_id": "11"}},
        "resource": {"labels": {"location": "europe-west4", "endpoint_id": "7", "project_id": PROJECT, **labels}},
        "points": [{"interval": {"endTime": hour}, "value": {"int64Value": count}}],
    }


FAULTS = {
    "a missing permission": (
        refusal(403, "PERMISSION_DENIED", "Permission monitoring.timeSeries.list denied"),
        FailureClass.DENIED,
        "monitoring.timeSeries.list",
    ),
    "an API that is not enabled": (Answer(404, b""), FailureClass.DENIED, "is the Monitoring API enabled"),
    "the limit": (refusal(429, "RESOURCE_EXHAUSTED", "it"), FailureClass.THROTTLED, "RESOURCE_EXHAUSTED"),
    "an answer that may be short": (
        answer({"timeSeries": [series()], "executionErrors": [{"code": 4, "message": "it"}]}),
        FailureClass.UNREACHABLE,
        "may be short",
    ),
    "an hour that was not asked for": (
        answer({"timeSeries": [series("2026-11-24T14:00:00Z")]}),
        FailureClass.MALFORMED,
        "UnexpectedHour",
    ),
    "half an hour": (
        answer({"timeSeries": [series("2026-11-24T12:30:00Z")]}),
        FailureClass.MALFORMED,
        "UnexpectedHour",
    ),
    "an hour counted twice": (
        answer({"timeSeries": [series(), series()]}),
        FailureClass.MALFORMED,
        "RepeatedHour",
    ),
    "a count that is no number": (
        answer({"timeSeries": [series(count="-1")]}),
        FailureClass.MALFORMED,
        "at timeSeries.points.value.int64Value",
    ),
    "an endpoint that is none": (
        answer({"timeSeries": [series(endpoint_id="../7")]}),
        FailureClass.MALFORMED,
        "at timeSeries.resource.labels",
    ),
    "something unknown beside the list": (answer({"error": {}}), FailureClass.MALFORMED, "at error"),
    "another project": (
        answer({"timeSeries": [series(project_id="other-prod")]}),
        FailureClass.MISIDENTIFIED,
        "WrongProject",
    ),
    "another project's endpoint": (
        answer({"timeSeries": [series(resource_container="other-prod")]}),
        FailureClass.MISIDENTIFIED,
        "WrongProject",
    ),
}


@pytest.mark.parametrize(("given", "failure_class", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_a_gap_of_its_class_and_never_an_hour_without_counts(project, read, given, failure_class, said):
    project.rules.append(at(PATH, given))
    gap = read()
    assert (gap.failure_class, said in gap.reason) == (failure_class, True), gap.reason
    assert gap.partial is None


def test_without_the_list_of_endpoints_there_are_no_counts(project, read):
    project.counted.append(predictions(END - MINUTE))
    project.rules.append(at("endpoints", refusal(403, "PERMISSION_DENIED", "it")))
    gap = read()
    assert (gap.failure_class, gap.partial) == (FailureClass.DENIED, None)


def test_a_second_page_that_fails_gives_no_half_counts(project, read):
    project.page = 1
    project.counted += [predictions(END - MINUTE), predictions(END - MINUTE, endpoint="8")]
    denied = refusal(403, "PERMISSION_DENIED", "it")
    project.rules.append(lambda asked: denied if "pageToken" in asked.query else None)
    gap = read()
    assert (gap.failure_class, gap.partial) == (FailureClass.DENIED, None)


def test_monitoring_is_asked_at_its_own_host(project, read, monkeypatch):
    asked = []
    monkeypatch.setattr(session_module.requests.Session, "get", lambda _, url, **__: asked.append(url) or 1 / 0)
    monkeypatch.setattr(hours, "listed", lambda _: ())
    assert read(api_url=None).failure_class is FailureClass.CRASHED
    assert asked[-1].startswith(f"https://monitoring.googleapis.com/v3/projects/{PROJECT}/timeSeries?filter=")
