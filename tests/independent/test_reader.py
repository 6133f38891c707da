"""An independent reader, written from README.txt, and the product say the same of every bundle."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.estate import bucket, collect, evidence, reader, year
from support.ledgers import NAME, signer
from support.tampering import DERIVED, SAMPLED, TAMPERED, read, write

from collector.bundle import verify as product
from collector.bundle.export import export_bundle
from collector.bundle.manifest import Items
from collector.bundle.reader import open_bundle
from collector.ledger.verify import Trust
from collector.model.errors import ControlproofError, Exit
from collector.model.period import Period
from collector.model.record import Kind
from collector.period.sample import sample_entry, sample_of, sample_of_changes
from collector.period.state import newest

SCRIPT = Path(__file__).parent / "reader.py"
PERIOD = Period.parse("2026-01-02..2026-02-01")


@pytest.fixture(scope="module")
def independent():
    """The script's `main`, as if it had been run: it is a program, not a module of ours."""
    space = {"__name__": "reader"}
    exec(compile(SCRIPT.read_text("utf-8"), SCRIPT, "exec"), space)  # noqa: S102 - it is the test's own program
    return lambda path, *pins: space["main"](str(path), *pins)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a bundle, a narrowed one, one across a rotation of keys, and the ledger's key."""
    folder = tmp_path_factory.mktemp("made")
    ledger = year(folder, days=3)
    with ledger.read() as records:
        export_bundle(records, PERIOD, None, folder / "bundle.zip")
        export_bundle(records, PERIOD, ["ACC-5"], folder / "narrow.zip")
    with ledger.read() as records:
        header = newest(records, "aws:123456789012/s3.buckets", (Kind.SNAPSHOT,))
        sample = sample_of(records, header, "2026", 1)
        changed = sample_of_changes(records, sample.subject, "2026", 1, 0, records.size)
    ledger.append([sample_entry(sample, header.controls), sample_entry(changed, header.controls)])
    with ledger.read() as records:
        export_bundle(records, PERIOD, None, folder / "sampled.zip", items=Items.SAMPLED)
    ledger.rotate(signer(folder, file="new"))
    collect(ledger, evidence((reader(),), (bucket(),)), ledger._clock)
    with ledger.read() as records:
        export_bundle(records, PERIOD, None, folder / "rotated.zip")
    return folder


def verdict(path, *pins):
    try:
        with open_bundle(path) as bundle:
            return product.verify_bundle(bundle, Trust(pins)).exit
    except ControlproofError:
        return Exit.INTEGRITY


def test_it_imports_only_the_standard_library_and_cryptography():
    tree = ast.parse(SCRIPT.read_text("utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    outside = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
    assert outside == {"cryptography"}


def test_it_is_short():
    code = re.sub(r'""".*?"""', "", SCRIPT.read_text("utf-8"), flags=re.DOTALL)
    assert sum(bool(line.strip()) for line in code.splitlines()) <= 150


@pytest.mark.parametrize("name", ["bundle.zip", "narrow.zip", "sampled.zip", "rotated.zip"])
def test_both_accept_a_good_bundle_under_its_key_alone(independent, made, name):
    pin = signer(made).key.fingerprint
    for pins in ((pin,), (), ("sha256:" + "0" * 64,)):
        assert independent(made / name, *pins) == verdict(made / name, *pins)
    assert independent(made / name, pin) == Exit.PASS


def test_both_follow_a_rotation_of_keys_and_no_further(independent, made):
    new = signer(made, NAME, "new").key.fingerprint
    for name in ("bundle.zip", "rotated.zip"):
        assert independent(made / name, new) == verdict(made / name, new)
    assert independent(made / "rotated.zip", new) == Exit.PASS


@pytest.mark.parametrize("name", TAMPERED)
def test_both_refuse_what_was_tampered_with(independent, made, tmp_path, name):
    pin = signer(made).key.fingerprint
    path = write(tmp_path / "b.zip", TAMPERED[name][0](read(made / "bundle.zip"), made))
    assert (independent(path, pin), verdict(path, pin)) == (Exit.INTEGRITY, Exit.INTEGRITY)


@pytest.mark.parametrize("name", DERIVED)
def test_both_leave_what_no_signature_covers_to_the_build_that_wrote_it(independent, made, tmp_path, monkeypatch, name):
    pin = signer(made).key.fingerprint
    path = write(tmp_path / "b.zip", DERIVED[name][0](read(made / "bundle.zip"), made))
    assert verdict(path, pin) == Exit.INTEGRITY
    monkeypatch.setattr(product, "product", lambda: "another build")
    assert independent(path, pin) == verdict(path, pin) == Exit.PASS


@pytest.mark.parametrize("name", SAMPLED)
def test_both_refuse_what_was_tampered_with_in_a_sampled_bundle(independent, made, tmp_path, name):
    pin = signer(made).key.fingerprint
    path = write(tmp_path / "b.zip", SAMPLED[name](read(made / "sampled.zip")))
    assert (independent(path, pin), verdict(path, pin)) == (Exit.INTEGRITY, Exit.INTEGRITY)


def test_both_refuse_a_file_that_the_manifest_does_not_match(independent, made, tmp_path):
    path = write(tmp_path / "b.zip", {**read(made / "bundle.zip"), "results.csv": b"all is well\n"}, seal=False)
    assert independent(path) == verdict(path) == Exit.INTEGRITY


@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_both_say_the_same_of_a_flipped_bit_of_any_file(independent, made, at, bit):
    pin = signer(made).key.fingerprint
    files = read(made / "bundle.zip")
    name = sorted(files)[at % len(files)]
    data = bytearray(files[name] or b"\n")
    data[at % len(data)] ^= 1 << bit
    path = write(made / "flipped.zip", {**files, name: bytes(data)}, seal=False)
    assert independent(path, pin) == verdict(path, pin) == Exit.INTEGRITY


def test_it_runs_as_a_program(made):
    pin = signer(made).key.fingerprint
    done = subprocess.run(
        [sys.executable, SCRIPT, made / "bundle.zip", pin], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "verified under the pinned key\n", "")
