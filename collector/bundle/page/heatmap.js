"use strict";
/* A grid of days: one line a control or population, one cell a day. Arrow keys, Home and End move in it, Enter opens a cell. */
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
      h("tbody", {}, lines.map((line) => row(line, days))));
    grid.addEventListener("keydown", move);
    grid.addEventListener("click", (event) => {
      const cell = event.target.closest("td");
      if (!cell || event.target.tagName !== "BUTTON") return;
      focusable(grid, event.target);
      open(lines[cell.parentElement.sectionRowIndex], days[cell.cellIndex - 1]);
    });
    grid.addEventListener("pointerover", hint);
    const first = grid.querySelector("button");
    if (first) first.tabIndex = 0;
    return h("figure", { class: dense ? "map dense-map" : "map" }, h("div", { class: "scroll" }, grid), h("figcaption", { class: "legend" }, legend.map(([name, text]) => h("span", {}, h("span", { class: `cell ${name}`, "aria-hidden": "true" }, Words.mark(name)), text))));
  }

  const monthName = (name) => new Date(`${name}-01T00:00:00Z`).toLocaleDateString("en", { month: "short", year: "numeric", timeZone: "UTC" });
  const weekend = (day) => [0, 6].includes(new Date(day * 864e5).getUTCDay());

  function row(line, days) {
    return h("tr", {}, h("th", { scope: "row", title: line.title }, line.id), days.map((day) => {
      const state = line.state(day);
      return h("td", {}, h("button", {
        type: "button", tabindex: "-1", class: `cell ${state}${line.marked?.(day) ? " marked" : ""}`,
        "aria-label": `${line.id}, ${Words.day(day)}: ${line.label(day)}`,
      }, Words.mark(state)));
    }));
  }

  /* One cell is in the order of the Tab key: the one that was last at. */
  function focusable(grid, cell) {
    for (const other of grid.querySelectorAll('button[tabindex="0"]')) other.tabIndex = -1;
    cell.tabIndex = 0;
  }

  function move(event) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity] }[event.key];
    if (!step || event.target.tagName !== "BUTTON") return;
    const cell = event.target.closest("td"), line = cell.parentElement;
    const column = Math.max(1, Math.min(line.cells.length - 1, cell.cellIndex + step[1]));
    const next = line.parentElement.rows[line.sectionRowIndex + step[0]]?.cells[column].querySelector("button");
    if (!next) return;
    event.preventDefault();
    focusable(event.currentTarget, next);
    next.focus();
  }

  /** Say what a cell holds beside the pointer, from its name; a title on each of thousands would be read out twice. */
  function hint(event) {
    if (event.target.classList.contains("cell") && !event.target.title) event.target.title = event.target.getAttribute("aria-label");
  }

  return { heatmap };
})();
