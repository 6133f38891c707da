"use strict";
/* How each population changed from one complete snapshot to the next, as `collector/period/changes.py` derives it. */
const Changes = (() => {
  /** Give [subject, item, nature, record before, record after, was, became] of every change, in order of record, then of item. */
  async function between(model, lists, reader, pause) {
    const found = [];
    const last = new Map();
    for (const row of model.rows) {
      if (row[2] !== "snapshot" || row[5] !== true) continue;
      const [seq, , , subject] = row;
      const index = lists.get(seq), before = last.get(subject);
      last.set(subject, { seq, index });
      if (!before || before.index === index) continue;
      const were = items(reader, before.index, before.seq), are = items(reader, index, seq);
      for (const [item, was, became] of differences(were, are)) {
        found.push([subject, item, was === null ? "added" : became === null ? "removed" : "changed", before.seq, seq, was, became]);
      }
      await pause();
    }
    return found;
  }

  function items(reader, index, seq) {
    const found = [];
    for (const pair of Verify.pairs(reader, index, `record ${seq}`)) found.push(pair);
    return found;
  }

  /** Walk two lists of [id, digest], both in order of id. */
  function* differences(were, are) {
    let here = 0, there = 0;
    while (here < were.length || there < are.length) {
      const order = here === were.length ? 1 : there === are.length ? -1 : Bundle.byCodePoint(were[here][0], are[there][0]);
      const was = order <= 0 ? were[here++] : null, became = order >= 0 ? are[there++] : null;
      if (was?.[1] !== became?.[1]) yield [(was ?? became)[0], was?.[1] ?? null, became?.[1] ?? null];
    }
  }

  const COLUMNS = ["population", "item", "change", "not_before", "not_after", "record_before", "record_after", "was", "became"];

  /** Give changes.csv, as the export writes it. */
  function* table(model) {
    const time = (seq) => Model.instant(model.rows[seq - model.first][1]);
    yield COLUMNS;
    for (const [subject, item, nature, before, after, was, became] of model.changes) {
      yield [subject, item, nature, time(before), time(after), before, after, was ?? "", became ?? ""];
    }
  }

  return { between, table };
})();
