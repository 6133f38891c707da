"use strict";
/* A file of lines, spooled into Blobs so that a large one lies on disk; memory is eight bytes a line. */
class Lines {
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
    const from = number ? this.ends[number - 1] : 0;
    return new Uint8Array(await this.blob.slice(from, this.ends[number] - 1).arrayBuffer());
  }

  /** Give all lines in order, a few megabytes of them at a time. */
  async *all() {
    for (let first = 0; first < this.count; ) {
      const from = first ? this.ends[first - 1] : 0;
      let last = first;
      while (last + 1 < this.count && this.ends[last + 1] - from < 4 * 2 ** 20) last++;
      const block = new Uint8Array(await this.blob.slice(from, this.ends[last]).arrayBuffer());
      for (; first <= last; first++) {
        yield [first, block.subarray((first ? this.ends[first - 1] : 0) - from, this.ends[first] - 1 - from)];
      }
    }
  }
}
