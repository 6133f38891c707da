"use strict";
/* The section of coverage: what was expected of each control and not obtained, and what was read of each population. */
const CoverageView = (() => {
  const { h, code } = Dom;
  const { time } = Section;
  const { badge, count, number } = Words;

  const LEAD = "Each control is expected to be tested once in every window of its cadence, on complete readings of all that it needs. A window that lacks something is a gap: evidence that was expected and not obtained. A control that needs it is inconclusive, never passed.";

  function section(index) {
    return Section.section("coverage", "Coverage and gaps", LEAD, windows(index), gaps(index), readings(index), onRecord(index), dropped(index));
  }

  const of = ({ spans }, state) => spans.filter((span) => span.state === state).reduce((sum, span) => sum + span.windows, 0);
  const isGap = ({ state }) => state === "incomplete" || state === "missed";

  function windows(index) {
    return Table.table({ caption: "Windows of each control: expected, and what became of them (coverage.csv)", page: 100, rows: index.coverage, empty: "No configuration in this bundle says what was expected when, so coverage cannot be judged.", columns: [
      { title: "Control", head: true, cell: ({ control }) => control },
      { title: "Tested every", cell: ({ cadence }) => Words.length(cadence) },
      { title: "Expected", number: true, cell: ({ spans }) => number(spans.reduce((sum, span) => sum + span.windows, 0)) },
      { title: "Complete", number: true, cell: (each) => number(of(each, "complete")) },
      { title: "Incomplete", number: true, cell: (each) => number(of(each, "incomplete")) },
      { title: "Missed", number: true, cell: (each) => number(of(each, "missed")) },
      { title: "Open", number: true, cell: (each) => number(of(each, "open")) },
      { title: "Longest gap", cell: ({ spans }) => Words.length(Math.max(0, ...spans.filter(isGap).map((span) => span.end - span.start))) },
    ] });
  }

  function gaps(index) {
    const rows = index.coverage.flatMap(({ spans }) => spans.filter(isGap));
    const causes = ({ lacks }) => [...new Set(lacks.map((lack) => lack.cause))].map((cause) => cause.replaceAll("_", " ")).join(", ");
    const subjects = ({ lacks }) => lacks.filter((lack) => lack.subject).map((lack) => h("div", {}, code(lack.subject)));
    const reasons = ({ lacks }) => [...new Set(lacks.map((lack) => lack.reason))].map((reason) => h("p", {}, reason));
    return Table.table({ caption: "Gaps: windows that lack what was expected", rows, text: (span) => `${span.control} ${span.state} ${JSON.stringify(span.lacks)}`, empty: "No window lacks what was expected of it.",
      filters: [{ label: "Control", of: (span) => span.control }, { label: "State", of: (span) => span.state }, { label: "Cause", of: causes }], columns: [
        { title: "Control", head: true, cell: (span) => span.control },
        { title: "State", cell: (span) => badge(span.state) },
        { title: "From (UTC)", cell: (span) => time(span.start), class: "time" },
        { title: "To (UTC)", cell: (span) => time(span.end), class: "time" },
        { title: "Length", cell: (span) => Words.length(span.end - span.start), class: "time" },
        { title: "Windows", number: true, cell: (span) => number(span.windows) },
        { title: "Cause", cell: causes },
        { title: "What is missing", class: "wide", cell: subjects },
        { title: "Why", class: "wide", cell: reasons },
      ] });
  }

  function readings(index) {
    const lines = [...index.subjects.values()].map((subject) => ({
      id: subject.id,
      subject,
      state: (day) => subject.days.get(day) ?? "none",
      label: (day) => ({ complete: "read completely", gap: "a gap" })[subject.days.get(day)] ?? "not read",
    }));
    const place = h("div", { class: "detail-place", tabindex: "-1", "aria-live": "polite" });
    const open = ({ subject }, day) => {
      const rows = subject.readings.filter((each) => Words.dayOf(each.time) === day);
      place.replaceChildren(h("article", { class: "detail" }, h("h3", {}, `${subject.id} on ${Words.day(day)}`), Table.table({ caption: "Readings of the day", rows, columns: READINGS, empty: "It was not read on this day, so no result can rest on it." })));
      place.focus();
    };
    if (!lines.length) return null;
    const legend = [["complete", "read completely"], ["gap", "gap: read incompletely, or not obtained"], ["none", "not read"]];
    return [h("h3", {}, "Readings by day"), Heatmap.heatmap({ caption: "Reading of each population on each day", lines, days: index.days, legend, open }), place];
  }

  const READINGS = [
    { title: "Record", head: true, cell: (each) => Evidence.link(each.seq) },
    { title: "Time (UTC)", cell: (each) => time(each.time), class: "time" },
    { title: "Complete", cell: (each) => badge(each.complete ? "complete" : "gap") },
    { title: "Items", number: true, cell: (each) => (each.count === null ? "" : number(each.count)) },
    { title: "Read as, or why not", class: "wide", cell: (each) => each.reason ?? code(each.caller) },
  ];

  function onRecord(index) {
    return Table.table({ caption: "Failed readings on record", rows: index.gaps, filters: [{ label: "Class", of: (each) => each.class }], empty: "No failed reading is on record. A time in which the collector did not run leaves no record: it shows above as windows that were missed.", columns: [
      { title: "Record", head: true, cell: (each) => Evidence.link(each.seq) },
      { title: "Time (UTC)", cell: (each) => time(each.time), class: "time" },
      { title: "Subject", cell: (each) => code(each.subject) },
      { title: "Class", cell: (each) => each.class },
      { title: "Reason", class: "wide", cell: (each) => each.reason },
    ] });
  }

  /** What retention dropped, as the ledger says: neither a gap nor tampering. */
  function dropped(index) {
    if (!index.prunings.length) return null;
    return Table.table({ caption: "Content dropped by retention: the headers of these records stay in the ledger, what they said is gone", rows: index.prunings, columns: [
      { title: "Record", head: true, cell: (each) => Evidence.link(each.seq) },
      { title: "Time (UTC)", cell: (each) => time(each.time), class: "time" },
      { title: "Dropped", cell: ({ body }) => `${count(body.records, "body", "bodies")}, ${count(body.objects, "object")}` },
      { title: "Of records before", number: true, cell: ({ body }) => number(body.before) },
      { title: "Older than (UTC)", cell: ({ body }) => String(body.cutoff).slice(0, 16).replace("T", " "), class: "time" },
    ] });
  }

  return { section };
})();
