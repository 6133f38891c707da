import json

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from support import vectors

from collector.model.canonical import MAX_DEPTH, MAX_INTEGER, decode, decode_object, digest, encode, is_digest
from collector.model.errors import MalformedError

JCS = vectors.load("jcs.json")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts
documents = st.recursive(scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5))


@given(documents)
def test_bytes_are_those_of_rfc8785(document):
    assert encode(document) == rfc8785.dumps(document)


@given(st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=8), scalars, max_size=8))
def test_bytes_of_ascii_keys_are_those_of_rfc8785(document):
    assert encode(document) == rfc8785.dumps(document)


def test_keys_are_sorted_by_utf16_code_unit_not_by_code_point():
    assert encode({"\ufb33": 1, "\U0001f602": 2}) == '{"\U0001f602":2,"\ufb33":1}'.encode()


def test_every_control_character_is_escaped_as_rfc8785_says_and_no_other_character_is():
    text = "".join(map(chr, range(0x20))) + '"\\/\x7f\x80\u2028\u2029\ufeff\uffff\U0010ffff'
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}
    escaped = "".join(short.get(code, f"\\u{code:04x}") for code in range(0x20))
    expected = f'"{escaped}\\"\\\\/\x7f\x80\u2028\u2029\ufeff\uffff\U0010ffff"'.encode()
    assert encode(text) == expected == rfc8785.dumps(text)
    assert encode({text: text}) == b"{" + expected + b":" + expected + b"}" == rfc8785.dumps({text: text})


def test_text_is_not_normalised():
    assert encode("\u00c5") != encode("A\u030a")


def test_sixty_four_levels_are_allowed_and_one_more_is_refused():
    deepest = b"[" * MAX_DEPTH + b"0" + b"]" * MAX_DEPTH
    assert encode(decode(deepest, "it")) == deepest
    with pytest.raises(MalformedError, match="deeper than 64 levels"):
        decode(b"[" + deepest + b"]", "it")


def test_a_value_that_holds_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(MalformedError, match="nested deeper"):
        encode(endless)


@pytest.mark.parametrize("number", [0, -1, MAX_INTEGER, -MAX_INTEGER])
def test_integers_up_to_the_bound_are_allowed(number):
    assert decode(encode(number), "it") == number


@given(documents)
def test_what_was_encoded_decodes_to_itself(document):
    assert decode(encode(document), "it") == document


@pytest.mark.parametrize("case", JCS["equal"], ids=lambda case: case["name"])
def test_reference_vectors_come_out_byte_for_byte(case):
    expected = case["output"].encode()
    assert encode(json.loads(case["output"])) == expected
    assert decode(expected, "it") == json.loads(case["output"])


@pytest.mark.parametrize("case", JCS["refused"], ids=lambda case: case["name"])
def test_reference_vectors_with_floats_are_refused(case):
    with pytest.raises(MalformedError, match="float"):
        encode(json.loads(case["input"]))


REFUSED_BYTES = {
    "nothing": b"",
    "a space": b'{"a": 1}',
    "keys out of order": b'{"b":1,"a":2}',
    "a key twice": b'{"a":1,"a":1}',
    "a decimal": b"1.5",
    "an integer written as a decimal": b"1.0",
    "an exponent": b"1e3",
    "minus zero": b"-0",
    "a capital exponent": b"1E3",
    "a leading zero": b"01",
    "a plus sign": b"+1",
    "infinity": b"Infinity",
    "an integer of five thousand digits": b"1" * 5_000,
    "an integer beyond 64 bits": b"18446744073709551616",
    "a negative integer beyond the bound": b"-9007199254740992",
    "keys in the order of code points, not of UTF-16": '{"\ufb33":1,"\U0001f602":2}'.encode(),
    "a key twice, once escaped": b'{"a":1,"\\u0061":1}',
    "a surrogate pair as two escapes": b'"\\ud83d\\ude02"',
    "a surrogate encoded in UTF-8": b'"\xed\xa0\x80"',
    "an overlong encoding": b'"\xc0\xaf"',
    "a raw control character": b'"\x01"',
    "a comma at the end": b"[1,]",
    "a comment": b"[1/**/]",
    "single quotes": b"'a'",
    "a hundred thousand objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a hundred thousand brackets that never close": b"[" * 100_000,
    "an integer beyond 2^53-1": b"9007199254740992",
    "not a number": b"NaN",
    "an escape that is not needed": b'"\\u0041"',
    "an upper-case escape": b'"\\u001F"',
    "an escaped slash": b'"\\/"',
    "a lone surrogate": b'"\\ud800"',
    "bytes that are not UTF-8": b'"\xff"',
    "a byte order mark": b"\xef\xbb\xbf1",
    "junk at the end": b"1 ",
    "two values": b"1\n2",
    "a hundred thousand brackets": b"[" * 100_000 + b"]" * 100_000,
    "ninety levels": b"[" * 90 + b"]" * 90,
}


@pytest.mark.parametrize("data", REFUSED_BYTES.values(), ids=REFUSED_BYTES.keys())
def test_bytes_that_encode_would_not_write_are_refused(data):
    with pytest.raises(MalformedError):
        decode(data, "it")


@given(st.binary(max_size=60) | documents.map(lambda document: json.dumps(document).encode()))
def test_arbitrary_bytes_decode_or_are_malformed(data):
    try:
        value = decode(data, "it")
    except MalformedError:
        return
    assert encode(value) == data


REFUSED_VALUES = {
    "a float": 1.5,
    "not a number": float("nan"),
    "a huge integer": 2**53,
    "bytes": b"x",
    "a set": {1},
    "a key that is a number": {1: 2},
    "a lone surrogate": "\ud800",
    "a lone surrogate in a key": {"\ud800": 1},
    "an object of another type": object(),
}


@pytest.mark.parametrize("value", REFUSED_VALUES.values(), ids=REFUSED_VALUES.keys())
def test_values_outside_the_subset_are_refused(value):
    with pytest.raises(MalformedError):
        encode(value)


def test_a_refusal_names_the_place():
    with pytest.raises(MalformedError, match=r"\$\.a\[1\]\.b is a float.*as strings"):
        encode({"a": [1, {"b": 0.5}]})


def test_a_refusal_shows_a_hostile_key_without_its_control_characters():
    with pytest.raises(MalformedError, match=r"\$\.\\x1b\[2J\\u202e is a float") as caught:
        decode(b'{"\\u001b[2J\xe2\x80\xae":0.5}', "it")
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("data", [b"[]", b"1", b'"a"', b"null"])
def test_what_is_no_object_is_refused_where_one_must_be(data):
    with pytest.raises(MalformedError, match="it must be a JSON object"):
        decode_object(data, "it")


def test_only_lower_case_hex_of_64_digits_is_a_digest():
    assert is_digest(digest(b""))
    assert not any(is_digest(text) for text in (digest(b"").upper(), digest(b"")[1:], "g" * 64, None, 1))


@pytest.mark.parametrize(
    "data",
    [
        b"1.5",
        b"[1,-2.0]",
        b'{"a":1e3}',
        b'{"a":[0.1]}',
        b"-0.0",
        b"9007199254740992",
        b'{"a":-9007199254740992}',
        b"1E5",
    ],
)
def test_a_number_outside_the_subset_is_refused_wherever_it_stands(data):
    with pytest.raises(MalformedError):
        decode(data, "it")


@pytest.mark.parametrize("text", [",1.5", ":2e3", "[-1.0", "1.0", '\\",1.5'])
def test_text_that_looks_like_a_float_is_read(text):
    assert decode(encode({"a": text}), "it") == {"a": text}


def test_more_brackets_than_levels_are_no_nesting():
    wide = [[] for _ in range(200)]
    assert decode(encode(wide), "it") == wide
    deep = b"[" * 66 + b"]" * 66
    with pytest.raises(MalformedError, match="nested deeper"):
        decode(deep, "it")


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(['{"a":%s}', "[%s]", "[1,%s,2]", '{"a":0,"b":%s,"c":0}']),
)
def test_every_float_that_json_can_hold_is_refused(number, around):
    with pytest.raises(MalformedError):
        decode((around % orjson.dumps(number).decode()).encode(), "it")
