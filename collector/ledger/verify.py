"""Verification of a ledger or a bundle, in numbered steps. It needs nothing but the bytes and a pinned key.

1. Read every header: canonical form, unbroken seq, times that never run backwards, `prev` = the hash before.
   Rebuild the Merkle tree and compare its root with every checkpoint; the last must cover the last record.
2. Hash every body, list, item and parameter that the headers name; count what is withheld.
3. Put the signing keys in order (the pinned key, and each that a `key` record hands over to) and verify every
   checkpoint's signature.
4. With a checkpoint known from earlier: show that these records contain everything that it covers.
5. Check the RFC 3161 timestamps over checkpoints, under the authorities that the auditor pinned.
6. Check the cosignatures on checkpoints, under the witnesses' keys that the auditor pinned.
7. Where the ledger signs under an ML-DSA-44 key too, check that under the pinned one.

Steps 1 and 2 make *Intact*, steps 3 and 7 make *Signed*, step 4 *Current*, step 5 *Timestamped*, 6 *Witnessed*.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.x509 import Certificate

from collector.ledger.anchored import Finding, check_post_quantum, check_timestamps, check_witnesses, coverage
from collector.ledger.chain import Chain
from collector.ledger.checkpoint import Checkpoint, SignedCheckpoint
from collector.ledger.contents import Contents
from collector.ledger.note import VerifierKey
from collector.ledger.reader import Reader, fetch
from collector.ledger.rotation import read_rotation
from collector.ledger.timestamps import read_roots
from collector.ledger.trust import (
    Handover,
    KeyHistory,
    key_history,
    pinned_fingerprint,
    post_quantum_pin,
    witness_pin,
)
from collector.ledger.verification import (
    CURRENT,
    INTACT,
    SIGNED,
    TIMESTAMPED,
    WITNESSED,
    Problem,
    Statement,
    Step,
    Verdict,
    Verification,
)
from collector.ledger.witness import Request
from collector.model.canonical import decode_object
from collector.model.errors import ConfigurationError, ControlproofError, MalformedError
from collector.model.instant import format_instant
from collector.model.record import Header


@dataclass(frozen=True, slots=True)
class Trust:
    """What the auditor brings; nothing that comes with the records is trusted for being there.

    Attributes:
        pins: the ledger's keys, each a vkey or a fingerprint; an ML-DSA-44 key as a vkey.
        since: a checkpoint known from earlier.
        tsas: the root certificates of timestamp authorities, each a PEM file's content.
        witnesses: the vkeys of witnesses.
        implied: authorities, witnesses and the ML-DSA-44 key are those of the operator's own configuration, so that
            nothing by them is no lack.

    """

    pins: tuple[str, ...] = ()
    since: bytes | None = None
    tsas: tuple[bytes, ...] = ()
    witnesses: tuple[str, ...] = ()
    implied: bool = False


@dataclass(frozen=True, slots=True)
class _Pinned:
    """The same, read."""

    fingerprints: tuple[str, ...]
    post_quantum: tuple[VerifierKey, ...]
    since: Checkpoint | None
    roots: tuple[Certificate, ...]
    witnesses: tuple[VerifierKey, ...]
    needed: bool

    @classmethod
    def read(cls, trust: Trust, origin: str) -> "_Pinned":
        witnesses = tuple(witness_pin(text) for text in trust.witnesses)
        if any(key.name == origin for key in witnesses):
            raise ConfigurationError(f"{origin} cannot be a witness of itself", "pin its ML-DSA-44 key with --key")
        quantum = tuple(key for pin in trust.pins if (key := post_quantum_pin(pin)))
        return cls(
            fingerprints=tuple(pinned_fingerprint(pin) for pin in trust.pins if not post_quantum_pin(pin)),
            post_quantum=quantum,
            since=_read_since(trust.since, origin),
            roots=tuple(root for data in trust.tsas for root in read_roots(data, "the pinned file")),
            witnesses=witnesses,
            needed=not trust.implied,
        )


def verify(reader: Reader, trust: Trust, progress: Callable[[int], None] = lambda _: None) -> Verification:
    """Verify the records that `reader` holds, in the steps above.

    Args:
        reader: a ledger or a bundle.
        trust: what the auditor pinned.
        progress: called with the number of records whose content was checked since the last call.

    Raises:
        ConfigurationError: a pin or the earlier checkpoint is malformed: the caller's mistake, not a finding.

    """
    pinned = _Pinned.read(trust, reader.origin)
    since = pinned.since
    checkpoints, malformed = _read_checkpoints(reader)
    watch = frozenset([since.size] if since else [])
    chain = Chain(reader, [signed.checkpoint for signed in checkpoints], watch).walk()
    contents = Contents(reader, progress)
    if chain.problem is None:
        contents.check()
    signed = _check_signatures(reader, checkpoints, malformed, pinned.fingerprints)
    steps = [
        Step("Headers, chain and Merkle roots", _chain_detail(reader, chain), chain.problem),
        Step("Bodies, lists and items", _contents_detail(contents, chain), contents.problem),
        signed.step,
    ]
    statements = [_intact(reader, steps, contents), signed.statement]
    if since:
        current = _compare_since(reader, chain, since)
        steps.append(current)
        statements.append(_current(current))
    sound = chain.problem is None and malformed is None
    anchored = _check_anchors(reader, checkpoints if sound else None, chain, pinned)
    steps += [anchored.timestamps.step, anchored.witnesses.step]
    statements += [anchored.timestamps.statement, anchored.witnesses.statement]
    if anchored.post_quantum is not None:
        steps.append(anchored.post_quantum)
        statements[1] = _also_signed(signed.statement, anchored.post_quantum, anchored.records)
    return Verification(reader.origin, reader.first, reader.size, tuple(steps), tuple(statements))


@dataclass(frozen=True, slots=True)
class _Anchored:
    timestamps: Finding
    witnesses: Finding
    post_quantum: Step | None
    records: int


def _check_anchors(
    reader: Reader, checkpoints: Sequence[SignedCheckpoint] | None, chain: Chain, pinned: _Pinned
) -> _Anchored:
    """Check what vouches for the records from outside; without sound checkpoints there is nothing it could be of."""
    if checkpoints is None:
        return _Anchored(_not_anchored(_STAMPS, TIMESTAMPED), _not_anchored(_COSIGNATURES, WITNESSED), None, 0)
    try:
        covered = coverage(reader, checkpoints, chain.tree.root())
        anchors = tuple(reader.anchors())
    except ControlproofError as error:
        problem = Problem(error.message)
        return _Anchored(
            _not_anchored(_STAMPS, TIMESTAMPED, problem), _not_anchored(_COSIGNATURES, WITNESSED, problem), None, 0
        )
    step, records = check_post_quantum(reader, anchors, covered, pinned.post_quantum, needed=pinned.needed)
    own = pinned.post_quantum or any(anchor.name == reader.origin for anchor in anchors)
    return _Anchored(
        check_timestamps(reader, anchors, covered, pinned.roots, needed=pinned.needed),
        check_witnesses(reader, anchors, covered, pinned.witnesses, needed=pinned.needed),
        step if own else None,
        records,
    )


_STAMPS, _COSIGNATURES = "RFC 3161 timestamps", "Witnesses' cosignatures"


def _not_anchored(title: str, name: str, problem: Problem | None = None) -> Finding:
    if problem is not None:
        return Finding(Step(title, "refused", problem), Statement(name, Verdict.REFUTED, problem.message))
    step = Step(title, "not done: the records and checkpoints that they are of are refuted", done=False)
    return Finding(step, Statement(name, Verdict.UNPROVEN, "Not checked: the records are refuted."))


def _also_signed(signed: Statement, step: Step, records: int) -> Statement:
    """Add to *Signed* what the ML-DSA-44 signatures show."""
    if step.problem is not None:
        return Statement(SIGNED, Verdict.REFUTED, step.problem.message)
    if not records or signed.verdict is Verdict.REFUTED:
        return signed
    sentence = f"{signed.sentence} Up to record {records - 1} they are signed by the pinned ML-DSA-44 key too."
    return Statement(SIGNED, signed.verdict, sentence)


def _read_since(data: bytes | None, origin: str) -> Checkpoint | None:
    if data is None:
        return None
    try:
        # What a witness is asked ends in a checkpoint, so that file will do too.
        note = Request.decode(data, "the earlier checkpoint").note
        since = SignedCheckpoint.decode(note, "the earlier checkpoint").checkpoint
    except MalformedError as error:
        raise ConfigurationError(error.message, "--since takes a file that holds a signed checkpoint") from None
    if since.origin != origin:
        raise ConfigurationError(f"the earlier checkpoint is of {since.origin}, these records are of {origin}")
    return since


def _read_checkpoints(reader: Reader) -> tuple[list[SignedCheckpoint], Problem | None]:
    """Parse the checkpoints up to the first that is malformed, of another ledger, or out of order."""
    found: list[SignedCheckpoint] = []
    try:
        for number, data in enumerate(reader.checkpoints()):
            signed = SignedCheckpoint.decode(data, f"checkpoint number {number}")
            if signed.checkpoint.origin != reader.origin:
                message = f"the checkpoint of size {signed.size} is of another ledger, {signed.checkpoint.origin}"
                return found, Problem(message)
            if found and signed.size <= found[-1].size:
                return found, Problem(f"the checkpoint of size {signed.size} stands after that of {found[-1].size}")
            found.append(signed)
    except MalformedError as error:
        return found, Problem(f"{error.message}: it was altered")
    return found, None


def _handovers(reader: Reader) -> list[Handover]:
    found = []
    for place, data in reader.key_headers():
        header = Header.decode(data, f"the header of record {place}")
        what = f"the body of record {header.seq}"
        body = decode_object(fetch(reader, header.body), what)
        found.append(Handover(header.seq, read_rotation(body, what)))
    return found


@dataclass(frozen=True, slots=True)
class _Signatures:
    step: Step
    statement: Statement


def _check_signatures(
    reader: Reader, checkpoints: Sequence[SignedCheckpoint], malformed: Problem | None, wanted: Sequence[str]
) -> _Signatures:
    title = "Checkpoint signatures"
    if malformed is None and not checkpoints:
        malformed = Problem("there is no checkpoint: a missing signature is a failure")
    if malformed is not None:
        return _Signatures(Step(title, "refused", malformed), Statement(SIGNED, Verdict.REFUTED, malformed.message))
    try:
        history = key_history(reader.key, _handovers(reader), wanted)
        trusted = sum(_verify_one(signed, history) for signed in checkpoints)
    except ControlproofError as error:
        return _Signatures(
            Step(title, "refused", Problem(error.message)), Statement(SIGNED, Verdict.REFUTED, error.message)
        )
    detail = f"{len(checkpoints)} verified, {trusted} of them under a pinned key or its successor"
    return _Signatures(Step(title, detail), _signed(history, len(checkpoints), trusted, checkpoints[-1]))


def _verify_one(signed: SignedCheckpoint, history: KeyHistory) -> bool:
    """Verify one checkpoint; tell whether a trusted key signed it."""
    what = f"the checkpoint of size {signed.size}"
    signed.note.verify([history.keys[at] for at in history.signers(signed.size)], what)
    return history.trusted(signed.size)


def _signed(history: KeyHistory, count: int, trusted: int, last: SignedCheckpoint) -> Statement:
    if history.pinned is None:
        return Statement(
            SIGNED,
            Verdict.UNPROVEN,
            f"All {count} checkpoints verify under the key {history.keys[-1].fingerprint}, but that key came with "
            "the records and no key was pinned. Compare its fingerprint with one from the operator, then use --key.",
        )
    if not history.trusted(last.size):
        return Statement(
            SIGNED,
            Verdict.UNPROVEN,
            "The pinned key took over only after these records; pin the key that signed them.",
        )
    older = f" {count - trusted} older checkpoints are signed by an earlier key." if trusted < count else ""
    return Statement(
        SIGNED,
        Verdict.PROVEN,
        f"The checkpoints, of which the last covers {last.size} records, are signed by the pinned key "
        f"{history.keys[history.pinned].fingerprint} or a key that it handed over to.{older}",
    )


def _compare_since(reader: Reader, chain: Chain, since: Checkpoint) -> Step:
    title = "The checkpoint known from earlier"
    detail = f"covers {since.size} records"
    if since.size > reader.size:
        problem = Problem(
            f"rolled back: the checkpoint known from earlier covers {since.size} records, these end at "
            f"{reader.size}; the ledger is an older copy, or the export ended before that checkpoint was made",
            reader.size,
        )
    elif since.size < reader.first:
        problem = Problem(
            f"the checkpoint known from earlier covers {since.size} records and these begin at record "
            f"{reader.first}: ask for an export that reaches back to it"
        )
    elif since.size not in chain.roots:
        problem = Problem("the chain is broken before the checkpoint known from earlier could be compared")
    elif chain.roots[since.size] != since.root:
        problem = Problem(
            f"another history: the first {since.size} records are not those the earlier checkpoint covers"
        )
    else:
        return Step(title, detail)
    return Step(title, detail, problem)


def _chain_detail(reader: Reader, chain: Chain) -> str:
    size = chain.tree.size
    return f"{size - reader.first} chained ({reader.first} to {size - 1}), {chain.compared} roots recomputed"


def _contents_detail(contents: Contents, chain: Chain) -> str:
    if chain.problem is not None:
        return "not done: the headers that name them are broken"
    withheld = f", {contents.withheld} bodies withheld by the export's narrowing" if contents.withheld else ""
    pruned = f", {contents.pruned} bodies dropped by retention" if contents.pruned else ""
    items = (
        f", {contents.withheld_items} items withheld: only their digests are here" if contents.withheld_items else ""
    )
    return f"{contents.records} bodies and what they name, {contents.objects} distinct objects{withheld}{pruned}{items}"


def _intact(reader: Reader, steps: Sequence[Step], contents: Contents) -> Statement:
    problem = next((step.problem for step in steps[:2] if step.problem), None)
    if problem:
        return Statement(INTACT, Verdict.REFUTED, problem.message)
    what = f"records {reader.first} to {reader.size - 1}" if reader.size > reader.first else "no records yet"
    sentence = f"Every header, body, item, link and Merkle root recomputes ({what})."
    if contents.withheld_items:
        sentence = (
            f"Every header, body, link and Merkle root recomputes ({what}), and so does every item that is here. Of "
            f"{contents.withheld_items} items only the digests are here, which the lists of their populations state: "
            "their content is withheld, so it cannot be looked at, and a test that needs it cannot be replayed."
        )
    if not contents.pruned:
        return Statement(INTACT, Verdict.PROVEN, sentence)
    dropped = "; ".join(
        f"record {each.seq} of {format_instant(each.time)} dropped {each.records} from before record {each.before}"
        for each in contents.prunings
    )
    sentence += f" The bodies of {contents.pruned} old records are gone, past retention: {dropped}."
    return Statement(INTACT, Verdict.PROVEN, sentence)


def _current(step: Step) -> Statement:
    if step.problem:
        return Statement(CURRENT, Verdict.REFUTED, step.problem.message)
    return Statement(CURRENT, Verdict.PROVEN, "These records contain everything that the earlier checkpoint covers.")
