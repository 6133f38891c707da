"""Packets as files: what is written comes back unchanged, and what comes back is not trusted."""

import csv
import io
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ledgers import NAME, START
from support.reviews import decide, edited, entry, through, written

from collector.model.errors import ConfigurationError
from collector.review.files import MAX_CSV, MAX_YAML, read_packet, to_csv, to_yaml
from collector.review.packet import COLUMNS, Packet

BOM = "\ufeff"
FIRST_ENTRY = 10
"""The line on which the first entry of these packets begins in YAML; in CSV it is the second line."""


def packet(*entries, opened: datetime = START) -> Packet:
    return Packet(NAME, "ACC-3", 7, "ab" * 32, opened, entries or (entry(),))


@pytest.fixture(params=["yaml", "csv"])
def path(request, tmp_path):
    """Where a packet of each form is written."""
    return tmp_path / f"packet.{request.param}"


def refused(path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        read_packet(path)
    assert str(path) in caught.value.message
    return caught.value


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
DANGEROUS = st.sampled_from(
    ["=1+1", "'=1+1", "''=", "'", "''", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\x00=1", "＝1", "\x7f",
     "\x85", "a\x85b", "\u2028", BOM, f"{BOM}=1", "\x1b[2J", "a,b", '"', '""', "a\r\nb", "a\rb", "a\nb", " a ", "",
     "null", "~", "yes", "1", "2026-01-01", "!!python/object", "&a", "*a", "# no", "a: b", "- a", "%TAG", "---",
     "\U0001f600", "\uffff", "\U0010ffff", "\\", "\\n", "\\U00000000", "{ledger}", "'" * 9 + "="]
)  # fmt: skip
ANY = TEXTS | DANGEROUS | st.builds(str.__add__, DANGEROUS, TEXTS)


@given(values=st.fixed_dictionaries({name: ANY for name in COLUMNS if name != "decision"}), decided=st.booleans())
@pytest.mark.parametrize("form", ["yaml", "csv"])
def test_any_text_of_a_principal_or_a_note_comes_back_unchanged(tmp_path_factory, form, values, decided):
    original = packet(entry(**values, decision="keep" if decided else ""))
    path = tmp_path_factory.getbasetemp() / f"any.{form}"
    assert through(original, path) == original
    # A second time: what a reviewer saves again is written from what was read.
    assert through(through(original, path), path) == original


@given(notes=st.lists(ANY, min_size=2, max_size=4))
@pytest.mark.parametrize("form", ["yaml", "csv"])
def test_every_entry_stands_on_the_line_that_errors_name(tmp_path_factory, form, notes):
    entries = tuple(entry(principal=str(number), note=note) for number, note in enumerate(notes))
    path = written(packet(*entries), tmp_path_factory.getbasetemp() / f"lines.{form}")
    text = path.read_bytes().decode()
    read, _ = read_packet(path)
    # As an editor counts lines: also within a cell.
    lines = list(io.StringIO(text, newline=""))
    for each in read.entries:
        assert (each.location if form == "csv" else "location") in lines[each.line - 1]


def test_the_head_comes_back_unchanged(path):
    original = packet(opened=START.replace(microsecond=1))
    assert through(original, path) == original


def test_a_packet_says_in_yaml_what_it_does_not_cover(tmp_path):
    reasons = ("s3://b/ cannot be decided", "two\nlines: forged")
    path = written(replace(packet(), undecided=reasons), tmp_path / "packet.yaml")
    comments = [line for line in path.read_text().splitlines() if line.startswith("# Not covered")]
    assert comments == ['# Not covered: "s3://b/ cannot be decided"', '# Not covered: "two\\nlines: forged"']
    assert read_packet(path)[0] == packet()


FORMULAS = ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\x00=1", "＝1", "＋1", "－1", "＠1"]


@pytest.mark.parametrize("formula", [*FORMULAS, *(f"'{formula}" for formula in FORMULAS)])
def test_no_cell_begins_as_a_formula_does_and_none_loses_a_character(tmp_path, formula):
    original = packet(entry(principal=formula, note=formula))
    path = written(original, tmp_path / "packet.csv")
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    assert not [cell for row in rows for cell in row if cell.startswith(tuple(each[0] for each in FORMULAS))]
    assert read_packet(path)[0] == original


def test_a_spreadsheets_csv_is_read(tmp_path):
    """With a byte order mark, every cell in quotes, CRLF, and the decisions in capitals with spaces."""
    original = packet(entry(decision="keep"), entry(principal="second", decision="revoke"))
    rows = list(csv.reader(io.StringIO(to_csv(original).removeprefix(BOM), newline="")))
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(
        [{"keep": " Keep", "revoke": "REVOKE "}.get(cell, cell) for cell in row] for row in rows
    )
    path = tmp_path / "packet.CSV"
    path.write_bytes(f"{BOM}{out.getvalue()}".encode())
    assert read_packet(path)[0] == original


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_line_ends_and_the_byte_order_mark_are_the_editors_choice(path, ends):
    original = packet(entry(decision="keep", note="fine"))
    text = written(original, path).read_bytes().decode().removeprefix(BOM).replace("\r\n", "\n").replace("\n", ends)
    for mark in ("", BOM):
        path.write_bytes(f"{mark}{text}".encode())
        assert read_packet(path)[0] == original


def test_a_note_in_yaml_may_be_plain_or_a_block(tmp_path):
    path = written(packet(), tmp_path / "packet.yaml")
    edited(path, {'decision: ""': "decision: keep", 'note: ""': "note: |\n      two\n      lines\n"})
    (read,) = read_packet(path)[0].entries
    assert (read.decision, read.note) == ("keep", "two\nlines\n")
    edited(path, {"decision: keep": "decision:"})
    assert read_packet(path)[0].entries[0].decision == ""


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_csv_with_another_separator_is_told_apart(tmp_path, separator):
    path = tmp_path / "packet.csv"
    path.write_text(to_csv(packet()).replace(",", separator))
    error = refused(path)
    assert f"{path}:1: the columns must be ledger, control" in error.message
    assert "with commas between them" in error.message


def test_columns_in_another_order_are_refused(tmp_path):
    path = edited(written(packet(), tmp_path / "packet.csv"), {"decision,note": "note,decision"})
    assert f"{path}:1: the columns must be" in refused(path).message


@pytest.mark.parametrize("decision", ["kep", "yes", "keep revoke", "k\u0435\u0435p", "remove"])
def test_a_misspelt_decision_is_named_with_its_line(path, decision):
    written(packet(entry(), entry(principal="second", decision=decision)), path)
    error = refused(path)
    line = FIRST_ENTRY + len(COLUMNS) if path.suffix == ".yaml" else 3
    assert f"line {line}: the decision {decision!r} is neither keep nor revoke" in error.message
    assert "change only decision and note" in error.mend


def test_all_problems_are_told_at_once(path):
    written(packet(*(entry(principal=name, decision=f"no {name}") for name in "abc")), path)
    message = refused(path).message
    assert [name for name in "abc" if f"'no {name}' is neither" in message] == ["a", "b", "c"]


def test_a_file_that_is_not_there_or_is_a_folder_is_named(tmp_path):
    assert "No such file" in refused(tmp_path / "absent.yaml").message
    assert "Is a directory" in refused(tmp_path).message


def test_an_oversized_file_is_refused_and_never_read_whole(path):
    with path.open("wb") as file:
        # Sparse: reading it whole would take far more memory than there is.
        file.truncate(1 << 40)
    error = refused(path)
    assert f"larger than {MAX_CSV if path.suffix == '.csv' else MAX_YAML} bytes" in error.message
    assert path.suffix == ".csv" or error.mend == "fill in the CSV instead"


GARBAGE = {
    "nothing": b"",
    "only a comment": b"# nothing\n",
    "NUL bytes": b"\x00" * 64,
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "UTF-16, as a spreadsheet's Unicode text": "ledger\tcontrol\n".encode("utf-16"),
    "an unfinished quote": b'ledger: "x\nentries: [\n',
    "a list": b"- 1\n- 2\n",
    "a text": b"hello",
    "two documents": b"a: 1\n---\nb: 2\n",
    "an escape": b"\x1b[2Jledger: 1\n",
    "a tag that makes an object": b"!!python/object/apply:os.system ['true']\n",
    "a quote that never ends": b'"' * 33,
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_refused_by_name(path, data):
    path.write_bytes(data)
    error = refused(path)
    assert "controlproof init" not in (error.mend or "")


@given(data=st.binary(max_size=200))
@pytest.mark.parametrize("form", ["yaml", "csv"])
def test_no_bytes_are_a_packet_or_a_crash(tmp_path_factory, form, data):
    path = tmp_path_factory.getbasetemp() / f"garbage.{form}"
    path.write_bytes(data)
    refused(path)


@given(st.data())
@pytest.mark.parametrize("form", ["yaml", "csv"])
def test_a_damaged_packet_is_a_packet_or_refused_but_never_a_crash(tmp_path_factory, form, data):
    path = written(packet(entry(), entry(principal="b")), tmp_path_factory.getbasetemp() / f"damaged.{form}")
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, min(len(whole), start + 20)))
    path.write_bytes(whole[:start] + data.draw(st.binary(max_size=8)) + whole[stop:])
    read = None
    with suppress(ConfigurationError):
        read, _ = read_packet(path)
    assert read is None or isinstance(read, Packet)


def test_bytes_that_are_no_utf8_are_named_with_their_line(path):
    data = written(packet(entry(note="Muller")), path).read_bytes()
    path.write_bytes(data.replace(b"Muller", "Müller".encode("latin-1")))
    error = refused(path)
    line = FIRST_ENTRY + len(COLUMNS) - 1 if path.suffix == ".yaml" else 2
    assert f"{path}:{line}: not UTF-8" in error.message
    assert error.mend == "save the file as UTF-8"


BOMBS = {
    "aliases": "a: &a [x,x]\nb: &b [*a,*a]\n" + "".join(f"c{n}: &c{n} [*b,*b]\n" for n in range(50)),
    "sequences in sequences": "[" * 100_000,
    "mappings in mappings": "{a: " * 100_000,
    "lists in lists": "- " * 100_000,
    "an endless key": "? " * 100_000,
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_on_the_line_where_it_starts(tmp_path, text):
    path = tmp_path / "packet.yaml"
    path.write_text(f"# a comment\n{text}")
    assert f"{path}:2: " in refused(path).message


WRONG = {
    "a record that is no number": {"record: 7": "record: seven"},
    "a record that is true": {"record: 7": "record: true"},
    "a negative record": {"record: 7": "record: -7"},
    "a record beyond every ledger": {"record: 7": f"record: {1 << 53}"},
    "a record that is a list": {"record: 7": "record: [7]"},
    "a ledger that is a number": {f'ledger: "{NAME}"': "ledger: 5"},
    "an opening that is a date": {'opened: "2026-01-01T00:00:00.000000Z"': "opened: 2026-01-01"},
    "an opening that is no time": {'"2026-01-01T00:00:00.000000Z"': '"yesterday"'},
    "an opening without a zone": {"00:00:00.000000Z": "00:00:00.000000"},
    "entries that are a text": {"entries:\n": "entries: x\nmore:\n"},
    "one key more": {"record: 7": "record: 7\nverified: true"},
    "one key less": {"record: 7\n": ""},
    "one key twice": {"record: 7": "record: 7\nrecord: 8"},
    "a decision that is a number": {'decision: ""': "decision: 1"},
    "a decision that YAML reads as false": {'decision: ""': "decision: no"},
    "a decision that is a list": {'decision: ""': "decision: [keep]"},
    "a decision that is a mapping": {'decision: ""': "decision: {keep: keep}"},
    "a note that is true": {'note: ""': "note: true"},
    "a note with half a character": {'note: ""': 'note: "\\ud800"'},
    "a principal with half a character": {"role/inference": "role/\\udfff"},
    "a column more": {'note: ""': 'note: ""\n    line: 5'},
    "a column less": {'    note: ""\n': ""},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_type_is_refused(tmp_path, changes):
    error = refused(edited(written(packet(), tmp_path / "packet.yaml"), changes))
    assert error.mend or "it must hold" in error.message


def test_an_entry_that_is_no_mapping_is_named_with_its_line(tmp_path):
    path = tmp_path / "packet.yaml"
    path.write_text(to_yaml(packet()) + "  - just text\n  - null\n")
    message = refused(path).message
    for line in (1, 2):
        assert f"line {FIRST_ENTRY - 1 + len(COLUMNS) + line}: missing or unknown: everything" in message


CELLS = {
    "a cell less": ({",,\r\n": ",\r\n"}, "line 2: 15 cells instead of 16"),
    "a cell more": ({",,\r\n": ",,,\r\n"}, "line 2: 17 cells instead of 16"),
    "a record that is no number": ({",7,": ",seven,"}, "does not say which record"),
    "a record in other digits": ({",7,": ",٧,"}, "does not say which record"),
    "a record beyond every ledger": ({",7,": f",{'9' * 400},"}, "does not say which record"),
    "an unfinished quote": ({",,\r\n": ',,"\r\n'}, "packet.csv:2: not CSV"),
    "text behind a quote": ({",,\r\n": ',"keep"x,\r\n'}, "packet.csv:2: not CSV"),
}


@pytest.mark.parametrize(("changes", "words"), CELLS.values(), ids=CELLS.keys())
def test_a_row_that_does_not_fit_is_refused(tmp_path, changes, words):
    assert words in refused(edited(written(packet(), tmp_path / "packet.csv"), changes)).message


def test_rows_of_two_packets_are_refused_and_the_first_strange_one_is_named(tmp_path):
    path = written(packet(entry(principal="a"), entry(principal="b")), tmp_path / "packet.csv")
    lines = path.read_bytes().split(b"\r\n")
    path.write_bytes(b"\r\n".join([*lines[:2], lines[2].replace(b",7,", b",8,"), *lines[3:]]))
    assert "line 3: it is of another packet" in refused(path).message


def test_a_csv_without_rows_is_refused(tmp_path):
    path = tmp_path / "packet.csv"
    path.write_text(to_csv(packet()).splitlines()[0] + "\n")
    assert "no entries" in refused(path).message


def test_a_review_of_twenty_thousand_readings_fits_in_csv(tmp_path):
    many = packet(*(entry(principal=f"{number:0100}", path="step → " * 60) for number in range(20_000)))
    assert len(to_yaml(many)) > MAX_YAML
    assert through(many, tmp_path / "packet.csv") == many


def test_deciding_changes_nothing_else(path):
    assert through(decide(packet(), "keep"), path) == decide(packet(), "keep")
