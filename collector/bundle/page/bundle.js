"use strict";
/* A bundle in a zip: its manifest, and its records and objects as lines with random access (FORMAT.md section 6). */
const Bundle = (() => {
  const NAME = "bundle.json";
  const RECORDS = "ledger/records.jsonl";
  const CHECKPOINTS = "ledger/checkpoints.jsonl";
  const EARLIER = "ledger/earlier.jsonl";
  const OBJECTS = "objects.jsonl";
  const LIMITS = { [RECORDS]: 16 * 2 ** 10, [CHECKPOINTS]: 512 * 2 ** 10, [EARLIER]: 32 * 2 ** 10, [OBJECTS]: 64 * 2 ** 20 };
  const MAX_MANIFEST = 8 * 2 ** 20;
  const KINDS = ["snapshot", "gap", "result", "attestation", "config", "key", "sample", "prune"];
  const OUTCOMES = ["pass", "fail", "inconclusive", "not_applicable"];
  const HEADER = ["body", "collector", "controls", "kind", "outcome", "prev", "seq", "subject", "time", "v"];
  const MANIFEST = ["controls", "files", "first", "items", "key", "origin", "period", "product", "range", "size", "v"];
  const ALWAYS_EXPORTED = ["config", "key", "prune"];

  const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
  const byCodePoint = (a, b) => {
    if (!/[\ud800-\udfff]/.test(a + b)) return a < b ? -1 : Number(a > b);
    const one = [...a], other = [...b];
    for (let at = 0; at < Math.min(one.length, other.length); at++) {
      if (one[at] !== other[at]) return one[at].codePointAt(0) - other[at].codePointAt(0);
    }
    return one.length - other.length;
  };
  const areSortedNames = (value) =>
    Array.isArray(value) && value.every((name, at) => typeof name === "string" && (at === 0 || byCodePoint(value[at - 1], name) < 0));

  function need(holds, what) {
    if (!holds) throw new Malformed(what);
  }

  function readManifest(bytes) {
    const value = Canonical.decodeObject(bytes, NAME);
    need(value.v === 1, `${NAME} has version ${value.v}; this page reads version 1`);
    need(Canonical.hasFields(value, MANIFEST), `${NAME} has missing or unknown fields`);
    need(typeof value.origin === "string" && Note.isKeyName(value.origin), `origin in ${NAME} is malformed`);
    need(typeof value.key === "string" && Note.readKey(value.key), `key in ${NAME} is malformed`);
    need(Canonical.hasFields(value.period, ["end", "start"]), `period in ${NAME} is malformed`);
    need(Canonical.isInstant(value.period.start) && Canonical.isInstant(value.period.end), `period in ${NAME} is malformed`);
    need(isCount(value.first) && isCount(value.size) && value.first < value.size, `${NAME} claims no records: first ${value.first}, size ${value.size}`);
    need(Array.isArray(value.range) && value.range.every(Canonical.isDigest), `range in ${NAME} is malformed`);
    need(value.controls === null || (value.controls.length && areSortedNames(value.controls)), `controls in ${NAME} is malformed`);
    need(["all", "sampled"].includes(value.items), `items in ${NAME} is malformed`);
    need(typeof value.product === "string" && value.product, `product in ${NAME} is malformed`);
    for (const [name, file] of Object.entries(value.files)) {
      need(Canonical.hasFields(file, ["digest", "size"]) && Canonical.isDigest(file.digest) && isCount(file.size), `files[${name}] in ${NAME} is malformed`);
    }
    frontier(value);
    return value;
  }

  const digit = (code) => (code < 58 ? code - 48 : code - 87);

  /** Give the bytes of lower-case hex, which was checked to be that. */
  function fromHex(text) {
    const bytes = new Uint8Array(text.length / 2);
    for (let at = 0; at < bytes.length; at++) bytes[at] = (digit(text.charCodeAt(2 * at)) << 4) | digit(text.charCodeAt(2 * at + 1));
    return bytes;
  }

  const frontier = (manifest) => new Merkle.Frontier(manifest.first, manifest.range.map(fromHex));

  /** Read a header, refusing unknown versions, fields and values. */
  function readHeader(bytes, what) {
    need(bytes.length <= LIMITS[RECORDS], `${what} is larger than ${LIMITS[RECORDS]} bytes`);
    const value = Canonical.decodeObject(bytes, what);
    need(value.v === 1, `${what} has version ${value.v}; this page reads version 1`);
    need(Canonical.hasFields(value, HEADER), `${what} has missing or unknown fields`);
    need(Canonical.isDigest(value.body) && Canonical.isDigest(value.prev), `body or prev of ${what} must be a lower-case hex SHA-256`);
    for (const name of ["collector", "subject"]) need(typeof value[name] === "string" && value[name], `${name} of ${what} must be a non-empty string`);
    need(areSortedNames(value.controls), `controls of ${what} must be sorted and unique`);
    need(KINDS.includes(value.kind), `kind of ${what} is unknown: ${value.kind}`);
    need(value.outcome === null || OUTCOMES.includes(value.outcome), `outcome of ${what} is unknown: ${value.outcome}`);
    need(isCount(value.seq), `seq of ${what} must be a whole number`);
    need(Canonical.isInstant(value.time), `time of ${what} must be a UTC time`);
    return value;
  }

  const isWithheld = (header, controls) =>
    controls !== null && !ALWAYS_EXPORTED.includes(header.kind) && !header.controls.some((name) => controls.includes(name));

  /** A table of digests, numbered from 0 in the order in which they come: 40 to 64 bytes each. */
  class Addresses {
    constructor() {
      this.count = 0;
      this.digests = new Uint8Array(32 * 1024);
      this.slots = new Int32Array(2 * 1024).fill(-1);
    }

    /** Number a digest, and give its number; null if it has one already. */
    add(digest) {
      if (2 * (this.count + 1) > this.slots.length) this.grow();
      const slot = this.slot(digest);
      const number = this.count++;
      this.digests.set(digest, 32 * number);
      if (this.slots[slot] >= 0) return null;
      this.slots[slot] = number;
      return number;
    }

    /** Give the slot that holds a digest, or the empty one where it belongs. */
    slot(digest) {
      const mask = this.slots.length - 1;
      // A SHA-256 is as good a hash as any.
      let slot = ((digest[0] << 24) | (digest[1] << 16) | (digest[2] << 8) | digest[3]) & mask;
      while (this.slots[slot] >= 0 && !this.holds(this.slots[slot], digest)) slot = (slot + 1) & mask;
      return slot;
    }

    holds(number, digest) {
      for (let at = 0, from = 32 * number; at < 32; at++) if (this.digests[from + at] !== digest[at]) return false;
      return true;
    }

    grow() {
      const digests = new Uint8Array(2 * this.digests.length);
      digests.set(this.digests);
      this.digests = digests;
      this.slots = new Int32Array(2 * this.slots.length).fill(-1);
      for (let at = this.count - 1; at >= 0; at--) this.slots[this.slot(digests.subarray(32 * at, 32 * at + 32))] = at;
    }

    /** Give the number of a digest in hex, or null. */
    find(hex) {
      const number = this.slots[this.slot(fromHex(hex))];
      return number < 0 ? null : number;
    }
  }

  /** An open bundle. Nothing of it is verified by opening it. */
  class Reader {
    constructor(archive, manifest) {
      this.archive = archive;
      this.manifest = manifest;
      this.addresses = new Addresses();
      this.lines = {};
    }

    static async open(file) {
      const archive = await Zip.Archive.open(file);
      need(archive.members.has(NAME), `${file.name} is a zip, but no bundle: it holds no ${NAME}`);
      return new Reader(archive, readManifest(await archive.read(NAME, MAX_MANIFEST)));
    }

    /** Stream a file of lines, calling `each(number, line)` for every one of them, and keep them. */
    async load(name, each, advance) {
      const lines = new Lines(name, LIMITS[name]);
      for await (const piece of this.archive.pieces(name)) {
        lines.take(piece, each);
        await advance(piece.length);
      }
      this.lines[name] = lines.close();
    }

    /** Say what the manifest says otherwise of a file; null if it names the file as it is. */
    compare(name, size, digest) {
      const stated = this.manifest.files[name];
      const same = stated && stated.size === size && stated.digest === Sha256.hex(digest);
      return same ? null : `${name} is not the file that ${NAME} names: it was altered`;
    }

    /** Give the bytes of a record's header, of the period or of an earlier record that came along; null of another. */
    header(seq) {
      const { first } = this.manifest;
      if (seq >= first) return this.lines[RECORDS].get(seq - first);
      for (const [, line] of this.lines[EARLIER].all()) {
        const { header } = Canonical.decodeObject(line, `record ${seq}`);
        if (header.seq === seq) return new TextEncoder().encode(Canonical.encode(header, `record ${seq}`));
      }
      return null;
    }

    /** Give the bytes of an object, or null; that they have the digest is known from loading them. */
    object(digest) {
      const number = this.addresses.find(digest);
      return number === null ? null : this.lines[OBJECTS].get(number);
    }
  }

  return { Reader, Addresses, readHeader, isWithheld, frontier, fromHex, byCodePoint, NAME, RECORDS, CHECKPOINTS, EARLIER, OBJECTS };
})();
