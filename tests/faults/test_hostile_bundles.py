"""Bundles that someone made or changed: refused with words, within bounded memory, without a traceback."""

import json
import re
import subprocess
import sys
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.estate import year
from support.ledgers import signer
from support.tampering import DERIVED, TAMPERED, edit_manifest, lines_of, read, with_lines, write

from collector.bundle.export import export_bundle
from collector.bundle.reader import open_bundle
from collector.bundle.verify import verify_bundle
from collector.ledger.verify import Trust
from collector.model.errors import BundleError, ControlproofError, Exit
from collector.model.period import Period


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a good bundle, and the fingerprint that signs it."""
    folder = tmp_path_factory.mktemp("made")
    with year(folder, days=3).read() as reader:
        export_bundle(reader, Period.parse("2026-01-02..2026-02-01"), None, folder / "bundle.zip")
    return folder, signer(folder).key.fingerprint


@pytest.fixture
def files(made):
    return read(made[0] / "bundle.zip")


@pytest.fixture
def fingerprint(made):
    return made[1]


CASES = TAMPERED | DERIVED


@pytest.mark.parametrize(("tamper", "step", "message"), CASES.values(), ids=CASES.keys())
def test_a_tampered_bundle_is_refused_even_with_a_manifest_to_match(made, files, tmp_path, tamper, step, message):
    folder, fingerprint = made
    path = write(tmp_path / "b.zip", tamper(files, folder))
    with open_bundle(path) as bundle:
        found = verify_bundle(bundle, Trust((fingerprint,)))
    assert found.exit is Exit.INTEGRITY
    if message:
        assert re.search(message, found.steps[step].problem.message)


def test_the_same_files_sealed_again_still_verify(files, fingerprint, tmp_path):
    with open_bundle(write(tmp_path / "b.zip", files)) as bundle:
        assert verify_bundle(bundle, Trust((fingerprint,))).exit is Exit.PASS


def test_a_file_that_the_manifest_does_not_match_is_named(files, fingerprint, tmp_path):
    changed = {**files, "README.txt": b"trust me\n"}
    with open_bundle(write(tmp_path / "b.zip", changed, seal=False)) as bundle:
        found = verify_bundle(bundle, Trust((fingerprint,)))
    assert found.steps[0].problem.message == "README.txt is not the file that bundle.json names: it was altered"


def test_a_bundle_that_ends_before_a_known_checkpoint_is_refused(made, fingerprint):
    folder, _ = made
    with year_reader(folder) as reader:
        newest = reader.checkpoint(reader.size)
    with open_bundle(folder / "bundle.zip") as bundle:
        assert verify_bundle(bundle, Trust((fingerprint,), newest)).exit is Exit.PASS
    with year_reader(folder) as reader:
        export_bundle(reader, Period.parse("2026-01-02..2026-01-03"), None, folder / "older.zip")
    with open_bundle(folder / "older.zip") as bundle:
        found = verify_bundle(bundle, Trust((fingerprint,), newest))
    assert found.exit is Exit.INTEGRITY
    assert "rolled back" in found.steps[4].problem.message


def year_reader(folder):
    from collector.ledger.store import Ledger

    return Ledger.open(f"sqlite:///{folder}/ledger.db").read()


NAMES = {
    "a path upwards": "../evil",
    "a path upwards inside": "ledger/../../evil",
    "an absolute name": "/etc/passwd",
    "a drive": "C:/evil",
    "a backslash": "ledger\\evil",
    "an empty part": "ledger//evil",
    "a hidden file": ".evil",
    "a folder": "evil/",
    "a zero byte": "evil\x00.txt",
    "a newline": "evil\n.txt",
    "letters outside ASCII": "\u202eevil.txt",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_an_unsafe_name_is_refused_before_anything_is_read(files, tmp_path, name):
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in files.items():
            archive.writestr(member, data)
        info = zipfile.ZipInfo("placeholder")
        info.filename = info.orig_filename = name
        archive.writestr(info, b"evil")
    with pytest.raises(BundleError, match=r"unsafe name|not a regular file"), open_bundle(path):
        pass
    assert sorted(child.name for child in tmp_path.iterdir()) == ["b.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["bundle.json", "BUNDLE.JSON"])
def test_a_name_that_stands_twice_is_refused(files, tmp_path, name):
    path = write(tmp_path / "b.zip", files)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"{}")
    with pytest.raises(BundleError, match="twice"), open_bundle(path):
        pass


def test_a_link_is_refused(files, tmp_path):
    path = write(tmp_path / "b.zip", files)
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(BundleError, match="not a regular file"), open_bundle(path):
        pass


def test_another_compression_is_refused(files, tmp_path):
    path = write(tmp_path / "b.zip", files)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("more", b"x" * 100)
    with pytest.raises(BundleError, match="compressed by method 12"), open_bundle(path):
        pass


def test_bytes_before_the_first_file_are_refused(files, tmp_path):
    path = write(tmp_path / "b.zip", files)
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    with pytest.raises(BundleError, match="hidden bytes precede"), open_bundle(path):
        pass


MANIFESTS = {
    "an unknown version": (lambda f: edit_manifest(f, v=2), "version 2; this program reads version 1"),
    "an unknown field": (lambda f: edit_manifest(f, more=1), "unknown fields: more"),
    "spaces": (
        lambda f: {**f, "bundle.json": json.dumps(json.loads(f["bundle.json"])).encode()},
        "not in canonical form",
    ),
    "a float": (lambda f: {**f, "bundle.json": b'{"v":1.0}'}, "float"),
    "a size below first": (lambda f: edit_manifest(f, size=0), "claims no records"),
    "a huge size": (lambda f: edit_manifest(f, size="9"), "size in bundle.json is malformed"),
    "a wrong number of range hashes": (lambda f: edit_manifest(f, range=[]), "malformed"),
    "an origin with a plus": (lambda f: edit_manifest(f, origin="a+b"), "origin in bundle.json is malformed"),
    "a key that is none": (lambda f: edit_manifest(f, key="a+b+c"), "malformed"),
    "controls out of order": (lambda f: edit_manifest(f, controls=["B", "A"]), "controls in bundle.json"),
    "nine megabytes": (lambda f: {**f, "bundle.json": b'"' + b"x" * 9_000_000 + b'"'}, "at most 8388608 are read"),
}


@pytest.mark.parametrize(("change", "message"), MANIFESTS.values(), ids=MANIFESTS.keys())
def test_a_malformed_manifest_is_refused_by_its_fault(files, tmp_path, change, message):
    path = write(tmp_path / "b.zip", change(files), seal=False)
    with pytest.raises(BundleError, match=message), open_bundle(path):
        pass


PARTS = {
    "a header that is not canonical": (
        "ledger/records.jsonl",
        lambda line: line.replace(b'":', b'": ', 1),
        "canonical form",
    ),
    "a header of an unknown version": (
        "ledger/records.jsonl",
        lambda line: line.replace(b'"v":1', b'"v":2'),
        "version 2",
    ),
    "a checkpoint with a leading zero": (
        "ledger/checkpoints.jsonl",
        lambda line: re.sub(rb"\\n(\d+)\\n", rb"\\n0\1\\n", line, count=1),
        "not a canonical whole number",
    ),
    "a checkpoint with loose base64": (
        "ledger/checkpoints.jsonl",
        lambda line: re.sub(rb"[^=\\]=\\n\\n", rb"B=\\n\\n", line, count=1),
        "canonical base64|altered",
    ),
}


@pytest.mark.parametrize(("name", "change", "message"), PARTS.values(), ids=PARTS.keys())
def test_a_part_in_another_spelling_is_refused(files, fingerprint, tmp_path, name, change, message):
    lines = lines_of(files, name)
    lines[0] = change(lines[0])
    path = write(tmp_path / "b.zip", with_lines(files, name, lines))
    with open_bundle(path) as bundle:
        found = verify_bundle(bundle, Trust((fingerprint,)))
    assert any(re.search(message, problem.message) for problem in found.problems)


def test_a_missing_part_is_named(files, tmp_path):
    del files["ledger/records.jsonl"]
    path = write(tmp_path / "b.zip", files)
    with pytest.raises(BundleError, match=r"ledger/records\.jsonl is missing"), open_bundle(path):
        pass


NOT_BUNDLES = {
    "nothing": b"",
    "text": b"hello",
    "an empty zip": b"PK\x05\x06" + bytes(18),
    "a cut zip": b"PK\x03\x04" + bytes(100),
}


@pytest.mark.parametrize("data", NOT_BUNDLES.values(), ids=NOT_BUNDLES.keys())
def test_what_is_no_bundle_is_a_clear_error(tmp_path, data):
    (tmp_path / "b.zip").write_bytes(data)
    with pytest.raises(BundleError), open_bundle(tmp_path / "b.zip"):
        pass


def test_a_missing_file_is_a_clear_error(tmp_path):
    with pytest.raises(BundleError, match="no bundle at"), open_bundle(tmp_path / "none.zip"):
        pass


VERIFY_IN_LITTLE_MEMORY = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (700 * 2**20, 700 * 2**20))
from collector.cli.main import main
main(["verify", sys.argv[1]])
"""


def test_a_bomb_of_a_gigabyte_is_refused_in_little_memory(files, tmp_path):
    name = "objects.jsonl"
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member, data in files.items():
            if member != name:
                archive.writestr(member, data)
        with archive.open(name, "w", force_zip64=True) as bomb:
            for _ in range(1024):
                bomb.write(bytes(1 << 20))
    done = subprocess.run(
        [sys.executable, "-c", VERIFY_IN_LITTLE_MEMORY, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == Exit.INTEGRITY
    assert "a bomb" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_endless_line_is_refused_in_little_memory(files, tmp_path):
    import random

    noise = random.Random(1).randbytes(40 << 20).replace(b"\n", b"x")
    path = write(tmp_path / "b.zip", {**files, "ledger/records.jsonl": noise})
    with pytest.raises(BundleError, match=r"line 1 of ledger/records\.jsonl is longer than"), open_bundle(path):
        pass


@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_in_the_zip_never_verifies_and_never_crashes(made, at, bit):
    folder, pin = made
    data = bytearray((folder / "bundle.zip").read_bytes())
    data[at % len(data)] ^= 1 << bit
    path = folder / "flipped.zip"
    path.write_bytes(data)
    try:
        with open_bundle(path) as bundle:
            before = {name: bundle.archive.digest(name) for name in bundle.archive.names}
            found = verify_bundle(bundle, Trust((pin,)))
    except ControlproofError:
        return
    with open_bundle(folder / "bundle.zip") as bundle:
        unchanged = before == {name: bundle.archive.digest(name) for name in bundle.archive.names}
    # A bit of the zip's own bookkeeping, such as a date, changes no file.
    assert found.exit is (Exit.PASS if unchanged else Exit.INTEGRITY)
