"use strict";
/* A grid of days: one line a control or population, one cell a day. Arrow keys move in it, Enter opens a cell. */
const Heatmap = (() => {
  const { h } = Dom;

  /** lines: [{ id, title, state(day) -> name, label(day) -> text, marked?(day) }]; open(line, day) is called for a cell. */
  function heatmap({ caption, lines, days, legend, open }) {
    const months = [];
    for (const day of days) {
      const name = Words.day(day).slice(0, 7);
      if (months.at(-1)?.name === name) months.at(-1).span += 1;
      else months.push({ name, span: 1 });
    }
    const dense = days.length > 45;
    const grid = h("table", { class: dense ? "heatmap dense" : "heatmap", role: "grid" },
      h("caption", {}, caption),
      h("thead", {},
        h("tr", {}, h("td", { class: "corner" }), months.map((month) => h("th", { scope: "colgroup", colspan: month.span, class: "month" }, month.span > 4 ? monthName(month.name) : ""))),
        dense ? null : h("tr", {}, h("td", { class: "corner" }), days.map((day) => h("th", { scope: "col", class: weekend(day) ? "day weekend" : "day" }, String(Number(Words.day(day).slice(8))))))),
      h("tbody", {}, lines.map((line) => row(line, days, open))));
    grid.addEventListener("keydown", (event) => move(grid, event));
    const first = grid.querySelector("button");
    if (first) first.tabIndex = 0;
    return h("figure", { class: dense ? "map dense-map" : "map" }, h("div", { class: "scroll" }, grid), h("figcaption", { class: "legend" }, legend.map(([name, text]) => h("span", {}, h("span", { class: `cell ${name}`, "aria-hidden": "true" }, Words.mark(name)), text))));
  }

  const monthName = (name) => new Date(`${name}-01T00:00:00Z`).toLocaleDateString("en", { month: "short", year: "numeric", timeZone: "UTC" });
  const weekend = (day) => [0, 6].includes(new Date(day * 864e5).getUTCDay());

  function row(line, days, open) {
    return h("tr", {}, h("th", { scope: "row", title: line.title }, line.id), days.map((day) => {
      const state = line.state(day);
      return h("td", {}, h("button", {
        type: "button", tabindex: "-1", class: `cell ${state}${line.marked?.(day) ? " marked" : ""}`,
        "aria-label": `${line.id}, ${Words.day(day)}: ${line.label(day)}`, title: `${line.id} · ${Words.day(day)} · ${line.label(day)}`,
        on: { click: () => open(line, day) },
      }, Words.mark(state)));
    }));
  }

  function move(grid, event) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step || event.target.tagName !== "BUTTON") return;
    const cell = event.target.closest("td");
    const line = cell.parentElement;
    const next = line.parentElement.rows[line.sectionRowIndex + step[0]]?.cells[cell.cellIndex + step[1]]?.querySelector("button");
    if (!next) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  return { heatmap };
})();
