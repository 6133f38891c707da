"use strict";
/* One record as it lies in the bundle: its header, its body, and the items or assessments below it. */
const Evidence = (() => {
  const { h, byId, button, code } = Dom;
  const SHOWN = 200;
  let bundle = null;

  const use = (reader) => { bundle = reader; };

  function open(title, ...content) {
    const dialog = byId("evidence");
    dialog.replaceChildren(
      h("div", { class: "dialog-head" }, h("h2", { id: "evidence-title", tabindex: "-1" }, title), button("Close", () => dialog.close(), { class: "close" })),
      ...content.flat(),
    );
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    byId("evidence-title").focus();
  }

  const json = (value) => h("pre", { tabindex: "0" }, JSON.stringify(value, null, 2));
  const parsed = (bytes, what) => Canonical.decode(bytes, what);

  /** A control that opens a record. */
  const link = (seq, label = String(seq)) => button(label, () => show(seq), { class: "link", "aria-label": `record ${label}` });

  function show(seq, digest = null) {
    if (!bundle) {
      open(`Record ${seq}`, h("p", {}, "The raw evidence lies in the zip. Drop bundle.zip on this page: it is verified first, and then every record, item and policy can be read here."));
      return;
    }
    try {
      open(`Record ${seq}`, ...describe(seq, digest));
    } catch (error) {
      open(`Record ${seq}`, h("p", { class: "error" }, error.message));
    }
  }

  function describe(seq, digest) {
    const given = bundle.header(seq);
    const header = given && parsed(given, `record ${seq}`);
    const address = header ? header.body : digest;
    const bytes = address ? bundle.object(address) : null;
    if (bytes === null) return [h("p", {}, "Its body is not in this bundle: the export's narrowing withholds it, or it lies before the period."), header ? json(header) : null];
    const body = parsed(bytes, `the body of record ${seq}`);
    return [
      seq < bundle.manifest.first ? h("p", { class: "hint" }, `From before the period: it came along because the period rests on it, with a proof that it is in the ledger (${Bundle.EARLIER}).`) : null,
      header ? h("h3", {}, "Header, as signed for") : null,
      header ? json(header) : null,
      h("h3", {}, "Body"), json(body),
      body.inputs ? inputs(body.inputs) : null,
      body.items ? members("Items", body.items) : null,
      body.assessments ? members("Assessments", body.assessments) : null,
      body.source && body.control ? files(body.source) : null,
    ].flat();
  }

  function inputs(list) {
    return [
      h("h3", {}, "What the test was given"),
      h("ul", { class: "plain" }, list.map((input) => h("li", {}, button(`record ${input.seq}`, () => show(input.seq, input.body), { class: "link" }), " ", code(input.subject)))),
    ];
  }

  function members(title, index) {
    const pairs = [];
    for (const pair of Verify.pairs(bundle, index, title)) pairs.push(pair);
    const view = h("div", { class: "member", "aria-live": "polite" });
    const list = h("ul", { class: "plain members" });
    const draw = (query) => {
      const found = pairs.filter(([id]) => id.toLowerCase().includes(query));
      list.replaceChildren(...found.slice(0, SHOWN).map(([id, digest]) => h("li", {}, button(id, () => {
        const bytes = bundle.object(digest);
        const content = bytes === null ? h("p", {}, "Its content is withheld by the export; the list above proves that it exists, by its digest.") : json(parsed(bytes, id));
        view.replaceChildren(h("h4", {}, id), h("p", { class: "hint" }, "SHA-256 ", code(digest)), content);
        view.scrollIntoView({ block: "nearest" });
      }, { class: "link" }))));
      if (found.length > SHOWN) list.append(h("li", { class: "hint" }, `and ${Words.number(found.length - SHOWN)} more: search for them`));
    };
    draw("");
    return [
      h("h3", {}, `${title} (${Words.number(pairs.length)})`),
      pairs.length > 8 ? h("label", {}, "Search ", h("input", { type: "search", on: { input: (event) => draw(event.target.value.trim().toLowerCase()) } })) : null,
      list, view,
    ];
  }

  /** What an item was and what it became, name by name. */
  function compare({ item, was, became, before, after }) {
    const title = `${item}: record ${before} to ${after}`;
    if (!bundle) {
      open(title, h("p", {}, "What the item was and became lies in the zip. Drop bundle.zip on this page: it is verified first, and then it can be compared here."));
      return;
    }
    const [old, fresh] = [was, became].map(leaves);
    if (!old || !fresh) {
      open(title, h("p", {}, "The content of this item is withheld by the export: its digests show that it changed, not how."));
      return;
    }
    const names = [...new Set([...old.keys(), ...fresh.keys()])].filter((name) => old.get(name) !== fresh.get(name));
    open(title,
      h("p", { class: "hint" }, "SHA-256 ", code(was ?? "none"), " became ", code(became ?? "none")),
      Table.table({ caption: "What differs", rows: names, columns: [
        { title: "Where", head: true, cell: (name) => code(name) },
        { title: "Was", class: "wide", cell: (name) => code(old.get(name) ?? "") },
        { title: "Became", class: "wide", cell: (name) => code(fresh.get(name) ?? "") },
      ] }));
  }

  /** Give the values of an item by their place in it; none of no item; null where its content is not here. */
  function leaves(digest) {
    const found = new Map();
    if (digest === null) return found;
    const bytes = bundle.object(digest);
    if (bytes === null) return null;
    const walk = (value, place) => {
      if (value !== null && typeof value === "object" && Object.keys(value).length) for (const [name, member] of Object.entries(value)) walk(member, place ? `${place}.${name}` : name);
      else found.set(place, JSON.stringify(value));
    };
    walk(parsed(bytes, "an item"), "");
    return found;
  }

  /** The source of the test, as it ran. */
  function files(digest) {
    const bytes = bundle.object(digest);
    if (bytes === null) return null;
    const source = parsed(bytes, "the test's source");
    return h("details", {}, h("summary", {}, `Source of the test, as it ran (${Object.keys(source).length} files)`), Object.entries(source).map(([path, text]) => h("details", {}, h("summary", {}, code(path)), h("pre", { tabindex: "0" }, String(text)))));
  }

  return { use, link, show, open, compare };
})();
