"""Evidence that a person supplies: an access review, an approved request for access."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ACCESS_REVIEW = "access_review"
ACCESS_REQUEST = "access_request"
CHANGE_APPROVAL = "change_approval"


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


def is_oneself(principal: str, name: str) -> bool:
    """Tell whether a name is a principal's own: its ARN or the last part of it, as IAM compares names: without case."""
    return name.casefold() in (principal.casefold(), principal.rsplit("/", 1)[-1].casefold())
