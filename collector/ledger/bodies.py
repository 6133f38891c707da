"""The bodies of records: how snapshots, gaps, results, configurations and keys are written and read back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any

from collector.ledger.cache import Cache
from collector.ledger.chunks import check_order, chunk, read_chunk, read_index
from collector.ledger.entry import Entry, Object
from collector.ledger.reader import Reader, fetch
from collector.model.attestation import Attestation
from collector.model.canonical import Json, JsonObject, decode_object, encode, is_digest
from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.instant import format_instant, parse_instant
from collector.model.outcome import Outcome
from collector.model.record import VERSION, Header, Kind
from collector.model.result import Assessment, Result
from collector.model.snapshot import Failure, FailureClass, Gap, Item, Operation, Provenance, Snapshot

_BATCH = 256
"""How many members of a list are read in one query."""


ReadItems = Callable[[Reader, str, str], tuple[Item, ...]]
"""Reads a list of items: from a reader, by the digest of its index, and how errors name it."""


@dataclass(frozen=True, slots=True)
class Input:
    """One reading that a result rests on: the record's place and its body's digest."""

    seq: int
    body: str
    subject: str

    @classmethod
    def of(cls, header: Header) -> "Input":
        """Name a record."""
        return cls(header.seq, header.body, header.subject)

    def to_json(self) -> dict[str, Json]:
        """Give the input as it stands in a result body."""
        return {"body": self.body, "seq": self.seq, "subject": self.subject}


@dataclass(frozen=True, slots=True)
class RecordedParameters:
    """A test's parameters, defaults included, and the object that they are recorded as."""

    values: Parameters
    object: Object

    @classmethod
    def of(cls, values: Parameters) -> "RecordedParameters":
        """Write parameters."""
        return cls(values, Object(encode(values)))


@dataclass(frozen=True, slots=True)
class Run:
    """What a test was run on: everything that replay needs to run it again.

    Attributes:
        inputs: the attestation, snapshot and gap records, in order of seq.
        parameters: the test's parameters.
        as_of: the time that the test was told it is.
        source: the test's source files as an object, path to text.

    """

    inputs: tuple[Input, ...]
    parameters: RecordedParameters
    as_of: datetime
    source: Object


class ItemLists:
    """Lists of items as they are stored, remembered while there is room: most are read again as they were."""

    def __init__(self, limit: int = 8 * 1024 * 1024) -> None:
        """Remember lists up to a total of bytes."""
        self._known: Cache[tuple[str | bytes, ...], Object] = Cache(limit)

    def write(self, items: tuple[Item, ...]) -> Object:
        """Write a list.

        Raises:
            MalformedError: see `collector.ledger.chunks.chunk`.

        """
        # Text and bytes are compared in a tenth of the time that items take.
        content = tuple([part for item in items for part in (item.id, item.body)])
        known = self._known.get(content)
        if known is None:
            known = chunk((item.id, item.body) for item in items)
            self._known.put(content, known, 1 + sum(len(item.body) for item in items))
        return known


def snapshot_entry(
    snapshot: Snapshot, controls: Sequence[str], configuration: str, lists: ItemLists | None = None
) -> Entry:
    """Write a snapshot, complete or not, with the digest of the configuration it was read under."""
    items = (lists or ItemLists()).write(snapshot.items)
    provenance = snapshot.provenance
    body = encode(
        {
            "caller": provenance.caller,
            "clock_skew": provenance.clock_skew,
            "complete": snapshot.complete,
            "configuration": configuration,
            "connector": provenance.connector,
            "count": len(snapshot.items),
            "endpoint": provenance.endpoint,
            "failures": [failure.to_json() for failure in snapshot.failures],
            "finished": format_instant(snapshot.finished),
            "first_request": provenance.first_request,
            "items": items.address,
            "last_request": provenance.last_request,
            "operations": [operation.to_json() for operation in provenance.operations],
            "population": snapshot.population,
            "source": snapshot.source,
            "started": format_instant(snapshot.started),
            "v": VERSION,
        }
    )
    return Entry(Kind.SNAPSHOT, snapshot.subject, Object(body, (items,)), tuple(sorted(controls)))


def gap_entries(gap: Gap, controls: Sequence[str], configuration: str, lists: ItemLists | None = None) -> list[Entry]:
    """Write a gap, after the snapshot of what was read all the same, if anything was."""
    names = tuple(sorted(controls))
    partial = snapshot_entry(gap.partial, names, configuration, lists) if gap.partial else None
    body = encode(
        {
            "class": gap.failure_class.value,
            "configuration": configuration,
            "failures": [failure.to_json() for failure in gap.failures],
            "finished": format_instant(gap.finished),
            "partial": partial.body.address if partial else None,
            "population": gap.population,
            "reason": gap.reason,
            "source": gap.source,
            "started": format_instant(gap.started),
            "v": VERSION,
        }
    )
    children = (partial.body,) if partial else ()
    entry = Entry(Kind.GAP, gap.subject, Object(body, children), names)
    return [partial, entry] if partial else [entry]


@dataclass(frozen=True)
class Written:
    """A result with the list of its assessments as it is stored."""

    result: Result
    assessments: Object
    deviations: int
    undecided: int

    @classmethod
    def of(cls, result: Result) -> "Written":
        """Write the assessments.

        Raises:
            MalformedError: an assessment stands twice or cannot be written.

        """
        assessments = chunk((a.id, encode(assessment_json(a))) for a in result.assessments)
        return cls(result, assessments, len(result.deviations), len(result.undecided))

    @cached_property
    def fields(self) -> JsonObject:
        """What a result's body says of the result itself."""
        return {
            "assessments": self.assessments.address,
            "control": self.result.control,
            "deviations": self.deviations,
            "outcome": self.result.outcome.value,
            "population": len(self.result.assessments),
            "reason": self.result.reason,
            "undecided": self.undecided,
            "v": VERSION,
        }


RUN_FIELDS = ("as_of", "inputs", "parameters", "source")
"""What a result's body says of what its test was run on."""


def result_entry(written: Written, run: Run) -> Entry:
    """Write a result with all that its test was given."""
    parameters = run.parameters.object
    body = encode(
        {
            **written.fields,
            "as_of": format_instant(run.as_of),
            "inputs": [reading.to_json() for reading in run.inputs],
            "parameters": parameters.address,
            "source": run.source.address,
        }
    )
    children = (written.assessments, parameters, run.source)
    result = written.result
    return Entry(Kind.RESULT, result.control, Object(body, children), (result.control,), result.outcome)


def assessment_json(assessment: Assessment) -> dict[str, Json]:
    """Give an assessment as it is stored."""
    return {
        "detail": assessment.detail,
        "id": assessment.id,
        "outcome": assessment.outcome.value,
        "reason": assessment.reason,
    }


def configuration_entry(recorded: JsonObject, ledger: str) -> Entry:
    """Write the configuration that is in force from here on."""
    return Entry(Kind.CONFIG, ledger, Object(encode(recorded)))


def crash_entry(control: Control, reason: str, at: datetime, configuration: str) -> Entry:
    """Write that a control's test crashed: a gap whose subject is the control."""
    body = encode(
        {
            "at": format_instant(at),
            "class": FailureClass.CRASHED.value,
            "configuration": configuration,
            "reason": reason,
            "v": VERSION,
        }
    )
    return Entry(Kind.GAP, control.id, Object(body), (control.id,))


ATTESTATIONS = "attestation"
"""What the subjects of attestations begin with: `attestation/access_review`."""


def attestation_entry(attestation: str, content: JsonObject, controls: Sequence[str]) -> Entry:
    """Write what a person attests, for the controls that it is evidence of."""
    body = encode({**content, "type": attestation, "v": VERSION})
    return Entry(Kind.ATTESTATION, f"{ATTESTATIONS}/{attestation}", Object(body), tuple(sorted(controls)))


def read_attestation(header: Header, body: Mapping[str, Any]) -> Attestation:
    """Read an attestation back from its record."""
    return Attestation(header.subject.rpartition("/")[2], header.seq, header.time, body)


def read_snapshot(reader: Reader, body: Mapping[str, Any], what: str, items: ReadItems | None = None) -> Snapshot:
    """Read a snapshot back from its body, with every digest checked.

    Args:
        reader: holds the items.
        body: of the snapshot.
        what: names it in errors.
        items: reads the items instead, such as from a cache.

    Raises:
        IntegrityError: an object is missing or is not what its digest says.
        MalformedError: the body is not a snapshot's.

    """
    try:
        return Snapshot(
            source=body["source"],
            population=body["population"],
            started=parse_instant(body["started"], f"started of {what}"),
            finished=parse_instant(body["finished"], f"finished of {what}"),
            provenance=_read_provenance(body),
            items=(items or read_items)(reader, body["items"], f"items of {what}"),
            failures=tuple(Failure.from_json(failure) for failure in body["failures"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedError(f"{what} is not a snapshot: {error!r}") from None


def _read_provenance(body: Mapping[str, Any]) -> Provenance:
    return Provenance(
        connector=body["connector"],
        caller=body["caller"],
        endpoint=body["endpoint"],
        operations=tuple(Operation(o["name"], o["parameters"], o["calls"]) for o in body["operations"]),
        first_request=body["first_request"],
        last_request=body["last_request"],
        clock_skew=body["clock_skew"],
    )


def read_gap(reader: Reader, body: Mapping[str, Any], what: str, items: ReadItems | None = None) -> Gap:
    """Read a gap back from its body, with its partial snapshot."""
    try:
        partial = None
        if body["partial"] is not None:
            partial_body = decode_object(fetch(reader, body["partial"]), f"partial snapshot of {what}")
            partial = read_snapshot(reader, partial_body, f"partial snapshot of {what}", items)
        return Gap(
            source=body["source"],
            population=body["population"],
            started=parse_instant(body["started"], f"started of {what}"),
            finished=parse_instant(body["finished"], f"finished of {what}"),
            failures=tuple(Failure.from_json(failure) for failure in body["failures"]),
            partial=partial,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedError(f"{what} is not a gap: {error!r}") from None


def read_list(reader: Reader, index: str, what: str) -> Iterator[tuple[str, str]]:
    """Give the (id, digest) pairs of a chunked list in order."""
    chunks = read_index(fetch(reader, index), f"the index of {what}")
    pairs = (pair for address in chunks for pair in read_chunk(fetch(reader, address), f"a chunk of {what}"))
    return check_order(pairs, what)


def read_contents(reader: Reader, index: str, what: str) -> Iterator[tuple[str, bytes]]:
    """Give the (id, bytes) of a chunked list's members in order, a batch of them at a time."""
    pairs = read_list(reader, index, what)
    while batch := list(islice(pairs, _BATCH)):
        reader.prefetch([address for _, address in batch])
        for member, address in batch:
            yield member, fetch(reader, address)


def read_items(reader: Reader, index: str, what: str) -> tuple[Item, ...]:
    """Read a list of items."""
    return tuple(Item(*member) for member in read_contents(reader, index, what))


def read_assessments(reader: Reader, index: str, what: str) -> Iterator[Assessment]:
    """Give the assessments of a result in order of id."""
    for assessment_id, data in read_contents(reader, index, what):
        value = decode_object(data, f"{assessment_id} of {what}")
        try:
            yield Assessment(value["id"], Outcome(value["outcome"]), value["reason"], value["detail"])
        except (KeyError, ValueError) as error:
            raise MalformedError(f"{assessment_id} of {what} is not an assessment: {error!r}") from None


def read_inputs(body: Mapping[str, Any], what: str) -> tuple[Input, ...]:
    """Read the inputs of a result body."""
    try:
        inputs = [Input(value["seq"], value["body"], value["subject"]) for value in body["inputs"]]
    except (KeyError, TypeError) as error:
        raise MalformedError(f"{what} has malformed inputs: {error!r}") from None
    for each in inputs:
        if type(each.seq) is not int or not is_digest(each.body) or not isinstance(each.subject, str):
            raise MalformedError(f"{what} has malformed inputs")
    return tuple(inputs)


def read_sampled(body: Mapping[str, Any], what: str) -> Iterator[tuple[str, str]]:
    """Give the id and the digest of each item that a `sample` record holds; of a change, what was and what became."""
    try:
        for each in body["items"]:
            for name in ("digest", "was", "became"):
                if each.get(name) is not None:
                    yield str(each["id"]), _digest(each[name])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MalformedError(f"{what} is not a sample: {error!r}") from None


def _digest(value: object) -> str:
    if not is_digest(value):
        raise ValueError(value)
    return str(value)


_LISTS = {Kind.SNAPSHOT: "items", Kind.RESULT: "assessments"}
_SINGLES = {
    Kind.SNAPSHOT: ("configuration",),
    Kind.GAP: ("configuration", "partial"),
    Kind.RESULT: ("parameters", "source"),
}


def referenced(kind: Kind, body: Mapping[str, Any], what: str) -> tuple[str | None, tuple[str, ...]]:
    """Name what the body of a record of some kind refers to: its chunked list, if it has one, and its single objects.

    Raises:
        MalformedError: a reference is missing or is not a digest.

    """
    name = _LISTS.get(kind)
    index = body.get(name) if name else None
    if name and not is_digest(index):
        raise MalformedError(f"{what} does not name its {name} by digest")
    singles = []
    for field in _SINGLES.get(kind, ()):
        address = body.get(field)
        if address is None and field == "partial":
            continue
        if not is_digest(address):
            raise MalformedError(f"{what} does not name its {field} by digest")
        singles.append(str(address))
    return (str(index) if index else None), tuple(singles)
