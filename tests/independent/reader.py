"""Verify a bundle as its README.txt says: python reader.py BUNDLE.zip [FINGERPRINT]. Exit code 0, 3 or 4, as there."""

import base64
import hashlib
import json
import re
import sys
import zipfile
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KINDS = ("snapshot", "gap", "result", "attestation", "config", "key", "sample", "prune")
OUTCOMES = [None, "pass", "fail", "inconclusive", "not_applicable"]
FIELDS = {"body", "collector", "controls", "kind", "outcome", "prev", "seq", "subject", "time", "v"}
NAMED = {"snapshot": "configuration items", "gap": "configuration partial", "result": "parameters source assessments"}
KEPT = ("config", "key", "prune")


def need(holds, message):
    if not holds:
        raise ValueError(message)


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value):
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(member)}" for name, member in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    need(value is None or type(value) in (str, bool) or (type(value) is int and abs(value) < 2**53), "a float")
    return json.dumps(value, ensure_ascii=False)


def parse(line):
    need(canonical(value := json.loads(line)).encode() == line, f"not in canonical form: {line[:60]!r}")
    return value


def header_of(line):
    header = parse(line)
    need(header.keys() == FIELDS and header["v"] == 1 and len(line) <= 16384, f"not a header: {line[:60]!r}")
    need(header["kind"] in KINDS and header["outcome"] in OUTCOMES, "a header of an unknown kind or outcome")
    need(header["subject"] and header["collector"] and header["controls"] == sorted(set(header["controls"])), "names")
    need(all(re.fullmatch("[0-9a-f]{64}", header[name]) for name in ("body", "prev")), "a header without digests")
    need(datetime.strptime(header["time"], "%Y-%m-%dT%H:%M:%S.%f%z") and len(header["time"]) == 27, "a time")
    return header


def decode64(text):
    need(base64.b64encode(data := base64.b64decode(text)).decode() == text, "base64 in another spelling")
    return data


def key_of(text):
    name, identity, material = text.split("+", 2)
    need(sha(f"{name}\n".encode(), data := decode64(material))[:4].hex() == identity and data[0] == 1, "not a key")
    return name, bytes.fromhex(identity), data[1:]


def text_of(note, keys=None):
    """Give a note's text; with keys, one of them must have signed, and no line of theirs may fail to verify."""
    text, separator, lines = note.rpartition("\n\n")
    found = [re.fullmatch(r"— ([^ +]+) ([A-Za-z0-9+/=]+)", line) for line in lines.removesuffix("\n").split("\n")]
    need(separator and text and lines.endswith("\n") and all(found), "not a signed note")
    signatures = [(line[1], decode64(line[2])) for line in found]
    ours = [(key, data) for name, data in signatures for key in keys or () if key[:2] == (name, data[:4])]
    need(ours or keys is None, "not signed by the key that it should be")
    for key, data in ours:
        Ed25519PublicKey.from_public_bytes(key[2]).verify(data[4:], f"{text}\n".encode())
    return f"{text}\n"


def append(nodes, size, leaf):
    """Append to a compact Merkle range (RFC 6962): the roots of the perfect subtrees, left to right."""
    while size & 1:
        leaf, size = sha(b"\1", nodes.pop(), leaf), size >> 1
    nodes.append(leaf)


def root_of(nodes):
    return nodes[0] if len(nodes) == 1 else sha(b"\1", nodes[0], root_of(nodes[1:]))


def root_by(proof, leaf, at, size):
    """Give the root that an inclusion proof leads to (RFC 9162 section 2.1.3)."""
    need(bool(proof) == (size > 1) and at < size, "a proof of another place")
    if size == 1:
        return leaf
    split = 1 << (size - 1).bit_length() - 1
    pair = [root_by(proof[:-1], leaf, at % split, split if at < split else size - split), proof[-1]]
    return sha(b"\1", *(pair if at < split else reversed(pair)))


class Bundle:
    def __init__(self, path):
        archive = zipfile.ZipFile(path)
        self.files = {name: archive.read(name) for name in archive.namelist()}
        need(len({name.lower() for name in self.files}) == len(archive.namelist()), "a name stands twice")
        self.manifest = parse(self.files.pop("bundle.json"))
        found = {name: {"digest": sha(data).hex(), "size": len(data)} for name, data in self.files.items()}
        need(found == self.manifest["files"], "a file is not the one that bundle.json names")
        self.digests = [sha(line).hex() for line in self.lines("objects.jsonl")]
        self.objects = dict(zip(self.digests, self.lines("objects.jsonl"), strict=True))

    def lines(self, name):
        need(self.files[name][-1:] in (b"", b"\n"), f"{name} ends midway")
        return self.files[name].split(b"\n")[:-1]

    def verify(self, pin):
        notes = [parse(line) for line in self.lines("ledger/checkpoints.jsonl")]
        points = [text_of(note).split("\n") for note in notes]
        sizes = [int(size) for _, size, *_ in points]
        claimed = [[self.manifest["origin"], str(size)] for size in sorted(set(sizes))]
        need(claimed == [point[:2] for point in points], "a checkpoint of another ledger, or out of order")
        headers, nodes = self.walk({int(size): decode64(root) for _, size, root, *_ in points})
        size = self.manifest["size"]
        need(size == sizes[-1] == self.manifest["first"] + len(headers), "the tail is cut, or no checkpoint covers it")
        earlier = []
        for each in map(parse, self.lines("ledger/earlier.jsonl")):
            earlier.append(header_of(line := canonical(each["header"]).encode()))
            root = root_by([*map(bytes.fromhex, each["proof"])], sha(b"\0", line), earlier[-1]["seq"], size)
            need(root == root_of(nodes), "an earlier record is not in the ledger")
        self.check(headers, earlier)
        keys, turns = self.keys([header for header in earlier + headers if header["kind"] == "key"])
        for size, note in zip(sizes, notes, strict=True):
            done = sum(turn + 1 < size for turn in turns)
            text_of(note, keys[done : done + 1 + (turns[done : done + 1] == [size - 1])])
        prints = ["sha256:" + sha(key[2]).hex() for key in keys]
        return pin is not None and prints.index(pin) <= sum(turn < sizes[-1] for turn in turns)

    def walk(self, roots):
        headers, prev, time = [], None if self.manifest["first"] else "0" * 64, ""
        nodes = [bytes.fromhex(node) for node in self.manifest["range"]]
        need(len(nodes) == self.manifest["first"].bit_count(), "a compact range of another size")
        for seq, line in enumerate(self.lines("ledger/records.jsonl"), self.manifest["first"]):
            header = header_of(line)
            need(header["seq"] == seq and prev in (None, header["prev"]) and header["time"] >= time, f"no record {seq}")
            append(nodes, seq, sha(b"\0", line))
            need(roots.get(seq + 1) in (None, root_of(nodes)), f"record {seq} or one before it was altered")
            prev, time = sha(b"\0", line).hex(), header["time"]
            headers.append(header)
        return headers, nodes

    def check(self, headers, earlier):
        """Find everything that the records name, each object where it is named first: its digest is its name."""
        narrowed, seqs = self.manifest["controls"], {header["seq"] for header in earlier + headers}
        need([header["seq"] for header in earlier + headers] == sorted(seqs), "earlier records out of order")
        held = [h for h in headers if narrowed is None or h["kind"] in KEPT or set(narrowed) & set(h["controls"])]
        named, items, drawn = {}, set(), set()
        for header in sorted(held, key=lambda h: (re.sub(r"-[0-9]+\Z", "", h["subject"]), h["seq"])) + earlier:
            body, kind, pairs = parse(self.objects[header["body"]]), header["kind"], []
            names = [body[name] for name in NAMED.get(kind, "").split() if name != "partial" or body[name]]
            named.update(dict.fromkeys([header["body"], *names]))
            for chunk in parse(self.objects[names[-1]]) if kind in ("snapshot", "result") else ():
                pairs += parse(self.objects[chunk])
                named.update(dict.fromkeys([chunk, *(digest for _, digest in parse(self.objects[chunk]))]))
            need([name for name, _ in pairs] == sorted({name for name, _ in pairs}), "a list out of order")
            need(kind != "result" or {each["seq"] for each in body["inputs"]} <= seqs, "an input is missing")
            items |= {digest for _, digest in pairs if kind == "snapshot"}
            drawn |= {value for each in body["items"] for value in each.values()} if kind == "sample" else set()
        left = {"all": set(), "sampled": items - drawn}[self.manifest["items"]]
        need(named.keys() <= self.objects.keys() | left, "an object is missing")
        need([name for name in named if name in self.objects] == self.digests, "an object is out of order")

    def keys(self, rotations):
        keys = []
        for header in rotations:
            title, *both, _ = text_of(note := parse(self.objects[header["body"]])["note"]).split("\n")
            old, new = map(key_of, both)
            need([title, old] == ["controlproof key rotation", (keys or [old])[-1]] and old[0] == new[0], "no rotation")
            text_of(note, [old])
            keys = [*(keys or [old]), new]
        return keys or [key_of(self.manifest["key"])], [header["seq"] for header in rotations]


def main(path, pin=None):
    try:
        code, said = (0, "verified under the pinned key") if Bundle(path).verify(pin) else (3, "intact, no key pinned")
    except Exception as error:  # noqa: BLE001 - whatever a hostile file makes fail, it is not verified
        code, said = 4, f"refuted: {error!r}"
    print(said)  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
