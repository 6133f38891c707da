"use strict";
/* A file of lines, held as it was unpacked, with eight bytes more a line. It is not spooled into Blobs: where a browser
   has no disk for them, as in a private window, those of a large bundle can be made but not read. */
class Lines {
  constructor(name, limit) {
    this.name = name;
    this.limit = limit;
    this.count = 0;
    this.ends = new Float64Array(1024);
    this.pieces = [];
    this.starts = [];
    this.sha256 = new Sha256.Stream();
    this.rest = [];
    this.restSize = 0;
    this.size = 0;
  }

  /** Take the next bytes, calling `each(number, line)` for every line that they complete. */
  take(piece, each) {
    this.pieces.push(piece);
    this.starts.push(this.size);
    this.sha256.update(piece);
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

  close() {
    if (this.restSize) throw new Malformed(`line ${this.count + 1} of ${this.name} is longer than ${this.limit} bytes or not ended`);
    this.digest = this.sha256.digest();
    return this;
  }

  /** Give one line. */
  get(number) {
    const from = number ? this.ends[number - 1] : 0, to = this.ends[number] - 1;
    let at = this.pieceOf(from);
    const start = from - this.starts[at], end = to - this.starts[at];
    if (end <= this.pieces[at].length) return this.pieces[at].subarray(start, end);
    const line = new Uint8Array(to - from);
    line.set(this.pieces[at].subarray(start));
    while (++at < this.pieces.length && this.starts[at] < to) line.set(this.pieces[at].subarray(0, to - this.starts[at]), this.starts[at] - from);
    return line;
  }

  /** Give the number of the piece that holds a byte. */
  pieceOf(byte) {
    let low = 0, high = this.pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= byte) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Give all lines in order, with their numbers. */
  *all() {
    for (let number = 0; number < this.count; number++) yield [number, this.get(number)];
  }
}
