"""`ocsf/findings.jsonl`: the period as OCSF Compliance Findings (class 2003), a line each, for security tools.

A line for each control's last result, and one for each deviation of the period, with when it was first and last
seen. `unmapped.controlproof` names the records, so that each line leads back to what was signed. Severity is
unknown: a test tells whether something deviates, not how bad that is. Source: schema.ocsf.io 1.3.0.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from collector.bundle.conclusions import Catalogued, Conclusion, Conclusions, Deviation, catalogue
from collector.bundle.reader import BundleReader
from collector.bundle.table import Derived
from collector.model.canonical import encode
from collector.model.outcome import Outcome
from collector.model.record import Header
from collector.period.deviations import Response

VERSION = "1.3.0"
_FINDINGS, _COMPLIANCE_FINDING = 2, 2003
_CREATE, _CLOSE = (1, "Create"), (3, "Close")
_NEW, _RESOLVED = (1, "New"), (4, "Resolved")
_STANDARDS = ["SOC 2 (AICPA Trust Services Criteria)"]
_COMPLIANCE = {
    Outcome.PASS: (1, "Pass"),
    Outcome.INCONCLUSIVE: (2, "Warning"),
    Outcome.FAIL: (3, "Fail"),
    Outcome.NOT_APPLICABLE: (99, "Not Applicable"),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Findings(Derived):
    """The lines, control by control, of the conclusions that are drawn meanwhile."""

    def __init__(self, reader: BundleReader, conclusions: Conclusions) -> None:
        self._reader = reader
        self._conclusions = conclusions

    def end(self) -> Iterator[bytes]:
        """Give the lines."""
        said = catalogue(self._reader)
        for conclusion in self._conclusions.end():
            entry = said.get(conclusion.control, Catalogued())
            yield _line(_control(self._reader, conclusion, entry))
            for deviation in conclusion.deviations:
                yield _line(_deviation(self._reader, deviation, entry))


def _line(value: dict[str, Any]) -> bytes:
    return encode(value) + b"\n"


def _control(reader: BundleReader, conclusion: Conclusion, entry: Catalogued) -> dict[str, Any]:
    header, body = conclusion.last.header, conclusion.last.body
    return {
        **_event(reader, header, _CREATE, _NEW),
        "compliance": _compliance(conclusion.control, conclusion.outcome, body["reason"], entry),
        "finding_info": {
            "created_time": _milliseconds(header),
            "desc": entry.title,
            "title": f"{conclusion.control}: {conclusion.outcome.value}",
            "uid": f"{reader.origin}/{header.seq}",
        },
        "message": body["reason"],
        "unmapped": _unmapped(reader, header, header, header.body),
    }


def _deviation(reader: BundleReader, deviation: Deviation, entry: Catalogued) -> dict[str, Any]:
    activity, status = (_CREATE, _NEW) if deviation.current else (_CLOSE, _RESOLVED)
    return {
        **_event(reader, deviation.last, activity, status),
        "compliance": _compliance(deviation.control, deviation.outcome, deviation.reason, entry),
        "finding_info": {
            "created_time": _milliseconds(deviation.first),
            "desc": deviation.reason,
            "first_seen_time": _milliseconds(deviation.first),
            "last_seen_time": _milliseconds(deviation.last),
            "title": f"{deviation.control}: {deviation.member}",
            "uid": f"{reader.origin}/{deviation.first.seq}/{deviation.digest}",
        },
        "message": deviation.reason,
        "resources": [{"name": deviation.member, "uid": deviation.member}],
        "unmapped": _unmapped(reader, deviation.first, deviation.last, deviation.digest, deviation.response),
        **({"comment": deviation.response.text} if deviation.response else {}),
    }


def _event(reader: BundleReader, header: Header, activity: tuple[int, str], status: tuple[int, str]) -> dict[str, Any]:
    product = {"name": "Controlproof", "vendor_name": "Controlproof", "version": reader.manifest.product}
    return {
        "activity_id": activity[0],
        "activity_name": activity[1],
        "category_name": "Findings",
        "category_uid": _FINDINGS,
        "class_name": "Compliance Finding",
        "class_uid": _COMPLIANCE_FINDING,
        "metadata": {"product": product, "uid": f"{reader.origin}/{header.seq}", "version": VERSION},
        "severity": "Unknown",
        "severity_id": 0,
        "status": status[1],
        "status_id": status[0],
        "time": _milliseconds(header),
        "type_name": f"Compliance Finding: {activity[1]}",
        "type_uid": _COMPLIANCE_FINDING * 100 + activity[0],
    }


def _compliance(control: str, outcome: Outcome, reason: str, entry: Catalogued) -> dict[str, Any]:
    number, name = _COMPLIANCE[outcome]
    return {
        "control": control,
        "requirements": list(entry.criteria),
        "standards": _STANDARDS,
        "status": name,
        "status_code": outcome.value,
        "status_detail": reason,
        "status_id": number,
    }


def _unmapped(
    reader: BundleReader, first: Header, last: Header, digest: str, response: Response | None = None
) -> dict[str, Any]:
    answered = {"response": {"by": response.by, "record": response.seq, "text": response.text}} if response else {}
    return {
        "controlproof": {
            **answered,
            "digest": digest,
            "first_record": {"body": first.body, "seq": first.seq},
            "last_record": {"body": last.body, "seq": last.seq},
            "ledger": reader.origin,
        }
    }


def _milliseconds(header: Header) -> int:
    return (header.time - _EPOCH) // timedelta(milliseconds=1)
