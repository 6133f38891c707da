"""`index.html`: one page that a person opens with nothing installed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from collector.bundle.reader import BundleReader
from collector.bundle.results import Recorded, recorded
from collector.ledger.bodies import read_assessments
from collector.ledger.note import VerifierKey
from collector.model.instant import format_instant
from collector.model.outcome import Outcome
from collector.model.record import Header, Kind
from collector.model.result import Assessment


@dataclass(frozen=True, slots=True)
class ControlSummary:
    """One control over the period: its runs by outcome, and its last result in full."""

    control: str
    outcomes: dict[str, int]
    last: Recorded
    assessments: tuple[Assessment, ...]

    @property
    def time(self) -> str:
        """Give the time of the last result."""
        return format_instant(self.last.header.time)

    @property
    def findings(self) -> tuple[Assessment, ...]:
        """Give the deviations of the last result, then its undecided members."""
        wanted = (Outcome.FAIL, Outcome.INCONCLUSIVE)
        return tuple(a for outcome in wanted for a in self.assessments if a.outcome is outcome)


def report_page(reader: BundleReader) -> Iterator[bytes]:
    """Stream the page. Everything on it is escaped; nothing on it comes from outside the records."""
    environment = Environment(
        loader=PackageLoader("collector.bundle"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    template = environment.get_template("index.html")
    for piece in template.generate(_context(reader)):
        yield piece.encode("utf-8")


def _context(reader: BundleReader) -> dict[str, Any]:
    headers = [Header.decode(data, f"the header of record {seq}") for seq, data in reader.headers(reader.first)]
    return {
        "manifest": reader.manifest,
        "start": format_instant(reader.manifest.period.start),
        "end": format_instant(reader.manifest.period.end),
        "earliest": format_instant(headers[0].time),
        "latest": format_instant(headers[-1].time),
        "fingerprint": VerifierKey.decode(reader.manifest.key).fingerprint,
        "checkpoint": reader.last_checkpoint().note.encode().decode("utf-8"),
        "kinds": sorted(Counter(header.kind.value for header in headers).items()),
        "withheld": sum(reader.withheld(header) for header in headers),
        "controls": _controls(reader),
        "gaps": list(recorded(reader, Kind.GAP)),
        "snapshots": list(recorded(reader, Kind.SNAPSHOT)),
        "format_instant": format_instant,
    }


def _controls(reader: BundleReader) -> list[ControlSummary]:
    outcomes: dict[str, Counter[str]] = {}
    last: dict[str, Recorded] = {}
    for result in recorded(reader, Kind.RESULT):
        outcomes.setdefault(result.header.subject, Counter())[result.body["outcome"]] += 1
        last[result.header.subject] = result
    return [
        ControlSummary(
            control,
            dict(sorted(outcomes[control].items())),
            last[control],
            tuple(read_assessments(reader, last[control].body["assessments"], f"record {last[control].header.seq}")),
        )
        for control in sorted(last)
    ]
