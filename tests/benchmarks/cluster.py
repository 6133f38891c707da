"""Reading the workloads of a large cluster: 20,000 of them, in pages, over HTTP, to a snapshot.

The physical limit in the same run is to download the same pages and to look at nothing in them.
"""

import copy
import multiprocessing
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import urllib3
from support.kubernetes import REDACTION, api_server, cluster, recorded

from collector.model import instant
from collector.model.snapshot import Snapshot
from connectors.kubernetes.session import PAGE_SIZE
from connectors.registry import connect

WORKLOADS = 20_000
DEPLOYMENTS = "/apis/apps/v1/deployments"


def serve(channel: Connection) -> None:
    """Serve the cluster from another process, whose memory is not the reader's."""
    kind = recorded("t2")[DEPLOYMENTS]["items"]
    with api_server() as server:
        for number in range(WORKLOADS - len(kind)):
            # Real ones with what a controller keeps of them, under other names.
            made = copy.deepcopy(kind[number % 3])
            made["metadata"] |= {"name": f"workload-{number}", "namespace": f"team-{number % 200}"}
            server.plant(DEPLOYMENTS, made)
        channel.send(server.url)
        channel.recv()


def download(url: str) -> tuple[int, int]:
    """Read the same pages and give how many, and their bytes."""
    http, token, pages, size = urllib3.PoolManager(), "", 0, 0
    while True:
        fields = {"limit": str(PAGE_SIZE)} | ({"continue": token} if token else {})
        answer = http.request("GET", f"{url}{DEPLOYMENTS}", fields=fields, headers={"Authorization": "Bearer testing"})
        pages, size = pages + 1, size + len(answer.data)
        # The token stands near the beginning, so that nothing else needs to be parsed.
        _, found, rest = answer.data[:1000].partition(b'"continue": "')
        if not found:
            return pages, size
        token = rest.partition(b'"')[0].decode()


def peak() -> float:
    """Give the highest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print what it took, and the ratio to the bare download."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    server.start()
    url = ours.recv()
    started = time.perf_counter()
    pages, size = download(url)
    bare = time.perf_counter() - started
    before = peak()
    with tempfile.TemporaryDirectory() as folder:
        source = connect(cluster(url, Path(folder)), clock=instant.now, progress=lambda *_: None, redaction=REDACTION)
        started = time.perf_counter()
        snapshot = source.read("kubernetes.workloads")
        took = time.perf_counter() - started
    ours.send("end")
    server.join()
    assert isinstance(snapshot, Snapshot), snapshot
    calls = sum(operation.calls for operation in snapshot.provenance.operations)
    held = sum(len(item.body) for item in snapshot) / 1e6
    print(f"{len(snapshot.items)} workloads in {calls} calls, {took:.1f} s, {took / bare:.1f} times the download")  # noqa: T201
    print(f"{pages} pages of deployments, {size / 1e6:.0f} MB downloaded alone in {bare:.1f} s")  # noqa: T201
    print(f"peak {peak():.0f} MB, {before:.0f} MB of it before; {held:.0f} MB are the items themselves")  # noqa: T201


if __name__ == "__main__":
    main()
