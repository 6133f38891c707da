"""How the reviews of a control stand: the last one, when the next is due, and which revocations are still open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.ledger.bodies import read_assessments
from collector.ledger.reader import fetch
from collector.ledger.store import LedgerReader
from collector.model.attestation import Reading, revoked_since
from collector.model.canonical import decode_object
from collector.model.control import Control, Parameters
from collector.model.outcome import Outcome
from collector.review.packet import decisions_of, gaps_of, last_result, reviews_of

MAX_REVIEW_AGE_DAYS = 92
REVOCATION_DAYS = 7
"""What holds for a control that has no parameter of its own."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The last review of a control.

    Attributes:
        record: the attestation; `made` is when it was recorded, from which ages count.
        due: when the next review has to be there.
        decisions: keep, revoke or empty, by location and principal.
        open_revocations: those of which no result since the review says that the access is gone, with when they
            have to be carried out. Access that was not read since counts as open.

    """

    record: int
    made: datetime
    reviewer: str
    signed: bool
    due: datetime
    decisions: Mapping[Reading, str]
    open_revocations: Mapping[Reading, datetime]

    def count(self, decision: str) -> int:
        """Count the entries with a decision."""
        return sum(each == decision for each in self.decisions.values())


def standing_of(reader: LedgerReader, control: Control, parameters: Parameters) -> Standing | None:
    """Give how the reviews of a control stand, or None when it was never reviewed."""
    reviews = list(reviews_of(reader, control.id))
    if not reviews:
        return None
    header, body = reviews[-1]
    revoked = revoked_since((made.time, decisions_of(each)) for made, each in reviews)
    gone = _gone(reader, control, header.seq)
    grace = timedelta(days=parameters.get("revocation_days", REVOCATION_DAYS))
    return Standing(
        record=header.seq,
        made=header.time,
        reviewer=body["reviewer"],
        signed=body["signature"] is not None,
        due=header.time + timedelta(days=parameters.get("max_review_age_days", MAX_REVIEW_AGE_DAYS)),
        decisions=decisions_of(body),
        open_revocations={reading: since + grace for reading, since in sorted(revoked.items()) if reading not in gone},
    )


def _gone(reader: LedgerReader, control: Control, since: int) -> frozenset[Reading]:
    """Give the revocations that the newest result after a review found carried out: passed, and no reader.

    A result that rests on a gap shows nobody gone: who is not in a short list may have access all the same.
    """
    header = last_result(reader, control.id, since)
    if header is None:
        return frozenset()
    what = f"record {header.seq}"
    body = decode_object(fetch(reader, header.body), f"the body of {what}")
    if any(gaps_of(reader, body, control, what)):
        return frozenset()
    passed = (
        each.id.partition(" <- ")
        for each in read_assessments(reader, body["assessments"], what)
        if each.outcome is Outcome.PASS and "principal" not in each.detail
    )
    return frozenset((location, principal) for location, arrow, principal in passed if arrow)
