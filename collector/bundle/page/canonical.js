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

  /** Write a value as RFC 8785 does, refusing what the subset does not allow. */
  function encode(value, what, depth = 0) {
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
    if (Array.isArray(value)) return `[${value.map((member) => encode(member, what, depth + 1)).join(",")}]`;
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${encode(name, what, depth)}:${encode(value[name], what, depth + 1)}`).join(",")}}`;
  }

  /** Parse canonical bytes strictly; `what` names them in errors. */
  function decode(bytes, what) {
    const written = text(bytes, what);
    let value;
    try {
      value = JSON.parse(written);
    } catch {
      throw new Malformed(`${what} is not JSON`);
    }
    if (encode(value, what) !== written) throw new Malformed(`${what} is JSON, but not in canonical form (RFC 8785)`);
    return value;
  }

  function decodeObject(bytes, what) {
    const value = decode(bytes, what);
    if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Malformed(`${what} must be a JSON object`);
    return value;
  }

  const isDigest = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);

  /** Tell whether an object has exactly these fields. */
  const hasFields = (value, names) =>
    value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).sort().join() === [...names].sort().join();

  const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

  /** Tell whether a value is a time in the ledger's one spelling, and of a day that exists. */
  function isInstant(value) {
    if (typeof value !== "string" || !INSTANT.test(value)) return false;
    const parsed = new Date(`${value.slice(0, 23)}Z`);
    return !Number.isNaN(parsed.getTime()) && parsed.toISOString().slice(0, 23) === value.slice(0, 23);
  }

  return { decode, decodeObject, encode, text, isDigest, isInstant, hasFields };
})();
