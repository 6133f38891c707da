"""`README.txt`: what the bundle holds, how to verify it, and what that does and does not prove."""

from collections.abc import Iterator

from collector.bundle.reader import BundleReader
from collector.ledger.note import VerifierKey
from collector.model.instant import format_instant

_TEXT = """\
Controlproof bundle
===================

Ledger      {origin}
Period      {start} up to, not including, {end}
Records     {first} to {last} ({count} records)
Narrowed to {controls}
Key         {key}
            {fingerprint}
Written by  controlproof {product}

To verify and replay, with Python 3.11 or newer and no cloud software:

    pip install controlproof
    controlproof verify BUNDLE.zip --key FINGERPRINT
    controlproof replay BUNDLE.zip --key FINGERPRINT

FINGERPRINT must come from the operator of the collector by another way than this bundle. The key named above
came with the bundle, and whoever could alter the bundle could alter it too.

What is in it
-------------
bundle.json               what this bundle is, and the SHA-256 of every other file
ledger/records.jsonl      the header of EVERY record of the period, one canonical JSON object a line
ledger/checkpoints.jsonl  the signed checkpoints (C2SP tlog-checkpoint) over those records, a JSON string a line
ledger/earlier.jsonl      headers of earlier records that the period rests on, each with its inclusion proof
objects.jsonl             bodies, lists and items, one canonical JSON value a line, sorted by SHA-256 of the line
index.html                for reading; it and all tables are derived from the records, and again by "verify"
results.csv               one line for each result
deviations.csv            every deviation, for how long it stood, and what management answered
coverage.csv              every window that was expected, and what is missing from it
readings.csv              one line for each reading: calls, counts, times, caller, what failed
changes.csv               how each population changed from one complete snapshot to the next
populations/*.csv         the items of each population, and from when until when each was seen

How it holds together
---------------------
The leaf of record N is SHA-256(0x00 || header line without its newline). Each header's "prev" is the leaf of
the record before. The leaves make a Merkle tree as in RFC 6962; "range" in bundle.json holds the roots of the
perfect subtrees over the records before this period, left to right. A checkpoint's third line is the root over
its second line's number of records, in base64, and is signed with Ed25519 as a C2SP signed note.
"body" in a header is the SHA-256 of the body's line in objects.jsonl. In the body of a snapshot, "items" is the
SHA-256 of a list of chunk digests; a chunk is a list of [id, digest of the item]. "assessments" in the body of
a result is built the same way.

What it does not prove
----------------------
That the records existed at the times they state: no independent timestamp covers them, so this rests on the
key. That nobody was shown another history: no independent witness cosigned. That the sources told the truth.
A pass says what the control's sentence says, and no more; see "limits" of the control.
"""


def readme_text(reader: BundleReader) -> Iterator[bytes]:
    """Give the text, as one piece."""
    manifest = reader.manifest
    yield _TEXT.format(
        origin=manifest.origin,
        start=format_instant(manifest.period.start),
        end=format_instant(manifest.period.end),
        first=manifest.first,
        last=manifest.size - 1,
        count=manifest.size - manifest.first,
        controls=", ".join(manifest.controls) if manifest.controls is not None else "nothing: all bodies are here",
        key=manifest.key,
        fingerprint=VerifierKey.decode(manifest.key).fingerprint,
        product=manifest.product,
    ).encode("utf-8")
