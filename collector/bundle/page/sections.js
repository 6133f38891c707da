"use strict";
/* What an auditor looks for in a period, each in a section of its own, from an index of the period. */
const Sections = (() => {
  const { h, button, code } = Dom;
  const { section, time, records } = Section;
  const { badge, moment, count, number } = Words;


  function glance(index) {
    const { model } = index;
    const controls = [...index.controls.values()];
    const last = (outcome) => controls.filter((control) => control.last.outcome === outcome).length;
    const open = controls.flatMap((control) => index.findings(control)).filter((each) => each.current && each.outcome === "fail");
    const silent = index.days.filter((day) => !controls.some((control) => control.days.has(day))).length;
    const tile = (value, label, state, note) => h("div", { class: `tile ${state}` }, h("p", { class: "value" }, value), h("p", { class: "label" }, label), note ? h("p", { class: "note" }, note) : null);
    return section("glance", "At a glance", null,
      h("div", { class: "tiles" },
        tile(number(last("pass")), "controls pass at the end", "pass", `of ${count(controls.length, "control")} tested`),
        tile(number(last("fail")), "controls deviate at the end", "fail", count(open.length, "open deviation")),
        tile(number(last("inconclusive")), "controls are inconclusive at the end", "inconclusive", "needed evidence could not be seen"),
        tile(number(index.gaps.length), "gaps recorded", "gap", `${count(silent, "day")} without any test`),
        tile(number(model.size - model.first), "records", "total", `${number(model.first)} to ${number(model.size - 1)}`)),
      h("dl", { class: "facts" },
        fact("Ledger", model.origin), fact("Key that the bundle states", code(model.fingerprint)), fact("Written by", `controlproof ${model.product}`),
        model.controls === null ? null : fact("Narrowed to", `${model.controls.join(", ")}; the bodies of ${count(index.withheld, "record")} are withheld, their headers are all here`)));
  }

  const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));

  const LEGEND = [["pass", "pass"], ["fail", "deviations"], ["inconclusive", "inconclusive"], ["not_applicable", "not applicable"], ["none", "no run: nothing was tested"]];

  function controls(index) {
    const place = h("div", { id: "detail", tabindex: "-1", "aria-live": "polite" });
    const lines = [...index.controls.values()].map((control) => ({
      id: control.id,
      title: index.title(control.id),
      control,
      state: (day) => control.outcomeOn(day),
      marked: (day) => control.outcomeOn(day) === "inconclusive" && control.days.get(day).some((each) => each.deviations),
      label: (day) => said(control.days.get(day) ?? []),
    }));
    let opener = null;
    place.addEventListener("keydown", (event) => { if (event.key === "Escape") opener?.focus(); });
    const open = (line, day) => {
      opener = document.activeElement;
      place.replaceChildren(detail(index, line.control, day));
      place.focus({ preventScroll: true });
      place.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    };
    return section("controls", "Controls by day", "The worst result of each day. Choose a cell for its results, what deviated and why, and the evidence behind it.",
      Heatmap.heatmap({ caption: "Outcome of each control on each day of the period", lines, days: index.days, legend: LEGEND, open }),
      summary(index, open), place);
  }

  /** Say a day's results: the one, or how many there are of each outcome and what the last one counted. */
  function said(results) {
    if (!results.length) return "no run";
    const tested = ({ deviations: found, population }) => `${count(found, "deviation")} of ${number(population)} tested`;
    if (results.length === 1) return `${Words.outcome(results[0].outcome)}, ${tested(results[0])}`;
    const outcomes = ["fail", "inconclusive", "pass", "not_applicable"].map((outcome) => [outcome, results.filter((each) => each.outcome === outcome).length]);
    return `${count(results.length, "run")}: ${outcomes.filter(([, times]) => times).map(([outcome, times]) => `${number(times)} ${Words.outcome(outcome)}`).join(", ")}; the last one ${tested(results.at(-1))}`;
  }

  function summary(index, open) {
    const columns = [
      { title: "Control", head: true, cell: (control) => button(control.id, () => open({ control }, null), { class: "link" }) },
      { title: "What it says", cell: (control) => index.title(control.id), class: "wide" },
      { title: "SOC 2", cell: (control) => (index.catalogue[control.id]?.criteria ?? []).filter((criterion) => !criterion.includes(":")).join(", ") },
      { title: "Last result", cell: (control) => badge(control.last.outcome) },
      { title: "Tested", number: true, cell: (control) => number(control.last.population) },
      { title: "Deviations", number: true, cell: (control) => number(control.last.deviations) },
      { title: "Undecided", number: true, cell: (control) => number(control.last.undecided) },
      { title: "Runs", number: true, cell: (control) => number(control.results.length) },
      { title: "Days without", number: true, cell: (control) => number(index.days.filter((day) => !control.days.has(day)).length) },
    ];
    return Table.table({ caption: "Each control: its last result, and how often it ran", columns, rows: [...index.controls.values()], page: 100, empty: "No result of a test is in this bundle." });
  }

  /** Results, deviations and evidence of one control, on one day or (day null) over the period. */
  function detail(index, control, day) {
    const results = day === null ? control.results : control.days.get(day) ?? [];
    const during = (each) => results.some((result) => each.first.seq <= result.seq && result.seq <= each.last.seq);
    const members = index.members(control).filter(during);
    const when = day === null ? "over the period" : `on ${Words.day(day)}`;
    const entry = index.catalogue[control.id];
    return h("article", { class: "detail" },
      h("h3", {}, `${control.id} ${when}`),
      entry ? h("p", {}, entry.title) : null,
      entry ? h("p", { class: "hint" }, `Criteria: ${entry.criteria.join(", ")}`) : null,
      entry?.limits ? h("p", { class: "hint" }, `What a pass does not show: ${entry.limits}`) : null,
      results.length ? null : h("p", { class: "notice" }, "Nothing was tested: there is no result, so neither a pass nor a failure. Gaps that were recorded are listed under Coverage."),
      results.length ? Table.table({ caption: `Results of ${control.id} ${when}`, columns: RESULTS, rows: results }) : null,
      results.length ? findingsTable(index, members.filter((each) => each.outcome === "fail" || each.outcome === "inconclusive"), `What deviates or is undecided ${when}`, "Nothing deviates and nothing is undecided.") : null,
      members.length ? h("details", {}, h("summary", {}, `All ${count(members.length, "assessment")} of tested members`), Table.table({ caption: `Members tested by ${control.id} ${when}`, columns: MEMBERS, rows: members, text: (each) => `${each.id} ${each.reason}`, filters: [{ label: "Outcome", of: (each) => each.outcome }] })) : null);
  }

  const RESULTS = [
    { title: "Record", head: true, cell: (each) => Evidence.link(each.seq) },
    { title: "Time (UTC)", cell: (each) => time(each.time), class: "time" },
    { title: "Outcome", cell: (each) => badge(each.outcome) },
    { title: "Tested", number: true, cell: (each) => number(each.population) },
    { title: "Deviations", number: true, cell: (each) => number(each.deviations) },
    { title: "Undecided", number: true, cell: (each) => number(each.undecided) },
    { title: "Why", cell: (each) => each.reason, class: "wide" },
  ];

  const span = (each) => [time(each.first.time), " to ", each.current ? h("strong", {}, "the last result") : time(each.last.time)];

  const MEMBERS = [
    { title: "Outcome", cell: (each) => badge(each.outcome) },
    { title: "Member", head: true, cell: (each) => code(each.id), class: "wide" },
    { title: "Seen (UTC)", cell: span },
    { title: "Records", cell: (each) => records(each) },
  ];

  function findingsTable(index, rows, caption, empty) {
    const columns = [
      { title: "Control", cell: (each) => each.control },
      { title: "Outcome", cell: (each) => badge(each.outcome) },
      { title: "Member", head: true, cell: (each) => code(each.id), class: "wide" },
      { title: "Why, and what to do", cell: (each) => [h("p", {}, each.reason), index.responses(each).map(response)], class: "wide" },
      { title: "Seen (UTC)", cell: span },
      { title: "Records", cell: records },
    ];
    return Table.table({ caption, columns, rows, text: (each) => `${each.control} ${each.id} ${each.reason}`, filters: [{ label: "Control", of: (each) => each.control }, { label: "Outcome", of: (each) => each.outcome }, { label: "Now", of: (each) => (each.current ? "still in the last result" : "no longer") }], empty });
  }

  const response = ({ seq, time: made, body }) => h("p", { class: "response" }, h("strong", {}, "Management response"), ` by ${body.by ?? "unnamed"}, ${body.time ? String(body.time).slice(0, 10) : moment(made).slice(0, 10)}: ${body.response} `, Evidence.link(seq, `record ${seq}`));

  function deviations(index) {
    const rows = [...index.controls.values()].flatMap((control) => index.findings(control));
    rows.sort((a, b) => Number(b.current) - Number(a.current) || Number(b.outcome === "fail") - Number(a.outcome === "fail") || a.control.localeCompare(b.control, "en", { numeric: true }) || b.first.seq - a.first.seq);
    return section("deviations", "Deviations and what is undecided", "Every member of a tested population that failed, or that the evidence does not decide, with the sentence that says why and how long it stood. Answers of management stand beside them.",
      findingsTable(index, rows, "Deviations and undecided members of the period", "No deviation and nothing undecided in this period."));
  }

  function readers(index) {
    const control = index.controls.get("ACC-3");
    const byReading = new Map();
    for (const each of control ? index.members(control) : []) {
      if (!each.detail?.principal || !each.detail.location) continue;
      byReading.set(each.id, [...(byReading.get(each.id) ?? []), each]);
    }
    const from = index.days[0] * Words.DAY, length = index.days.length * Words.DAY;
    const rows = [...byReading].map(([id, spans]) => ({ id, spans, latest: spans.at(-1) }));
    rows.sort((a, b) => String(a.latest.detail.location).localeCompare(b.latest.detail.location) || Number(b.latest.current) - Number(a.latest.current) || a.id.localeCompare(b.id));
    const columns = [
      { title: "Location", cell: ({ latest }) => code(latest.detail.location) },
      { title: "Who, and how", head: true, class: "wide", cell: ({ latest }) => [code(latest.detail.principal), access(latest.detail)] },
      { title: "Review decided", cell: ({ latest }) => latest.detail.decision ?? "nothing yet" },
      { title: "Assessment", cell: ({ latest }) => badge(latest.outcome) },
      { title: "Could read", class: "when", cell: ({ spans, latest }) => [timeline(spans, from, length), h("p", { class: "hint" }, moment(spans[0].first.time).slice(0, 10), " to ", latest.current ? "the last result" : moment(latest.last.time).slice(0, 10))] },
    ];
    return section("readers", "Who could read the model weights", "Everyone with effective read access, evaluated from the recorded policies, over the period; the bar shows when. A bar in another pattern is a time in which the access deviated or was undecided.",
      Table.table({ caption: "Readers of model weights (population of ACC-3)", columns, rows, text: ({ id, latest }) => `${id} ${JSON.stringify(latest.detail)}`, filters: [{ label: "Assessment", of: ({ latest }) => latest.outcome }, { label: "Now", of: ({ latest }) => (latest.current ? "can read" : "no longer") }], empty: "ACC-3 was not tested in this period, so who could read the weights is not known from this bundle." }));
  }

  function access(detail) {
    const paths = (detail.path ?? []).map((steps) => h("li", {}, steps.join(" → ")));
    const conditional = detail.access === "yes" ? null : h("p", { class: "hint" }, `${detail.access}: if ${(detail.conditions ?? []).join("; ")}`);
    return [h("ul", { class: "path" }, paths), conditional, (detail.reachable_from ?? []).map((chain) => h("p", { class: "hint" }, `can be reached by ${chain}`))];
  }

  function timeline(spans, from, length) {
    const place = (micros) => `${Math.max(0, Math.min(100, ((micros - from) / length) * 100)).toFixed(2)}%`;
    return h("div", { class: "timeline", "aria-hidden": "true" }, spans.map((each) => h("span", { class: each.outcome, style: { left: place(each.first.time), right: `calc(100% - max(${place(each.last.time)}, ${place(each.first.time)} + 3px))` } })));
  }

  function reviews(index) {
    const rows = index.attestations.filter(({ subject }) => subject === "attestation/access_review");
    const decided = (body, decision) => number((body.entries ?? []).filter((entry) => entry.decision === decision).length);
    const columns = [
      { title: "Record", head: true, cell: (each) => Evidence.link(each.seq) },
      { title: "Recorded (UTC)", cell: (each) => time(each.time), class: "time" },
      { title: "Reviewer", cell: ({ body }) => body.reviewer },
      { title: "Of result", cell: ({ body }) => (body.result ? Evidence.link(body.result.seq) : "") },
      { title: "Keep", number: true, cell: ({ body }) => decided(body, "keep") },
      { title: "Revoke", number: true, cell: ({ body }) => decided(body, "revoke") },
      { title: "Undecided", number: true, cell: ({ body }) => decided(body, "") },
      { title: "Signed", cell: ({ body }) => (body.signature ? `by ${body.signature.signer}` : "no signature") },
      { title: "Decisions", class: "wide", cell: ({ body }) => h("details", {}, h("summary", {}, count((body.entries ?? []).length, "entry", "entries")), h("ul", { class: "plain" }, (body.entries ?? []).map((entry) => h("li", {}, h("strong", {}, entry.decision || "undecided"), " ", code(`${entry.location} <- ${entry.principal}`), entry.note ? ` (${entry.note})` : "")))) },
    ];
    return section("reviews", "Access reviews", "Each review as it was submitted, compared with the record that it was opened on before it was accepted; reviews from before the period that its results rest on are among them.",
      Table.table({ caption: "Access reviews", columns, rows, empty: "No access review was recorded in this period, and no result of it rests on an earlier one." }));
  }

  function vendors(index) {
    const rows = [...index.controls.values()].filter((control) => control.id.startsWith("VEN-")).flatMap((control) => index.members(control).filter((each) => each.current));
    return section("vendors", "Third-party models", "Each model or service of a vendor that is in use, and what the vendor register and the vendor's own reports say of it.",
      Table.table({ caption: "Assessments of vendors in the last results (VEN)", rows, text: (each) => `${each.control} ${each.id} ${each.reason}`, filters: [{ label: "Control", of: (each) => each.control }, { label: "Outcome", of: (each) => each.outcome }], empty: "No control of third-party models (VEN) was tested in this period.", columns: [
        { title: "Control", cell: (each) => each.control },
        { title: "Vendor or model", head: true, cell: (each) => code(each.id), class: "wide" },
        { title: "Assessment", cell: (each) => badge(each.outcome) },
        { title: "Why, and what to do", cell: (each) => each.reason, class: "wide" },
        { title: "What is on record", class: "wide", cell: ({ detail }) => facts(detail) },
        { title: "Records", cell: records },
      ] }));
  }

  /** A detail as lines of name and value, for what has no column of its own. */
  const facts = (detail) =>
    h("ul", { class: "path" }, Object.entries(detail ?? {}).filter(([, value]) => value !== null && String(value) !== "").map(([name, value]) => h("li", {}, `${name.replaceAll("_", " ")}: ${typeof value === "object" ? JSON.stringify(value) : value}`)));

  function recordsOf(index) {
    const says = (row) => (row.length === 4 ? "withheld" : row[2] === "result" ? `${Words.outcome(row[4])}: ${row[8]}` : row[2] === "gap" ? `${row[4]}: ${row[5]}` : row[2] === "snapshot" ? `${count(row[4], "item")}${row[5] ? "" : ", incomplete"}` : row[4].type ?? "");
    return section("records", "All records", "Every record of the period, in order. Nothing is left out: each one's header holds the hash of the one before.",
      Table.table({ caption: "Records of the period", rows: index.model.rows, text: (row) => `${row[0]} ${row[3]} ${says(row)}`, filters: [{ label: "Kind", of: (row) => row[2] }], columns: [
        { title: "Record", head: true, cell: (row) => Evidence.link(row[0]) },
        { title: "Time (UTC)", cell: (row) => time(row[1]), class: "time" },
        { title: "Kind", cell: (row) => row[2] },
        { title: "Subject", cell: (row) => code(row[3]) },
        { title: "What it says", class: "wide", cell: says },
      ] }));
  }

  const ALL = [glance, controls, deviations, readers, reviews, ChangesView.section, CoverageView.section, vendors, recordsOf];

  /** Give all sections, one at a time. */
  function* of(index) {
    for (const make of ALL) yield make(index);
  }

  return { of };
})();
