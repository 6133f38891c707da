import json

from support.appenders import appender
from support.ledgers import configuration

from collector.ledger.verify import Trust, verify
from collector.model import instant
from collector.model.errors import Exit
from collector.model.record import Header


def test_processes_that_append_at_once_never_fork_lose_or_reorder(ledger, database, key, tmp_path):
    ledger._clock = instant.now
    ledger.append([configuration()])
    processes = [appender(database, tmp_path, f"collector-{number}", 20) for number in range(4)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    acknowledged = {}
    for number, process in enumerate(processes):
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        acknowledged[f"collector-{number}"] = json.loads(f"[{','.join(out.split())}]")
    with ledger.read() as reader:
        headers = [Header.decode(data, "it") for _, data in reader.headers()]
        verification = verify(reader, Trust((key.key.encode(),)))
    assert verification.exit is Exit.PASS
    assert [header.seq for header in headers] == list(range(81))
    for name, seqs in acknowledged.items():
        assert seqs == sorted(seqs)
        assert [header.seq for header in headers if header.collector == name] == seqs
