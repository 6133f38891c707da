"use strict";
/* Verification in the steps of `controlproof verify`, each naming the first thing that it finds wrong.
   What it takes for true on the way (headers, and bodies by their digests) is handed to the model, so that the page can
   show what was verified and nothing else. */
const Verify = (() => {
  const PROVEN = "proven", REFUTED = "refuted", UNPROVEN = "unproven";
  const LISTS = { snapshot: "items", result: "assessments" };
  const SINGLES = { snapshot: ["configuration"], gap: ["configuration", "partial"], result: ["parameters", "source"] };
  const NO_PREVIOUS = "0".repeat(64);
  const BATCH = 64;

  class Problem extends Error {
    constructor(message, seq = null) {
      super(message);
      this.seq = seq;
    }
  }

  const found = (error) => {
    if (error instanceof Problem) return { message: error.message, seq: error.seq };
    if (error instanceof Malformed) return { message: error.message, seq: null };
    throw error;
  };

  /** Gives the browser its turn now and then, so that the page stays alive and the bar moves. */
  class Breather {
    constructor(report) {
      this.report = report;
      this.last = performance.now();
      /* A message is answered at once; a timer that is set again and again waits 4 ms each time. */
      this.channel = new MessageChannel();
    }

    get due() { return performance.now() - this.last > 50; }

    async pause() {
      if (!this.due) return;
      this.report();
      await new Promise((resume) => { this.channel.port1.onmessage = resume; this.channel.port2.postMessage(null); });
      this.last = performance.now();
    }
  }

  class Verification {
    constructor(reader, pins, progress) {
      this.reader = reader;
      this.manifest = reader.manifest;
      this.pins = pins;
      this.counts = { bytes: 0, total: 0, records: 0, objects: 0, checkpoints: 0, signatures: 0 };
      this.breather = new Breather(() => progress(this.counts));
      this.pause = () => this.breather.pause();
      this.progress = progress;
      this.headers = [];
      this.told = new Map();
      this.model = new Model.Builder(reader.manifest);
      this.fileProblem = null;
      this.disorder = null;
      this.withheldBodies = 0;
      this.withheldItems = 0;
    }

    async run() {
      const { archive, manifest } = this.reader;
      this.counts.total = [...archive.members.values()].reduce((sum, { name, size }) => (name === Bundle.NAME ? sum : sum + size), 0);
      const steps = [];
      this.checkNames();
      const checkpoints = await this.loadCheckpoints();
      const chain = await this.walkChain(checkpoints);
      const earlier = await this.loadEarlier(chain);
      const contents = await this.checkContents(chain);
      await this.loadOthers();
      this.note(this.disorder);
      steps.push({ title: "Files of the bundle", detail: `${archive.members.size - 1} files compared with ${Bundle.NAME}`, problem: this.fileProblem });
      steps.push(chain.step, contents);
      const signed = await this.checkSignatures(checkpoints);
      steps.push(signed.step, this.timestamps(), this.witnesses(), earlier, await this.checkSummary(steps));
      this.progress(this.counts);
      const statements = [this.intact(steps), signed.statement, ...this.unproven()];
      const bad = steps.some((step) => step.problem) || statements.some((each) => each.verdict === REFUTED);
      return { steps, statements, verdict: bad ? REFUTED : signed.statement.verdict, model: bad ? null : this.model.model, manifest };
    }

    checkNames() {
      const stated = new Set(Object.keys(this.manifest.files));
      const names = new Set(this.reader.archive.names.filter((name) => name !== Bundle.NAME));
      const odd = [...names, ...stated].filter((name) => !names.has(name) || !stated.has(name)).sort()[0];
      if (odd) this.note(`${odd} is ${names.has(odd) ? "not listed in" : "missing from"} the bundle`);
    }

    note(message) {
      if (message && !this.fileProblem) this.fileProblem = { message, seq: null };
    }

    async load(name, each = () => {}) {
      await this.reader.load(name, each, async (size) => {
        this.counts.bytes += size;
        if (this.breather.due) await this.pause();
      });
      const lines = this.reader.lines[name];
      this.note(this.reader.compare(name, lines.size, lines.digest));
      return lines;
    }

    async loadCheckpoints() {
      const lines = await this.load(Bundle.CHECKPOINTS);
      const checkpoints = { list: [], problem: null };
      try {
        for (const [number, line] of lines.all()) {
          const what = `checkpoint number ${number}`;
          const note = Canonical.decode(line, what);
          if (typeof note !== "string") throw new Malformed(`line ${number + 1} of ${Bundle.CHECKPOINTS} must be a string`);
          const checkpoint = Note.readCheckpoint(note, what);
          if (checkpoint.origin !== this.manifest.origin) throw new Problem(`the checkpoint of size ${checkpoint.size} is of another ledger, ${checkpoint.origin}`);
          const before = checkpoints.list.at(-1);
          if (before && checkpoint.size <= before.size) throw new Problem(`the checkpoint of size ${checkpoint.size} stands after that of ${before.size}`);
          checkpoints.list.push(checkpoint);
          this.counts.checkpoints += 1;
          if (this.breather.due) await this.pause();
        }
      } catch (error) {
        checkpoints.problem = found(error);
      }
      return checkpoints;
    }

    /** Step 2: form, place, time and link of every header, and the Merkle root under every checkpoint. */
    async walkChain(checkpoints) {
      const lines = await this.load(Bundle.RECORDS);
      const chain = { tree: Bundle.frontier(this.manifest), compared: 0, covered: this.manifest.first, problem: null };
      try {
        await this.follow(lines, chain, [...checkpoints.list].reverse());
      } catch (error) {
        chain.problem = found(error);
      }
      const last = chain.tree.size - 1;
      chain.step = {
        title: "Headers, chain and Merkle roots",
        detail: `${chain.tree.size - this.manifest.first} chained (${this.manifest.first} to ${last}), ${chain.compared} roots recomputed`,
        problem: chain.problem,
      };
      return chain;
    }

    async follow(lines, chain, pending) {
      const { first } = this.manifest;
      let previous = first === 0 ? NO_PREVIOUS : null, time = "";
      const compare = () => {
        while (pending.length && pending.at(-1).size <= chain.tree.size) {
          const checkpoint = pending.pop();
          if (checkpoint.root !== Sha256.hex(chain.tree.root())) throw this.wrongRoot(chain);
          chain.covered = chain.tree.size;
          chain.compared += 1;
        }
      };
      compare();
      for (const [number, line] of lines.all()) {
        const seq = first + number;
        let header;
        try {
          header = Bundle.readHeader(line, `the header of record ${seq}`);
        } catch (error) {
          throw error instanceof Malformed ? new Problem(`${error.message}: it was altered`, seq) : error;
        }
        if (header.seq !== seq) throw new Problem(this.outOfPlace(seq, header.seq, seqs(lines)), seq);
        if (previous !== null && header.prev !== previous) throw this.brokenLink(seq, chain);
        if (header.time < time) throw new Problem(`record ${seq} is dated ${header.time}, before the record that it follows`, seq);
        const leaf = Merkle.leafHash(line);
        chain.tree.append(leaf);
        previous = Sha256.hex(leaf);
        time = header.time;
        this.headers.push(this.kept(header));
        this.counts.records += 1;
        if (this.breather.due) await this.pause();
        compare();
      }
      const signed = pending.length ? pending[0].size : this.manifest.size;
      const { size } = chain.tree;
      if (signed > size) throw new Problem(`the tail is cut: ${signed} records were signed, but only ${size} are left (record ${size} is the first that is missing)`, size);
      if (chain.covered !== size) throw new Problem(`no checkpoint covers records ${chain.covered} to ${size - 1}: they are unsigned`, chain.covered);
    }

    /** Give what is needed of a header later; what many of them say is held once. */
    kept({ body, controls, kind, seq, subject, time }) {
      const once = (name, value) => this.told.get(name) ?? (this.told.set(name, value), value);
      return { body, controls: once(`\n${controls.join("\n")}`, controls), kind: once(kind, kind), seq, subject: once(subject, subject), time, content: null };
    }

    wrongRoot(chain) {
      const last = chain.tree.size - 1;
      const which = chain.covered === last ? `record ${last}` : `a record from ${chain.covered} to ${last}`;
      return new Problem(`${which} was altered: the records do not give the root of the checkpoint of size ${chain.tree.size}`, chain.covered);
    }

    brokenLink(seq, chain) {
      if (chain.covered === seq) return new Problem(`record ${seq} does not continue this ledger: its prev is not the hash of record ${seq - 1}, which a checkpoint confirms; it was altered, or grafted from another ledger`, seq);
      return new Problem(`record ${seq - 1} was altered: record ${seq} continues a record with another hash`, seq - 1);
    }

    outOfPlace(place, seq, all) {
      if (!all.includes(place)) return `record ${place} is missing: it was deleted (record ${seq} follows)`;
      if (seq < place || all.filter((each) => each === seq).length > 1) return `a record was inserted: the one after record ${place - 1} says it is record ${seq} again`;
      return `records were reordered: where record ${place} should stand is record ${seq}`;
    }

    /** Step 7: the records from before the period that came along, by their inclusion proofs. */
    async loadEarlier(chain) {
      const lines = await this.load(Bundle.EARLIER);
      const step = { title: "Earlier records that the period rests on", detail: "", problem: null };
      this.earlier = [];
      try {
        for (const [number, line] of lines.all()) {
          const what = `line ${number + 1} of ${Bundle.EARLIER}`;
          const value = Canonical.decodeObject(line, what);
          if (!Canonical.hasFields(value, ["header", "proof"]) || !Array.isArray(value.proof) || value.proof.length > 64 || !value.proof.every(Canonical.isDigest)) throw new Malformed(`${what} is malformed`);
          const bytes = new TextEncoder().encode(Canonical.encode(value.header, what));
          const header = Bundle.readHeader(bytes, `the header in ${what}`);
          if (header.seq >= this.manifest.first || header.seq <= (this.earlier.at(-1)?.seq ?? -1)) throw new Malformed(`${what} is not an earlier record, or is out of order`);
          const root = Merkle.rootFromProof(Merkle.leafHash(bytes), header.seq, chain.tree.size, value.proof.map(Bundle.fromHex));
          if (!root || Sha256.hex(root) !== Sha256.hex(chain.tree.root())) throw new Problem(`record ${header.seq}, from before the period, is not in the ledger`, header.seq);
          this.earlier.push(header);
        }
      } catch (error) {
        step.problem = found(error);
      }
      this.earlierSeqs = new Set(this.earlier.map((each) => each.seq));
      step.detail = `${this.earlier.length} proven by inclusion in the last checkpoint`;
      return step;
    }

    /** Step 3: hash every object once, in their order; find every one that a header or a body names. */
    async checkContents(chain) {
      const wanted = new Map(), named = new Map();
      const step = { title: "Bodies, lists and items", detail: "not done: the headers that name them are broken", problem: null };
      const withheld = this.headers.filter((header) => Bundle.isWithheld(header, this.manifest.controls));
      const present = chain.problem ? [] : this.headers.filter((header) => !Bundle.isWithheld(header, this.manifest.controls));
      this.rotations = [...this.earlier, ...this.headers].filter((header) => header.kind === "key");
      const earlier = chain.problem ? [] : this.earlier;
      for (const header of new Set([...present, ...this.rotations, ...earlier])) {
        const others = wanted.get(header.body);
        if (others) others.push(header);
        else wanted.set(header.body, [header]);
      }
      this.broken = chain.problem !== null;
      this.sampled = [];
      this.problems = [];
      this.lists = new Map();
      this.references = new Map();
      const { addresses } = this.reader;
      const order = new Objects.Order(present, earlier, this.references, this.manifest.items === "sampled");
      await this.load(Bundle.OBJECTS, (number, line) => {
        const digest = Sha256.digest(line), hex = Sha256.hex(digest);
        addresses.add(digest);
        this.counts.objects += 1;
        const headers = wanted.get(hex);
        if (headers) this.takeBody(headers, line, named);
        order.take(number, hex, line);
      });
      if (chain.problem) return step;
      const disorder = order.close();
      for (const header of withheld) this.model.withheld(header);
      for (const header of present) if (addresses.find(header.body) === null) this.missing(`the body of record ${header.seq} (${header.subject})`, header.seq);
      for (const [digest, at] of named) if (addresses.find(digest) === null) this.missing(`an object of ${at.what}`, at.seq);
      for (const { seq, id, digest } of this.sampled) if (order.named.find(digest) !== null && addresses.find(digest) === null) this.missing(`item ${id}, which record ${seq} sampled,`, seq);
      await this.checkLists();
      step.problem = this.problems.sort((a, b) => a.seq - b.seq)[0] ?? null;
      const left = (withheld.length ? `, ${withheld.length} bodies withheld by the export's narrowing` : "") + (order.withheld ? `, ${order.withheld} items withheld: only their digests are here` : "");
      if (!step.problem) this.disorder = disorder;
      this.withheldItems = order.withheld;
      this.withheldBodies = withheld.length;
      step.detail = `${present.length} bodies and what they name, ${addresses.count} distinct objects${left}`;
      if (!step.problem) await this.model.finish(this.reader, this.pause);
      return step;
    }

    missing(what, seq) {
      this.problems.push({ message: `${what} was altered or removed: nothing in the bundle has its digest`, seq });
    }

    takeBody(headers, line, named) {
      const [{ seq, subject }] = headers;
      const what = `record ${seq} (${subject})`;
      try {
        const body = Canonical.decodeObject(line, `the body of ${what}`);
        for (const header of headers) {
          if (header.kind === "key") header.content = body;
          if (header.kind === "attestation" && header.seq < this.manifest.first && !this.broken) this.model.attested(header, body);
          if (header.kind === "config" && !this.broken) this.model.configuration(header, body);
          if (!this.broken) this.takeReferences(header, body, what, named);
        }
      } catch (error) {
        this.problems.push({ seq, message: found(error).message });
      }
    }

    takeReferences(header, body, what, named) {
      const list = LISTS[header.kind], singles = [];
      if (list && !Canonical.isDigest(body[list])) throw new Malformed(`${what} does not name its ${list} by digest`);
      if (list) earliest(this.lists, body[list], header.seq, what, header.kind);
      for (const field of SINGLES[header.kind] ?? []) {
        const digest = body[field];
        if (digest === null && field === "partial") continue;
        if (!Canonical.isDigest(digest)) throw new Malformed(`${what} does not name its ${field} by digest`);
        earliest(named, digest, header.seq, what);
        singles.push(digest);
      }
      this.references.set(header.seq, { singles, list: list ? body[list] : null });
      if (header.kind === "result") this.takeInputs(body, what);
      if (header.kind === "sample") this.takeSample(header, body, what);
      if (header.seq >= this.manifest.first) this.model.add(header, body);
    }

    takeSample({ seq }, body, what) {
      if (!Array.isArray(body.items)) throw new Malformed(`${what} is not a sample`);
      for (const { id, digest, was, became } of body.items) {
        for (const each of [digest, was, became]) {
          if (each === undefined || each === null) continue;
          if (!Canonical.isDigest(each)) throw new Malformed(`${what} is not a sample`);
          this.sampled.push({ seq, id, digest: each });
        }
      }
    }

    takeInputs(body, what) {
      for (const { seq } of body.inputs) {
        if (seq < this.manifest.first && !this.earlierSeqs.has(seq)) throw new Malformed(`record ${seq}, which ${what} rests on, is missing`);
      }
    }

    async checkLists() {
      for (const [index, { seq, what, kind }] of this.lists) {
        const mayBeWithheld = kind === "snapshot" && this.manifest.items === "sampled";
        try {
          for (const [member, digest] of pairs(this.reader, index, what)) {
            if (this.reader.addresses.find(digest) === null && !mayBeWithheld) this.missing(`item ${member} of ${what}`, seq);
          }
        } catch (error) {
          this.problems.push({ seq, message: found(error).message });
        }
        await this.pause();
      }
    }

    /** Step 4: the line of keys from the pinned one, and every checkpoint's signature. */
    async checkSignatures({ list, problem }) {
      const title = "Checkpoint signatures";
      const refuse = (message) => ({ step: { title, detail: "refused", problem: { message, seq: null } }, statement: { name: "Signed", verdict: REFUTED, sentence: message } });
      if (problem) return refuse(`${problem.message}: it was altered`);
      if (!list.length) return refuse("there is no checkpoint: a missing signature is a failure");
      if (!(await Note.canVerify())) {
        const sentence = "This browser cannot verify Ed25519 signatures, so none was verified. Use a current Chrome, Edge, Firefox or Safari, or: controlproof verify.";
        return { step: { title, detail: "not done", problem: null, done: false }, statement: { name: "Signed", verdict: UNPROVEN, sentence } };
      }
      try {
        const history = await this.keyHistory();
        let trusted = 0;
        for (let from = 0; from < list.length; from += BATCH) {
          const batch = list.slice(from, from + BATCH);
          await Promise.all(batch.map(({ note, size }) => Note.verify(note, history.signers(size).map((at) => history.keys[at]), `the checkpoint of size ${size}`)));
          trusted += batch.filter(({ size }) => history.trusted(size)).length;
          this.counts.signatures += batch.length;
          await this.pause();
        }
        const detail = `${list.length} verified, ${trusted} of them under a pinned key or its successor`;
        return { step: { title, detail, problem: null }, statement: signedStatement(history, list, trusted) };
      } catch (error) {
        return refuse(found(error).message);
      }
    }

    async keyHistory() {
      const handovers = [];
      for (const header of this.rotations) {
        if (!header.content) throw new Problem(`the body of record ${header.seq}, which hands the ledger to another key, is missing`, header.seq);
        handovers.push({ seq: header.seq, ...(await Note.readRotation(header.content, `the body of record ${header.seq}`)) });
      }
      const keys = [handovers.length ? handovers[0].before : Note.readKey(this.manifest.key)];
      for (const handover of handovers) {
        if (handover.before.text !== keys.at(-1).text) throw new Problem(`record ${handover.seq} hands over from a key that was not the ledger's`, handover.seq);
        keys.push(handover.after);
      }
      const pinned = keys.findIndex((key) => this.pins.includes(key.fingerprint));
      if (this.pins.length && pinned < 0) throw new Problem(`none of the keys is the pinned one (${this.pins.join(", ")}): it is signed by ${keys.at(-1).fingerprint}`);
      const signers = (size) => {
        const done = handovers.filter((each) => each.seq + 1 < size).length;
        return done < handovers.length && handovers[done].seq + 1 === size ? [done, done + 1] : [done];
      };
      return { keys, pinned, signers, trusted: (size) => pinned >= 0 && signers(size).at(-1) >= pinned };
    }

    timestamps() {
      return { title: "RFC 3161 timestamps", detail: this.anchors("ledger/timestamps.jsonl"), problem: null, done: false };
    }

    witnesses() {
      return { title: "Witnesses' cosignatures", detail: this.anchors("ledger/cosignatures.jsonl"), problem: null, done: false };
    }

    anchors(name) {
      return this.reader.archive.members.has(name) ? `there are some in ${name}, which this page does not check: run controlproof verify` : "none to check";
    }

    async loadOthers() {
      for (const name of this.reader.archive.names) {
        if (name === Bundle.NAME || this.reader.lines[name]) continue;
        const sha256 = new Sha256.Stream();
        let size = 0;
        for await (const piece of this.reader.archive.pieces(name)) {
          sha256.update(piece);
          size += piece.length;
          this.counts.bytes += piece.length;
          if (this.breather.due) await this.pause();
        }
        this.note(this.reader.compare(name, size, sha256.digest()));
      }
    }

    /** Step 8: the summary that this page shows before the zip is dropped must be what the records say. */
    async checkSummary(steps) {
      const title = "The page's summary";
      if (steps.some((step) => step.problem)) return { title, detail: "not compared: the records it is derived from are refuted", problem: null, done: false };
      const compared = [];
      try {
        for (const [name, bytes] of this.derived()) {
          const stated = this.manifest.files[name];
          if (!stated || stated.digest !== Sha256.hex(Sha256.digest(bytes))) throw new Malformed(`${name} does not follow from the records: it was altered`);
          compared.push(name);
          await this.pause();
        }
      } catch (error) {
        return { title, detail: "refused", problem: found(error) };
      }
      return { title, detail: `${compared.join(", ")} derived again from the records, byte for byte; the other tables and documents are derived again by controlproof verify`, problem: null };
    }

    *derived() {
      const { model } = this.model;
      yield* Data.files(model);
      model.coverage = Coverage.coverage(model);
      yield ["coverage.csv", Csv.bytes(Coverage.table(model.coverage))];
      yield ["changes.csv", Csv.bytes(Changes.table(model))];
    }

    intact(steps) {
      const problem = steps.find((step) => step.problem && step.title !== "Checkpoint signatures")?.problem;
      if (problem) return { name: "Intact", verdict: REFUTED, sentence: problem.message };
      const { first, size, controls } = this.manifest;
      const narrowed = controls === null ? "" : ` The export is narrowed to ${controls.join(", ")}: all ${size - first} headers of the period are here and prove that none was left out; the bodies of other controls are withheld.`;
      const records = `(records ${first} to ${size - 1})`;
      const all = `Every header, body, item, link and Merkle root recomputes ${records}.`;
      const sampled = `Every header, body, link and Merkle root recomputes ${records}, and so does every item that is here. Of ${this.withheldItems} items only the digests are here, which the lists of their populations state: their content is withheld, so it cannot be looked at, and a test that needs it cannot be replayed.`;
      return { name: "Intact", verdict: PROVEN, sentence: (this.withheldItems ? sampled : all) + narrowed };
    }

    /** What the bundle proves to exist, and does not hold. */
    withheldStatement() {
      const parts = [
        this.withheldBodies && `the bodies of ${this.withheldBodies} records`,
        this.withheldItems && `the content of ${this.withheldItems} items`,
      ].filter(Boolean);
      if (!parts.length) return [];
      return [{ name: "Withheld", verdict: UNPROVEN, sentence: `The export left out ${parts.join(" and ")}. That they exist is proven, by their digests; what they say is not shown by this bundle.` }];
    }

    droppedStatement() {
      const bodies = this.model.model.rows.filter((row) => row?.[2] === "prune").map(([seq, , , , body]) => `record ${seq} says that ${body.records} bodies from before record ${body.before} were dropped`);
      if (!bodies.length) return [];
      return [{ name: "Dropped", verdict: UNPROVEN, sentence: `Retention dropped content of old records of this ledger: ${bodies.join("; ")}. Their headers stay in it; what they said can be shown only by a bundle from before.` }];
    }

    unproven() {
      const { first, size } = this.manifest;
      return [
        ...this.withheldStatement(),
        ...this.droppedStatement(),
        { name: "Timestamped", verdict: UNPROVEN, sentence: `This page checks no timestamp of an independent authority. As far as it knows, that records ${first} to ${size - 1} existed at the times they state rests on the key alone: whoever holds the key and the database could have written them later.` },
        { name: "Witnessed", verdict: UNPROVEN, sentence: "This page checks no independent witness's cosignature: the holder of the key could show another history to someone else. Keep the checkpoint and compare the next time." },
        { name: "Replayed", verdict: UNPROVEN, sentence: "This page does not run the tests again. controlproof replay recomputes every verdict from the recorded evidence." },
      ];
    }
  }

  function signedStatement(history, list, trusted) {
    const name = "Signed";
    const last = list.at(-1).size;
    if (history.pinned < 0) {
      return { name, verdict: UNPROVEN, sentence: `All ${list.length} checkpoints verify under the key ${history.keys.at(-1).fingerprint}, but that key came with the records and no key was pinned. Compare its fingerprint with one from the operator, and enter it above.` };
    }
    if (!history.trusted(last)) return { name, verdict: UNPROVEN, sentence: "The pinned key took over only after these records; pin the key that signed them." };
    const older = trusted < list.length ? ` ${list.length - trusted} older checkpoints are signed by an earlier key.` : "";
    return { name, verdict: PROVEN, sentence: `The checkpoints, of which the last covers ${last} records, are signed by the pinned key ${history.keys[history.pinned].fingerprint} or a key that it handed over to.${older}` };
  }

  /** Keep the first record that names an object: bodies come in another order. */
  function earliest(map, digest, seq, what, kind) {
    if (!(map.get(digest)?.seq <= seq)) map.set(digest, { seq, what, kind });
  }

  function seqs(lines) {
    const all = [];
    for (const [, line] of lines.all()) {
      const claimed = /"seq":(\d+),/.exec(new TextDecoder().decode(line));
      all.push(claimed ? Number(claimed[1]) : null);
    }
    return all;
  }

  /** Give the [id, digest] pairs of a chunked list in order (FORMAT.md section 2). */
  function* pairs(reader, index, what) {
    const part = (digest, name) => {
      const bytes = reader.object(digest);
      if (bytes === null) throw new Malformed(`a part of the list of items of ${what} was altered or removed: nothing in the bundle has its digest`);
      const value = Canonical.decode(bytes, `${name} of ${what}`);
      if (!Array.isArray(value)) throw new Malformed(`${name} of ${what} must be a list`);
      return value;
    };
    const chunks = part(index, "the index");
    if (!chunks.every(Canonical.isDigest)) throw new Malformed(`the index of ${what} must be a list of digests`);
    let previous = null;
    for (const chunk of chunks) {
      for (const pair of part(chunk, "a chunk")) {
        if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string" || !Canonical.isDigest(pair[1])) throw new Malformed(`a chunk of ${what} must be a list of [id, digest]`);
        if (previous !== null && Bundle.byCodePoint(previous, pair[0]) >= 0) throw new Malformed(`the items of ${what} is not sorted by id: ${JSON.stringify(pair[0])} stands after ${JSON.stringify(previous)}`);
        previous = pair[0];
        yield pair;
      }
    }
  }

  /** Verify a zip under the auditor's pins; `progress` is told counts now and then. */
  async function verify(file, pins, progress) {
    await Sha256.check();
    const reader = await Bundle.Reader.open(file);
    const answer = await new Verification(reader, pins, progress).run();
    return { ...answer, reader };
  }

  return { verify, pairs, PROVEN, REFUTED, UNPROVEN };
})();
