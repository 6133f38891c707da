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
      h("div", { class: "dialog-head" }, h("h2", { id: "evidence-title" }, title), button("Close", () => dialog.close(), { class: "close" })),
      ...content.flat(),
    );
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }

  const json = (value) => h("pre", { tabindex: "0" }, JSON.stringify(value, null, 2));
  const parsed = (bytes, what) => Canonical.decode(bytes, what);

  /** A control that opens a record. */
  const link = (seq, label = String(seq)) => button(label, () => show(seq), { class: "link", "aria-label": `record ${label}` });

  async function show(seq, digest = null) {
    if (!bundle) {
      open(`Record ${seq}`, h("p", {}, "The raw evidence lies in the zip. Drop bundle.zip on this page: it is verified first, and then every record, item and policy can be read here."));
      return;
    }
    try {
      open(`Record ${seq}`, ...(await describe(seq, digest)));
    } catch (error) {
      open(`Record ${seq}`, h("p", { class: "error" }, error.message));
    }
  }

  async function describe(seq, digest) {
    const { first } = bundle.manifest;
    let header = null;
    if (seq >= first) header = parsed(await bundle.lines[Bundle.RECORDS].get(seq - first), `record ${seq}`);
    const address = header ? header.body : digest;
    const bytes = address ? await bundle.object(address) : null;
    if (bytes === null) return [h("p", {}, "Its body is not in this bundle: the export's narrowing withholds it, or it lies before the period."), header ? json(header) : null];
    const body = parsed(bytes, `the body of record ${seq}`);
    return [
      header ? h("h3", {}, "Header, as signed for") : h("p", { class: "hint" }, `From before the period: its header, with its inclusion proof, is in ${Bundle.EARLIER}.`),
      header ? json(header) : null,
      h("h3", {}, "Body"), json(body),
      body.inputs ? inputs(body.inputs) : null,
      body.items ? await members("Items", body.items) : null,
      body.assessments ? await members("Assessments", body.assessments) : null,
      body.source && body.control ? await files(body.source) : null,
    ].flat();
  }

  function inputs(list) {
    return [
      h("h3", {}, "What the test was given"),
      h("ul", { class: "plain" }, list.map((input) => h("li", {}, button(`record ${input.seq}`, () => show(input.seq, input.body), { class: "link" }), " ", code(input.subject)))),
    ];
  }

  async function members(title, index) {
    const pairs = [];
    for await (const pair of Verify.pairs(bundle, index, title)) pairs.push(pair);
    const view = h("div", { class: "member", "aria-live": "polite" });
    const list = h("ul", { class: "plain members" });
    const draw = (query) => {
      const found = pairs.filter(([id]) => id.toLowerCase().includes(query));
      list.replaceChildren(...found.slice(0, SHOWN).map(([id, digest]) => h("li", {}, button(id, async () => {
        const bytes = await bundle.object(digest);
        view.replaceChildren(h("h4", {}, id), h("p", { class: "hint" }, "SHA-256 ", code(digest)), json(parsed(bytes, id)));
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

  /** The source of the test, as it ran. */
  async function files(digest) {
    const bytes = await bundle.object(digest);
    if (bytes === null) return null;
    const source = parsed(bytes, "the test's source");
    return h("details", {}, h("summary", {}, `Source of the test, as it ran (${Object.keys(source).length} files)`), Object.entries(source).map(([path, text]) => h("details", {}, h("summary", {}, code(path)), h("pre", { tabindex: "0" }, String(text)))));
  }

  return { use, link, show, open };
})();
