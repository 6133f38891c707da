"use strict";
/* The section of changes: what was served and approved (CHG-1), and all that differs between two snapshots. */
const ChangesView = (() => {
  const { h, button, code } = Dom;
  const { time, records } = Section;
  const { badge } = Words;

  const LEAD = "Each change of an endpoint or workload that serves a model, with who made it and who approved it; below it, everything that differs between two consecutive complete snapshots of a population. An approval stands beside the changes of what is served, which are the ones that need it (CHG-1).";

  function section(index) {
    const assessed = index.controls.has("CHG-1") ? index.members(index.controls.get("CHG-1")) : [];
    return Section.section("changes", "Changes and their approvals", LEAD, served(assessed), approvals(index), populations(index, assessed));
  }

  const told = (instant) => String(instant).slice(0, 16).replace("T", " ");
  const list = (items) => (items ?? []).map((item) => h("div", {}, code(typeof item === "string" ? item : JSON.stringify(item))));

  function served(rows) {
    return Table.table({ caption: "Changes of what is served (population of CHG-1)", rows, text: (each) => `${each.id} ${each.reason} ${JSON.stringify(each.detail)}`, filters: [{ label: "Assessment", of: (each) => each.outcome }], empty: "No change of what is served is in the results of this period.", columns: [
      { title: "Assessment", cell: (each) => badge(each.outcome) },
      { title: "What, and between (UTC)", head: true, class: "wide", cell: ({ id, detail }) => [code(detail?.serving ?? id), detail?.not_before ? h("p", { class: "hint" }, `${told(detail.not_before)} and ${told(detail.not_after)}`) : null] },
      { title: "From, to", class: "wide", cell: ({ detail }) => [h("del", {}, list(detail?.removed)), h("ins", {}, list(detail?.added))] },
      { title: "Made by", cell: ({ detail }) => (detail?.made_by ?? []).join(", ") || "not known" },
      { title: "Approved by", cell: ({ detail }) => (detail?.approved_by ?? []).join(", ") || "nobody" },
      { title: "Why, and what to do", class: "wide", cell: (each) => each.reason },
      { title: "Records", cell: records },
    ] });
  }

  function approvals(index) {
    const rows = index.attestations.filter(({ subject }) => subject === "attestation/change_approval");
    if (!rows.length) return null;
    return Table.table({ caption: "Approvals that were attested", rows, columns: [
      { title: "Record", head: true, cell: (each) => Evidence.link(each.seq) },
      { title: "Recorded (UTC)", cell: (each) => time(each.time), class: "time" },
      { title: "Approved by", cell: ({ body }) => body.approved_by },
      { title: "What", class: "wide", cell: ({ body }) => list(body.names) },
      { title: "Reason", cell: ({ body }) => body.reason ?? "" },
    ] });
  }

  function populations(index, assessed) {
    /* CHG-1 names what serves and the snapshot that first showed the change, which is what a change of an item has too. */
    const approval = new Map(assessed.filter(({ detail }) => detail).map((each) => [`${each.detail.not_after} ${each.detail.serving}`, each]));
    const rows = index.changes.map((change) => ({ ...change, assessed: approval.get(`${change.finished} ${change.item}`) ?? null }));
    return Table.table({ caption: "Differences between consecutive snapshots (changes.csv)", rows, text: (each) => `${each.subject} ${each.item} ${each.nature}`, empty: "No population differs between two complete snapshots of this period.",
      filters: [{ label: "Population", of: (each) => each.subject }, { label: "Change", of: (each) => each.nature }], columns: [
        { title: "Change", cell: (each) => badge(each.nature) },
        { title: "Item", head: true, class: "wide", cell: (each) => [code(each.item), h("p", { class: "hint" }, each.subject)] },
        { title: "After (UTC)", class: "time", cell: (each) => time(each.since) },
        { title: "Not after (UTC)", class: "time", cell: (each) => time(each.until) },
        { title: "What", class: "brief", cell: (each) => button("compare", () => Evidence.compare(each), { class: "link", "aria-label": `compare ${each.item} before and after ${Words.moment(each.until)}` }) },
        { title: "Approval", class: "wide", cell: ({ assessed }) => (assessed ? [badge(assessed.outcome), h("p", { class: "hint" }, assessed.detail.approved_by.length ? `approved by ${assessed.detail.approved_by.join(", ")}` : "approved by nobody")] : h("span", { class: "hint" }, "–")) },
        { title: "Records", class: "brief", cell: (each) => [Evidence.link(each.before), " … ", Evidence.link(each.after)] },
      ] });
  }

  return { section };
})();
