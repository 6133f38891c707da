"use strict";
/* A table with a search field and pages. Only the rows that are looked at are in the document. */
const Table = (() => {
  const { h, button } = Dom;
  const PAGE = 50;

  /**
   * columns: [{ title, cell(row) -> text or element, number?, head? }]; text(row) is what search looks in;
   * filters: [{ label, of(row) -> text }] become selections of the values that occur.
   */
  function table({ caption, columns, rows, text, filters = [], page = PAGE, empty = "Nothing." }) {
    if (!rows.length) return h("p", { class: "empty" }, empty);
    let shown = page, query = "", chosen = filters.map(() => "");
    const status = h("p", { class: "status", role: "status" });
    const body = h("tbody");
    const more = button("Show more", () => { shown += 4 * page; draw(); }, { class: "more" });
    const everything = text ?? ((row) => columns.map((column) => String(column.cell(row)?.textContent ?? column.cell(row))).join(" "));

    function matches(row) {
      if (!chosen.every((value, at) => value === "" || filters[at].of(row) === value)) return false;
      return query === "" || everything(row).toLowerCase().includes(query);
    }

    function draw() {
      const found = query === "" && chosen.every((value) => value === "") ? rows : rows.filter(matches);
      body.replaceChildren(...found.slice(0, shown).map(line));
      const seen = Math.min(shown, found.length);
      status.textContent = found.length === rows.length && seen === rows.length ? Words.number(rows.length) + (rows.length === 1 ? " line" : " lines") : `${Words.number(seen)} of ${Words.number(found.length)} shown${found.length === rows.length ? "" : `, ${Words.number(rows.length)} in all`}`;
      more.hidden = seen === found.length;
    }

    const line = (row) =>
      h("tr", {}, columns.map((column) => h(column.head ? "th" : "td", { scope: column.head ? "row" : null, class: column.number ? "number" : column.class }, column.cell(row))));

    const bar = rows.length > 8 || filters.length
      ? h("div", { class: "filters" },
          h("label", {}, "Search ", h("input", { type: "search", "aria-label": `Search: ${caption}`, on: { input: (event) => { query = event.target.value.trim().toLowerCase(); shown = page; draw(); } } })),
          filters.map((filter, at) => h("label", {}, `${filter.label} `, selection(filter, caption, rows, (value) => { chosen[at] = value; shown = page; draw(); }))),
          status)
      : null;
    draw();
    return h("div", { class: "table" }, bar,
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
        h("table", {}, h("caption", {}, caption), h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col", class: column.number ? "number" : null }, column.title)))), body)),
      more);
  }

  function selection(filter, caption, rows, change) {
    const values = [...new Set(rows.map(filter.of))].sort();
    return h("select", { "aria-label": `${filter.label}: ${caption}`, on: { change: (event) => change(event.target.value) } }, h("option", { value: "" }, "all"), values.map((value) => h("option", { value }, Words.outcome(value))));
  }

  return { table };
})();
