"use strict";
/* The order of objects.jsonl, as `collector/bundle/objects.py` says it, checked while the lines stream by. */
const Objects = (() => {
  const group = (subject) => subject.replace(/-[0-9]+$/, "");

  /** Put records into the order in which they name objects: those of the period by group and seq, then earlier ones. */
  function ordered(period, earlier) {
    const groups = new Map();
    for (const header of period) {
      const name = group(header.subject);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(header);
    }
    const names = [...groups.keys()].sort(Bundle.byCodePoint);
    return [...names.flatMap((name) => groups.get(name)), ...earlier];
  }

  class Order {
    /** `references` gives what the body of a record refers to, by seq, once its line was seen. */
    constructor(period, earlier, references, sampled) {
      this.references = references;
      this.sampled = sampled;
      this.named = new Bundle.Addresses();
      this.withheld = 0;
      this.problem = null;
      this.walk = this.names(ordered(period, earlier));
      this.next = this.walk.next();
    }

    /** Take a line: it must be the next object that is named, items that may be withheld left aside. */
    take(number, digest, line) {
      if (this.problem) return;
      try {
        this.skip(digest);
        if (this.next.done || this.next.value.digest !== digest) throw new Malformed(`line ${number + 1} of ${Bundle.OBJECTS} is not the object that the records name next`);
        this.next = this.walk.next(line);
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        this.problem = error.message;
      }
    }

    close() {
      this.skip(null);
      if (!this.problem && !this.next.done) this.problem = `the object ${this.next.value.digest}, which the records name, was altered or removed: nothing in the bundle has its digest`;
      return this.problem;
    }

    skip(digest) {
      while (!this.next.done && this.next.value.mayBeWithheld && this.next.value.digest !== digest) {
        this.withheld += 1;
        this.next = this.walk.next(null);
      }
    }

    *names(headers) {
      for (const header of headers) {
        if (this.isFirst(header.body)) yield { digest: header.body };
        const { singles, list } = this.references.get(header.seq) ?? { singles: [], list: null };
        this.references.delete(header.seq);
        for (const digest of singles) if (this.isFirst(digest)) yield { digest };
        if (list && this.isFirst(list)) yield* this.members(list, this.sampled && header.kind === "snapshot");
      }
    }

    *members(list, mayBeWithheld) {
      for (const chunk of parsed(yield { digest: list })) {
        if (!this.isFirst(chunk)) continue;
        for (const [, digest] of parsed(yield { digest: chunk })) if (this.isFirst(digest)) yield { digest, mayBeWithheld };
      }
    }

    isFirst(digest) {
      if (!Canonical.isDigest(digest)) throw new Malformed(`what a list in ${Bundle.OBJECTS} names is not a digest`);
      return this.named.add(Bundle.fromHex(digest)) !== null;
    }
  }

  function parsed(line) {
    const value = Canonical.decode(line, "a list");
    if (!Array.isArray(value)) throw new Malformed("a list must be an array");
    return value;
  }

  return { Order };
})();
