"use strict";
/* The files in data/, written and read: a page on file:// can load scripts beside it, and nothing else.
   Each holds calls of `controlproof.data` with canonical JSON in a string, so that a file can only ever be data here. */
const Data = (() => {
  const ROWS = 5000;
  /* Which places of a row, after its first two, hold a text that stands in the table of strings. */
  const TEXTS = { result: [2, 3, 4, 8], snapshot: [2, 3, 6], gap: [2, 3, 4, 5] };
  const TEXTS_OF_OTHERS = [2, 3];
  const utf8 = new TextEncoder();

  const call = (name, value) => utf8.encode(`controlproof.data(${JSON.stringify(name)},${JSON.stringify(Canonical.encode(value, name))});\n`);

  /** Give [name, bytes] of every file in data/, as the export writes them. */
  function* files(model) {
    const { assessments, changes, rows, ...overview } = model;
    yield ["data/overview.js", call("overview", overview)];
    yield ["data/changes.js", joined([...slices(changes)].map((part) => call("changes", part.map((change) => change.slice(0, 5)))))];
    const parts = [];
    const strings = new Map();
    let told = 0;
    for (let from = 0; from < rows.length; from += ROWS) {
      const fresh = [];
      const number = (text) => {
        if (!strings.has(text)) { strings.set(text, strings.size); fresh.push(text); }
        return strings.get(text);
      };
      const part = rows.slice(from, from + ROWS).map((row) => packed(row, number));
      const upTo = part.reduce((most, row) => Math.max(most, ...(row[10]?.[1] ?? [])), told - 1) + 1;
      parts.push(call("records", { assessments: assessments.slice(told, upTo), rows: part, strings: fresh }));
      told = upTo;
    }
    yield ["data/records.js", joined(parts)];
  }

  function* slices(list) {
    for (let from = 0; from < list.length; from += ROWS) yield list.slice(from, from + ROWS);
  }

  function joined(parts) {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) { whole.set(part, at); at += part.length; }
    return whole;
  }

  const textsOf = (row, kind) => (row.length === 4 ? TEXTS_OF_OTHERS : TEXTS[kind] ?? TEXTS_OF_OTHERS);

  function packed(row, number) {
    const copy = [...row];
    for (const at of textsOf(row, row[2])) copy[at] = number(row[at]);
    return copy;
  }

  class Loader {
    constructor() {
      this.overview = null;
      this.strings = [];
      this.rows = [];
      this.assessments = [];
      this.changes = [];
    }

    take(name, text) {
      const value = JSON.parse(text);
      if (name === "overview") this.overview = value;
      if (name === "changes") for (const change of value) this.changes.push([...change, null, null]);
      if (name !== "records") return;
      for (const each of value.strings) this.strings.push(each);
      for (const each of value.assessments) this.assessments.push(each);
      for (const row of value.rows) {
        for (const at of textsOf(row, this.strings[row[2]])) row[at] = this.strings[row[at]];
        this.rows.push(row);
      }
    }

    get model() { return { ...this.overview, rows: this.rows, assessments: this.assessments, changes: this.changes }; }
  }

  const script = (name) =>
    new Promise((resolve) => {
      const element = document.createElement("script");
      element.src = name;
      element.onload = () => resolve(true);
      element.onerror = () => resolve(false);
      document.head.append(element);
    });

  /** Load what stands beside the page; null when nothing does. `paint` is given the overview first. */
  async function load(paint) {
    const loader = new Loader();
    globalThis.controlproof = { data: (name, text) => loader.take(name, text) };
    if (!(await script("data/overview.js")) || loader.overview?.v !== 1) return null;
    await paint(loader.overview);
    return (await script("data/records.js")) && (await script("data/changes.js")) ? loader.model : null;
  }

  return { files, load };
})();
