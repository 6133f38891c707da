from hypothesis import given
from hypothesis import strategies as st
from support.estate import allow, bucket, collect, evidence, policy, reader
from support.ledgers import Clock, signer

from collector.cli import console
from collector.cli.report import print_report
from collector.ledger.store import Ledger


@given(st.text())
def test_whatever_is_printed_is_printable(text):
    assert console.printable(text).isprintable()


def test_a_policy_cannot_steer_the_terminal_of_who_reads_the_report(tmp_path, capsys):
    evil = policy(allow(Principal={"AWS": "\x1b[2J\u202e"}, Sid="\x1b]0;owned\x07"))
    ledger = Ledger.create(f"sqlite:///{tmp_path}/l.db", "test-1", signer(tmp_path), Clock())
    report = collect(ledger, evidence((reader(),), (bucket(policy=evil, encryption=None),)), Clock())
    print_report(report, details=True)
    said = capsys.readouterr().out
    assert "owned" in said
    assert not set("\x1b\x07\u202e") & set(said)
