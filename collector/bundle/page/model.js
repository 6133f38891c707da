"use strict";
/* What the page shows: one row a record, and each assessment once. `collector/bundle/page_data.py` derives the same. */
const Model = (() => {
  /* A passing member's detail is worth its bytes only where it is itself a register: readers, changes, vendors. */
  const REGISTERS = /^(ACC-3|CHG-1|VEN-\d+)$/;

  /* The times of records that were appended together are one. */
  let asked = null, told = 0;

  /** A time as whole microseconds since 1970. */
  function micros(text) {
    if (text !== asked) [asked, told] = [text, Date.parse(`${text.slice(0, 23)}Z`) * 1000 + Number(text.slice(23, 26))];
    return told;
  }

  /** Whole microseconds since 1970 as a time in the ledger's spelling. */
  const instant = (time) => `${new Date(Math.floor(time / 1000)).toISOString().slice(0, 23)}${String(time % 1000).padStart(3, "0")}Z`;

  function project(header, body) {
    const row = [header.seq, micros(header.time), header.kind, header.subject];
    if (header.kind === "result") row.push(body.outcome, body.population, body.deviations, body.undecided, body.reason, micros(body.as_of), null);
    else if (header.kind === "snapshot") row.push(body.count, body.complete, body.caller, micros(body.finished));
    else if (header.kind === "gap") row.push(body.class, body.reason);
    else row.push(body);
    return row;
  }

  const isKept = (control, outcome) => outcome === "fail" || outcome === "inconclusive" || REGISTERS.test(control);

  class Builder {
    constructor(manifest) {
      const { controls, first, key, origin, period, product, size } = manifest;
      const { fingerprint } = Note.readKey(key);
      this.model = { v: 1, catalogue: {}, controls, fingerprint, first, key, origin, period, product, size, schedule: {}, earlier: [], assessments: [], changes: [], rows: new Array(size - first) };
      this.lists = new Map();
      this.catalogues = [];
    }

    withheld(header) {
      this.model.rows[header.seq - this.model.first] = [header.seq, micros(header.time), header.kind, header.subject];
    }

    /** Take what a configuration says of controls; they come in any order, so they are put in theirs at the end. */
    configuration(header, body) {
      this.catalogues.push([header.seq, body.catalogue ?? {}, body.schedule ?? {}]);
    }

    add(header, body) {
      this.model.rows[header.seq - this.model.first] = project(header, body);
      if (header.kind === "result") this.lists.set(header.seq, body.assessments);
      if (header.kind === "snapshot") this.lists.set(header.seq, body.items);
    }

    /** Take an attestation from before the period, which a result of it rests on. */
    attested(header, body) {
      this.model.earlier.push(project(header, body));
    }

    /** Give each result what changed in its list of assessments since the result of the control before. */
    async finish(reader, pause) {
      this.catalogues.sort(([a], [b]) => a - b);
      for (const [seq, catalogue, schedule] of this.catalogues) {
        if (seq < this.model.first) this.model.schedule = schedule;
        for (const [control, { criteria, limits, title }] of Object.entries(catalogue)) this.model.catalogue[control] = { criteria, limits, title };
      }
      this.model.earlier.sort(([a], [b]) => a - b);
      const before = new Map();
      const numbers = new Map();
      for (const row of this.model.rows) {
        if (row[2] !== "result" || row.length === 4) continue;
        const [seq, , , control] = row;
        const last = before.get(control) ?? { index: null, members: new Set() };
        const index = this.lists.get(seq);
        if (index === last.index) continue;
        const members = new Set();
        const added = [];
        for (const [, digest] of Verify.pairs(reader, index, `record ${seq}`)) {
          const name = `${control} ${digest}`;
          if (!numbers.has(name)) {
            numbers.set(name, this.model.assessments.length);
            this.model.assessments.push(readAssessment(reader, digest, control));
          }
          const number = numbers.get(name);
          members.add(number);
          if (!last.members.has(number)) added.push(number);
        }
        row[10] = [[...last.members].filter((number) => !members.has(number)).sort((a, b) => a - b), added];
        before.set(control, { index, members });
        await pause();
      }
      this.model.changes = await Changes.between(this.model, this.lists, reader, pause);
      this.lists.clear();
    }
  }

  function readAssessment(reader, digest, control) {
    const { id, outcome, reason, detail } = Canonical.decodeObject(reader.object(digest), `an assessment of ${control}`);
    return [control, id, outcome, reason, isKept(control, outcome) ? detail : null];
  }

  return { Builder, micros, instant };
})();
