"""Verify a bundle as its README.txt says: python reader.py BUNDLE.zip [FINGERPRINT]. Exit code 0, 3 or 4, as there."""

import base64
import hashlib
import json
import re
import sys
import zipfile
from datetime import datetime
from functools import reduce

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KINDS = ("snapshot", "gap", "result", "attestation", "config", "key", "sample", "prune")
OUTCOMES = [None, "pass", "fail", "inconclusive", "not_applicable"]
FIELDS = {"body", "collector", "controls", "kind", "outcome", "prev", "seq", "subject", "time", "v"}
SINGLE = {"snapshot": ["configuration"], "gap": ["configuration", "partial"], "result": ["parameters", "source"]}
LIST = {"snapshot": "items", "result": "assessments"}


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


class Tree:
    """A compact Merkle range (RFC 6962): the roots of the perfect subtrees, left to right."""

    def __init__(self, size, nodes):
        need(len(nodes) == size.bit_count(), "a compact range of another size")
        self.size, self.nodes = size, nodes

    def append(self, leaf):
        for _ in range((~self.size & (self.size + 1)).bit_length() - 1):
            leaf = sha(b"\1", self.nodes.pop(), leaf)
        self.size, self.nodes = self.size + 1, [*self.nodes, leaf]

    def root(self):
        return reduce(lambda node, left: sha(b"\1", left, node), reversed(self.nodes[:-1]), self.nodes[-1])

    def holds(self, leaf, at, proof):
        last = self.size - 1
        for node in proof:
            need(last, "a proof that is too long")
            right = at & 1 or at == last
            leaf = sha(b"\1", node, leaf) if right else sha(b"\1", leaf, node)
            while right and at and not at & 1:
                at, last = at >> 1, last >> 1
            at, last = at >> 1, last >> 1
        return at == last == 0 and leaf == self.root()


class Bundle:
    def __init__(self, path):
        archive = zipfile.ZipFile(path)
        self.files = {name: archive.read(name) for name in archive.namelist()}
        need(len({name.lower() for name in self.files}) == len(archive.namelist()), "a name stands twice")
        self.manifest = parse(self.files.pop("bundle.json"))
        found = {name: {"digest": sha(data).hex(), "size": len(data)} for name, data in self.files.items()}
        need(found == self.manifest["files"], "a file is not the one that bundle.json names")
        lines = self.lines("objects.jsonl")
        self.objects = {sha(line).hex(): line for line in lines}
        need(sorted(self.objects) == [sha(line).hex() for line in lines], "objects are out of order")

    def lines(self, name):
        *lines, rest = self.files[name].split(b"\n")
        need(rest == b"", f"{name} ends midway")
        return lines

    def verify(self, pin):
        notes = [parse(line) for line in self.lines("ledger/checkpoints.jsonl")]
        points = [text_of(note).split("\n") for note in notes]
        sizes = [int(size) for _, size, *_ in points]
        need(all(origin == self.manifest["origin"] for origin, *_ in points), "a checkpoint of another ledger")
        need([str(size) for size in sorted(set(sizes))] == [point[1] for point in points], "sizes out of order")
        headers, tree = self.walk({int(size): decode64(root) for _, size, root, *_ in points})
        need(tree.size == self.manifest["size"] == sizes[-1], "the tail is cut, or no checkpoint covers it")
        for each in map(parse, self.lines("ledger/earlier.jsonl")):
            header_of(line := canonical(each["header"]).encode())
            proof = [bytes.fromhex(node) for node in each["proof"]]
            need(tree.holds(sha(b"\0", line), each["header"]["seq"], proof), "an earlier record is not in the ledger")
            headers.append(each["header"])
        keys, turns = self.keys(sorted((h for h in headers if h["kind"] == "key"), key=lambda header: header["seq"]))
        for size, note in zip(sizes, notes, strict=True):
            done = sum(turn + 1 < size for turn in turns)
            text_of(note, keys[done : done + 1 + (turns[done : done + 1] == [size - 1])])
        prints = ["sha256:" + sha(key[2]).hex() for key in keys]
        return pin is not None and prints.index(pin) <= sum(turn < sizes[-1] for turn in turns)

    def walk(self, roots):
        headers, previous, time = [], None if self.manifest["first"] else "0" * 64, ""
        tree = Tree(self.manifest["first"], [bytes.fromhex(node) for node in self.manifest["range"]])
        for line in self.lines("ledger/records.jsonl"):
            header = header_of(line)
            follows = previous in (None, header["prev"]) and header["time"] >= time
            need(header["seq"] == tree.size and follows, f"record {tree.size} does not follow")
            tree.append(sha(b"\0", line))
            need(tree.size not in roots or roots[tree.size] == tree.root(), f"a record before {tree.size} was altered")
            previous, time = sha(b"\0", line).hex(), header["time"]
            self.check(header)
            headers.append(header)
        return headers, tree

    def check(self, header):
        """Find everything that a record names; the digest of each object is the name that it was found by."""
        narrowed, kind = self.manifest["controls"], header["kind"]
        others = narrowed is not None and not set(narrowed) & set(header["controls"])
        if others and kind not in ("config", "key", "prune"):
            return
        body = parse(self.objects[header["body"]])
        need(all(body[n] in self.objects or (n, body[n]) == ("partial", None) for n in SINGLE.get(kind, ())), "missing")
        chunks = parse(self.objects[body[LIST[kind]]]) if kind in LIST else []
        pairs = [pair for chunk in chunks for pair in parse(self.objects[chunk])]
        need(all(digest in self.objects for _, digest in pairs), f"an item of record {header['seq']} is missing")
        need([name for name, _ in pairs] == sorted({name for name, _ in pairs}), "a list out of order")

    def keys(self, rotations):
        keys = [key_of(self.manifest["key"])]
        for number, header in enumerate(rotations):
            note = parse(self.objects[header["body"]])["note"]
            title, *both, end = text_of(note).split("\n")
            old, new = map(key_of, both)
            need(title == "controlproof key rotation" and not end and old[0] == new[0], "not a key rotation")
            need(number == 0 or old == keys[-1], "a rotation from a key that was not the ledger's")
            text_of(note, [old])
            keys = [*(keys if number else [old]), new]
        return keys, [header["seq"] for header in rotations]


def main(path, pin=None):
    try:
        pinned = Bundle(path).verify(pin)
    except Exception as error:  # noqa: BLE001 - whatever a hostile file makes fail, it is not verified
        print(f"refuted: {error!r}")  # noqa: T201
        return 4
    print("verified under the pinned key" if pinned else "intact, but no key is pinned")  # noqa: T201
    return 0 if pinned else 3


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
