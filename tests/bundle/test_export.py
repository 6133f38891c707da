import base64
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from contextlib import contextmanager

import pytest

from collector.bundle import export as module
from collector.bundle.export import export_bundle
from collector.bundle.page import page_bytes
from collector.bundle.reader import open_bundle
from collector.bundle.replay import replay
from collector.bundle.verify import verify_bundle
from collector.ledger.verify import Trust
from collector.model.errors import Exit, ExportError
from collector.model.period import Period
from collector.model.record import Kind
from controls.registry import CONTROLS
from controls.source import source_files

INSTALLED = {control.id: control for control in CONTROLS}


def lines(path, name):
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).splitlines()


def test_an_export_verifies_under_the_fingerprint_and_replays(export, key):
    with open_bundle(export()) as bundle:
        verification = verify_bundle(bundle, Trust((key.key.fingerprint,)))
        found = replay(bundle, INSTALLED, source_files())
    assert verification.exit is Exit.PASS
    assert (found.reproduced, found.exit, found.other_source) == (6, Exit.PASS, 0)


def test_the_same_ledger_and_arguments_give_the_same_bytes(export):
    assert export("one.zip").read_bytes() == export("two.zip").read_bytes()


@pytest.mark.parametrize("controls", [None, ["ACC-5"]], ids=["whole", "narrowed"])
def test_two_processes_write_what_one_does(export, controls, monkeypatch):
    one = export("one.zip", controls=controls).read_bytes()
    found = []

    def watched(*arguments, records, **more):
        found.append(records)
        return verify_bundle(*arguments, records=records, **more)

    monkeypatch.setattr(module, "verify_bundle", watched)
    assert export("two.zip", controls=controls, worth_it=1).read_bytes() == one
    assert [each.faultless for each in found] == [True]


def test_an_export_whose_other_process_fails_is_verified_here(export, monkeypatch):
    @contextmanager
    def fails(*_):
        yield lambda: None

    monkeypatch.setattr(module, "beside", fails)
    assert export("two.zip", worth_it=1).read_bytes() == export("one.zip").read_bytes()


@pytest.mark.parametrize("fault", ["a header", "a checkpoint"])
def test_two_processes_refuse_a_tampered_ledger_as_one_does(ledger, tmp_path, key, period, fault):
    from support.attacker import Attacker
    from support.ledgers import raw

    with raw(f"sqlite:///{tmp_path}/ledger.db").connect() as connection:
        attacker = Attacker(connection, tmp_path, key)
        if fault == "a header":
            attacker.alter_header(8, subject="other")
        else:
            size = attacker.size()
            attacker.set_checkpoint(size, attacker.checkpoint(size)[:-8] + b"AAAAAAA\n")
        connection.commit()
    before, said = sorted(tmp_path.iterdir()), []
    for worth_it in (None, 1):
        with ledger.read() as reader, pytest.raises(ExportError) as refused:
            export_bundle(reader, period, None, tmp_path / "bundle.zip", worth_it=worth_it)
        said.append(str(refused.value))
        assert sorted(tmp_path.iterdir()) == before
    assert said[0] == said[1]


def test_the_same_ledger_and_arguments_give_the_same_bytes_in_another_process(export, ledger, tmp_path):
    code = """
import os, sys, time
os.environ["TZ"] = "Asia/Tokyo"; time.tzset(); os.umask(0)
from pathlib import Path
from collector.bundle.export import export_bundle
from collector.ledger.store import Ledger
from collector.model.period import Period
with Ledger.open(sys.argv[1]).read() as reader:
    export_bundle(reader, Period.parse("2026-01-02..2026-02-01"), None, Path(sys.argv[2]))
"""
    database = f"sqlite:///{tmp_path}/ledger.db"
    other = tmp_path / "other.zip"
    subprocess.run([sys.executable, "-c", code, database, str(other)], check=True, env={"PYTHONHASHSEED": "7"})
    assert other.read_bytes() == export().read_bytes()


def test_a_later_record_outside_the_period_changes_nothing(export, ledger, tmp_path):
    from support.estate import bucket, collect, evidence, reader
    from support.ledgers import START, Clock

    before = export("before.zip").read_bytes()
    ledger._clock = Clock(START.replace(month=3))
    collect(ledger, evidence((reader(),), (bucket(),)), ledger._clock)
    assert export("after.zip").read_bytes() == before


def test_every_header_of_the_period_is_in_a_narrowed_export_and_proves_it(export, key):
    whole, narrow = export("whole.zip"), export("narrow.zip", controls=["ACC-5"])
    assert lines(whole, "ledger/records.jsonl") == lines(narrow, "ledger/records.jsonl")
    with open_bundle(narrow) as bundle:
        verification = verify_bundle(bundle, Trust((key.key.fingerprint,)))
        found = replay(bundle, INSTALLED, source_files())
    assert verification.exit is Exit.PASS
    assert "narrowed to ACC-5: all" in verification.statements[0].sentence
    assert "bodies withheld by the export's narrowing" in verification.steps[2].detail
    assert (found.reproduced, found.withheld) == (3, 3)


def test_a_narrowed_export_holds_no_evidence_of_other_controls(export):
    narrow = b"\n".join(lines(export(controls=["ACC-5"]), "objects.jsonl"))
    assert b"arn:aws:iam::123456789012:role/inference" not in narrow
    assert b"arn:aws:s3:::weights" in narrow


def test_what_the_period_rests_on_from_before_comes_with_proofs(export):
    earlier = [json.loads(line) for line in lines(export(), "ledger/earlier.jsonl")]
    assert [record["header"]["kind"] for record in earlier] == [Kind.CONFIG.value]
    assert all(record["proof"] for record in earlier)


def test_a_result_whose_inputs_are_older_than_the_period_is_exported_with_them(export, ledger, key):
    with ledger.read() as reader:
        headers = [reader.header(seq) for seq in range(reader.size)]
    first_result = next(header for header in headers if header.kind is Kind.RESULT and header.time.day == 2)
    moment = first_result.time.strftime("%Y-%m-%dT%H:%M:%SZ")
    path = export(period=Period.parse(f"{moment}..2026-02-01"))
    with open_bundle(path) as bundle:
        assert bundle.first == first_result.seq
        assert len(bundle.earlier) == 4
        assert verify_bundle(bundle, Trust((key.key.fingerprint,))).exit is Exit.PASS
        assert replay(bundle, INSTALLED, source_files()).exit is Exit.PASS


def test_an_export_in_which_a_body_is_missing_fails_and_leaves_nothing_behind(ledger, tmp_path, key):
    from support.attacker import Attacker
    from support.ledgers import raw

    with raw(f"sqlite:///{tmp_path}/ledger.db").connect() as connection:
        attacker = Attacker(connection, tmp_path, key)
        attacker.delete_object(attacker.header(7)["body"])
        connection.commit()
    before = sorted(tmp_path.iterdir())
    with ledger.read() as reader, pytest.raises(ExportError, match="nothing was exported"):
        export_bundle(reader, Period.parse("2026-01-02..2026-02-01"), None, tmp_path / "bundle.zip")
    assert sorted(tmp_path.iterdir()) == before


def test_an_export_of_a_tampered_ledger_fails_and_keeps_the_earlier_export(export, tmp_path, key):
    from support.attacker import Attacker
    from support.ledgers import raw

    path = export()
    before = path.read_bytes()
    with raw(f"sqlite:///{tmp_path}/ledger.db").connect() as connection:
        Attacker(connection, tmp_path, key).alter_header(8, subject="other")
        connection.commit()
    with pytest.raises(ExportError):
        export()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "message"), [("2030-01-01..2031-01-01", "holds no record"), ("2020-01-01..2021-01-01", "holds no record")]
)
def test_a_period_without_records_is_refused(export, text, message):
    with pytest.raises(ExportError, match=message):
        export(period=Period.parse(text))


def test_an_export_into_nowhere_is_refused(ledger, tmp_path, period):
    with ledger.read() as reader:
        for target, message in ((tmp_path / "none" / "b.zip", "no folder"), (tmp_path, "is a folder")):
            with pytest.raises(ExportError, match=message):
                export_bundle(reader, period, None, target)


def test_the_page_and_the_table_escape_what_came_from_outside(ledger, tmp_path, export):
    from support.estate import allow, bucket, collect, evidence, policy, reader

    evil = policy(allow(Principal={"AWS": "<script>alert(1)</script>"}, Sid="=HYPERLINK(1)"))
    collect(ledger, evidence((reader(),), (bucket(policy=evil, encryption=None),)), ledger._clock)
    with zipfile.ZipFile(export()) as archive:
        script = archive.read("data/records.js").decode()
        assert all(line.startswith("controlproof.data(") and line.endswith(");") for line in script.splitlines())
        table = archive.read("results.csv").decode()
    assert not any(cell.lstrip('"')[:1] in "=+-@" for row in table.splitlines() for cell in row.split(",") if cell)


def test_the_page_is_the_same_file_in_every_bundle_and_holds_nothing_of_one(export):
    with zipfile.ZipFile(export("one.zip")) as one, zipfile.ZipFile(export("two.zip", controls=["ACC-5"])) as two:
        assert one.read("index.html") == two.read("index.html") == page_bytes()
        assert b"arn:aws" not in one.read("index.html")


def test_the_pages_policy_allows_its_own_scripts_and_no_network():
    page = page_bytes().decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")
    assert not {"unsafe-inline", "unsafe-eval", "connect-src", "http:", "https:"} & set(policy.split("'"))
    for script in re.findall(r"<script>(.*?)</script>", page, re.DOTALL):
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|fetch\(|XMLHttpRequest", page)


def test_the_auditors_commands_run_without_any_cloud_sdk(export, key, tmp_path):
    path = export()
    code = """
import sys
class NoSdk:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("boto3", "botocore", "moto", "psycopg", "google", "kubernetes"):
            raise ImportError(f"{name} is not installed here", name=name)
sys.meta_path.insert(0, NoSdk())
from collector.cli.main import main
main(sys.argv[1:])
"""
    for command in ("verify", "replay"):
        arguments = [command, str(path), "--key", key.key.fingerprint]
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""


def test_the_page_of_another_build_is_not_compared_and_not_accused(export, key, monkeypatch):
    from collector.bundle import verify as module

    path = export()
    monkeypatch.setattr(module, "product", lambda: "9.9.9+another")
    with open_bundle(path) as bundle:
        found = verify_bundle(bundle, Trust((key.key.fingerprint,)))
    assert found.exit is Exit.PASS
    assert (found.steps[-1].done, found.steps[-1].problem) == (False, None)
    assert "not compared: they were written by 0.1.0+" in found.steps[-1].detail
