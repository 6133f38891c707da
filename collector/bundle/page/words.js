"use strict";
/* How values are said. */
const Words = (() => {
  const DAY = 86400e6;
  const OUTCOMES = {
    pass: { word: "pass", mark: "✓" },
    fail: { word: "fail", mark: "✕" },
    inconclusive: { word: "inconclusive", mark: "?" },
    not_applicable: { word: "not applicable", mark: "–" },
    none: { word: "no run", mark: "" },
    complete: { word: "complete", mark: "✓" },
    gap: { word: "gap", mark: "✕" },
    incomplete: { word: "incomplete", mark: "◐" },
    missed: { word: "missed", mark: "○" },
    added: { word: "added", mark: "+" },
    changed: { word: "changed", mark: "≠" },
    removed: { word: "removed", mark: "−" },
  };

  const iso = (micros) => new Date(Math.floor(micros / 1000)).toISOString();
  const day = (number) => iso(number * DAY).slice(0, 10);
  const dayOf = (micros) => Math.floor(micros / DAY);
  const moment = (micros) => `${iso(micros).slice(0, 10)} ${iso(micros).slice(11, 16)}`;
  const number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

  /** A length of time in its two largest units. */
  function length(micros) {
    const minutes = Math.round(micros / 60e6);
    const parts = [[Math.floor(minutes / 1440), "day"], [Math.floor(minutes / 60) % 24, "hour"], [minutes % 60, "minute"]];
    const said = parts.filter(([value]) => value).slice(0, 2).map(([value, unit]) => count(value, unit));
    return said.join(" ") || (micros ? "under a minute" : "none");
  }

  const outcome = (name) => OUTCOMES[name]?.word ?? name;
  const mark = (name) => OUTCOMES[name]?.mark ?? "";

  /** An outcome as a mark and a word, told apart by shape and text as well as by colour. */
  const badge = (name) => Dom.h("span", { class: `badge ${name}` }, Dom.h("span", { class: "glyph", "aria-hidden": "true" }, mark(name)), outcome(name));

  return { DAY, iso, day, dayOf, moment, number, count, length, outcome, mark, badge };
})();
