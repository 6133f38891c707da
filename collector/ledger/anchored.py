"""Verification of anchors: timestamps, witnesses' cosignatures, and the ledger's own ML-DSA-44 signatures.

An anchor is of one checkpoint, and so of all records that the checkpoint covers. What no anchor covers rests on the
ledger's key alone; that is said by range of records, and never averaged away.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from collector.ledger.anchors import Anchor, AnchorKind
from collector.ledger.checkpoint import SignedCheckpoint
from collector.ledger.cosignature import verify_cosignature
from collector.ledger.merkle import verify_consistency
from collector.ledger.note import Signature, VerifierKey
from collector.ledger.reader import Reader
from collector.ledger.timestamps import UnpinnedError, check_token, verify_token
from collector.ledger.verification import TIMESTAMPED, WITNESSED, Problem, Range, Statement, Step, Verdict
from collector.model.errors import ControlproofError, IntegrityError
from collector.model.instant import format_instant

_SHOWN = 4
"""How many ranges a sentence lists; the JSON document has all."""


@dataclass(frozen=True, slots=True)
class Covered:
    """A checkpoint that was found to be of these records, and how many of them it covers."""

    signed: SignedCheckpoint
    records: int


Coverage = Mapping[int, Covered]
"""By the checkpoint's size."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one kind of anchor gave."""

    step: Step
    statement: Statement


def coverage(reader: Reader, checkpoints: Sequence[SignedCheckpoint], root: bytes) -> Coverage:
    """Say how many records each checkpoint covers that an anchor may be of.

    Args:
        reader: the records, whose tree was found to have `root`.
        checkpoints: those over these records, their roots compared.
        root: of the whole tree.

    Raises:
        IntegrityError, MalformedError: a checkpoint over more records is not shown to extend them.

    """
    found = {signed.size: Covered(signed, signed.size) for signed in checkpoints}
    for later in reader.later():
        signed = SignedCheckpoint.decode(later.note, "a later checkpoint")
        if signed.checkpoint.origin != reader.origin:
            raise IntegrityError(f"a later checkpoint is of another ledger, {signed.checkpoint.origin}")
        verify_consistency(reader.size, signed.size, root, signed.checkpoint.root, later.proof)
        found[signed.size] = Covered(signed, reader.size)
    return found


def check_timestamps(
    reader: Reader, anchors: Iterable[Anchor], covered: Coverage, roots: Sequence[x509.Certificate], *, needed: bool
) -> Finding:
    """Check every timestamp, and say before when which records existed."""
    title = "RFC 3161 timestamps"
    bounds: list[tuple[int, datetime]] = []
    count, unpinned = 0, set[str]()
    for anchor in anchors:
        if anchor.kind is not AnchorKind.TIMESTAMP:
            continue
        count += 1
        try:
            checkpoint = _checkpoint_of(anchor, covered, reader)
            note = checkpoint.signed.note.encode()
            if roots:
                bounds.append((checkpoint.records, verify_token(anchor.data, note, roots)))
            else:
                check_token(anchor.data, note)
                unpinned.add(anchor.name)
        except UnpinnedError:
            unpinned.add(anchor.name)
        except ControlproofError as error:
            problem = Problem(f"{anchor.name} on the checkpoint of size {anchor.size}: {error.message}")
            return _refuted(title, TIMESTAMPED, problem)
    needed = needed and bool(roots)
    if not count:
        step = Step(title, "none to check", done=False)
        return Finding(step, Statement(TIMESTAMPED, Verdict.UNPROVEN, _no_timestamp(reader), needed=needed))
    step = Step(title, f"{len(bounds)} of {count} verified under a pinned authority", done=bool(bounds))
    if not bounds:
        why = "their certificates lead to no pinned one, or were not valid then" if roots else "no authority was pinned"
        sentence = (
            f"There {_counted(count, 'timestamp')}, by {_listed(unpinned)}, but nobody vouches for that: {why}. "
            f"Use --tsa with the authority's root certificate. {_no_timestamp(reader)}"
        )
        return Finding(step, Statement(TIMESTAMPED, Verdict.UNPROVEN, sentence, needed=needed))
    return Finding(step, _bounded(TIMESTAMPED, reader, bounds, "", needed=needed))


def check_witnesses(
    reader: Reader, anchors: Iterable[Anchor], covered: Coverage, witnesses: Sequence[VerifierKey], *, needed: bool
) -> Finding:
    """Check the cosignatures of pinned witnesses, and say which records are in the history that they saw."""
    title = "Witnesses' cosignatures"
    known = {(key.name, key.id): key for key in witnesses}
    bounds: list[tuple[int, datetime]] = []
    cosigned: dict[str, int] = {}
    count, unpinned = 0, set[str]()
    for anchor in anchors:
        if anchor.kind is not AnchorKind.COSIGNATURE:
            continue
        try:
            line = _line_of(anchor)
            key = known.get((line.name, line.key_id))
            if line.name == reader.origin and key is None:
                continue  # the ledger's own, which check_post_quantum reads
            count += 1
            checkpoint = _checkpoint_of(anchor, covered, reader)
            if key is None:
                unpinned.add(f"{line.name}+{line.key_id.hex()}")
                continue
            at = verify_cosignature(key, checkpoint.signed, line)
        except ControlproofError as error:
            return _refuted(title, WITNESSED, Problem(error.message))
        # A cosignature states whole seconds, rounded down.
        bounds.append((checkpoint.records, at + timedelta(seconds=1)))
        cosigned[key.name] = max(cosigned.get(key.name, 0), checkpoint.records)
    needed = needed and bool(witnesses)
    if not count:
        step = Step(title, "none to check", done=False)
        return Finding(step, Statement(WITNESSED, Verdict.UNPROVEN, _NO_WITNESS, needed=needed))
    step = Step(title, f"{len(bounds)} of {count} verified under a pinned witness's key", done=bool(bounds))
    if not bounds:
        sentence = (
            f"There {_counted(count, 'cosignature')}, by {_listed(unpinned)}, but nobody vouches for that. "
            f"Use --witness with a witness's verifier key. {_NO_WITNESS}"
        )
        return Finding(step, Statement(WITNESSED, Verdict.UNPROVEN, sentence, needed=needed))
    last = "; ".join(f"{name} up to record {records - 1}" for name, records in sorted(cosigned.items()))
    sentence = f"These records are the one history that was shown to {last}. "
    return Finding(step, _bounded(WITNESSED, reader, bounds, sentence, needed=needed))


def check_post_quantum(
    reader: Reader, anchors: Iterable[Anchor], covered: Coverage, keys: Sequence[VerifierKey], *, needed: bool
) -> tuple[Step, int]:
    """Check the ledger's own ML-DSA-44 signatures; give also how many records the last one of a pinned key covers."""
    title = "ML-DSA-44 signatures by the ledger"
    known = {(key.name, key.id): key for key in keys}
    count = verified = records = 0
    for anchor in anchors:
        if anchor.kind is not AnchorKind.COSIGNATURE or anchor.name != reader.origin:
            continue
        count += 1
        try:
            line = _line_of(anchor)
            if key := known.get((line.name, line.key_id)):
                checkpoint = _checkpoint_of(anchor, covered, reader)
                verify_cosignature(key, checkpoint.signed, line)
                verified, records = verified + 1, max(records, checkpoint.records)
        except ControlproofError as error:
            return Step(title, "refused", Problem(error.message)), 0
    if needed and keys and not verified:
        problem = Problem("the pinned ML-DSA-44 key signed none of the checkpoints: a missing signature is a failure")
        return Step(title, "refused", problem), 0
    return Step(title, f"{verified} of {count} verified under a pinned key", done=bool(verified)), records


def _line_of(anchor: Anchor) -> Signature:
    what = f"the checkpoint of size {anchor.size}"
    try:
        text = anchor.data.decode("utf-8")
    except UnicodeDecodeError:
        raise IntegrityError(f"a cosignature on {what} is not UTF-8") from None
    line = Signature.decode(text, what)
    if line.name != anchor.name:
        raise IntegrityError(f"a cosignature on {what} is kept under another name than its own")
    return line


def _checkpoint_of(anchor: Anchor, covered: Coverage, reader: Reader) -> Covered:
    if anchor.size in covered:
        return covered[anchor.size]
    if anchor.size > reader.size:
        raise IntegrityError(
            f"rolled back: it is of a checkpoint over {anchor.size} records, and these end at {reader.size}"
        )
    raise IntegrityError(f"it is of a checkpoint over {anchor.size} records, and there is none")


def _refuted(title: str, name: str, problem: Problem) -> Finding:
    return Finding(Step(title, "refused", problem), Statement(name, Verdict.REFUTED, problem.message))


def _bounded(
    name: str, reader: Reader, bounds: Sequence[tuple[int, datetime]], sentence: str, *, needed: bool
) -> Statement:
    """State the ranges of records by the time before which they existed, and what rests on the key alone."""
    found = ranges(reader.first, bounds)
    end = found[-1].last + 1
    parts = [f"{_span(each.first, each.last)} existed before {each.before}" for each in found]
    if len(parts) > _SHOWN:
        parts = [*parts[:2], f"{len(parts) - 3} more ranges as --json lists them", parts[-1]]
    if end < reader.size:
        rest = "rests" if end == reader.size - 1 else "rest"
        parts.append(f"{_span(end, reader.size - 1)} {rest} on the key alone")
    text = "; ".join(parts)
    verdict = Verdict.PARTLY if end < reader.size else Verdict.PROVEN
    return Statement(name, verdict, f"{sentence}{text[:1].upper()}{text[1:]}.", needed=needed, ranges=found)


def ranges(first: int, bounds: Sequence[tuple[int, datetime]]) -> tuple[Range, ...]:
    """Give for each record from `first` on the earliest time that bounds it, equal neighbours as one range.

    Args:
        first: the first record.
        bounds: (how many records existed, before when); one with more records bounds all of them.

    """
    found: list[Range] = []
    earliest: datetime | None = None
    ends = sorted({records for records, _ in bounds if records > first}, reverse=True)
    times = {end: min(at for records, at in bounds if records == end) for end in ends}
    for position, end in enumerate(ends):
        earliest = times[end] if earliest is None else min(earliest, times[end])
        start = ends[position + 1] if position + 1 < len(ends) else first
        before = format_instant(earliest)
        if found and found[-1].before == before:
            found[-1] = Range(start, found[-1].last, before)
        else:
            found.append(Range(start, end - 1, before))
    return tuple(reversed(found))


def _span(first: int, last: int) -> str:
    return f"record {first}" if first == last else f"records {first} to {last}"


def _counted(count: int, noun: str) -> str:
    return f"is 1 {noun}" if count == 1 else f"are {count} {noun}s"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _no_timestamp(reader: Reader) -> str:
    return (
        f"No timestamp of an independent authority covers records {reader.first} to {reader.size - 1}: that "
        "they existed at the times they state rests on the key alone. Whoever holds the key and the database "
        "could have written them later."
    )


_NO_WITNESS = (
    "No independent witness cosigned: the holder of the key could show another history to someone else. "
    "Keep the checkpoint and compare the next time (--since)."
)
