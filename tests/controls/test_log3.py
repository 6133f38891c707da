"""LOG-3: invocations against log entries, hour by hour."""

import pytest
from support.estate import SOURCE, good, judge, only, partly, refused, replacing, snapshot
from support.logged import LOG_BUCKET, LOGGER, nothing_logged, on_vertex
from support.logging import (
    CAPTURES,
    GROUP,
    every_hour,
    folder_volume,
    group_volume,
    hour,
    invoked_model,
    invoked_variant,
)
from support.served import endpoint, sagemaker_model, vertex_endpoint

from collector.model.outcome import Outcome
from collector.model.snapshot import Item
from controls.log3 import LOG_3

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
BEDROCK = f"{SOURCE}/bedrock/eu-central-1"
VARIANT = f"{endpoint().id}/all"
GROUP_WHOLE = group_volume(every_hour())
FOLDER_WHOLE = folder_volume(every_hour(1))


def test_the_population_is_what_is_counted_with_each_store_that_counts():
    result = judge(LOG_3, good())
    assert result.outcome is PASS
    assert [each.id for each in result.assessments] == [f"{VARIANT} -> {CAPTURES}", f"{BEDROCK} -> {GROUP}"]
    assert result.assessments[1].detail == {
        "entries": 130,
        "hours": 26,
        "invocations": 130,
        "silences": [],
        "store": GROUP,
    }


def test_each_silent_window_is_named_with_what_was_missed():
    silent = folder_volume(every_hour(1, but=(15, 14, 13, 3, 2)))
    result = judge(LOG_3, good(volumes=(GROUP_WHOLE, silent), invocations=(invoked_variant(every_hour(100)),)))
    assert result.outcome is FAIL
    assert only(result, FAIL).reason == (
        "variant all of endpoint llm, which logs to s3://captures/outputs/, was silent from 09:00 to 12:00 UTC on "
        "2025-12-31: 300 invocations, no log entries; it was silent from 21:00 to 23:00 UTC on 2025-12-31: 200 "
        "invocations, no log entries"
    )


QUIET = {
    "an hour that is allowed": (every_hour(), every_hour(but=(5,)), {}),
    "a night without invocations": (every_hour(but=(9, 8, 7, 6)), every_hour(but=(9, 8, 7, 6)), {}),
    "an entry that comes an hour late": ({hour(5): 3}, {hour(4): 3}, {}),
    "no invocations at all": ({}, {}, {}),
    "four hours where four are allowed": (every_hour(), every_hour(but=(9, 8, 7, 6)), {"max_silence_hours": 4}),
}


@pytest.mark.parametrize(("invoked", "logged", "parameters"), QUIET.values(), ids=QUIET.keys())
def test_a_log_may_be_silent_for_a_while_and_when_nothing_is_invoked(invoked, logged, parameters):
    given = good(volumes=(group_volume(logged), FOLDER_WHOLE), invocations=(invoked_model(invoked),))
    assert judge(LOG_3, given, **parameters).outcome is PASS


def test_models_of_a_region_are_counted_together():
    models = (invoked_model({hour(9): 2}, "a"), invoked_model({hour(9): 3, hour(8): 1}, "b"))
    result = judge(LOG_3, good(volumes=(group_volume({}), FOLDER_WHOLE), invocations=models))
    assert "6 invocations, no log entries" in only(result, FAIL).reason


def test_what_was_invoked_once_and_never_logged_is_a_silence():
    given = good(volumes=(group_volume({}), FOLDER_WHOLE), invocations=(invoked_model({hour(9): 1}),))
    assert "1 invocations, no log entries" in only(judge(LOG_3, given), FAIL).reason


def test_what_logs_nothing_and_is_invoked_is_a_silence_of_all_of_it():
    given = replacing(nothing_logged(), snapshot("cloudwatch.invocations", invoked_variant(every_hour())))
    assert "had 130 invocations and logs none of them" in only(judge(LOG_3, given), FAIL).reason
    assert judge(LOG_3, nothing_logged()).outcome is PASS


def printed():
    """A variant that captures nothing, whose image logs to nobody knows where."""
    given = replacing(nothing_logged(), snapshot("sagemaker.models", sagemaker_model(image=LOGGER)))
    return replacing(given, snapshot("cloudwatch.invocations", invoked_variant({hour(9): 4})))


UNKNOWN = {
    "a variant whose image logs": (printed(), "had 4 invocations, and where they are logged is not known"),
    "a volume that was not read": (good(volumes=(FOLDER_WHOLE,)), "how much was logged of it was not read"),
    "a volume that was refused": (
        good(volumes=partly("logs.volumes", GROUP_WHOLE, refused(FOLDER_WHOLE, "hours"))), "is not known: hours of"
    ),
    "a variant that is there no more": (
        good(invocations=(invoked_variant({hour(9): 4}, variant="old"),)), "had 4 invocations and is in no list of endpoints"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_cannot_be_compared_is_inconclusive(given, words):
    result = judge(LOG_3, given, logging_images=["*/logger@*"])
    assert (result.outcome, result.deviations) == (INCONCLUSIVE, ())
    assert words in result.reason


def test_two_readings_are_compared_where_both_have_hours():
    later = {"end": hour(-1), "start": hour(25)}
    moved = Item.of(GROUP_WHOLE.id, {**GROUP_WHOLE.content().value, "window": later})
    result = judge(LOG_3, good(volumes=(moved, FOLDER_WHOLE)))
    assert (result.outcome, result.assessments[1].detail["hours"]) == (PASS, 25)


def test_where_nothing_counts_invocations_it_does_not_apply():
    assert judge(LOG_3, good(), sources=["kubernetes:it"]).outcome is Outcome.NOT_APPLICABLE


def on_google(logged):
    window = {"end": hour(0), "start": hour(26)}
    name = vertex_endpoint().id
    invoked = Item.of(name, {"endpoint": name, "hours": every_hour(), "window": window})
    entries = Item.of(name, {"by": {}, "endpoint": name, "hours": logged, "window": window})
    return on_vertex(gcp_invocations=(invoked,), inference_logs=(entries,))


@pytest.mark.parametrize(("logged", "outcome"), [(every_hour(), PASS), (every_hour(but=(9, 8, 7)), FAIL)])
def test_an_endpoint_of_vertex_is_compared_with_its_log(logged, outcome):
    result = judge(LOG_3, on_google(logged), logging_images=["*/logger@*"])
    (found,) = [each for each in result.assessments if each.id == f"{vertex_endpoint().id} -> {LOG_BUCKET}"]
    assert found.outcome is outcome
    assert ("15 invocations, no log entries" in found.reason) is (outcome is FAIL)
