"use strict";
/* What the sections of the page have in common. */
const Section = (() => {
  const { h } = Dom;

  const SHORT = { glance: "At a glance", controls: "Controls", deviations: "Deviations", readers: "Weights access", reviews: "Reviews", changes: "Changes", coverage: "Coverage", vendors: "Vendors", records: "Records" };

  const section = (id, title, lead, ...content) => h("section", { id, "aria-labelledby": `${id}-title`, "data-short": SHORT[id] }, h("h2", { id: `${id}-title` }, title), lead ? h("p", { class: "lead" }, lead) : null, ...content);
  const time = (micros) => h("time", { datetime: Words.iso(micros), title: Words.iso(micros) }, Words.moment(micros));

  /** The records in which something was first and last seen. */
  const records = (each) => (each.first.seq === each.last.seq ? Evidence.link(each.first.seq) : [Evidence.link(each.first.seq), " … ", Evidence.link(each.last.seq)]);

  return { section, time, records };
})();
