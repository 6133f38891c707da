"use strict";
/* The rows of a model, put in order once: by control, by population, by day. */
const Period = (() => {
  const RANK = { none: 0, not_applicable: 1, pass: 2, inconclusive: 3, fail: 4 };
  const natural = new Intl.Collator("en", { numeric: true });

  const result = (row) => ({ seq: row[0], time: row[1], control: row[3], outcome: row[4], population: row[5], deviations: row[6], undecided: row[7], reason: row[8], asOf: row[9] });

  class Control {
    constructor(id) {
      this.id = id;
      this.results = [];
      this.days = new Map();
      this.open = new Map();
      /* [assessment number, first result, last result]: where a member stood with one and the same assessment. */
      this.spans = [];
    }

    add(row) {
      const told = result(row);
      const day = Words.dayOf(told.time);
      const [gone, joined] = row[10] ?? [[], []];
      for (const number of gone) this.close(number);
      for (const number of joined) this.open.set(number, told);
      this.results.push(told);
      if (!this.days.has(day)) this.days.set(day, []);
      this.days.get(day).push(told);
    }

    close(number) {
      this.spans.push([number, this.open.get(number), this.last]);
      this.open.delete(number);
    }

    finish() {
      for (const number of [...this.open.keys()]) this.close(number);
      this.spans.sort((a, b) => a[1].seq - b[1].seq);
    }

    get last() { return this.results.at(-1); }

    outcomeOn(day) {
      return (this.days.get(day) ?? []).reduce((worst, each) => (RANK[each.outcome] > RANK[worst] ? each.outcome : worst), "none");
    }
  }

  class Index {
    constructor(model) {
      this.model = model;
      this.assessments = model.assessments.map(([control, id, outcome, reason, detail]) => ({ control, id, outcome, reason, detail }));
      this.controls = new Map();
      this.subjects = new Map();
      this.gaps = [];
      this.attestations = [];
      this.configurations = [];
      this.prunings = [];
      this.withheld = 0;
      this.catalogue = model.catalogue;
      for (const [seq, time, , subject, body] of model.earlier) this.attestations.push({ seq, time, subject, body });
      for (const row of model.rows) this.add(row);
      for (const control of this.controls.values()) control.finish();
      this.controls = new Map([...this.controls].sort(([a], [b]) => natural.compare(a, b)));
      this.subjects = new Map([...this.subjects].sort(([a], [b]) => natural.compare(a, b)));
      this.days = this.listDays();
    }

    add(row) {
      const [seq, time, kind, subject] = row;
      if (row.length === 4) this.withheld += 1;
      else if (kind === "result") this.control(subject).add(row);
      else if (kind === "snapshot") this.read(subject, time, row[5] ? "complete" : "gap", { seq, time, count: row[4], complete: row[5], caller: row[6], finished: row[7] });
      else if (kind === "gap") {
        this.gaps.push({ seq, time, subject, class: row[4], reason: row[5] });
        if (subject.includes("/")) this.read(subject, time, "gap", { seq, time, count: null, complete: false, class: row[4], reason: row[5] });
      } else if (kind === "attestation") this.attestations.push({ seq, time, subject, body: row[4] });
      else if (kind === "prune") this.prunings.push({ seq, time, body: row[4] });
      else if (kind === "config") this.configurations.push({ seq, time, body: row[4] });
    }

    control(id) {
      if (!this.controls.has(id)) this.controls.set(id, new Control(id));
      return this.controls.get(id);
    }

    read(subject, time, state, reading) {
      if (!this.subjects.has(subject)) this.subjects.set(subject, { id: subject, readings: [], days: new Map() });
      const found = this.subjects.get(subject);
      found.readings.push(reading);
      const day = Words.dayOf(time);
      found.days.set(day, found.days.get(day) === "gap" ? "gap" : state);
    }

    /** Every day of the period, so that a day on which nothing ran is seen. */
    listDays() {
      const { start, end } = this.model.period;
      const first = Words.dayOf(Date.parse(start) * 1000), last = Words.dayOf(Date.parse(end) * 1000 - 1);
      return Array.from({ length: Math.max(1, last - first + 1) }, (_, at) => first + at);
    }

    /** The windows of each control; none where the summary beside the page, which nobody verified, holds no schedule. */
    get coverage() {
      this.model.coverage ??= Coverage.coverage(this.model);
      return this.model.coverage;
    }

    /** How populations changed, newest first, each with the times that bound it. */
    get changes() {
      const row = (seq) => this.model.rows[seq - this.model.first];
      return this.model.changes.map(([subject, item, nature, before, after, was, became]) => ({ subject, item, nature, before, after, was, became, since: row(before)[1], until: row(after)[1], finished: Model.instant(row(after)[7]) })).reverse();
    }

    title(control) { return this.catalogue[control]?.title ?? ""; }

    /** What deviates or is undecided, each with the first and the last result that say so. */
    findings(control) {
      return control.spans
        .map(([number, first, last]) => ({ ...this.assessments[number], first, last, current: last === control.last }))
        .filter((each) => each.outcome === "fail" || each.outcome === "inconclusive");
    }

    members(control) {
      return control.spans.map(([number, first, last]) => ({ ...this.assessments[number], first, last, current: last === control.last }));
    }

    /** The answers of management to a deviation, newest last. */
    responses(finding) {
      return this.attestations.filter(({ subject, body }) => subject === "attestation/management_response" && body.control === finding.control && body.item === finding.id);
    }
  }

  return { Index, RANK };
})();
