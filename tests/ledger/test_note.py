import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import vectors

from collector.ledger.note import MAX_NOTE, Note, Signature, SignatureError, VerifierKey
from collector.model.errors import ConfigurationError, MalformedError

VECTORS = vectors.load("notes.json")
EXAMPLE = VECTORS["signed_note_example"]
LINE = EXAMPLE["note"].split("\n\n")[1]


@pytest.mark.parametrize("name", ["signed_note_example", "go_note"])
def test_published_notes_verify_under_their_keys(name):
    key = VerifierKey.decode(VECTORS[name]["key"])
    note = Note.decode(VECTORS[name]["note"].encode(), "it")
    assert note.verify([key], "it") == key
    assert note.encode().decode() == VECTORS[name]["note"]
    assert key.encode() == VECTORS[name]["key"]


def test_an_altered_text_is_refused():
    altered = EXAMPLE["note"].replace("example message", "other message").encode()
    with pytest.raises(SignatureError, match="was altered"):
        Note.decode(altered, "it").verify([VerifierKey.decode(EXAMPLE["key"])], "it")


def test_a_note_of_strangers_only_is_refused_and_names_them():
    stranger = VerifierKey.decode(VECTORS["go_note"]["key"])
    with pytest.raises(SignatureError, match=r"not signed by a trusted key; it is signed by example.com/foo\+530d903a"):
        Note.decode(EXAMPLE["note"].encode(), "it").verify([stranger], "it")


def test_strangers_lines_beside_a_known_one_are_ignored():
    note = Note.decode(EXAMPLE["note"].encode(), "it")
    more = note.with_signature(Signature("witness.example.com", b"abcd", b"anything"))
    key = VerifierKey.decode(EXAMPLE["key"])
    assert Note.decode(more.encode(), "it").verify([key], "it") == key


def test_a_second_line_of_a_known_key_must_verify_too():
    note = Note.decode(EXAMPLE["note"].encode(), "it")
    forged = note.with_signature(Signature(note.signatures[0].name, note.signatures[0].key_id, bytes(64)))
    with pytest.raises(SignatureError):
        forged.verify([VerifierKey.decode(EXAMPLE["key"])], "it")


REFUSED = {
    "nothing": "",
    "no signature": "text\n",
    "no empty line": "text\n" + LINE,
    "an empty text": "\n\n" + LINE[2:],
    "no newline at the end": "text\n\n" + LINE.rstrip("\n"),
    "junk after the last signature": "text\n\n" + LINE + "junk\n",
    "a carriage return": "text\r\n\n" + LINE,
    "a control character": "te\x01xt\n\n" + LINE,
    "a hyphen for the dash": "text\n\n" + LINE.replace("—", "-"),
    "no name": "text\n\n—  Uw2QOkn8srV1\n",
    "a name with a plus": "text\n\n— a+b Uw2QOkn8srV1\n",
    "a name with a no-break space": "text\n\n— a\u00a0b Uw2QOkn8srV1\n",
    "what is not base64": "text\n\n— a !!!!\n",
    "base64 with stray bits": "text\n\n— a Uw2QOkn8srU=\n".replace("srU=", "srV="),
    "base64 without padding": "text\n\n— a Uw2QOkn8srU\n",
    "a key id without a signature": "text\n\n— a Uw2QOg==\n",
    "65 signatures": "text\n\n" + LINE * 65,
    "a quarter megabyte": "x" * MAX_NOTE + "\n\n" + LINE,
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_a_malformed_note_is_refused(text):
    with pytest.raises(MalformedError, match=r"\bit\b"):
        Note.decode(text.encode(), "it")


def test_bytes_that_are_not_utf8_are_refused():
    with pytest.raises(MalformedError, match="not UTF-8"):
        Note.decode(b"\xff" + EXAMPLE["note"].encode(), "it")


def test_sixteen_signatures_of_post_quantum_size_are_read():
    big = Signature("w.example.com", b"abcd", bytes(5000))
    note = Note("text\n", (big,) * 16)
    assert len(Note.decode(note.encode(), "it").signatures) == 16


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_note_or_malformed(data):
    with contextlib.suppress(MalformedError):
        assert Note.decode(data, "it").encode() == data


REFUSED_KEYS = {
    "no plus signs": "example.com/foo",
    "another id": EXAMPLE["key"].replace("530d903a", "530d903b"),
    "an upper-case id": EXAMPLE["key"].replace("530d903a", "530D903A"),
    "another type": "a+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
    "a short key": "a+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(),
    "a name with a space": "a b" + EXAMPLE["key"][15:],
}


@pytest.mark.parametrize("text", REFUSED_KEYS.values(), ids=REFUSED_KEYS.keys())
def test_a_malformed_verifier_key_is_refused(text):
    with pytest.raises((ConfigurationError, MalformedError)):
        VerifierKey.decode(text)
