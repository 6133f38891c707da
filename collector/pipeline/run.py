"""One run: read what the controls need, append it, test what was appended, append the results.

A test never sees what a connector holds in memory: it sees what the ledger recorded, read back, so the
evidence of a result and the evidence of its replay are the same bytes.

A run is two appends, or three when the configuration changed: one of its readings, one of its results. Readings that
wait for slower ones are appended after `PATIENCE` seconds, so a run that is killed loses no more than was read in that
time; one that is interrupted records everything that was read, and a gap for what was not.
"""

import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from time import monotonic

from collector.ledger.bodies import (
    Input,
    ItemLists,
    RecordedParameters,
    Run,
    configuration_entry,
    crash_entry,
    gap_entries,
    result_entry,
    snapshot_entry,
)
from collector.ledger.entry import Entry, Object
from collector.ledger.evaluation import Evaluations
from collector.ledger.store import Ledger, LedgerReader
from collector.ledger.writer import Writer
from collector.model.canonical import JsonObject, digest, encode
from collector.model.control import CHANGE_DAYS, Control, Parameters
from collector.model.errors import Exit, IntegrityError
from collector.model.outcome import Outcome
from collector.model.result import Result
from collector.model.snapshot import Failure, FailureClass, Gap, Snapshot
from collector.pipeline.attempts import Attempt, attempts
from collector.pipeline.collection import Interruption
from collector.pipeline.history import History
from collector.pipeline.places import LIMITS, Limits
from collector.pipeline.schedule import Scheduled, recorded_schedule
from connectors.base import Source

_log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds for which readings wait to be appended together."""


@dataclass(frozen=True)
class Plan:
    """What one run tests, and with what.

    Attributes:
        controls: the controls to test.
        parameters: of each control, by id.
        configuration: what the `config` record holds.
        source: the tests' source, path to text.
        schedule: of all controls, tested in this run or not; it is recorded with the configuration.

    """

    controls: tuple[Control, ...]
    parameters: Mapping[str, Parameters]
    configuration: JsonObject
    source: Mapping[str, str]
    schedule: Mapping[str, Scheduled] = field(default_factory=dict)

    def users(self, population: str) -> tuple[str, ...]:
        """Give the ids of the controls that need a population, sorted."""
        return self._users.get(population, ())

    @property
    def populations(self) -> tuple[str, ...]:
        """Give the populations that any control needs, sorted."""
        return tuple(self._users)

    @cached_property
    def _users(self) -> Mapping[str, tuple[str, ...]]:
        needed = sorted({name for control in self.controls for name in control.reads})
        return {name: tuple(sorted(each.id for each in self.controls if name in each.reads)) for name in needed}

    # What each result names is written once, not for each run.
    @cached_property
    def recorded_source(self) -> Object:
        """Give the source as it is recorded."""
        return Object(encode(self.source))

    @cached_property
    def recorded_parameters(self) -> Mapping[str, RecordedParameters]:
        """Give the parameters of each control as they are recorded, by id."""
        return {control.id: RecordedParameters.of(self.parameters[control.id]) for control in self.controls}

    def configuration_digest(self, sources: Sequence[Source]) -> str:
        """Give the digest of what the `config` record holds with these sources."""
        read = tuple((source.id, tuple(source.populations)) for source in sources)
        if read not in self._digests:
            self._digests[read] = digest(encode(configuration_to_record(self, sources)))
        return self._digests[read]

    @cached_property
    def _digests(self) -> dict[Hashable, str]:
        return {}


@dataclass(frozen=True, slots=True)
class Reading:
    """One population as it was recorded: its record, how many items, and the gap if there was one."""

    input: Input
    count: int
    gap: Gap | None

    @property
    def seq(self) -> int:
        """Give the place of its record."""
        return self.input.seq

    @property
    def subject(self) -> str:
        """Give its name, such as `aws:123456789012/s3.buckets`."""
        return self.input.subject


@dataclass(frozen=True, slots=True)
class Tested:
    """One control as it was recorded; `result` is None when its test crashed."""

    seq: int
    control: Control
    result: Result | None


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did."""

    readings: tuple[Reading, ...]
    tested: tuple[Tested, ...]

    @property
    def exit(self) -> Exit:
        """Give 3 when any control is undecided, else 1 for deviations, else 0.

        Undecided outranks deviations: a run that could not see everything must not be read as a whole list.
        """
        outcomes = {tested.result.outcome if tested.result else Outcome.INCONCLUSIVE for tested in self.tested}
        if Outcome.INCONCLUSIVE in outcomes:
            return Exit.INCONCLUSIVE
        return Exit.DEVIATIONS if Outcome.FAIL in outcomes else Exit.PASS


def run(
    ledger: Ledger,
    sources: Sequence[Source],
    plan: Plan,
    clock: Callable[[], datetime],
    interruption: Interruption | None = None,
    *,
    memory: "Memory | None" = None,
    limits: Limits = LIMITS,
) -> Report:
    """Do one run. Several threads read; this one alone appends.

    Args:
        ledger: is appended to.
        sources: are read at once.
        plan: says what is read and tested.
        clock: gives the time, to several threads.
        interruption: happens when the run ends before its time; the sources' progress should be watched by it.
        memory: of earlier runs on the same ledger, so that nothing is read or tested twice.
        limits: of how much is read at once.

    Raises:
        LedgerError, IntegrityError: the ledger refused; what was appended before stays and is whole.
        KeyboardInterrupt: the run was interrupted; every reading that did not come to its end is on record as a gap.

    """
    work = Work(ledger, plan, record_configuration(ledger, plan, sources), clock, memory or Memory())
    with attempts(sources, plan.populations, interruption or Interruption(), clock, limits) as expected:
        recorded = work.read(expected)
    tested = work.test([reading.input for reading in recorded])
    return Report(tuple(recorded), tested)


def configuration_to_record(plan: Plan, sources: Sequence[Source]) -> JsonObject:
    """Give what the `config` record holds: the configuration, and what it expects of the sources and when."""
    return {**plan.configuration, "schedule": recorded_schedule(plan.schedule, sources)}


def record_configuration(ledger: Writer, plan: Plan, sources: Sequence[Source]) -> str:
    """Record the configuration if it is not the one in force; give its digest."""
    address = plan.configuration_digest(sources)
    with ledger.read() as reader:
        in_force = reader.configuration
    if in_force != address:
        ledger.append([configuration_entry(configuration_to_record(plan, sources), ledger.origin)])
    return address


class Memory:
    """What runs on one ledger remember of one another. It changes how fast a run is and nothing else."""

    def __init__(self) -> None:
        self.evaluations = Evaluations()
        self.history = History(self.evaluations)
        self.lists = ItemLists()


@dataclass(frozen=True, slots=True)
class Work:
    """Recording and testing under one plan.

    Attributes:
        configuration: the digest of the one in force.
        controls: what is tested, if not all that the plan tests.

    """

    ledger: Writer
    plan: Plan
    configuration: str
    clock: Callable[[], datetime]
    memory: Memory = field(default_factory=Memory)
    controls: tuple[Control, ...] | None = None

    def read(self, expected: Sequence[Attempt]) -> list[Reading]:
        """Append what came of each attempt, in order; an interruption is appended, and then goes on."""
        recorded: list[Reading] = []
        waiting: list[Snapshot | Gap] = []
        appended = monotonic()
        for number, attempt in enumerate(expected):
            try:
                outcome = attempt.wait(PATIENCE - (monotonic() - appended) if waiting else None)
                if outcome is None:
                    recorded += self.record(waiting)
                    waiting = []
                    outcome = attempt.wait()
            except KeyboardInterrupt:
                self.record([*waiting, *(each.done() or self._interrupted(each) for each in expected[number:])])
                raise
            except Exception:
                self.record(waiting)
                raise
            if not waiting:
                appended = monotonic()
            waiting.append(outcome)
        return [*recorded, *self.record(waiting)]

    def _interrupted(self, attempt: Attempt) -> Gap:
        failure = Failure(FailureClass.NOT_ATTEMPTED, "collect", "Interrupted", "the run was interrupted")
        now = self.clock()
        return Gap(attempt.source.id, attempt.population, now, now, (failure,))

    def of(self, control: Control) -> "Work":
        """Give the same work for one control alone."""
        return replace(self, controls=(control,))

    def record(self, outcomes: Sequence[Snapshot | Gap]) -> list[Reading]:
        """Append readings together."""
        entries = [self._entries(outcome) for outcome in outcomes]
        appended = self.ledger.append([entry for each in entries for entry in each])
        self.memory.history.saw(appended)
        headers = iter(appended)
        recorded = []
        for outcome, written in zip(outcomes, entries, strict=True):
            # The last record of a reading is what stands for it: of a gap, the gap, not what was read all the same.
            *_, header = islice(headers, len(written))
            self.memory.evaluations.saw(header)
            gap = outcome if isinstance(outcome, Gap) else None
            snapshot = outcome.partial if isinstance(outcome, Gap) else outcome
            count = len(snapshot.items) if snapshot else 0
            recorded.append(Reading(Input.of(header), count, gap))
        return recorded

    def _entries(self, reading: Snapshot | Gap) -> list[Entry]:
        users = self.plan.users(reading.population)
        if isinstance(reading, Gap):
            return gap_entries(reading, users, self.configuration, self.memory.lists)
        return [snapshot_entry(reading, users, self.configuration, self.memory.lists)]

    def test(self, inputs: Sequence[Input]) -> tuple[Tested, ...]:
        """Test every control on what was appended and attested, and append the results together."""
        controls = self.plan.controls if self.controls is None else self.controls
        with self.ledger.read() as reader:
            attested = self.memory.history.attested(reader)
            # In order of seq, as replay reads them: something may have been attested after a reading.
            given = sorted((*attested, *inputs), key=lambda each: each.seq)
            self.memory.evaluations.prepare(reader, given)
            by_name: dict[str, list[Input]] = {}
            for each in given:
                by_name.setdefault(each.subject.partition("/")[2], []).append(each)
            tests = [self._test_one(reader, control, by_name) for control in controls]
        headers = self.ledger.append([entry for _, entry in tests])
        self.memory.history.saw(headers)
        return tuple(
            Tested(header.seq, control, result)
            for header, control, (result, _) in zip(headers, controls, tests, strict=True)
        )

    def _test_one(
        self, reader: LedgerReader, control: Control, given: Mapping[str, Sequence[Input]]
    ) -> tuple[Result | None, Entry]:
        as_of = self.clock()
        wanted = {*control.reads, *control.attestations}
        needed = tuple(sorted((each for name in wanted for each in given.get(name, ())), key=lambda each: each.seq))
        parameters = self.plan.recorded_parameters[control.id]
        if control.compares:
            window = timedelta(days=parameters.values[CHANGE_DAYS])
            needed = self.memory.history.added(reader, needed, control.compares, as_of, window)
        try:
            written = self.memory.evaluations.evaluate(reader, control, needed, parameters, as_of)
            return written.result, result_entry(written, Run(needed, parameters, as_of, self.plan.recorded_source))
        except IntegrityError:
            raise
        except Exception as error:  # noqa: BLE001 - it is recorded below, under its name
            # A crash is ours, not the source's: loud here, and on record as a gap, never as a verdict.
            _log.exception("the test of %s crashed", control.id)
            return None, crash_entry(control, f"{type(error).__name__}: {error}", as_of, self.configuration)
