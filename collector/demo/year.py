"""A year on a clock of its own: polls of a changing estate through the real pipeline, and what people did meanwhile.

What happens, by day of the year (`STORY`): access is granted and revoked, with a request and without; access reviews
are on time, and once late; model versions go into service approved, unapproved and self-approved; a vendor's report
grows too old, is bridged and then succeeded by the next; the ledger's key is handed over; the collector is dead for
three days; one account denies for a week.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from random import Random

from collector.demo.year_estate import AUTHOR, LAB, MODELS, REGION, WEIGHTS, Estate, Registered, package_arn, user_arn
from collector.demo.year_vendor import assessed
from collector.ledger.bodies import attestation_entry
from collector.ledger.keys import Signer
from collector.ledger.store import Ledger
from collector.model.attestation import ACCESS_REQUEST, CHANGE_APPROVAL, KEEP, REVOKE
from collector.model.canonical import Json
from collector.model.control import Control
from collector.model.garbage import seldom_collected
from collector.model.instant import format_instant
from collector.model.snapshot import Failure, FailureClass, Gap, Item, Operation, Provenance, Snapshot
from collector.pipeline.run import Memory, Plan, Work, record_configuration
from collector.review.packet import build, newest_result
from collector.review.submission import review_entry

START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
_DAY = timedelta(days=1)
_TICK = timedelta(milliseconds=1)
REVIEWER = "security-lead"
REVIEWED = ("ACC-3", "LOG-5")

OUTAGE = (timedelta(days=216), timedelta(days=219))
"""No poll is made from the one until the other; nothing records that."""
DENIED = (timedelta(days=294), timedelta(days=301))
"""The lab's account denies everything."""


class VirtualClock:
    """A clock that stands still but for a millisecond at each look."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Give the time."""
        self.now += _TICK
        return self.now

    def set(self, now: datetime) -> None:
        """Put it forward; it never goes back."""
        self.now = max(self.now, now)


@dataclass
class Account:
    """A source that gives what an account holds now, as its connector would, or is denied it."""

    account: str
    populations: tuple[str, ...]
    clock: Callable[[], datetime]
    items: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    denied: bool = False

    def __post_init__(self) -> None:
        # Equal in each play, so that a period that is played again is the same.
        self._random = Random(self.account)  # noqa: S311 - ids of made-up requests

    @property
    def id(self) -> str:
        """Give the source's name."""
        return f"aws:{self.account}"

    def read(self, population: str) -> Snapshot | Gap:
        """Read one population now."""
        started = self.clock()
        if self.denied:
            why = Failure(FailureClass.DENIED, f"list {population}", "AccessDenied", "no policy allows it")
            return Gap(self.id, population, started, self.clock(), (why,))
        items = self.items[population]
        operations = (Operation(f"list {population}", {}, 1), Operation(f"read {population}", {}, len(items)))
        caller = f"arn:aws:sts::{self.account}:assumed-role/controlproof/controlproof"
        first, last = self._request(), self._request()
        provenance = Provenance("aws/demo", caller, f"aws:{REGION}", operations, first, last, 0)
        return Snapshot(self.id, population, started, self.clock(), provenance, items)

    def _request(self) -> str:
        return f"{self._random.getrandbits(64):016X}"


@dataclass
class Player:
    """Plays days into a ledger, whose clock must be `clock`.

    Attributes:
        ledger: is appended to.
        clock: which this puts forward.
        successor: the key that the ledger is handed over to on `HANDOVER`.
        every: how often the estate is polled.
        memory: what runs remember of one another.
        tested: the controls of the plan that is played.

    """

    ledger: Ledger
    clock: VirtualClock
    successor: Signer
    every: timedelta = timedelta(hours=1)
    estate: Estate = field(default_factory=Estate)
    memory: Memory = field(default_factory=Memory)
    tested: Sequence[Control] = ()

    def __post_init__(self) -> None:
        self.sources = tuple(
            Account(account, tuple(self.estate.populations(account)), self.clock) for account in (MODELS, LAB)
        )

    @seldom_collected()
    def play(self, plan: Plan, length: timedelta = YEAR, progress: Callable[[int], None] = lambda _: None) -> None:
        """Play from the start of the year for some time; each day is one transaction."""
        self.tested = plan.controls
        self._look()
        configuration = record_configuration(self.ledger, plan, self.sources)
        story = deque(sorted(STORY, key=lambda event: event[0]))
        whole = self.ledger
        for day in range(ceil(length / _DAY)):
            with whole.together() as self.ledger:
                work = Work(self.ledger, plan, configuration, self.clock, self.memory)
                for now in _moments(day * _DAY, min((day + 1) * _DAY, length), self.every):
                    while story and story[0][0] <= now:
                        self._happen(*story.popleft())
                    if not OUTAGE[0] <= now < OUTAGE[1]:
                        self._poll(work, now)
                    progress(1)
        self.ledger = whole

    def _happen(self, at: timedelta, event: "Event") -> None:
        self.clock.set(START + at)
        event(self)
        self._look()

    def _poll(self, work: Work, now: timedelta) -> None:
        """Do what a run does, but for the threads that it reads in: what this estate holds is here at once."""
        self.clock.set(START + now + timedelta(seconds=20))
        self.sources[1].denied = DENIED[0] <= now < DENIED[1]
        if now % _DAY < self.every:
            self.estate.monitored = START + now
            self._look()
        wanted = set(work.plan.populations)
        outcomes = [source.read(each) for source in self.sources for each in source.populations if each in wanted]
        work.test([reading.input for reading in work.record(outcomes)])

    def _look(self) -> None:
        """Let the sources give what is so now."""
        for source in self.sources:
            source.items = self.estate.populations(source.account)

    def attest(self, kind: str, content: Mapping[str, Json], *controls: str) -> None:
        """Record what a person decided."""
        self.ledger.append([attestation_entry(kind, content, controls)])


Event = Callable[[Player], None]


def _moments(start: timedelta, end: timedelta, every: timedelta) -> Iterator[timedelta]:
    """Yield the multiples of `every` from a start on, before an end."""
    number = -(-start // every)
    while (moment := number * every) < end:
        yield moment
        number += 1


def _granted(name: str, *, requested: bool) -> Event:
    """Give a user access to the weights, with a request that somebody approved or without any."""

    def happen(player: Player) -> None:
        if requested:
            content: dict[str, Json] = {
                "approved": format_instant(player.clock()),
                "approved_by": "weights-owner",
                "location": WEIGHTS[0],
                "principal": user_arn(name),
                "reason": "on call",
                "reference": None,
                "requested_by": "team-lead",
            }
            player.attest(ACCESS_REQUEST, content, "ACC-4")
        player.estate.readers.add(name)

    return happen


def _revoked(name: str) -> Event:
    return lambda player: player.estate.readers.discard(name)


def _review(*revoked: str) -> Event:
    """Review who can read the weights and what is logged of outputs: revoke these users, keep everyone else."""
    wanted = {user_arn(name) for name in revoked}

    def happen(player: Player) -> None:
        for control in player.tested:
            if control.id not in REVIEWED:
                continue
            with player.ledger.read() as reader:
                packet = build(reader, newest_result(reader, control.id), control)
            decided = tuple(
                replace(each, decision=REVOKE if each.principal in wanted else KEEP) for each in packet.entries
            )
            player.ledger.append([review_entry(replace(packet, entries=decided), REVIEWER, player.clock(), None)])

    return happen


def _served(version: int, approved_by: str | None = "release-lead") -> Event:
    """Register a version and put it into service soon after its approval, or without any."""

    def happen(player: Player) -> None:
        if approved_by is not None:
            content: dict[str, Json] = {
                "approved": None,
                "approved_by": approved_by,
                "author": AUTHOR,
                "names": [package_arn(version)],
                "reason": "offline evaluation passed",
                "reference": f"CHG-{2000 + version}",
                "serving": None,
                "signature": None,
            }
            player.attest(CHANGE_APPROVAL, content, "CHG-1", "CHG-4")
        player.estate.versions[version] = Registered(format_instant(player.clock()), approved_by)
        player.clock.set(player.clock.now + timedelta(minutes=20))
        player.estate.serve(version, player.clock())

    return happen


def _vendor_assessed(year: int, bridged_until: str | None = None) -> Event:
    """Assess the vendor's report of a year, with a bridge letter or without."""

    def happen(player: Player) -> None:
        player.ledger.append(assessed(year, bridged_until))

    return happen


def _handed_over(player: Player) -> None:
    player.ledger.rotate(player.successor)


def _day(day: int, hour: int = 9) -> timedelta:
    return timedelta(days=day, hours=hour, minutes=10)


STORY: tuple[tuple[timedelta, Event], ...] = (
    (timedelta(), _vendor_assessed(2025)),
    (_day(4), _review()),
    (_day(20), _served(2)),
    (_day(40), _granted("oncall-1", requested=True)),
    (_day(60), _served(3)),
    (_day(73), _granted("intern-2", requested=False)),
    (_day(82), _revoked("intern-2")),
    (_day(91), _review("oncall-1")),
    # Revoked on paper, and not in fact for eighteen days.
    (_day(109), _revoked("oncall-1")),
    (_day(123), _handed_over),
    (_day(140), _served(4)),
    # The vendor's report is too old from day 151, the first of June, on.
    (_day(165), _vendor_assessed(2025, bridged_until="2026-05-31")),
    (_day(166), _served(5, approved_by=None)),
    # 92 days after the last review are over on day 183.
    (_day(200), _review()),
    (_day(225), _vendor_assessed(2026)),
    (_day(230), _granted("oncall-3", requested=True)),
    (_day(252), _served(6, approved_by=AUTHOR)),
    (_day(283), _review()),
    (_day(330), _served(7)),
)
