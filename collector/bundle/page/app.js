"use strict";
/* The page: shows the summary beside it if there is one, takes a zip, verifies it, and then shows what was verified. */
(() => {
  const { h, byId } = Dom;
  let file = null;
  let running = false;

  const turn = () => new Promise((resume) => setTimeout(resume));

  function head(overview) {
    const { origin, period } = overview;
    document.title = `${origin}: audit evidence`;
    byId("origin").textContent = origin;
    const last = new Date(Date.parse(period.end) - 1).toISOString().slice(0, 10);
    byId("subtitle").textContent = `Evidence of ${period.start.slice(0, 10)} to ${last} (UTC)`;
  }

  async function show(model) {
    head(model);
    const index = new Period.Index(model);
    const main = byId("main");
    main.replaceChildren();
    for (const section of Sections.of(index)) {
      main.append(section);
      await turn();
    }
    const links = [...main.querySelectorAll("section")].map((section) => h("a", { href: `#${section.id}` }, section.dataset.short));
    byId("contents").replaceChildren(...links);
    byId("contents").hidden = false;
    document.documentElement.dataset.shown = "yes";
  }

  /** The fingerprints that the auditor entered; null, with a message beside the field, where one is malformed. */
  function pins() {
    const pin = byId("pin").value.trim();
    const good = pin === "" || /^sha256:[0-9a-f]{64}$/.test(pin);
    byId("pin-error").textContent = good ? "" : "A fingerprint is sha256: and 64 hex digits.";
    byId("pin").setAttribute("aria-invalid", String(!good));
    return good ? (pin ? [pin] : []) : null;
  }

  async function verify() {
    const pinned = pins();
    if (!file || running || !pinned) return;
    running = true;
    document.documentElement.dataset.state = "working";
    Verdict.working(file.name);
    try {
      const answer = await Verify.verify(file, pinned, Verdict.progress);
      Evidence.use(answer.verdict === Verify.REFUTED ? null : answer.reader);
      Verdict.show(answer);
      if (answer.model) await show(answer.model);
      else withdraw();
    } catch (error) {
      Evidence.use(null);
      if (error instanceof Malformed) {
        Verdict.unreadable(error.message);
        withdraw();
      } else Verdict.failed(error);
    } finally {
      byId("progress").hidden = true;
      running = false;
      document.documentElement.dataset.state = "done";
    }
  }

  /** Show nothing of a bundle that was refuted: its evidence is not evidence. */
  function withdraw() {
    byId("main").replaceChildren(h("p", { class: "notice" }, "Nothing of this bundle is shown, because it cannot be relied on. Ask the operator for the bundle again; if it comes again like this, controlproof verify names every step that fails."));
    byId("contents").hidden = true;
  }

  function take(given) {
    if (!given) return;
    file = given;
    verify();
  }

  byId("file").addEventListener("change", (event) => take(event.target.files[0]));
  byId("pin").addEventListener("change", verify);
  addEventListener("dragover", (event) => { event.preventDefault(); byId("drop").classList.add("over"); });
  addEventListener("dragleave", () => byId("drop").classList.remove("over"));
  addEventListener("drop", (event) => {
    event.preventDefault();
    byId("drop").classList.remove("over");
    take(event.dataTransfer.files[0]);
  });
  const hash = /key=(sha256:[0-9a-f]{64})/.exec(decodeURIComponent(location.hash));
  if (hash) byId("pin").value = hash[1];

  Data.load(async (overview) => {
    head(overview);
    Verdict.unread("This is a summary that came with the bundle. Give the page the zip itself: it then checks every record, object, checkpoint and signature, and shows what it verified.");
    await turn();
  }).then(async (model) => {
    if (model && !running) await show(model);
    document.documentElement.dataset.loaded = model ? "summary" : "alone";
  });
})();
