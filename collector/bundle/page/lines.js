"use strict";
/* A file of lines, spooled into Blobs so that a large one lies on disk; memory is eight bytes a line. */
class Lines {
  static BLOCK = 2 ** 18;
  static KEPT = 64;

  constructor(name, limit) {
    this.name = name;
    this.limit = limit;
    this.count = 0;
    this.ends = new Float64Array(1024);
    this.parts = [];
    this.held = [];
    this.heldSize = 0;
    this.rest = [];
    this.restSize = 0;
    this.size = 0;
    /* Lines that are asked for stand close to one another, so what was read last is kept: block number to bytes. */
    this.blocks = new Map();
  }

  /** Take the next bytes, calling `each(number, line)` for every line that they complete. */
  take(piece, each) {
    this.held.push(piece);
    this.heldSize += piece.length;
    if (this.heldSize > 16 * 2 ** 20) this.flush();
    let from = 0;
    for (;;) {
      const to = piece.indexOf(10, from);
      const length = this.restSize + (to < 0 ? piece.length : to) - from;
      if (length > this.limit) throw new Malformed(`line ${this.count + 1} of ${this.name} is longer than ${this.limit} bytes or not ended`);
      if (to < 0) break;
      this.end(this.size + to + 1);
      each(this.count - 1, this.joined(piece.subarray(from, to)));
      from = to + 1;
    }
    if (from < piece.length) {
      this.rest.push(piece.subarray(from));
      this.restSize += piece.length - from;
    }
    this.size += piece.length;
  }

  joined(last) {
    if (!this.rest.length) return last;
    const line = new Uint8Array(this.restSize + last.length);
    let at = 0;
    for (const part of [...this.rest, last]) { line.set(part, at); at += part.length; }
    this.rest = [];
    this.restSize = 0;
    return line;
  }

  end(at) {
    if (this.count === this.ends.length) {
      const grown = new Float64Array(2 * this.count);
      grown.set(this.ends);
      this.ends = grown;
    }
    this.ends[this.count++] = at;
  }

  flush() {
    this.parts.push(new Blob(this.held));
    this.held = [];
    this.heldSize = 0;
  }

  close() {
    if (this.restSize) throw new Malformed(`line ${this.count + 1} of ${this.name} is longer than ${this.limit} bytes or not ended`);
    this.flush();
    this.blob = new Blob(this.parts);
    return this;
  }

  /** Give one line. */
  async get(number) {
    const from = number ? this.ends[number - 1] : 0, to = this.ends[number] - 1;
    const first = Math.floor(from / Lines.BLOCK);
    if (to > (first + 1) * Lines.BLOCK) return new Uint8Array(await this.blob.slice(from, to).arrayBuffer());
    const block = this.blocks.get(first) ?? (await this.read(first));
    return block.subarray(from - first * Lines.BLOCK, to - first * Lines.BLOCK);
  }

  async read(number) {
    const block = new Uint8Array(await this.blob.slice(number * Lines.BLOCK, (number + 1) * Lines.BLOCK).arrayBuffer());
    if (this.blocks.size >= Lines.KEPT) this.blocks.delete(this.blocks.keys().next().value);
    this.blocks.set(number, block);
    return block;
  }

  /** Give all lines in order, a few megabytes of them at a time: each time, what goes through them. */
  async *all() {
    for (let first = 0; first < this.count; ) {
      const from = first ? this.ends[first - 1] : 0;
      let last = first;
      while (last + 1 < this.count && this.ends[last + 1] - from < 4 * 2 ** 20) last++;
      const block = new Uint8Array(await this.blob.slice(from, this.ends[last]).arrayBuffer());
      yield this.within(block, from, first, last);
      first = last + 1;
    }
  }

  *within(block, from, first, last) {
    for (let number = first; number <= last; number++) {
      yield [number, block.subarray((number ? this.ends[number - 1] : 0) - from, this.ends[number] - 1 - from)];
    }
  }
}
