"""What the page costs at 300,000 records.

    python tests/benchmarks/page.py [--records 300000]
    python tests/benchmarks/page.py --bundle YEAR.zip --key FINGERPRINT

The first makes a ledger and exports it, the second shows a bundle that is there, such as that of a year that was played.

- bundle: its size, against the zstd size of its distinct content (headers, checkpoints, objects), at most 1.5 times that.
- verify: against hashing that content once.
- page: from opening it to first paint, and to the whole period shown; then, given the zip, its verification, and how
  many times the browser's own hashing of the same bytes that takes, measured in the same page.
"""

import argparse
import hashlib
import sys
import tempfile
import time
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import zstandard
from support.browser import chromium, drop, verdict, wait
from support.ledgers import signer
from support.synthetic import RECORDS_PER_RUN, synthetic

from collector.bundle.export import export_bundle
from collector.bundle.reader import open_bundle
from collector.bundle.verify import verify_bundle
from collector.ledger.verify import Trust
from collector.model.period import Period

CONTENT = ("ledger/records.jsonl", "ledger/checkpoints.jsonl", "objects.jsonl")
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
PLAIN = """
const done = arguments[0];
(async () => {
  const archive = await Zip.Archive.open(document.getElementById("file").files[0]);
  const start = performance.now();
  let size = 0;
  for (const name of archive.names) {
    const parts = [];
    for await (const piece of archive.pieces(name)) parts.push(piece);
    const blob = new Blob(parts);
    size += blob.size;
    await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  }
  done([(performance.now() - start) / 1000, size]);
})();
"""
"""Unpacks the zip that the page was given and hashes it with the browser's SHA-256: what no verification can do without."""


def say(name: str, value: str) -> None:
    print(f"{name:<34}{value}", flush=True)  # noqa: T201


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--records", type=int, default=300_000)
    options.add_argument("--bundle", type=Path)
    options.add_argument("--key")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        if given.bundle is None:
            show(Path(made), *measure(Path(made), given.records))
        else:
            show(Path(made), given.bundle.resolve(), given.key)


def measure(folder: Path, records: int) -> tuple[Path, str]:
    start = time.perf_counter()
    ledger = synthetic(folder, records // RECORDS_PER_RUN, 180)
    say("ledger", f"{time.perf_counter() - start:.0f} s to make")
    bundle = folder / "bundle.zip"
    start = time.perf_counter()
    with ledger.read() as reader:
        manifest, _ = export_bundle(reader, Period.parse("2026-01-01..2026-07-01"), None, bundle)
    say("export, verified", f"{time.perf_counter() - start:.1f} s for {manifest.size - manifest.first} records")
    with zipfile.ZipFile(bundle) as archive:
        content = b"".join(archive.read(name) for name in CONTENT)
    distinct = len(zstandard.ZstdCompressor().compress(content))
    size = bundle.stat().st_size
    say("bundle", f"{size / 1e6:.1f} MB, {size / distinct:.2f} times the zstd size of its distinct content")
    start = time.perf_counter()
    hashlib.sha256(content).digest()
    hashing = time.perf_counter() - start
    fingerprint = signer(folder).key.fingerprint
    start = time.perf_counter()
    with open_bundle(bundle) as opened:
        verify_bundle(opened, Trust((fingerprint,)))
    took = time.perf_counter() - start
    say("controlproof verify", f"{took:.1f} s, {took / hashing:.0f} times hashing the content once")
    return bundle, fingerprint


def show(folder: Path, bundle: Path, fingerprint: str) -> None:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder / "unpacked")
    with chromium(folder / "profile") as browser:
        start = time.perf_counter()
        browser.get(f"{(folder / 'unpacked' / 'index.html').as_uri()}#key={fingerprint}")
        say("page: first paint", f"{wait(browser, PAINT):.0f} ms")
        wait(browser, "document.querySelector('#controls .heatmap')", 300)
        say("page: heat map of the period", f"{time.perf_counter() - start:.1f} s")
        wait(browser, "document.documentElement.dataset.loaded", 300)
        say("page: all sections", f"{time.perf_counter() - start:.1f} s")
        start = time.perf_counter()
        said = drop(browser, bundle, 600)
        took = time.perf_counter() - start
        assert verdict(browser) == "good", said
        hashing, size = browser.execute_async_script(PLAIN)
        say("page: verified in the browser", f"{took:.1f} s")
        say(
            "page: hashing the same bytes",
            f"{hashing:.1f} s for {size / 1e6:.0f} MB; verifying takes {took / hashing:.1f} times that",
        )


if __name__ == "__main__":
    main()
