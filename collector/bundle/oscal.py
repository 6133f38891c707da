"""`oscal/assessment-results.json`: the period in NIST's OSCAL 1.2.1, for governance tools.

One `result` holds the period. Each control's last result is a finding; what it was given are observations; each
deviation of the period is a risk, closed where the last result no longer has it, with management's answer in its log;
gaps are observations of their own, so that no tool takes silence for success. Identifiers are version 5 UUIDs over
the records' digests: the same records give the same document. Source: pages.nist.gov/OSCAL, assessment results model.
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collector.bundle.conclusions import Catalogued, Conclusion, Conclusions, Deviation, catalogue
from collector.bundle.reader import BundleReader
from collector.bundle.results import Recorded
from collector.bundle.table import Body, Derived
from collector.ledger.bodies import Input, read_inputs
from collector.ledger.note import VerifierKey
from collector.ledger.reader import fetch
from collector.model.canonical import Json, decode_object, encode
from collector.model.instant import format_instant
from collector.model.outcome import Outcome
from collector.model.record import Header, Kind

VERSION = "1.2.1"
_NAMESPACE = uuid.UUID("8f0f9c9e-8a4b-5a0e-9c51-2f6c1f3f7d10")
"""Of all identifiers here; any fixed value serves."""

_PROPERTIES = "https://controlproof.dev/ns/oscal"

Document = dict[str, Any]

_STATUS: dict[Outcome, tuple[str, str, str]] = {
    Outcome.PASS: ("satisfied", "pass", ""),
    Outcome.FAIL: ("not-satisfied", "fail", ""),
    Outcome.INCONCLUSIVE: (
        "not-satisfied",
        "other",
        "Inconclusive: evidence that the test needed could not be seen. It does not show that the control failed.",
    ),
    Outcome.NOT_APPLICABLE: ("satisfied", "other", "Not applicable: the control has nothing to apply to."),
}


@dataclass
class _Gaps:
    """All gaps of one subject and class: how many, the first and the last."""

    first: Header
    last: Header
    reason: str = ""
    count: int = 0


class AssessmentResults(Derived):
    """The document under way."""

    kinds = (Kind.GAP,)

    def __init__(self, reader: BundleReader, conclusions: Conclusions) -> None:
        self._reader = reader
        self._conclusions = conclusions
        self._gaps: dict[tuple[str, str], _Gaps] = {}

    def take(self, header: Header, body: Body | None) -> Iterator[bytes]:
        """Count a gap."""
        if body is not None:
            gaps = self._gaps.setdefault((header.subject, body["class"]), _Gaps(header, header))
            gaps.last, gaps.reason, gaps.count = header, body["reason"], gaps.count + 1
        return iter(())

    def end(self) -> Iterator[bytes]:
        """Give the document, as one piece."""
        assessment = _Assessment(self._reader, self._conclusions.end(), self._gaps)
        yield encode({"assessment-results": assessment.document()}) + b"\n"


class _Assessment:
    """The document under way: observations are made once, however many findings rest on them."""

    def __init__(
        self, reader: BundleReader, conclusions: Sequence[Conclusion], gaps: Mapping[tuple[str, str], _Gaps]
    ) -> None:
        self._reader = reader
        self._manifest = reader.manifest
        self._conclusions = conclusions
        self._gaps = gaps
        self._catalogue = catalogue(reader)
        self._observations: dict[str, Document] = {}
        self._risks: list[Document] = []

    def document(self) -> Document:
        manifest = self._manifest
        last = next(reversed(list(self._reader.headers(manifest.size - 1))))[1]
        modified = format_instant(Header.decode(last, "the last header").time)
        findings = [self._finding(conclusion) for conclusion in self._conclusions]
        gaps = list(self._observed_gaps())
        plan = _identifier("plan", manifest.origin, format_instant(manifest.period.start))
        return {
            "uuid": _identifier("results", *map(repr, (manifest.origin, manifest.first, manifest.size)), last.hex()),
            "metadata": {
                "title": f"Controlproof assessment results of {manifest.origin}",
                "last-modified": modified,
                "version": f"{manifest.first}-{manifest.size - 1}",
                "oscal-version": VERSION,
                "props": [
                    _property("ledger", manifest.origin),
                    _property("signing-key-fingerprint", VerifierKey.decode(manifest.key).fingerprint),
                    _property("written-by", f"controlproof {manifest.product}"),
                ],
            },
            "import-ap": {"href": f"#{plan}"},
            "results": [self._result(findings, gaps, modified)],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": "What is tested, with what, from where",
                        "description": "No OSCAL assessment plan exists. The configuration in force, which is on "
                        "record, takes its place: see the records of kind config.",
                        "rlinks": [{"href": "../ledger/records.jsonl"}, {"href": "../objects.jsonl"}],
                    }
                ]
            },
        }

    def _result(self, findings: list[Document], gaps: list[Document], end: str) -> Document:
        manifest = self._manifest
        missing = f"{len(gaps)} kinds of gaps are on record" if gaps else "no gap is on record"
        result: Document = {
            "uuid": _identifier("result", manifest.origin, str(manifest.first), str(manifest.size)),
            "title": f"{manifest.period.start.date()} to {manifest.period.end.date()}, the end not included",
            "description": f"Automated tests on records {manifest.first} to {manifest.size - 1}; {missing}. "
            "A time without a run leaves no observation: see coverage.csv and index.html.",
            "start": format_instant(manifest.period.start),
            "end": end,
            "reviewed-controls": {"control-selections": [self._selection()]},
        }
        optional = (("observations", [*self._observations.values(), *gaps]), ("risks", self._risks))
        return result | {name: members for name, members in (*optional, ("findings", findings)) if members}

    def _selection(self) -> Document:
        if not self._conclusions:
            return {"include-all": {}, "description": "No control has a result in this period."}
        return {"include-controls": [{"control-id": _token(each.control)} for each in self._conclusions]}

    def _finding(self, conclusion: Conclusion) -> Document:
        header, body = conclusion.last.header, conclusion.last.body
        said = self._catalogue.get(conclusion.control, Catalogued())
        tested = self._tested(conclusion.last)
        inputs = [
            observed
            for given in read_inputs(body, f"record {header.seq}")
            if (observed := self._given(given)) is not None
        ]
        risks = [self._risk(deviation, tested) for deviation in conclusion.deviations]
        state, reason, remarks = _STATUS[conclusion.outcome]
        finding: Document = {
            "uuid": _identifier("finding", header.body, str(header.seq)),
            "title": _line(f"{conclusion.control}: {said.title or conclusion.control}"),
            "description": body["reason"] or conclusion.outcome.value,
            "props": [
                *_record(header),
                _property("outcome", conclusion.outcome.value),
                *(_property(name, str(body[name])) for name in ("population", "deviations", "undecided")),
                *(_property("criterion", criterion) for criterion in said.criteria),
            ],
            "target": {
                "type": "objective-id",
                "target-id": _token(conclusion.control),
                "status": {"state": state, "reason": reason, **({"remarks": remarks} if remarks else {})},
            },
            "related-observations": [{"observation-uuid": each} for each in dict.fromkeys((tested, *inputs))],
        }
        if said.limits:
            finding["remarks"] = f"What a pass does not show: {said.limits}"
        if risks:
            finding["related-risks"] = [{"risk-uuid": each} for each in risks]
        return finding

    def _tested(self, result: Recorded) -> str:
        header = result.header
        return self._observe(
            header,
            f"Test of {header.subject}",
            f"{result.body['outcome']}: {result.body['reason']}",
            "TEST",
            "finding",
            format_instant(header.time),
        )

    def _given(self, given: Input) -> str | None:
        """Observe a reading that a result rests on; None for what is no reading, such as an attestation."""
        header = self._reader.header(given.seq)
        if header is None or header.kind not in (Kind.SNAPSHOT, Kind.ATTESTATION):
            return None
        body = decode_object(fetch(self._reader, header.body), f"the body of record {header.seq}")
        if header.kind is Kind.ATTESTATION:
            text = f"Attested: {body['type']}"
            return self._observe(header, header.subject, text, "EXAMINE", "control-objective", None)
        whole = "complete" if body["complete"] else "INCOMPLETE"
        text = f"{body['count']} items read as {body['caller']}, {whole}"
        return self._observe(header, header.subject, text, "EXAMINE", "control-objective", body["finished"])

    def _observe(self, header: Header, title: str, text: str, method: str, kind: str, at: str | None) -> str:
        identifier = _identifier("observation", header.body, str(header.seq))
        self._observations[identifier] = {
            "uuid": identifier,
            "title": _line(title),
            "description": text,
            "props": _record(header),
            "methods": [method],
            "types": [kind],
            "relevant-evidence": [{"href": "../objects.jsonl", "description": f"the line with SHA-256 {header.body}"}],
            "collected": at or format_instant(header.time),
        }
        return identifier

    def _risk(self, deviation: Deviation, tested: str) -> str:
        identifier = _identifier("risk", deviation.control, deviation.digest, str(deviation.first.seq))
        undecided = deviation.outcome is Outcome.INCONCLUSIVE
        status = "closed" if not deviation.current else "investigating" if undecided else "open"
        self._risks.append(
            {
                "uuid": identifier,
                "title": _line(f"{deviation.control}: {deviation.member}"),
                "description": deviation.reason or deviation.member,
                "statement": "The evidence does not decide this member." if undecided else "This member deviates.",
                "props": [
                    _property("member", _line(deviation.member)),
                    _property("outcome", deviation.outcome.value),
                    _property("first-record", str(deviation.first.seq)),
                    _property("last-record", str(deviation.last.seq)),
                    _property("first-seen", format_instant(deviation.first.time)),
                    _property("last-seen", format_instant(deviation.last.time)),
                    _property("assessment-sha-256", deviation.digest),
                ],
                "status": status,
                **_risk_log(deviation),
                "related-observations": [{"observation-uuid": tested}],
            }
        )
        return identifier

    def _observed_gaps(self) -> Iterator[Document]:
        """Give one observation for all gaps of one subject and class."""
        for (subject, kind), gaps in sorted(self._gaps.items()):
            first, last = gaps.first, gaps.last
            yield {
                "uuid": _identifier("gap", subject, kind, first.body, str(first.seq)),
                "title": _line(f"Gap: {subject}"),
                "description": f"Expected evidence was not obtained {gaps.count} times ({kind}), last: {gaps.reason}",
                "props": [
                    _property("gap-class", kind),
                    _property("gaps", str(gaps.count)),
                    _property("first-record", str(first.seq)),
                    _property("last-record", str(last.seq)),
                    _property("body-sha-256", last.body),
                ],
                "methods": ["EXAMINE"],
                "types": ["gap"],
                "collected": format_instant(last.time),
            }


def _risk_log(deviation: Deviation) -> Document:
    """Give management's answer as an entry of the risk's log; nothing where there is none."""
    response = deviation.response
    if response is None:
        return {}
    entry: Document = {
        "uuid": _identifier("response", deviation.control, deviation.member, str(response.seq)),
        "title": "Management response",
        "description": response.text,
        "start": format_instant(response.made),
        "props": [_property("record", str(response.seq)), _property("by", response.by)],
    }
    return {"risk-log": {"entries": [entry]}}


def _record(header: Header) -> list[Json]:
    return [_property("record", str(header.seq)), _property("body-sha-256", header.body)]


def _property(name: str, value: str) -> Document:
    return {"name": name, "ns": _PROPERTIES, "value": _line(value)}


def _line(text: str) -> str:
    """Give text as OSCAL allows it in titles and values: one line, no blank at either end, not empty."""
    return re.sub(r"\s+", " ", text).strip() or "-"


def _token(text: str) -> str:
    """Give a control's id as an OSCAL token."""
    token = re.sub(r"[^A-Za-z0-9._-]", "_", text)
    return token if re.match(r"[A-Za-z_]", token) else f"_{token}"


def _identifier(kind: str, *parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, encode([kind, *_whole(parts)]).decode("utf-8")))


def _whole(parts: Iterable[str]) -> list[Json]:
    return list(parts)
