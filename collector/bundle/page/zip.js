"use strict";
/* A zip that may be hostile, read from a File without unpacking it: its directory is checked, its files are streamed. */
const Zip = (() => {
  const MAX_MEMBERS = 20000;
  const MAX_TOTAL = 64 * 2 ** 30;
  const MAX_RATIO = 200;
  const RATIO_FREE = 16 * 2 ** 20;
  const NAME = /^[A-Za-z0-9][A-Za-z0-9_.@=-]*(\/[A-Za-z0-9][A-Za-z0-9_.@=-]*)*$/;

  class View extends DataView {
    u16(at) { return this.getUint16(at, true); }
    u32(at) { return this.getUint32(at, true); }
    u64(at) {
      const value = this.getBigUint64(at, true);
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed("the zip states a size that no file has");
      return Number(value);
    }
  }

  const view = async (blob, from, to) => new View(await blob.slice(from, to).arrayBuffer());

  async function findDirectory(file) {
    const from = Math.max(0, file.size - 65557);
    const tail = await view(file, from, file.size);
    for (let at = tail.byteLength - 22; at >= 0; at--) {
      if (tail.u32(at) !== 0x06054b50) continue;
      const found = { count: tail.u16(at + 10), size: tail.u32(at + 12), offset: tail.u32(at + 16) };
      if (at >= 20 && tail.u32(at - 20) === 0x07064b50) return directory64(file, tail.u64(at - 20 + 8));
      return found;
    }
    throw new Malformed("this file is not a zip, or its end is missing");
  }

  async function directory64(file, offset) {
    const end = await view(file, offset, offset + 56);
    if (end.byteLength < 56 || end.u32(0) !== 0x06064b50) throw new Malformed("the zip's directory is damaged");
    return { count: end.u64(32), size: end.u64(40), offset: end.u64(48) };
  }

  function readMember(entry, at, bytes) {
    const nameLength = entry.u16(at + 28), extraLength = entry.u16(at + 30);
    const name = new TextDecoder("latin1").decode(bytes.subarray(at + 46, at + 46 + nameLength));
    const member = {
      name,
      flags: entry.u16(at + 8),
      method: entry.u16(at + 10),
      packed: entry.u32(at + 20),
      size: entry.u32(at + 24),
      mode: entry.u32(at + 38) >>> 16,
      offset: entry.u32(at + 42),
      end: at + 46 + nameLength + extraLength + entry.u16(at + 32),
    };
    for (let extra = at + 46 + nameLength, last = extra + extraLength; extra + 4 <= last; extra += 4 + entry.u16(extra + 2)) {
      if (entry.u16(extra) !== 1) continue;
      let value = extra + 4;
      for (const field of ["size", "packed", "offset"]) {
        if (member[field] === 0xffffffff) { member[field] = entry.u64(value); value += 8; }
      }
    }
    return member;
  }

  function checkMember(member) {
    const { name } = member;
    if (!NAME.test(name)) throw new Malformed(`the bundle holds an unsafe name: ${JSON.stringify(name.slice(0, 120))}`);
    if (![0, 0o100000].includes(member.mode & 0o170000)) throw new Malformed(`${name} in the bundle is not a regular file`);
    if (member.flags & 1) throw new Malformed(`${name} in the bundle is encrypted`);
    if (member.method !== 0 && member.method !== 8) throw new Malformed(`${name} in the bundle is compressed by method ${member.method}, not deflate`);
    if (member.size > RATIO_FREE && member.size > MAX_RATIO * member.packed) throw new Malformed(`${name} in the bundle grows from ${member.packed} to ${member.size} bytes: a bomb`);
  }

  class Archive {
    constructor(file, members) {
      this.file = file;
      this.members = members;
    }

    static async open(file) {
      const { count, size, offset } = await findDirectory(file);
      if (count > MAX_MEMBERS || size > 64 * 2 ** 20) throw new Malformed(`the bundle has ${count} files; at most ${MAX_MEMBERS} are read`);
      const entries = await view(file, offset, offset + size);
      const bytes = new Uint8Array(entries.buffer);
      const members = new Map(), folded = new Set();
      let total = 0;
      for (let at = 0, n = 0; n < count; n++) {
        if (at + 46 > entries.byteLength || entries.u32(at) !== 0x02014b50) throw new Malformed("the zip's directory is damaged");
        const member = readMember(entries, at, bytes);
        checkMember(member);
        if (folded.has(member.name.toLowerCase())) throw new Malformed(`the bundle holds the name ${member.name} twice`);
        folded.add(member.name.toLowerCase());
        members.set(member.name, member);
        total += member.size;
        at = member.end;
      }
      if (total > MAX_TOTAL) throw new Malformed(`the bundle unpacks to more than ${MAX_TOTAL} bytes`);
      checkLayout([...members.values()], file.size);
      return new Archive(file, members);
    }

    get names() { return [...this.members.keys()].sort(); }

    /** Stream a file's bytes; it must have exactly the size that the directory states. */
    async *pieces(name) {
      const member = this.members.get(name);
      if (!member) throw new Malformed(`${name} is missing from the bundle`);
      const local = await view(this.file, member.offset, member.offset + 30);
      if (local.byteLength < 30 || local.u32(0) !== 0x04034b50) throw new Malformed(`${name} in the bundle is damaged`);
      const start = member.offset + 30 + local.u16(26) + local.u16(28);
      const packed = this.file.slice(start, start + member.packed);
      const stream = member.method === 8 ? packed.stream().pipeThrough(new DecompressionStream("deflate-raw")) : packed.stream();
      const reader = stream.getReader();
      let seen = 0;
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          seen += value.length;
          if (seen > member.size) throw new Malformed(`${name} in the bundle is larger than it states`);
          yield value;
        }
      } catch (error) {
        /* What does not inflate is a TypeError; a file that the browser cannot read any more says nothing of the bundle. */
        throw error instanceof TypeError ? new Malformed(`${name} in the bundle is damaged`) : error;
      } finally {
        reader.cancel().catch(() => {});
      }
      if (seen !== member.size) throw new Malformed(`${name} in the bundle is damaged: it has ${seen} bytes, not ${member.size}`);
    }

    /** Give a whole small file. */
    async read(name, limit) {
      if ((this.members.get(name)?.size ?? 0) > limit) throw new Malformed(`${name} has more than ${limit} bytes`);
      const bytes = new Uint8Array(this.members.get(name)?.size ?? 0);
      let at = 0;
      for await (const piece of this.pieces(name)) {
        bytes.set(piece, at);
        at += piece.length;
      }
      return bytes;
    }
  }

  /** Refuse bytes before the first file, and files that share bytes: one zip, one reading. */
  function checkLayout(members, size) {
    let end = 0;
    for (const member of members.sort((a, b) => a.offset - b.offset)) {
      if (member.offset < end || (end === 0 && member.offset !== 0)) throw new Malformed(`${member.name} in the bundle overlaps another file, or hidden bytes precede it`);
      end = member.offset + 30 + member.name.length + member.packed;
    }
    if (end > size) throw new Malformed("the bundle is cut short");
  }

  return { Archive };
})();
