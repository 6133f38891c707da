"use strict";
/* What the verification found, in plain words: what is proven, what is not, and where it broke. */
const Verdict = (() => {
  const { h, byId } = Dom;
  const { number } = Words;

  const STATES = {
    proven: { class: "good", mark: "✓", title: "Verified: intact, and signed by the key that you pinned", text: "Nothing in the records was changed, removed or added since they were signed. What is shown below was read from the records that were verified." },
    unproven: { class: "open", mark: "!", title: "Intact, but nobody vouches for the key", text: "The records agree with their signatures, but the key came with them, so anyone could have made both. Enter the fingerprint that the operator gave you by another way." },
    refuted: { class: "bad", mark: "✕", title: "Tampered: do not rely on this bundle", text: "" },
  };

  function say(state, title, text) {
    byId("verdict").className = `verdict ${state.class}`;
    byId("verdict-mark").textContent = state.mark;
    byId("verification-title").textContent = title ?? state.title;
    byId("verdict-text").textContent = text ?? state.text;
    document.documentElement.dataset.verdict = state.class;
  }

  const unread = (text) => say({ class: "open", mark: "?" }, "Not verified yet", text);
  const working = (name) => say({ class: "open", mark: "…" }, `Verifying ${name}`, "Everything happens in this browser; nothing is sent anywhere.");
  const unreadable = (message) => { say(STATES.refuted, "This is no bundle that can be relied on", message); byId("statements").replaceChildren(); };


  /** What went wrong is the page or the browser, so it says nothing of the bundle. */
  function failed(error) {
    say({ class: "open", mark: "!" }, "This page could not finish", `It says nothing of the bundle, neither good nor bad: ${error.message}. Choose the file again, or run controlproof verify.`);
    byId("statements").replaceChildren();
  }

  function show({ verdict, statements, steps }) {
    const problems = steps.map((step) => step.problem).filter(Boolean);
    /* What names a record tells more than that a file is not as it was. */
    const problem = problems.find(({ seq }) => seq !== null) ?? problems[0] ?? { message: statements.find((each) => each.verdict === "refuted")?.sentence };
    say(STATES[verdict], null, verdict === "refuted" ? sentence(problem.message) : null);
    byId("statements").replaceChildren(table(statements), details(steps, verdict === "refuted"));
  }

  const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;

  const WORDS = { proven: "proven", refuted: "refuted", unproven: "not proven here" };
  const MARKS = { proven: "✓", refuted: "✕", unproven: "○" };

  const table = (statements) =>
    h("table", { class: "statements" }, h("caption", {}, "What is proven, and what is not"),
      h("tbody", {}, statements.map((each) => h("tr", { class: each.verdict }, h("th", { scope: "row" }, each.name), h("td", { class: "word" }, h("span", { "aria-hidden": "true" }, MARKS[each.verdict]), ` ${WORDS[each.verdict]}`), h("td", {}, each.sentence)))));

  function details(steps, open) {
    return h("details", { open, class: "steps" }, h("summary", {}, "The steps of the verification"),
      h("ol", {}, steps.map((step) => h("li", { class: step.problem ? "bad" : step.done === false ? "undone" : "good" },
        h("strong", {}, `${step.problem ? "✕" : step.done === false ? "○" : "✓"} ${step.title}`), `: ${step.detail}`,
        step.problem ? h("p", { class: "error" }, step.problem.seq === null ? step.problem.message : `Record ${step.problem.seq}: ${step.problem.message}`) : null))));
  }

  function progress(counts) {
    const share = counts.total ? Math.min(1, (counts.bytes / counts.total) * 0.8 + (counts.checkpoints ? (counts.signatures / counts.checkpoints) * 0.2 : 0)) : 0;
    byId("progress").hidden = false;
    byId("bar").value = share;
    byId("bar").textContent = `${Math.round(share * 100)} %`;
    /* Told to a screen reader at each quarter, not at each step. */
    const quarter = `${Math.floor(share * 4) * 25} % verified`;
    if (byId("said").textContent !== quarter) byId("said").textContent = quarter;
    const words = [["Records", counts.records], ["Objects", counts.objects], ["Checkpoints", counts.checkpoints], ["Signatures", counts.signatures]];
    byId("counts").replaceChildren(...words.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, number(value)))));
  }

  return { unread, working, unreadable, failed, show, progress };
})();
