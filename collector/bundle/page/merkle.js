"use strict";
/* The Merkle tree of RFC 6962, grown a leaf at a time, and its inclusion proofs. */
const Merkle = (() => {
  const HASH = 32;

  function leafHash(bytes) {
    return Sha256.digest(bytes, 0);
  }

  const pair = new Uint8Array(2 * HASH);
  function nodeHash(left, right) {
    pair.set(left);
    pair.set(right, HASH);
    return Sha256.digest(pair, 1);
  }

  const ones = (n) => n.toString(2).replaceAll("0", "").length;

  /** A compact range: the roots of the perfect subtrees over the first `size` leaves, left to right. */
  class Frontier {
    constructor(size, hashes) {
      if (hashes.length !== ones(size)) throw new Malformed(`a compact range of ${size} records has ${ones(size)} hashes, not ${hashes.length}`);
      this.size = size;
      this.hashes = [...hashes];
    }

    append(leaf) {
      let hash = leaf;
      for (let n = this.size; n % 2 === 1; n = (n - 1) / 2) hash = nodeHash(this.hashes.pop(), hash);
      this.hashes.push(hash);
      this.size += 1;
    }

    root() {
      if (this.size === 0) return Sha256.digest(new Uint8Array(0));
      return this.hashes.reduceRight((right, left) => nodeHash(left, right));
    }
  }

  /** Give the root that an inclusion proof leads to (RFC 9162 section 2.1.3.2), or null where it is no proof. */
  function rootFromProof(leaf, index, size, proof) {
    if (index >= size) return null;
    let fn = index, sn = size - 1, hash = leaf;
    for (const node of proof) {
      if (sn === 0) return null;
      if (fn % 2 === 1 || fn === sn) {
        hash = nodeHash(node, hash);
        while (fn % 2 === 0 && fn !== 0) { fn /= 2; sn = Math.floor(sn / 2); }
      } else {
        hash = nodeHash(hash, node);
      }
      fn = Math.floor(fn / 2);
      sn = Math.floor(sn / 2);
    }
    return sn === 0 ? hash : null;
  }

  return { Frontier, leafHash, rootFromProof };
})();
