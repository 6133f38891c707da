"""Evidence that a person supplies: an access review, an approved request for access, a vendor assessment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ACCESS_REVIEW = "access_review"
ACCESS_REQUEST = "access_request"
CHANGE_APPROVAL = "change_approval"
VENDOR_ASSESSMENT = "vendor_assessment"

KEEP = "keep"
REVOKE = "revoke"

Reading = tuple[str, str]
"""Location and principal."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """One attestation as the ledger holds it.

    Attributes:
        type: such as `access_review`.
        seq: its record.
        made: when it was recorded, which nobody can date back; `content` may state earlier times.
        content: what was attested.

    """

    type: str
    seq: int
    made: datetime
    content: Mapping[str, Any]


def revoked_since(reviews: Iterable[tuple[datetime, Mapping[Reading, str]]]) -> dict[Reading, datetime]:
    """Give since when access is decided revoke, of what the last review decides so.

    Args:
        reviews: when each was made, and its decisions; oldest first.

    Deciding revoke again, or nothing, does not put off when the first decision has to be carried out. Access that a
    review decides to keep, or does not find, starts anew.

    """
    since: dict[Reading, datetime] = {}
    last: Mapping[Reading, str] = {}
    for made, decisions in reviews:
        last = decisions
        since = {
            reading: since.get(reading, made)
            for reading, decision in decisions.items()
            if decision == REVOKE or (decision != KEEP and reading in since)
        }
    return {reading: made for reading, made in since.items() if last[reading] == REVOKE}
