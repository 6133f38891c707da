"""Processes that append."""

import subprocess
import sys
from pathlib import Path

APPENDER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from support.ledgers import buckets, entry, signer
from collector.ledger.store import Ledger
ledger = Ledger.open(sys.argv[2], sys.argv[4], signer(Path(sys.argv[3])))
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[5])):
    header = ledger.append([entry(buckets(3, n1=f"{sys.argv[4]} {number}"))])[0]
    print(header.seq, flush=True)
"""


def appender(database, folder, name, count):
    support = str(Path(__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", APPENDER, support, database, str(folder), name, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
