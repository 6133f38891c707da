import base64
import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from support import vectors

from collector.ledger.keys import FileSigner, sign_note
from collector.ledger.note import (
    ED25519,
    MAX_NOTE,
    MAX_SIGNATURES,
    Note,
    Signature,
    SignatureError,
    VerifierKey,
    verify_ed25519,
)
from collector.model.errors import ConfigurationError, MalformedError

VECTORS = vectors.load("notes.json")
EXAMPLE = VECTORS["signed_note_example"]
LINE = EXAMPLE["note"].split("\n\n")[1]
GO_KEY, GO_NOTE = VECTORS["go_note"]["key"], VECTORS["go_note"]["note"]
SECOND = FileSigner(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), "example.com/second")
SECOND_KEY = SECOND.key.encode()
SECOND_LINE = sign_note(GO_NOTE.split("\n\n")[0] + "\n", [SECOND]).signatures[0].encode()
SECOND_ID = SECOND_LINE.split(" ")[2][:4]

names = st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"], exclude_characters="+"), min_size=1, max_size=12)
texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.just("\n"), min_size=1, max_size=40)
lines = st.builds(Signature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))


@pytest.mark.parametrize("name", ["signed_note_example", "go_note"])
def test_published_notes_verify_under_their_keys(name):
    key = VerifierKey.decode(VECTORS[name]["key"])
    note = Note.decode(VECTORS[name]["note"].encode(), "it")
    assert note.verify([key], "it") == key
    assert note.encode().decode() == VECTORS[name]["note"]
    assert key.encode() == VECTORS[name]["key"]


@pytest.mark.parametrize("key", [GO_KEY, SECOND_KEY])
def test_a_note_of_two_signers_verifies_under_either_key(key):
    note = Note.decode((GO_NOTE + SECOND_LINE).encode(), "it")
    assert note.verify([VerifierKey.decode(key)], "it").encode() == key


def test_of_two_known_signers_the_first_line_counts():
    note = Note.decode((GO_NOTE + SECOND_LINE).encode(), "it")
    keys = [VerifierKey.decode(SECOND_KEY), VerifierKey.decode(GO_KEY)]
    assert note.verify(keys, "it").encode() == GO_KEY


def test_a_known_line_that_does_not_verify_refuses_the_note_even_beside_a_good_one():
    damaged = SECOND_LINE[:60] + "ABCD" + SECOND_LINE[60:]
    note = Note.decode((GO_NOTE + damaged).encode(), "it")
    with pytest.raises(SignatureError, match=r"example\.com/second on it does not verify"):
        note.verify([VerifierKey.decode(GO_KEY), VerifierKey.decode(SECOND_KEY)], "it")


def test_a_line_under_another_name_or_another_id_is_a_strangers():
    for stranger in (SECOND_LINE.replace("second", "third"), SECOND_LINE.replace(SECOND_ID, "xxxx", 1)):
        note = Note.decode((GO_NOTE + stranger).encode(), "it")
        with pytest.raises(SignatureError, match="not signed by a trusted key"):
            note.verify([VerifierKey.decode(SECOND_KEY)], "it")


@given(texts, st.lists(lines, min_size=1, max_size=5))
def test_a_note_survives_encoding(text, signatures):
    note = Note(f"a{text}\n", tuple(signatures))
    assert Note.decode(note.encode(), "it") == note


def test_a_strangers_name_cannot_steer_the_terminal():
    line = Signature("\x9b2J\u202eexample.com", b"abcd", b"anything")
    with pytest.raises(SignatureError) as caught:
        Note("text\n", (line,)).verify([], "it")
    assert caught.value.message.isprintable()


def test_an_altered_text_is_refused():
    altered = EXAMPLE["note"].replace("example message", "other message").encode()
    with pytest.raises(SignatureError, match="was altered"):
        Note.decode(altered, "it").verify([VerifierKey.decode(EXAMPLE["key"])], "it")


def test_a_note_of_strangers_only_is_refused_and_names_them():
    stranger = VerifierKey.decode(VECTORS["go_note"]["key"])
    with pytest.raises(
        SignatureError, match=r"not signed by a trusted key; it is signed by 'example.com/foo\+530d903a'"
    ):
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
    "base64 with a line break's space": "text\n\n— a Uw2Q Okn8\n",
    "URL-safe base64": "text\n\n— a Uw2QOkn8sr-_\n",
    "base64 in other digits": "text\n\n— a Uw2QOkn8sr２3\n",
    "only a dash": "text\n\n—\n",
    "no signature after the name": "text\n\n— example.com/foo\n",
    "two spaces after the name": "text\n\n" + LINE.replace("foo ", "foo  "),
    "a trailing space": "text\n\n" + LINE.replace("\n", " \n"),
    "a second empty line at the end": "text\n\n" + LINE + "\n",
    "an empty line between signatures": "text\n\n" + LINE + "\n\n",
    "a tab": "te\txt\n\n" + LINE,
    "a carriage return after a signature": "text\n\n" + LINE.replace("\n", "\r\n"),
    "a byte order mark before the dash": "text\n\n\ufeff" + LINE,
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


def test_the_text_may_hold_empty_lines():
    assert Note.decode(("one\n\ntwo\n\n\n" + LINE).encode(), "it").text == "one\n\ntwo\n\n"


def test_the_largest_note_and_the_most_signatures_are_read():
    line = "— a AAAAAAA=\n"
    padding = "x" * (MAX_NOTE - len("\n\n") - len(line.encode()))
    assert len(Note.decode(f"{padding}\n\n{line}".encode(), "it").text) == len(padding) + 1
    assert len(Note.decode(("text\n\n" + LINE * MAX_SIGNATURES).encode(), "it").signatures) == MAX_SIGNATURES


def test_sixteen_signatures_of_post_quantum_size_are_read():
    big = Signature("w.example.com", b"abcd", bytes(5000))
    note = Note("text\n", (big,) * 16)
    assert len(Note.decode(note.encode(), "it").signatures) == 16


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_note_or_malformed(data):
    with contextlib.suppress(MalformedError):
        assert Note.decode(data, "it").encode() == data


def vkey(kind, public):
    """A verifier key whose id fits its material, whatever that is."""
    return VerifierKey("example.com/second", kind, public).encode()


REFUSED_KEYS = {
    "no plus signs": "example.com/foo",
    "another id": EXAMPLE["key"].replace("530d903a", "530d903b"),
    "an upper-case id": EXAMPLE["key"].replace("530d903a", "530D903A"),
    "another type": "a+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
    "a short key": "a+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(),
    "a name with a space": "a b" + EXAMPLE["key"][15:],
    "a name with a lone surrogate": "a\ud800" + EXAMPLE["key"][15:],
    "material that is not base64": EXAMPLE["key"][:25] + "!" * 44,
    "a longer key whose id matches": vkey(ED25519, bytes(33)),
    "an unknown type whose id matches": vkey(0x65, bytes(32)),
}


@pytest.mark.parametrize("text", REFUSED_KEYS.values(), ids=REFUSED_KEYS.keys())
def test_a_malformed_verifier_key_is_refused(text):
    with pytest.raises((ConfigurationError, MalformedError)):
        VerifierKey.decode(text)


def test_no_part_of_a_verifier_key_and_no_key_with_one_byte_off_is_a_verifier_key():
    parts = {SECOND_KEY[i:j] for i in range(len(SECOND_KEY)) for j in range(i + 1, len(SECOND_KEY) + 1)} - {SECOND_KEY}
    off = {SECOND_KEY[:i] + chr(ord(SECOND_KEY[i]) + 1) + SECOND_KEY[i + 1 :] for i in range(len(SECOND_KEY))}
    for text in parts | off:
        with pytest.raises((ConfigurationError, MalformedError)):
            VerifierKey.decode(text)


@given(st.text(max_size=40) | st.builds("{}+{}+{}".format, st.text(max_size=5), st.text(max_size=8), st.text()))
def test_arbitrary_text_is_refused_as_a_verifier_key(text):
    with pytest.raises((ConfigurationError, MalformedError)):
        VerifierKey.decode(text)


@given(names, st.binary(min_size=32, max_size=32))
def test_a_verifier_key_survives_encoding_and_no_point_crashes_verification(name, public):
    key = VerifierKey(name, ED25519, public)
    assert VerifierKey.decode(key.encode()) == key
    assert not verify_ed25519(key, b"message", b"\xff" * 64)
    assert not verify_ed25519(key, b"message", b"short")
