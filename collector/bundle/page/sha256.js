"use strict";
/* SHA-256 (FIPS 180-4) that can be fed in pieces: the browser's own takes a whole message only, and a bundle's files do
   not fit the memory. `check` holds it against the browser's own before anything is verified with it. */
const Sha256 = (() => {
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const bits = (root) => primes.map((p) => ((root(p) % 1) * 2 ** 32) | 0);
  const INITIAL = Int32Array.from(bits(Math.sqrt).slice(0, 8));
  const K = Int32Array.from(bits(Math.cbrt));
  const W = new Int32Array(64);

  function compress(state, bytes, at) {
    for (let t = 0; t < 16; t++, at += 4) {
      W[t] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    }
    for (let t = 16; t < 64; t++) {
      const x = W[t - 15], y = W[t - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      W[t] = (W[t - 16] + s0 + W[t - 7] + s1) | 0;
    }
    let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (let t = 0; t < 64; t++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const one = (h + s1 + ((e & f) ^ (~e & g)) + K[t] + W[t]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }

  class Stream {
    constructor() {
      this.state = INITIAL.slice();
      this.block = new Uint8Array(64);
      this.held = 0;
      this.size = 0;
    }

    update(bytes) {
      this.size += bytes.length;
      let at = 0;
      if (this.held) {
        at = Math.min(64 - this.held, bytes.length);
        this.block.set(bytes.subarray(0, at), this.held);
        this.held += at;
        if (this.held < 64) return this;
        compress(this.state, this.block, 0);
        this.held = 0;
      }
      for (; at + 64 <= bytes.length; at += 64) compress(this.state, bytes, at);
      this.block.set(bytes.subarray(at));
      this.held = bytes.length - at;
      return this;
    }

    digest() {
      const size = this.size;
      const padding = new Uint8Array((this.held < 56 ? 64 : 128) - this.held);
      padding[0] = 0x80;
      const view = new DataView(padding.buffer);
      view.setUint32(padding.length - 8, Math.floor(size / 2 ** 29));
      view.setUint32(padding.length - 4, (size * 8) >>> 0);
      this.update(padding);
      const out = new Uint8Array(32);
      const words = new DataView(out.buffer);
      this.state.forEach((word, at) => words.setInt32(4 * at, word));
      return out;
    }
  }

  const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

  function hex(bytes) {
    let text = "";
    for (let at = 0; at < bytes.length; at++) text += HEX[bytes[at]];
    return text;
  }

  const digest = (bytes) => new Stream().update(bytes).digest();

  async function check() {
    const sample = new Uint8Array(1000).map((_, at) => (at * 167 + 13) % 251);
    for (let length = 0; length < 260; length += 1) {
      const message = sample.subarray(length, 2 * length);
      const own = new Stream().update(message.subarray(0, length >> 1)).update(message.subarray(length >> 1)).digest();
      const theirs = new Uint8Array(await crypto.subtle.digest("SHA-256", message));
      if (hex(own) !== hex(theirs)) throw new Error("this page's SHA-256 is not the browser's: do not use it");
    }
  }

  return { Stream, digest, hex, check };
})();
