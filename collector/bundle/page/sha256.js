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
      const one = (h + s1 + (g ^ (e & (f ^ g))) + K[t] + W[t]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const two = (s0 + ((a & b) | (c & (a | b)))) | 0;
      h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }

  /** Write the padding that ends a message of `size` bytes, of which the last `held` begin a block. */
  function pad(block, held, size, state) {
    block[held] = 0x80;
    block.fill(0, held + 1);
    if (held >= 56) {
      compress(state, block, 0);
      block.fill(0);
    }
    const high = Math.floor(size / 2 ** 29), low = (size * 8) >>> 0;
    for (let at = 0; at < 4; at++) {
      block[59 - at] = high >>> (8 * at);
      block[63 - at] = low >>> (8 * at);
    }
    compress(state, block, 0);
  }

  function written(state) {
    const out = new Uint8Array(32);
    for (let at = 0; at < 32; at++) out[at] = state[at >> 2] >>> (24 - 8 * (at & 3));
    return out;
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
      pad(this.block, this.held, this.size, this.state);
      return written(this.state);
    }
  }

  const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

  function hex(bytes) {
    let text = "";
    for (let at = 0; at < bytes.length; at++) text += HEX[bytes[at]];
    return text;
  }

  const STATE = new Int32Array(8);
  const BLOCK = new Uint8Array(64);

  /** Give the digest of a whole message, with one byte before it unless `prefix` is null. */
  function digest(bytes, prefix = null) {
    STATE.set(INITIAL);
    let at = 0, held = 0;
    if (prefix !== null) {
      BLOCK[0] = prefix;
      at = Math.min(63, bytes.length);
      BLOCK.set(bytes.subarray(0, at), 1);
      held = at + 1;
      if (held === 64) {
        compress(STATE, BLOCK, 0);
        held = 0;
      }
    }
    if (held === 0) {
      for (; at + 64 <= bytes.length; at += 64) compress(STATE, bytes, at);
      for (; at < bytes.length; at++) BLOCK[held++] = bytes[at];
    }
    pad(BLOCK, held, bytes.length + (prefix === null ? 0 : 1), STATE);
    return written(STATE);
  }

  async function check() {
    const sample = new Uint8Array(1000).map((_, at) => (at * 167 + 13) % 251);
    for (let length = 0; length < 260; length += 1) {
      const message = sample.subarray(length, 2 * length);
      const own = new Stream().update(message.subarray(0, length >> 1)).update(message.subarray(length >> 1)).digest();
      const theirs = new Uint8Array(await crypto.subtle.digest("SHA-256", message));
      const led = length ? digest(message.subarray(1), message[0]) : own;
      if ([own, digest(message), led].some((each) => hex(each) !== hex(theirs))) throw new Error("this page's SHA-256 is not the browser's: do not use it");
    }
  }

  return { Stream, digest, hex, check };
})();
