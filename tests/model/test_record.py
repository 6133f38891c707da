import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.model.canonical import encode
from collector.model.errors import MalformedError
from collector.model.outcome import Outcome
from collector.model.record import Header, Kind

digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
plain_names = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7F), min_size=1, max_size=20)


def headers_with(texts):
    return st.builds(
        Header,
        body=digests,
        collector=texts,
        controls=st.lists(texts, unique=True, max_size=4).map(lambda found: tuple(sorted(found))),
        kind=st.sampled_from(Kind),
        outcome=st.none() | st.sampled_from(Outcome),
        prev=digests,
        seq=st.integers(0, 2**53 - 1),
        subject=texts,
        time=st.datetimes(timezones=st.just(UTC)),
    )


GOOD = Header(
    "a" * 64, "prod-eu-1", ("ACC-3",), Kind.SNAPSHOT, None, "0" * 64, 0, "aws:1/x", datetime(2026, 1, 1, tzinfo=UTC)
)


@given(headers_with(names) | headers_with(plain_names))
def test_a_header_survives_encoding(header):
    assert Header.decode(header.encode(), "it") == header


@given(headers_with(plain_names), st.data())
def test_a_header_with_altered_bytes_is_refused_or_is_what_those_bytes_say(header, data):
    written = header.encode()
    at = data.draw(st.integers(0, len(written)))
    length = data.draw(st.integers(0, 3))
    fault = data.draw(st.text('"\\{}[],:ae0129. TZ\u00e9\n\x7f', max_size=3)).encode()
    altered = written[:at] + fault + written[at + length :]
    with contextlib.suppress(MalformedError):
        assert Header.decode(altered, "it").encode() == altered


REFUSED = {
    "an unknown version": ({"v": 2}, "version 2"),
    "a version that is true": ({"v": True}, "version True"),
    "a field too many": ({"extra": 1}, "unknown fields: 'extra'"),
    "an upper-case digest": ({"body": "A" * 64}, "body of it"),
    "a short prev": ({"prev": "00"}, "prev of it"),
    "an empty collector": ({"collector": ""}, "collector of it"),
    "controls out of order": ({"controls": ["B", "A"]}, "sorted and unique"),
    "a control twice": ({"controls": ["A", "A"]}, "sorted and unique"),
    "controls that are text": ({"controls": "ACC-2"}, "list of strings"),
    "an unknown kind": ({"kind": "rumour"}, "kind of it is unknown"),
    "an unknown outcome": ({"outcome": "maybe"}, "outcome of it is unknown"),
    "a kind that is a list": ({"kind": ["snapshot"]}, "kind of it is unknown"),
    "an outcome that is an object": ({"outcome": {}}, "outcome of it is unknown"),
    "an outcome that is false": ({"outcome": False}, "outcome of it is unknown"),
    "no version": ({"v": None}, "version None"),
    "a version that is text": ({"v": "1"}, "version '1'"),
    "a control that is a number": ({"controls": [1]}, "list of strings"),
    "a digest with a newline": ({"body": "a" * 63 + "\n"}, "body of it"),
    "a seq that is true": ({"seq": True}, "seq of it"),
    "a seq that is null": ({"seq": None}, "seq of it"),
    "a time that is a number": ({"time": 1}, "time of it"),
    "a subject that is null": ({"subject": None}, "subject of it"),
    "a negative seq": ({"seq": -1}, "seq of it"),
    "a seq that is text": ({"seq": "1"}, "seq of it"),
    "a time without fraction": ({"time": "2026-01-01T00:00:00Z"}, "time of it"),
    "a subject too large": ({"subject": "x" * 20_000}, "larger than"),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_header_with_a_fault_is_refused_by_name(change, message):
    value = {**json.loads(GOOD.encode()), **change}
    with pytest.raises(MalformedError, match=message):
        Header.decode(encode(value), "it")


@pytest.mark.parametrize("field", sorted(set(json.loads(GOOD.encode())) - {"v"}))
def test_a_missing_field_is_named(field):
    value = json.loads(GOOD.encode())
    del value[field]
    with pytest.raises(MalformedError, match=f"missing or unknown fields: '{field}'"):
        Header.decode(encode(value), "it")


def test_a_header_without_version_is_refused():
    value = json.loads(GOOD.encode())
    del value["v"]
    with pytest.raises(MalformedError, match="it has version None"):
        Header.decode(encode(value), "it")


@pytest.mark.parametrize("number", [b"0.0", b"-0", b"0e0", b"9007199254740992"])
def test_a_seq_in_another_spelling_is_refused(number):
    data = GOOD.encode().replace(b'"seq":0', b'"seq":' + number)
    assert data != GOOD.encode()
    with pytest.raises(MalformedError):
        Header.decode(data, "it")


@pytest.mark.parametrize("data", [b"[]", b"null", b'"header"', b"{}"])
def test_other_json_is_refused(data):
    with pytest.raises(MalformedError):
        Header.decode(data, "it")


def test_an_unknown_field_cannot_steer_the_terminal():
    with pytest.raises(MalformedError) as caught:
        Header.decode(encode({**json.loads(GOOD.encode()), "\x1b[2J": 1}), "it")
    assert caught.value.message.isprintable()


values = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=4) | st.lists(st.text(max_size=2), max_size=3)
)


@given(st.sampled_from(sorted(json.loads(GOOD.encode()))), values | st.dictionaries(st.text(max_size=2), values))
def test_a_field_of_any_value_is_read_back_the_same_or_refused(field, value):
    data = encode({**json.loads(GOOD.encode()), field: value})
    with contextlib.suppress(MalformedError):
        assert Header.decode(data, "it").encode() == data


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_malformed(data):
    with pytest.raises(MalformedError):
        Header.decode(data, "it")
