"""Filters of Cloud Logging: what is known of an entry decides them, or nothing does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.access.truth import Truth
from controls.logging.query import MAX_FILTER, matches

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
ENTRY = {
    "logName": "projects/acme-prod/logs/aiplatform.googleapis.com%2Fprediction_container",
    "resource.type": "aiplatform.googleapis.com/Endpoint",
    "resource.labels.endpoint_id": "7",
}
FILTERS = {
    "": YES,
    'resource.type="aiplatform.googleapis.com/Endpoint"': YES,
    "resource.type = aiplatform.googleapis.com/endpoint": YES,
    'resource.type="gce_instance"': NO,
    'resource.type!="gce_instance"': YES,
    'resource.type:"aiplatform"': YES,
    'resource.labels.endpoint_id="7" resource.type:"Endpoint"': YES,
    'resource.labels.endpoint_id="7" AND resource.type:"instance"': NO,
    'resource.labels.endpoint_id="8" OR resource.type:"Endpoint"': YES,
    'NOT resource.type:"Endpoint"': NO,
    '-resource.type:"Endpoint"': NO,
    'NOT (resource.type:"Endpoint" OR severity=INFO)': NO,
    'LOG_ID("aiplatform.googleapis.com/prediction_container")': YES,
    'NOT LOG_ID("cloudaudit.googleapis.com/activity") AND NOT LOG_ID("externalaudit.googleapis.com/activity")': YES,
    'logName="projects/acme-prod/logs/aiplatform.googleapis.com%2Fprediction_container"': YES,
    "severity>=ERROR": UNKNOWN,
    'severity>=ERROR AND resource.type="gce_instance"': NO,
    'severity>=ERROR OR resource.type:"Endpoint"': YES,
    'resource.type=~"aiplatform.*"': UNKNOWN,
    'jsonPayload.text:"it"': UNKNOWN,
    "textsearch": UNKNOWN,
    "sample(insertId, 0.1)": UNKNOWN,
    'resource.labels.endpoint_id=("7" OR "8")': UNKNOWN,
    'resource.type:"Endpoint" OR resource.type="x" AND resource.type="y"': UNKNOWN,
    '-- a note\nresource.type:"Endpoint"': YES,
    "(": UNKNOWN,
    ")": UNKNOWN,
    'resource.type="': UNKNOWN,
    "resource.type=": UNKNOWN,
    "AND": UNKNOWN,
    "(" * 1000: UNKNOWN,
    " " * MAX_FILTER + "x": UNKNOWN,
}


@pytest.mark.parametrize(("query", "answer"), FILTERS.items(), ids=[name[:60] or "empty" for name in FILTERS])
def test_a_filter_is_decided_by_what_is_known_or_not_at_all(query, answer):
    assert matches(query, ENTRY) is answer


@given(st.text(alphabet='()"=:!<>-~\\ aANDORT.\n', max_size=60))
def test_no_text_is_an_error(query):
    assert matches(query, ENTRY) in Truth


@given(st.sampled_from([query for query in FILTERS if query and "--" not in query and FILTERS[query] is not UNKNOWN]))
def test_the_opposite_of_a_filter_is_the_opposite_answer(query):
    assert matches(f"NOT ({query})", ENTRY) is matches(query, ENTRY).negate()
