"""Ways of changing a bundle, each with a manifest made to match: what every verifier has to find."""

import base64
import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from support.ledgers import NAME, signer

from collector.ledger.keys import FileSigner, sign_note
from collector.ledger.merkle import leaf_hash
from collector.model.canonical import encode

RECORDS, CHECKPOINTS, EARLIER = "ledger/records.jsonl", "ledger/checkpoints.jsonl", "ledger/earlier.jsonl"
OBJECTS, MANIFEST = "objects.jsonl", "bundle.json"

Files = Mapping[str, bytes]


def read(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, files: Files, *, seal: bool = True) -> Path:
    """Write a zip of the files; with `seal`, the manifest names the files as they are now."""
    if seal:
        stated = {
            name: {"digest": hashlib.sha256(data).hexdigest(), "size": len(data)}
            for name, data in files.items()
            if name != MANIFEST
        }
        files = edit_manifest(files, files=stated)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def lines_of(files: Files, name: str) -> list[bytes]:
    return files[name].splitlines()


def with_lines(files: Files, name: str, lines: Iterable[bytes]) -> Files:
    return {**files, name: b"".join(line + b"\n" for line in lines)}


def edit_manifest(files: Files, /, **changes: object) -> dict[str, bytes]:
    return {**files, MANIFEST: encode({**json.loads(files[MANIFEST]), **changes})}


def alter_header(files: Files, at: int, **changes: object) -> Files:
    lines = lines_of(files, RECORDS)
    lines[at] = encode({**json.loads(lines[at]), **changes})
    return with_lines(files, RECORDS, lines)


def rebuild_chain(files: Files, start: int) -> Files:
    """Make every prev after a changed record fit again."""
    lines = lines_of(files, RECORDS)
    for at in range(start, len(lines)):
        lines[at] = encode({**json.loads(lines[at]), "prev": leaf_hash(lines[at - 1]).hex()})
    return with_lines(files, RECORDS, lines)


def reorder(files: Files, name: str, order: Callable[[int], Iterable[int]]) -> Files:
    lines = lines_of(files, name)
    return with_lines(files, name, [lines[at] for at in order(len(lines))])


def replace(files: Files, name: str, old: bytes, new: bytes) -> Files:
    assert old in files[name]
    return {**files, name: files[name].replace(old, new, 1)}


def objects_changed(files: Files, change: Callable[[bytes], bytes | None]) -> Files:
    """Change objects where they stand, or leave them out."""
    return with_lines(
        files, OBJECTS, [changed for line in lines_of(files, OBJECTS) if (changed := change(line)) is not None]
    )


def body_of(files: Files, kind: str) -> bytes:
    header = next(h for line in lines_of(files, RECORDS) if (h := json.loads(line))["kind"] == kind)
    return next(line for line in lines_of(files, OBJECTS) if hashlib.sha256(line).hexdigest() == header["body"])


def without(files: Files, digest: str) -> Files:
    return objects_changed(files, lambda line: None if hashlib.sha256(line).hexdigest() == digest else line)


def narrowed(files: Files, control: str) -> Files:
    """Claim that the export was narrowed, and leave out what such an export leaves out."""
    there = {hashlib.sha256(line).hexdigest(): line for line in lines_of(files, OBJECTS)}
    earlier = [json.loads(line)["header"] for line in lines_of(files, EARLIER)]
    headers = [header for line in lines_of(files, RECORDS) if control in (header := json.loads(line))["controls"]]
    kept: set[str] = set()
    below = [header["body"] for header in headers + earlier]
    while below:
        digest = below.pop()
        if digest in there and digest not in kept:
            kept.add(digest)
            below += re.findall(r'"([0-9a-f]{64})"', there[digest].decode())
    return edit_manifest(
        objects_changed(files, lambda line: line if hashlib.sha256(line).hexdigest() in kept else None),
        controls=[control],
    )


def checkpoints_changed(files: Files, change: Callable[[int, str], str]) -> Files:
    notes = [json.loads(line) for line in lines_of(files, CHECKPOINTS)]
    return with_lines(files, CHECKPOINTS, [encode(change(at, note)) for at, note in enumerate(notes)])


def flip_signature(files: Files) -> Files:
    def flip(at: int, note: str) -> str:
        head, _, encoded = note.rstrip("\n").rpartition(" ")
        signature = bytearray(base64.b64decode(encoded))
        signature[20] ^= 1
        return f"{head} {base64.b64encode(bytes(signature)).decode()}\n" if at == 1 else note

    return checkpoints_changed(files, flip)


def signed_again(files: Files, key: FileSigner, change: Callable[[str], str] = str) -> Files:
    """Sign every checkpoint's text, changed or not, with a key."""
    return checkpoints_changed(
        files, lambda _, note: sign_note(change(note.rpartition("\n\n")[0] + "\n"), [key]).encode().decode()
    )


def signed_by_a_stranger(files: Files, folder: Path) -> Files:
    stranger = signer(folder, file="stranger")
    return edit_manifest(signed_again(files, stranger), key=stranger.key.encode())


def wrong_root(text: str) -> str:
    origin, size, _ = text.removesuffix("\n").split("\n")
    return f"{origin}\n{size}\n{base64.b64encode(bytes(32)).decode()}\n"


def alter_item(files: Files, _: Path) -> Files:
    return replace(files, OBJECTS, b'"versioning":"Enabled"', b'"versioning":"Enables"')


# A way of changing: from the files and the folder with the ledger's key; the step of `verify` that names it; its words.
TAMPERED: Mapping[str, tuple[Callable[[Files, Path], Files], int, str]] = {
    "alter a header": (lambda f, _: alter_header(f, 2, outcome="pass"), 1, "was altered"),
    "alter a header and rebuild the chain": (
        lambda f, _: rebuild_chain(alter_header(f, 2, subject="aws:000000000000/s3.buckets"), 3),
        1,
        "was altered",
    ),
    "date a record back": (
        lambda f, _: rebuild_chain(alter_header(f, 2, time="2020-01-01T00:00:00.000000Z"), 3),
        1,
        "is dated 2020-01-01T00:00:00.000000Z, before the record",
    ),
    "delete a record": (
        lambda f, _: reorder(f, RECORDS, lambda n: [i for i in range(n) if i != 2]),
        1,
        r"record \d+ is missing: it was deleted",
    ),
    "insert a record": (
        lambda f, _: reorder(f, RECORDS, lambda n: [0, 1, 2, 2, *range(3, n)]),
        1,
        "a record was inserted",
    ),
    "reorder two records": (
        lambda f, _: reorder(f, RECORDS, lambda n: [0, 1, 3, 2, *range(4, n)]),
        1,
        "records were reordered",
    ),
    "cut the tail": (lambda f, _: reorder(f, RECORDS, lambda n: range(n - 2)), 1, "the tail is cut"),
    "remove the last checkpoint": (
        lambda f, _: reorder(f, CHECKPOINTS, lambda n: range(n - 1)),
        1,
        "no checkpoint covers records",
    ),
    "swap two objects": (
        lambda f, _: reorder(f, OBJECTS, lambda n: [1, 0, *range(2, n)]),
        0,
        r"line 1 of objects.jsonl is not the object that the records name next",
    ),
    "write an object twice": (
        lambda f, _: reorder(f, OBJECTS, lambda n: [*range(n), 3]),
        0,
        r"line \d+ of objects.jsonl is (an object that no record names|not the object that the records name next)",
    ),
    "add an object that no record names": (
        lambda f, _: with_lines(f, OBJECTS, [*lines_of(f, OBJECTS), b'{"name":"weights"}']),
        0,
        r"line \d+ of objects.jsonl is an object that no record names",
    ),
    "alter an item": (alter_item, 2, "item arn:aws:s3:::(weights|other) of record .* was altered or removed"),
    "alter an item everywhere": (
        lambda f, _: objects_changed(f, lambda line: line.replace(b'"versioning":"Enabled"', b'"versioning":"x"')),
        2,
        "item arn:aws:s3:::(weights|other) of record .* was altered or removed",
    ),
    "alter a body": (
        lambda f, _: objects_changed(
            f, lambda line: line.replace(b'"deviations":', b'"deviations":1') if line == body_of(f, "result") else line
        ),
        2,
        "the body of record .* was altered or removed",
    ),
    "remove an object": (
        lambda f, _: reorder(f, OBJECTS, lambda n: range(1, n)),
        2,
        "was altered or removed: nothing in the bundle has its digest",
    ),
    "remove an index": (
        lambda f, _: without(f, json.loads(body_of(f, "snapshot"))["items"]),
        2,
        "a part of the list of items of record .* was altered or removed",
    ),
    "remove the test's parameters": (
        lambda f, _: without(f, json.loads(body_of(f, "result"))["parameters"]),
        2,
        "an object of record .* was altered or removed",
    ),
    "remove all checkpoints": (lambda f, _: {**f, CHECKPOINTS: b""}, 3, "there is no checkpoint"),
    "flip a bit of a signature": (lambda f, _: flip_signature(f), 3, "does not verify: its text was altered"),
    "remove a signature": (
        lambda f, _: checkpoints_changed(f, lambda at, note: note.split("\n\n")[0] + "\n" if at == 1 else note),
        3,
        "is not a signed note",
    ),
    "swap two checkpoints": (
        lambda f, _: reorder(f, CHECKPOINTS, lambda n: [1, 0, *range(2, n)]),
        3,
        "stands after that of",
    ),
    "sign other roots with the ledger's key": (
        lambda f, folder: signed_again(f, signer(folder), wrong_root),
        1,
        "do not give the root",
    ),
    "sign everything with another key": (signed_by_a_stranger, 3, "none of the keys is the pinned one"),
    "change the origin": (
        lambda f, _: edit_manifest(f, origin="controlproof.example.com/other"),
        3,
        f"is of another ledger, {NAME}",
    ),
    "change the compact range": (
        lambda f, _: edit_manifest(f, range=["0" * 64] * len(json.loads(f[MANIFEST])["range"])),
        1,
        "do not give the root",
    ),
    "claim a narrowing and leave nothing out": (
        lambda f, _: edit_manifest(f, controls=["ACC-2"]),
        0,
        r"line \d+ of objects.jsonl is not the object that the records name next",
    ),
    "claim fewer records": (lambda f, _: edit_manifest(f, size=json.loads(f[MANIFEST])["size"] - 1), 1, ""),
    "change an earlier record": (
        lambda f, _: replace(f, EARLIER, b"test-1", b"test-2"),
        6,
        "from before the period, is not in the ledger",
    ),
    "spell a header differently": (
        lambda f, _: with_lines(f, RECORDS, [re.sub(rb'":', b'": ', line, count=1) for line in lines_of(f, RECORDS)]),
        1,
        "canonical form",
    ),
}

# What no signature covers and only the same build of the product can derive again.
DERIVED: Mapping[str, tuple[Callable[[Files, Path], Files], int, str]] = {
    "hide bodies by claiming a narrowing": (lambda f, _: narrowed(f, "ACC-2"), 7, "does not follow"),
    "change the page": (
        lambda f, _: replace(f, "index.html", b"Not verified yet", b"Everything is fine"),
        7,
        "index.html does not follow from the records",
    ),
    "change the page's summary": (
        lambda f, _: replace(f, "data/records.js", b'\\"fail\\"', b'\\"pass\\"'),
        7,
        "data/records.js does not follow from the records",
    ),
    "change the table": (
        lambda f, _: replace(f, "results.csv", b"fail", b"pass"),
        7,
        "results.csv does not follow from the records",
    ),
}


def sampled_item(files: Files) -> str:
    """Give the digest of an item that a sample record of the bundle holds."""
    return str(json.loads(body_of(files, "sample"))["items"][0]["digest"])


# Of a bundle that holds only sampled items in full.
SAMPLED: Mapping[str, Callable[[Files], Files]] = {
    "remove a sampled item": lambda f: without(f, sampled_item(f)),
    "alter a sampled item": lambda f: objects_changed(
        f, lambda line: line + b" " if hashlib.sha256(line).hexdigest() == sampled_item(f) else line
    ),
    "claim that all items are here": lambda f: edit_manifest(f, items="all"),
    "claim what no bundle is": lambda f: edit_manifest(f, items="some"),
    "remove an index": lambda f: without(f, json.loads(body_of(f, "snapshot"))["items"]),
    "remove an assessment's list": lambda f: without(f, json.loads(body_of(f, "result"))["assessments"]),
    "add an item that is in no list": lambda f: with_lines(f, OBJECTS, [*lines_of(f, OBJECTS), b'{"name":"weights"}']),
    "put the sampled item last": lambda f: with_lines(
        f,
        OBJECTS,
        sorted(lines_of(f, OBJECTS), key=lambda line: hashlib.sha256(line).hexdigest() == sampled_item(f)),
    ),
}
