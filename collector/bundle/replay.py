"""Replay: run every test again on its recorded inputs, parameters and time, and compare what it says.

A test is a pure function, so an honest result is reproduced exactly. What differs is named: the record, the
control and the item.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from collector.ledger.bodies import (
    RUN_FIELDS,
    RecordedParameters,
    Written,
    assessment_json,
    read_assessments,
    read_inputs,
)
from collector.ledger.cache import Cache
from collector.ledger.entry import Object
from collector.ledger.evaluation import Evaluations
from collector.ledger.reader import MissingObjectError, Reader, batches, fetch
from collector.ledger.retention import PRUNABLE, boundary, is_pruned, prunings
from collector.model.canonical import Json, decode_object, digest, encode, is_digest
from collector.model.control import Control
from collector.model.errors import Exit, IntegrityError, MalformedError
from collector.model.garbage import seldom_collected
from collector.model.instant import parse_instant
from collector.model.record import Header, Kind
from collector.model.result import Assessment, Result


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a recorded result is not what its inputs give. `item` is None for the result itself."""

    seq: int
    control: str
    item: str | None
    message: str


@dataclass
class Replay:
    """What a replay found.

    Attributes:
        reproduced: results that came out the same.
        withheld: results whose body the export leaves out.
        unknown: control ids whose test is not installed here, with their number of results.
        pruned: results whose content retention dropped.
        without_items: results whose test needs items that the export withholds: neither a pass nor a failure.
        other_source: results whose test's source is not the source that ran now; said, never hidden.
        differences: see `Difference`.

    """

    reproduced: int = 0
    withheld: int = 0
    pruned: int = 0
    without_items: int = 0
    other_source: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    @property
    def exit(self) -> Exit:
        """Give 4 for any difference, 3 when nothing or not everything could be run, else 0."""
        if self.differences:
            return Exit.INTEGRITY
        return Exit.INCONCLUSIVE if self.unknown or self.without_items or not self.reproduced else Exit.PASS

    @property
    def faultless(self) -> bool:
        """Tell whether every result came out the same, or is said to be dropped or withheld."""
        return not (self.differences or self.unknown or self.without_items)

    def and_then(self, following: "Replay") -> "Replay":
        """Give what this replay and that of the records that follow found together."""
        return Replay(
            reproduced=self.reproduced + following.reproduced,
            withheld=self.withheld + following.withheld,
            pruned=self.pruned + following.pruned,
            without_items=self.without_items + following.without_items,
            other_source=self.other_source + following.other_source,
            unknown=dict(Counter(self.unknown) + Counter(following.unknown)),
            differences=[*self.differences, *following.differences],
        )

    def to_json(self) -> dict[str, Json]:
        """Give the answer as JSON."""
        return {
            "differences": [
                {"control": d.control, "item": d.item, "message": d.message, "record": d.seq} for d in self.differences
            ],
            "other_source": self.other_source,
            "pruned": self.pruned,
            "reproduced": self.reproduced,
            "unknown": self.unknown,
            "withheld": self.withheld,
            "without_items": self.without_items,
        }


@seldom_collected()
def replay(
    reader: Reader,
    controls: Mapping[str, Control],
    source: Mapping[str, str],
    progress: Callable[[int], None] = lambda _: None,
    *,
    each: bool = False,
    only: Collection[int] | None = None,
    within: range | None = None,
) -> Replay:
    """Run every recorded test again; on equal inputs once (see `collector.ledger.evaluation`).

    Args:
        reader: verified records; replaying unverified ones shows nothing.
        controls: the installed controls by id.
        source: the installed tests' source, path to text, to compare with the recorded one.
        progress: called with the number of results replayed since the last call.
        each: run the test for every result, also where an earlier one had equal inputs.
        only: the records of the results to replay; all without any.
        within: where those records are; anywhere without it.

    """
    found = Replay()
    before = boundary(prunings(reader))
    evaluations = Evaluations(each=each)
    parameters: Cache[str, RecordedParameters] = Cache(_PARAMETERS)
    installed = digest(encode(source))
    places = range(reader.first, reader.size) if within is None else within
    for batch in batches(reader, places.start, places.stop):
        wanted = [header for header in batch if only is None or header.seq in only]
        reader.prefetch([header.body for header in wanted if header.kind in PRUNABLE and not reader.withheld(header)])
        for header in batch:
            evaluations.saw(header)
        for header in wanted:
            if header.kind is not Kind.RESULT:
                continue
            progress(1)
            if reader.withheld(header):
                found.withheld += 1
                continue
            if is_pruned(header, before) and reader.object(header.body) is None:
                found.pruned += 1
                continue
            control = controls.get(header.subject)
            if control is None:
                found.unknown[header.subject] = found.unknown.get(header.subject, 0) + 1
                continue
            body = decode_object(fetch(reader, header.body), f"the body of record {header.seq}")
            found.other_source += body.get("source") != installed
            _replay_one(_Recorded(reader, header, body, parameters), control, evaluations, found)
    return found


_PARAMETERS = 200
"""How many controls' parameters are kept; they change only with the configuration."""


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A result that is to be replayed."""

    reader: Reader
    header: Header
    body: Mapping[str, Any]
    known: Cache[str, RecordedParameters]

    @property
    def what(self) -> str:
        return f"record {self.header.seq}"

    def parameters(self) -> RecordedParameters:
        address = self.body.get("parameters")
        if not is_digest(address):
            raise MalformedError(f"{self.what} does not name its parameters by digest")
        found = self.known.get(str(address))
        if found is None:
            data = fetch(self.reader, str(address))
            found = RecordedParameters(decode_object(data, f"the parameters of {self.what}"), Object(data))
            self.known.put(str(address), found)
        return found

    def evaluate(self, control: Control, evaluations: Evaluations) -> Written:
        inputs = read_inputs(self.body, self.what)
        as_of = parse_instant(self.body.get("as_of"), f"as_of of {self.what}")
        return evaluations.evaluate(self.reader, control, inputs, self.parameters(), as_of)

    def is_as(self, written: Written) -> bool:
        """Tell whether all that the body says of its result is what was computed, and it says nothing else."""
        if len(self.body) != len(written.fields) + len(RUN_FIELDS) or self.header.outcome is not written.result.outcome:
            return False
        for name, computed in written.fields.items():
            found = self.body.get(name)
            # Python takes false for 0, the ledger's bytes do not.
            if found != computed or type(found) is not type(computed):
                return False
        return all(name in self.body for name in RUN_FIELDS)


def _replay_one(recorded: _Recorded, control: Control, evaluations: Evaluations, found: Replay) -> None:
    seq = recorded.header.seq
    try:
        written = recorded.evaluate(control, evaluations)
    except (IntegrityError, MalformedError) as error:
        if isinstance(error, MissingObjectError) and recorded.reader.withholds_items:
            found.without_items += 1
        else:
            found.differences.append(Difference(seq, control.id, None, f"its inputs cannot be read: {error.message}"))
        return
    except Exception as error:  # noqa: BLE001 - a test of another version may fail in any way; it is reported
        found.differences.append(Difference(seq, control.id, None, f"the test crashed: {error!r}"))
        return
    if recorded.is_as(written):
        found.reproduced += 1
        return
    differences = list(_compare(recorded.reader, recorded.header, recorded.body, written.result))
    found.differences += differences or [Difference(seq, control.id, None, "the result's body is another")]


def _compare(reader: Reader, header: Header, body: Mapping[str, Any], result: Result) -> Iterator[Difference]:
    """Name every difference between a recorded result and the one that its inputs give."""
    recorded = {a.id: a for a in read_assessments(reader, body["assessments"], f"record {header.seq}")}
    replayed = {a.id: a for a in result.assessments}
    for item in sorted(recorded.keys() | replayed.keys()):
        message = _differ(recorded.get(item), replayed.get(item))
        if message:
            yield Difference(header.seq, result.control, item, message)
    pairs = (
        ("outcome", body.get("outcome"), result.outcome.value),
        ("outcome in the header", header.outcome.value if header.outcome else None, result.outcome.value),
        ("control", body.get("control"), result.control),
        ("reason", body.get("reason"), result.reason),
        ("population", body.get("population"), len(result.assessments)),
        ("deviations", body.get("deviations"), len(result.deviations)),
        ("undecided", body.get("undecided"), len(result.undecided)),
    )
    for name, was, now in pairs:
        if was != now:
            yield Difference(header.seq, result.control, None, f"{name}: recorded {was!r}, replayed {now!r}")


def _differ(recorded: Assessment | None, replayed: Assessment | None) -> str | None:
    if recorded is None:
        return "the replay assesses it, the record does not"
    if replayed is None:
        return "the record assesses it, the replay does not"
    if recorded.outcome is not replayed.outcome:
        return f"recorded {recorded.outcome.value}, replayed {replayed.outcome.value}: {replayed.reason or 'conforms'}"
    if assessment_json(recorded) != assessment_json(replayed):
        return f"recorded for another reason: {recorded.reason!r}, replayed {replayed.reason!r}"
    return None
