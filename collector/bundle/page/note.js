"use strict";
/* C2SP signed notes and tlog-checkpoints, parsed strictly; Ed25519 by the browser (WebCrypto). */
const Note = (() => {
  const MAX_NOTE = 256 * 1024;
  const MAX_SIGNATURES = 64;
  const ED25519 = 1;
  const MARK = "\u2014 ";
  const utf8 = new TextEncoder();

  function bytesOf(base64, what) {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4) throw new Malformed(`${what} is not base64`);
    const raw = atob(base64);
    if (btoa(raw) !== base64) throw new Malformed(`${what} is not in canonical base64`);
    return Uint8Array.from(raw, (character) => character.charCodeAt(0));
  }

  const isKeyName = (name) => name.length > 0 && name.isWellFormed() && !/[+\s\u0000-\u001f\u0085\u001c-\u001f]/u.test(name);

  /** Read a C2SP vkey of type Ed25519. */
  function readKey(text) {
    const [name, id, ...rest] = text.trim().split("+");
    const material = bytesOf(rest.join("+"), "the verifier key's material");
    if (!isKeyName(name) || material.length !== 33 || material[0] !== ED25519) throw new Malformed("not an Ed25519 verifier key");
    const keyId = Sha256.hex(Sha256.digest(new Uint8Array([...utf8.encode(`${name}\n`), ...material])).subarray(0, 4));
    if (id !== keyId) throw new Malformed(`the verifier key's id should be ${keyId}`);
    const bytes = material.subarray(1);
    return { name, id: keyId, bytes, text: text.trim(), fingerprint: `sha256:${Sha256.hex(Sha256.digest(bytes))}` };
  }

  function readSignature(line, what) {
    const [name, encoded, ...more] = line.slice(MARK.length).split(" ");
    if (!line.startsWith(MARK) || encoded === undefined || more.length || !isKeyName(name)) throw new Malformed(`${what} has a malformed signature line`);
    const data = bytesOf(encoded, `a signature of ${what}`);
    if (data.length < 5) throw new Malformed(`${what} has a signature line without a signature`);
    return { name, id: Sha256.hex(data.subarray(0, 4)), signature: data.subarray(4) };
  }

  function readNote(whole, what) {
    if (utf8.encode(whole).length > MAX_NOTE) throw new Malformed(`${what} is larger than ${MAX_NOTE} bytes`);
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u0009\u000b-\u001f]/.test(whole)) throw new Malformed(`${what} holds a control character`);
    const cut = whole.lastIndexOf("\n\n");
    if (cut < 1 || !whole.endsWith("\n") || cut + 2 >= whole.length) throw new Malformed(`${what} is not a signed note: text, an empty line, signature lines`);
    const lines = whole.slice(cut + 2, -1).split("\n");
    if (lines.length > MAX_SIGNATURES) throw new Malformed(`${what} has more than ${MAX_SIGNATURES} signatures`);
    return { text: whole.slice(0, cut + 1), signatures: lines.map((line) => readSignature(line, what)), whole };
  }

  /** Read a signed checkpoint; its signatures are parsed, not verified. */
  function readCheckpoint(whole, what) {
    const note = readNote(whole, what);
    const [origin, size, root, ...rest] = note.text.slice(0, -1).split("\n");
    if (!origin || size === undefined || !root || rest.some((line) => !line)) throw new Malformed(`${what} must have an origin, a size and a root, a line each`);
    if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) throw new Malformed(`the size in ${what} is not a canonical whole number: ${size.slice(0, 40)}`);
    const bytes = bytesOf(root, `the root in ${what}`);
    if (bytes.length !== 32) throw new Malformed(`the root in ${what} does not have 32 bytes`);
    return { origin, size: Number(size), root: Sha256.hex(bytes), note };
  }

  /** Read the body of a `key` record: the old key names the new one and signs that. */
  async function readRotation(body, what) {
    if (typeof body.note !== "string") throw new Malformed(`${what} holds no rotation note`);
    const note = readNote(body.note, what);
    const lines = note.text.slice(0, -1).split("\n");
    if (lines.length !== 3 || lines[0] !== "controlproof key rotation") throw new Malformed(`${what} is not a key rotation`);
    const [before, after] = [readKey(lines[1]), readKey(lines[2])];
    if (before.name !== after.name) throw new Malformed(`${what} hands the ledger ${before.name} to another name, ${after.name}`);
    await verify(note, [before], what);
    return { before, after };
  }

  const imported = new Map();
  function platformKey(key) {
    if (!imported.has(key.text)) imported.set(key.text, crypto.subtle.importKey("raw", key.bytes, { name: "Ed25519" }, false, ["verify"]));
    return imported.get(key.text);
  }

  /** Throw unless one of the keys signed the note, and every line of these keys verifies. */
  async function verify(note, keys, what) {
    let signed = false;
    for (const line of note.signatures) {
      const key = keys.find((each) => each.name === line.name && each.id === line.id);
      if (!key) continue;
      const holds = await crypto.subtle.verify({ name: "Ed25519" }, await platformKey(key), line.signature, utf8.encode(note.text));
      if (!holds) throw new Malformed(`the signature of ${key.name} on ${what} does not verify: its text was altered`);
      signed = true;
    }
    if (!signed) throw new Malformed(`${what} is not signed by a trusted key`);
  }

  /** Tell whether this browser can verify Ed25519 at all. */
  async function canVerify() {
    try {
      await crypto.subtle.importKey("raw", new Uint8Array(32).fill(1), { name: "Ed25519" }, false, ["verify"]);
      return true;
    } catch {
      return false;
    }
  }

  return { readKey, readCheckpoint, readRotation, verify, canVerify, isKeyName, bytesOf };
})();
