"""Replay: run every test again on its recorded inputs, parameters and time, and compare what it says.

A test is a pure function, so an honest result is reproduced exactly. What differs is named: the record, the
control and the item.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from collector.ledger.bodies import Run, assessment_json, read_assessments, read_inputs, result_entry
from collector.ledger.evidence import load_evidence
from collector.ledger.reader import Reader, fetch
from collector.ledger.retention import boundary, is_pruned, prunings
from collector.model.canonical import Json, decode_object
from collector.model.control import Control
from collector.model.errors import Exit, IntegrityError, MalformedError
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
        other_source: results whose test's source is not the source that ran now; said, never hidden.
        differences: see `Difference`.

    """

    reproduced: int = 0
    withheld: int = 0
    pruned: int = 0
    other_source: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    @property
    def exit(self) -> Exit:
        """Give 4 for any difference, 3 when nothing or not everything could be run, else 0."""
        if self.differences:
            return Exit.INTEGRITY
        return Exit.INCONCLUSIVE if self.unknown or not self.reproduced else Exit.PASS

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
        }


def replay(
    reader: Reader,
    controls: Mapping[str, Control],
    source: Mapping[str, str],
    progress: Callable[[int], None] = lambda _: None,
) -> Replay:
    """Run every recorded test again.

    Args:
        reader: verified records; replaying unverified ones shows nothing.
        controls: the installed controls by id.
        source: the installed tests' source, path to text, to compare with the recorded one.
        progress: called with the number of results replayed since the last call.

    """
    found = Replay()
    before = boundary(prunings(reader))
    for seq, data in reader.headers(reader.first):
        header = Header.decode(data, f"the header of record {seq}")
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
        _replay_one(reader, header, control, source, found)
    return found


def _replay_one(reader: Reader, header: Header, control: Control, installed: Mapping[str, str], found: Replay) -> None:
    what = f"record {header.seq}"
    body = decode_object(fetch(reader, header.body), f"the body of {what}")
    run = _read_run(reader, body, what)
    found.other_source += run.source != installed
    try:
        result = control.test(load_evidence(reader, run.inputs), run.parameters, run.as_of)
    except (IntegrityError, MalformedError) as error:
        found.differences.append(
            Difference(header.seq, control.id, None, f"its inputs cannot be read: {error.message}")
        )
        return
    except Exception as error:  # noqa: BLE001 - a test of another version may fail in any way; it is reported
        found.differences.append(Difference(header.seq, control.id, None, f"the test crashed: {error!r}"))
        return
    entry = result_entry(result, run)
    if entry.body.address == header.body and entry.outcome is header.outcome:
        found.reproduced += 1
        return
    differences = list(_compare(reader, header, body, result))
    found.differences += differences or [Difference(header.seq, control.id, None, "the result's body is another")]


def _read_run(reader: Reader, body: Mapping[str, Any], what: str) -> Run:
    try:
        parameters, source = body["parameters"], body["source"]
    except KeyError as error:
        raise MalformedError(f"{what} is not a result: {error} is missing") from None
    return Run(
        inputs=read_inputs(body, what),
        parameters=decode_object(fetch(reader, parameters), f"the parameters of {what}"),
        as_of=parse_instant(body.get("as_of"), f"as_of of {what}"),
        source=decode_object(fetch(reader, source), f"the test's source of {what}"),
    )


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
