"use strict";
/* Coverage of the period, derived from a model's rows as `collector/period/coverage.py` derives it: which windows of each
   control hold what the configuration in force expected, and what the others lack. */
const Coverage = (() => {
  const MINUTE = 60e6;
  const NOTHING = new Set();

  /** The window that a moment lies in is counted from 1970, in microseconds. */
  const windowStart = (moment, cadence) => moment - (moment % cadence);
  const windowEnd = (moment, cadence) => windowStart(moment, cadence) + cadence;

  const lackOf = (subject, cause, reason) => ({ subject, cause, reason });

  /** Read the schedule of a configuration: control to { cadence in microseconds, subjects }. */
  function readSchedule(schedule, controls) {
    const found = new Map();
    for (const [control, entry] of Object.entries(schedule ?? {})) {
      const subjects = entry?.subjects;
      if (!Number.isSafeInteger(entry?.cadence) || entry.cadence * 1e6 < MINUTE || !Array.isArray(subjects)) throw new Malformed(`the schedule of ${control} on record is malformed`);
      if (controls === null || controls.includes(control)) found.set(control, { cadence: entry.cadence * 1e6, subjects: new Set(subjects) });
    }
    return found;
  }

  /** One control while records stream by: the window under way and what was seen in it. */
  class Track {
    constructor(control, { cadence, subjects }, start, end, partlySeen) {
      Object.assign(this, { control, cadence, next: subjects, start, end, subjects, partlySeen, seen: new Map() });
    }

    expect({ cadence, subjects }, now) {
      this.cadence = cadence;
      this.next = subjects;
      this.subjects = new Set([...this.subjects].filter((subject) => subjects.has(subject)));
      this.end = Math.min(this.end, windowEnd(now, cadence));
    }

    /** What is complete once in a window stays so. */
    note(subject, lack) {
      if (lack === null || this.seen.get(subject) !== null) this.seen.set(subject, lack);
    }

    /** End the window and begin the next; nothing is said of a window in which nothing was expected. */
    close(decided) {
      const span = this.subjects.size ? this.judge(decided && !this.partlySeen) : null;
      this.start = this.end;
      this.partlySeen = false;
      this.end = windowEnd(this.start, this.cadence);
      this.subjects = this.next;
      this.seen = new Map();
      return span;
    }

    judge(decided) {
      let lacks = this.lacks(), state = "complete";
      if (lacks.length && !decided) [state, lacks] = ["open", []];
      else if (lacks.length) {
        const missed = !this.seen.has(this.control) && ![...this.subjects].some((subject) => this.seen.has(subject));
        state = missed ? "missed" : "incomplete";
        if (missed) lacks = [lackOf("", "not_recorded", "nothing was recorded: the collector did not run or could not write")];
      }
      return { control: this.control, state, start: this.start, end: this.end, windows: 1, lacks };
    }

    lacks() {
      const found = [...this.subjects].sort(Bundle.byCodePoint).map((subject) => (this.seen.has(subject) ? this.seen.get(subject) : lackOf(subject, "not_recorded", "no reading of it was recorded")));
      found.push(this.seen.has(this.control) ? this.seen.get(this.control) : lackOf(this.control, "not_tested", "the control was not tested"));
      return found.filter((lack) => lack !== null);
    }
  }

  class Timeline {
    constructor(start, end) {
      Object.assign(this, { start, end, tracks: new Map(), bySubject: new Map(), next: end, spans: new Map() });
    }

    /** Put a configuration in force from now on, or from the period's start if it is older. */
    configure(schedule, now) {
      const begins = Math.max(now, this.start);
      for (const [control, expected] of schedule) {
        const track = this.tracks.get(control);
        if (track) { track.expect(expected, begins); continue; }
        const start = now < this.start ? windowStart(begins, expected.cadence) : begins;
        this.tracks.set(control, new Track(control, expected, start, windowEnd(begins, expected.cadence), start !== this.start));
      }
      for (const [control, track] of this.tracks) if (!schedule.has(control)) track.subjects = track.next = NOTHING;
      this.bySubject = new Map();
      for (const track of this.tracks.values()) {
        for (const subject of new Set([...track.subjects, ...track.next, track.control])) {
          if (!this.bySubject.has(subject)) this.bySubject.set(subject, []);
          this.bySubject.get(subject).push(track);
        }
      }
      this.rewind();
    }

    rewind() {
      this.next = this.tracks.size ? Math.min(...[...this.tracks.values()].map((track) => track.end)) : this.end;
    }

    advance(now) {
      if (now < this.next) return;
      for (const track of this.tracks.values()) while (track.end <= now) this.add(track.close(true));
      this.rewind();
    }

    note(subject, lack) {
      for (const track of this.bySubject.get(subject) ?? []) track.note(subject, lack);
    }

    finish() {
      for (const track of this.tracks.values()) {
        if (track.start < this.end) this.add(track.close(false));
        if (track.start >= this.end || !track.subjects.size) continue;
        const last = windowEnd(this.end - 1, track.cadence);
        const windows = Math.max(1, Math.floor((last - track.start) / track.cadence));
        this.add({ control: track.control, state: "open", start: track.start, end: last, windows, lacks: [] });
      }
    }

    /** Join windows that are alike. */
    add(span) {
      if (span === null) return;
      if (!this.spans.has(span.control)) this.spans.set(span.control, []);
      const spans = this.spans.get(span.control), before = spans.at(-1);
      if (before && before.state === span.state && before.end === span.start && alike(before.lacks, span.lacks)) {
        before.end = span.end;
        before.windows += span.windows;
      } else spans.push(span);
    }
  }

  const alike = (some, others) =>
    some.length === others.length && some.every((lack, at) => lack.subject === others[at].subject && lack.cause === others[at].cause && lack.reason === others[at].reason);

  /** Give [{ control, cadence, spans }] in order of id. */
  function coverage(model) {
    const [start, end] = [model.period.start, model.period.end].map(Model.micros);
    const timeline = new Timeline(start, end);
    timeline.configure(readSchedule(model.schedule, model.controls), -Infinity);
    for (const row of model.rows) {
      const [, time, kind, subject] = row;
      if (time >= end) break;
      timeline.advance(time);
      if (kind === "config") timeline.configure(readSchedule(row[4].schedule, model.controls), time);
      else if (time >= start && timeline.bySubject.has(subject)) take(timeline, row);
    }
    timeline.finish();
    return [...timeline.spans].sort(([a], [b]) => Bundle.byCodePoint(a, b)).map(([control, spans]) => ({ control, cadence: timeline.tracks.get(control).cadence, spans }));
  }

  function take(timeline, row) {
    const [, , kind, subject] = row;
    if (kind === "result") timeline.note(subject, null);
    else if (row.length === 4) timeline.note(subject, lackOf(subject, "withheld", "the export's narrowing withholds it"));
    else if (kind === "snapshot") timeline.note(subject, row[5] === true ? null : lackOf(subject, "partial", "only a part of it was read"));
    else if (kind === "gap") timeline.note(subject, lackOf(subject, row[4], row[5]));
  }

  const COLUMNS = ["control", "state", "windows", "start", "end", "seconds", "missing", "causes", "reasons"];

  /** Give coverage.csv, as the export writes it. */
  function* table(found) {
    yield COLUMNS;
    for (const { spans } of found) {
      for (const { control, state, windows, start, end, lacks } of spans) {
        const said = (field) => [...new Set(lacks.map((lack) => lack[field]))].join("; ");
        const missing = lacks.map((lack) => lack.subject).filter(Boolean).join("; ");
        yield [control, state, windows, Model.instant(start), Model.instant(end), Math.floor((end - start) / 1e6), missing, said("cause"), said("reason")];
      }
    }
  }

  return { coverage, table };
})();
