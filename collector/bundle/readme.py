"""`README.txt`: what the bundle holds, how to verify it, and what that does and does not prove."""

from collections.abc import Iterator

from collector.bundle.manifest import Items
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
Items       {items}
Key         {key}
            {fingerprint}
Written by  controlproof {product}

Three ways to verify it
-----------------------
1. Open index.html in a browser (nothing to install, no network) and drop this zip on it.
2. With Python 3.11 or newer and no cloud software:

       pip install controlproof
       controlproof verify BUNDLE.zip --key FINGERPRINT
       controlproof replay BUNDLE.zip --key FINGERPRINT

   Only this way derives the page, tables and documents again, and recomputes every verdict from its evidence.
3. With a program of your own: what follows is enough to write one in some 150 lines.

FINGERPRINT must come from the operator of the collector by another way than this bundle. The key named above
came with the bundle, and whoever could alter the bundle could alter it too. The same goes for index.html: it is
the same file in every bundle of a version, so take a copy from elsewhere where that matters.

What is in it
-------------
bundle.json                    what this bundle is, and the SHA-256 and size of every other file
ledger/records.jsonl           the header of EVERY record of the period, one canonical JSON object a line
ledger/checkpoints.jsonl       the signed checkpoints over those records, a JSON string a line
ledger/earlier.jsonl           headers of earlier records that the period rests on, each with its inclusion proof
ledger/timestamps.jsonl, cosignatures.jsonl, later.jsonl
                               if there are any: RFC 3161 timestamps and witnesses' cosignatures of checkpoints
objects.jsonl                  bodies, lists, items, and the source of the tests, one canonical JSON value a line
index.html, data/              the period to look at, and what it shows before it is given the zip
results.csv                    every result, for a spreadsheet; so are the following
deviations.csv                 every deviation, for how long it stood, and what management answered
coverage.csv                   every window that was expected, and what is missing from it
readings.csv                   every reading: calls, counts, times, caller, what failed
changes.csv                    how each population changed from one complete snapshot to the next
populations/*.csv              the items of each population, and from when until when each was seen
oscal/assessment-results.json  the period as NIST OSCAL 1.2.1 assessment results
ocsf/findings.jsonl            the period as OCSF 1.3.0 Compliance Findings
The files below objects.jsonl are for reading: functions of those above, derived again by "verify". They are not signed.

Bytes
-----
Every .jsonl file has one value a line, each line ended by a newline (0x0A). Canonical JSON is RFC 8785, restricted
to objects, arrays, strings, booleans, null and integers within +-(2^53-1): keys sorted by UTF-16 code units, no
spaces, no needless escapes. Refuse a line that is spelled otherwise. A digest is lower-case hex SHA-256. A time is
UTC, exactly YYYY-MM-DDTHH:MM:SS.ffffffZ. "||" joins bytes.

bundle.json, one canonical object: "v" is 1; "files" maps each other file's name to its "digest" and "size"; "origin"
is the ledger's name; "first" and "size": records first to size-1 are here; "range": hex hashes, see below; "controls":
null, or the ids that the export is narrowed to; "items": "all" or "sampled"; "key": the ledger's newest key, a
claim; "period", "product".

A header has exactly the fields body, collector, controls, kind, outcome, prev, seq, subject, time, v. "v" is 1; "seq"
counts from 0 without gaps; "time" never runs backwards; "controls" is sorted, each once; "kind" is snapshot, gap,
result, attestation, config, key, sample or prune; "outcome" is null, pass, fail, inconclusive or not_applicable. The
line is at most 16,384 bytes.

How it holds together
---------------------
Chain   The leaf of a record is SHA-256(0x00 || its header line without the newline). "prev" of a header is the hex
        leaf of the record before; 64 zeros for record 0.
Tree    The leaves make a Merkle tree as in RFC 6962: an inner node is SHA-256(0x01 || left || right). "range" holds
        the roots of the perfect subtrees over the records before "first", left to right, one for each set bit of
        "first". To append a leaf to such a range of n records: while n is odd, take the last hash off the range and
        replace the leaf by SHA-256(0x01 || hash || leaf), and halve n, rounding down; then add the leaf at the end.
        The root is the last hash, joined with each one to its left in turn: SHA-256(0x01 || left || root).
Signed  A checkpoint is a C2SP signed note: a text, an empty line, signature lines. The text's lines are the origin,
        the number of records, and the root over as many records in standard base64. Each signature line is an em
        dash (U+2014), a space, a key's name, a space, and the base64 of 4 bytes of key id and 64 bytes of Ed25519
        signature over the text with its last newline. Checkpoints stand in order of size; the last is over "size"
        records. Lines of unknown keys are ignored; a line of a known key must verify.
Keys    A key is written name+id+material: material is the base64 of the byte 0x01 and 32 bytes of Ed25519 key, id is
        the hex of the first 4 bytes of SHA-256(name || newline || those 33 bytes). Its fingerprint is "sha256:" and
        the hex SHA-256 of the 32 bytes. The body of a record of kind "key" holds "note": a signed note by the old key
        of the lines "controlproof key rotation", the old key, the new key. If such a record is number s, checkpoints
        of at most s records are signed by the old key, that of s+1 by both, larger ones by the new. Trust starts
        at the pinned key and follows rotations forward only.
Bodies  "body" in a header is the digest of a line of objects.jsonl (without its newline). A body of kind snapshot
        names by digest "configuration", and in "items" a list; of kind gap "configuration" and "partial" (or null);
        of kind result "parameters", "source" (the source of the test: an object of path to text), and in
        "assessments" a list. Each must be there. In an export narrowed to "controls", bodies of records whose header
        names none of these controls are left out, except of kinds config, key and prune; no header is ever left out.
        The "inputs" of a result name records by "seq"; each is of the period, or in ledger/earlier.jsonl.
Lists   A list is named by the digest of its index, an array of digests of chunks; a chunk is an array of
        [id, digest of the item]. Over all chunks the ids are sorted by code point, each once. Where "items" in
        bundle.json is "sampled", items of snapshots may be missing, for no more than their digests was exported; not
        those named as "digest", "was" or "became" in the "items" of a record of kind sample, whose body is here.
Order   objects.jsonl holds what is named, each object once, where it is named first, and nothing else. Take the
        records of the period whose bodies are here, sorted by their subject without a hyphen and digits at its end
        ("ACC-3" becomes "ACC"; by code point), then by "seq"; then the records of ledger/earlier.jsonl. Each names
        its body, what the body names in the order above, and last the index of its list, then each chunk, followed by
        its items.
Earlier Each line of ledger/earlier.jsonl has "header" and "proof": its inclusion proof (RFC 9162 section 2.1.3.2)
        in the tree of "size" records. Its header is hashed in its canonical form. They stand in order of "seq".

To verify: the zip holds exactly the files that bundle.json names, each name once, and their digests are right. Walk the
headers, compare every checkpoint's root, verify every signature under the pinned key or a rotation from it. Find
every object that a header or body names, in their order. Check the earlier records. A missing signature is a
failure. Programs end with exit code 0 when all holds under the pinned key, 3 when no key was pinned, and 4 when
anything is refuted.

Files for spreadsheets: text that begins with =, +, -, @, a tab or a return has an apostrophe before it.

What it does not prove
----------------------
That the records existed at the times they state, unless timestamps cover them; that nobody was shown another
history, unless witnesses cosigned: "verify" checks both under what you pin, and says which records they cover.
That the sources told the truth.
A pass says what the control's sentence says, and no more; see "limits" of the control.
"""


_ITEMS = {
    Items.ALL: "all items of populations are here in full",
    Items.SAMPLED: "those that were sampled are here in full, of all others the ids and digests",
}


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
        items=_ITEMS[manifest.items],
        key=manifest.key,
        fingerprint=VerifierKey.decode(manifest.key).fingerprint,
        product=manifest.product,
    ).encode("utf-8")
