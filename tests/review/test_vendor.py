"""The vendor register: what is taken, what is refused with its line and mend, and what is known of its files."""

import hashlib
import os
import shutil
import stat
import subprocess
from contextlib import suppress
from datetime import date

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support.ledgers import START

from collector.model.attestation import VENDOR_ASSESSMENT, Attestation
from collector.model.canonical import decode_object
from collector.model.errors import ConfigurationError, ControlproofError
from collector.model.evidence import Evidence
from collector.review import document as document_module
from collector.review.document import hash_document
from collector.review.provenance import commit_of
from collector.review.vendor import Register, read_register, vendor_entries
from collector.review.vendor_example import EXAMPLE as REGISTER
from controls.vendors.register import read_register as read_attested

TODAY = date(2026, 11, 28)
STATED = "0" * 64


@pytest.fixture
def read(tmp_path):
    """Reads the text of a register."""

    def read_text(text):
        path = tmp_path / "vendors.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_register(path, TODAY)

    return read_text


def test_the_printed_example_is_a_register_and_what_is_attested_of_it_is_what_tests_read(read, tmp_path):
    assessed = read(REGISTER)
    (tmp_path / "report").write_bytes(b"")
    (entry,) = vendor_entries(assessed, {}, None, None)
    body = decode_object(entry.body.data, "it")
    assert body["document"] is None
    attested = read_attested(Evidence((), (Attestation(VENDOR_ASSESSMENT, 1, START, body),)))
    vendor = attested["openai"]
    assert (vendor.name, vendor.services, vendor.retired) == ("OpenAI", ("API Platform",), None)
    assert (vendor.report.type, vendor.report.end, vendor.report.compared) == ("SOC 2 Type 2", date(2026, 9, 30), False)
    assert vendor.contract["annual_report"]


FAULTS = {
    "an unknown key": ("    contract:", "    contrct:", "vendors.openai.contrct: unknown key", "did you mean 'contract'?"),
    "an unknown key of a report": ("      auditor:", "      auditer:", "report.auditer: unknown key", "did you mean 'auditor'?"),
    "an unknown key of an exception": ("          treatment:", "          treated:", "exceptions[0].treated: unknown", "treatment"),
    "another opinion": ("opinion: unqualified", "opinion: clean", "report.opinion: input should be 'unqualified'", "it is 'clean'"),
    "another method": ("method: carve-out", "method: excluded", "method: input should be 'inclusive' or", "excluded"),
    "a digest in capitals": (f'"{STATED}"', f'"{"A" * 64}"', "report.digest: string should match", "change it"),
    "a digest that is short": (f'"{STATED}"', '"abc"', "report.digest: string should match", "it is 'abc'"),
    "a digest without quotes": (f'"{STATED}"', STATED, "another number", "quote it"),
    "a day that YAML reads": ('end: "2026-09-30"}', "end: 2026-09-30}", "timestamp", "quote it"),
    "no day": ('end: "2026-09-30"}', 'end: "2026-13-30"}', "report.period.end: must be a day", "2026-13-30"),
    "a week": ('end: "2026-09-30"}', 'end: "2026-W40-1"}', "report.period.end: must be a day", "2026-W40-1"),
    "a period to come": ('end: "2026-09-30"}', 'end: "2027-09-30"}', "2027-09-30 lies in the future", "state what has been"),
    "a period that ends first": ('end: "2026-09-30"}', 'end: "2025-09-30"}', "ends before it begins", "example"),
    "a review to come": ('"2026-11-10"', '"2027-11-10"', "review.reviewed: 2027-11-10 lies in the future", "has been"),
    "a bridge to the past": ('# bridge_letter: {until: "2026-12-31"', 'bridge_letter: {until: "2026-01-31"', "ends before the period", "example"),
    "no clause": ("      clause: ", "      # clause: ", "a commitment needs the clause", "example"),
    "a word for yes": ("annual_report: true", "annual_report: yes", "read as true or false", "write true or false"),
    "text for yes": ("annual_report: true", 'annual_report: "true"', "annual_report: input should be a valid boolean", "change"),
    "a vendor's id in capitals": ("  openai:", "  OpenAI:", "vendors.OpenAI", "change it"),
    "no assessor": ("assessed_by: vendor-risk-lead", "", "assessed_by: is missing", "--example"),
    "a control character": ("name: OpenAI", 'name: "Open\\u001b[2JAI"', "must be on one line", "change it"),
    "text that turns around": ("name: OpenAI", 'name: "\\u202eIAnepO"', "must be on one line", "change it"),
    "an empty name": ("name: OpenAI", 'name: " "', "name: string should have at least 1 character", "change it"),
    "a number for a name": ("name: OpenAI", "name: 12", "must be a string", 'quote it: "12"'),
    "an alias": ("name: OpenAI", "name: &a OpenAI", "anchors and aliases", "write the value out"),
    "a list for a vendor": ("    name: OpenAI", "    - OpenAI", "", ""),
    "a service too many": ("services: [API Platform]", f"services: [{', '.join(['x'] * 201)}]", "at most 200", "change it"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said", "mend"), FAULTS.values(), ids=FAULTS)
def test_a_register_with_a_fault_is_refused_with_its_line_and_mend(read, old, new, said, mend):
    assert REGISTER.count(old) >= 1
    with pytest.raises(ConfigurationError) as caught:
        read(REGISTER.replace(old, new, 1))
    text = f"{caught.value.message} {caught.value.mend}"
    assert "vendors.yaml:" in caught.value.message
    assert said in text
    assert mend in text


def test_every_problem_of_a_register_is_named_at_once(read):
    with pytest.raises(ConfigurationError, match=r"vendors\.yaml has 2 problems"):
        read(REGISTER.replace("opinion: unq", "opinion: Unq").replace("    contract:", "    contrct:", 1).replace(
            "\n      annual_report: true", " {annual_report: true, clause: it}\n    contract:\n      annual_report: true"))  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "# nothing", "[]", "it", "vendors: {}", b"\xff", "a: " * 3, "vendors:\n  x: null"]
)
def test_what_is_no_register_is_refused(read, text):
    with pytest.raises(ConfigurationError):
        read(text)


def test_a_register_that_is_absent_or_too_large_is_refused(read, tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_register(tmp_path / "none.yaml", TODAY)
    with pytest.raises(ConfigurationError, match="larger than 262144 bytes"):
        read("#" * (256 * 1024 + 1))


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.dates() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_KEYS = sorted({word for form in (Register,) for word in form.model_fields} | {
    "name", "services", "models", "report", "subservice_organisations", "user_entity_controls", "contract", "retired"
})  # fmt: skip


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(_KEYS), _VALUES, max_size=6), _VALUES)
def test_whatever_a_register_holds_it_is_read_or_refused_and_never_crashes(tmp_path_factory, vendor, other):
    good = yaml.safe_load(REGISTER)
    good["vendors"]["openai"] |= vendor
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    for value in (good, other, {**good, "vendors": other}):
        path.write_text(yaml.safe_dump(value))
        with suppress(ControlproofError):
            assert read_register(path, TODAY).register.vendors


@given(st.binary(max_size=200))
def test_whatever_bytes_a_register_is_it_is_refused_and_never_crashes(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(data)
    with pytest.raises(ControlproofError):
        read_register(path, TODAY)


# Reports


def test_a_report_is_hashed_in_pieces_and_only_its_digest_and_size_are_kept(tmp_path):
    data = os.urandom(3 * 1024 * 1024 + 7)
    (tmp_path / "report.pdf").write_bytes(data)
    document = hash_document(tmp_path / "report.pdf")
    assert document.to_json() == {"digest": hashlib.sha256(data).hexdigest(), "size": len(data)}


def test_a_report_that_is_absent_empty_a_folder_a_pipe_or_too_large_is_refused(tmp_path, monkeypatch):
    (tmp_path / "empty").touch()
    (tmp_path / "large").write_bytes(b"x" * 101)
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(document_module, "MAX_DOCUMENT", 100)
    for name, said in (
        ("none", "no file"),
        ("empty", "is empty"),
        (".", "no file"),
        ("pipe", "no file"),
        ("large", "larger than 100"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            hash_document(tmp_path / name)


def test_a_report_of_an_unknown_vendor_another_report_and_one_of_a_vendor_without_are_refused(read, tmp_path):
    (tmp_path / "report.pdf").write_bytes(b"it")
    document = hash_document(tmp_path / "report.pdf")
    assessed = read(REGISTER)
    with pytest.raises(ConfigurationError, match="no vendor 'openia'") as caught:
        vendor_entries(assessed, {"openia": document}, None, None)
    assert caught.value.mend == "its vendors: openai"
    with pytest.raises(ConfigurationError, match=f"{document.digest}, {STATED} is stated"):
        vendor_entries(assessed, {"openai": document}, None, None)
    vendor = assessed.register.vendors["openai"].model_copy(update={"report": None})
    assessed.register.vendors["openai"] = vendor
    with pytest.raises(ConfigurationError, match="states no report of openai"):
        vendor_entries(assessed, {"openai": document}, None, None)


# Provenance


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit of a register."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "vendors.yaml").write_text(REGISTER)
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=Risk", "-c", "user.email=risk@example.com", "commit", "-qm", "it"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)
    return folder


def test_a_register_in_git_tells_its_commit_and_author_and_whether_it_was_changed_since(repository):
    clean = commit_of(repository / "vendors.yaml")
    assert (clean.author, clean.dirty, len(clean.commit)) == ("Risk <risk@example.com>", False, 40)
    (repository / "other").touch()
    assert commit_of(repository / "vendors.yaml") == clean
    (repository / "vendors.yaml").write_text(f"{REGISTER}\n")
    assert commit_of(repository / "vendors.yaml").dirty


def test_without_git_a_repository_or_a_commit_there_is_no_commit_and_no_error(repository, tmp_path, monkeypatch):
    (tmp_path / "vendors.yaml").write_text(REGISTER)
    assert commit_of(tmp_path / "vendors.yaml") is None
    (repository / "new.yaml").write_text(REGISTER)
    assert commit_of(repository / "new.yaml") is None
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert commit_of(repository / "vendors.yaml") is None


def test_a_git_that_hangs_is_given_up(repository, tmp_path, monkeypatch):
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(slow.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr("collector.review.provenance._PATIENCE", 0.2)
    assert commit_of(repository / "vendors.yaml") is None


def test_no_program_that_a_repository_names_is_run(repository):
    (repository / "hook").write_text("#!/bin/sh\ntouch ran\n")
    (repository / "hook").chmod(0o755)
    subprocess.run(["git", "config", "core.fsmonitor", str(repository / "hook")], cwd=repository, check=True)
    assert commit_of(repository / "vendors.yaml") is not None
    assert not (repository / "ran").exists()
