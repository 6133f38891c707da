"use strict";
/* Canonical JSON (RFC 8785, restricted as in FORMAT.md section 1): anything in another spelling is refused. */
class Malformed extends Error {}

const Canonical = (() => {
  const MAX_DEPTH = 64;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  function text(bytes, what) {
    try {
      return decoder.decode(bytes);
    } catch {
      throw new Malformed(`${what} is not UTF-8`);
    }
  }

  /** Tell whether JSON.stringify writes a value as RFC 8785 does: its names in order, and nothing that the subset refuses. */
  function isPlain(value, depth = 0) {
    if (depth > MAX_DEPTH) return false;
    if (typeof value === "string") return value.isWellFormed();
    if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0);
    if (value === null || typeof value === "boolean") return true;
    if (Array.isArray(value)) {
      for (const member of value) if (!isPlain(member, depth + 1)) return false;
      return true;
    }
    let before = null;
    for (const name of Object.keys(value)) {
      if ((before !== null && name <= before) || !name.isWellFormed() || !isPlain(value[name], depth + 1)) return false;
      before = name;
    }
    return true;
  }

  /** Write a value as RFC 8785 does, refusing what the subset does not allow. */
  const encode = (value, what) => (isPlain(value) ? JSON.stringify(value) : written(value, what));

  function written(value, what, depth = 0) {
    if (depth > MAX_DEPTH) throw new Malformed(`${what} is nested deeper than ${MAX_DEPTH} levels`);
    if (value === null || typeof value === "boolean") return String(value);
    if (typeof value === "string") {
      if (!value.isWellFormed()) throw new Malformed(`${what} holds a lone surrogate`);
      return JSON.stringify(value);
    }
    if (typeof value === "number") {
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new Malformed(`${what} holds a number that is no integer within 2^53-1`);
      return String(value);
    }
    if (Array.isArray(value)) return `[${value.map((member) => written(member, what, depth + 1)).join(",")}]`;
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${written(name, what, depth)}:${written(value[name], what, depth + 1)}`).join(",")}}`;
  }

  /** Parse canonical bytes strictly; `what` names them in errors. */
  function decode(bytes, what) {
    const given = text(bytes, what);
    let value;
    try {
      value = JSON.parse(given);
    } catch {
      throw new Malformed(`${what} is not JSON`);
    }
    if (encode(value, what) !== given) throw new Malformed(`${what} is JSON, but not in canonical form (RFC 8785)`);
    return value;
  }

  function decodeObject(bytes, what) {
    const value = decode(bytes, what);
    if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Malformed(`${what} must be a JSON object`);
    return value;
  }

  const isDigest = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);

  /** Tell whether an object has exactly these fields, which are given in order. */
  function hasFields(value, names) {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
    const own = Object.keys(value);
    return own.length === names.length && own.sort().every((name, at) => name === names[at]);
  }

  const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

  /* Records that were appended together have one time, so the last one asked about is often asked about again. */
  let known = null;

  /** Tell whether a value is a time in the ledger's one spelling, and of a day that exists. */
  function isInstant(value) {
    if (value === known) return true;
    if (typeof value !== "string" || !INSTANT.test(value)) return false;
    const parsed = new Date(`${value.slice(0, 23)}Z`);
    if (Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 23) !== value.slice(0, 23)) return false;
    known = value;
    return true;
  }

  return { decode, decodeObject, encode, text, isDigest, isInstant, hasFields };
})();
