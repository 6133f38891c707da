"""Access reviews and approved requests for access, read from attestations."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from collector.model.attestation import ACCESS_REQUEST, ACCESS_REVIEW, Attestation, Reading, revoked_since
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.instant import parse_instant
from collector.model.person import is_same_person


@dataclass(frozen=True, slots=True)
class Review:
    """One review: when its packet was opened and when it was submitted, by whom, and what was decided.

    `revoked` says since when what it decides revoke is decided so, by this review or an earlier one.
    """

    seq: int
    opened: datetime
    made: datetime
    reviewer: str
    decisions: Mapping[Reading, str]
    signed: bool
    revoked: Mapping[Reading, datetime] = field(default_factory=dict)

    @property
    def day(self) -> str:
        """Give the day of its submission, for sentences."""
        return self.made.date().isoformat()

    def age(self, as_of: datetime) -> timedelta:
        """Give the time since its submission."""
        return as_of - self.made

    def decided_by_oneself(self, principal: str) -> bool:
        """Tell whether a reviewer decided on the reviewer's own access."""
        return is_same_person(principal, self.reviewer)


@dataclass(frozen=True, slots=True)
class Request:
    """A request for access, who approved it when, and when that was recorded."""

    seq: int
    made: datetime
    approved: datetime
    requested_by: str
    approved_by: str

    def approved_by_another(self, principal: str) -> bool:
        """Tell whether somebody else than the requester and the principal approved it."""
        return not any(is_same_person(each, self.approved_by) for each in (self.requested_by, principal))


def last_review(evidence: Evidence, control: str) -> Review | None:
    """Give the last review of a control's population, or None.

    Raises:
        MalformedError: an attestation does not have the form that `review submit` writes.

    """
    found = evidence.attested(ACCESS_REVIEW)
    reviews = [_review(each) for each in found if each.content.get("control") == control]
    if not reviews:
        return None
    return replace(reviews[-1], revoked=revoked_since((each.made, each.decisions) for each in reviews))


def _review(attestation: Attestation) -> Review:
    what = f"the access review in record {attestation.seq}"
    content = attestation.content
    try:
        return Review(
            seq=attestation.seq,
            opened=parse_instant(content["opened"], f"opened of {what}"),
            made=attestation.made,
            reviewer=_name(content, "reviewer", what),
            decisions={(entry["location"], entry["principal"]): entry["decision"] for entry in content["entries"]},
            signed=content.get("signature") is not None,
        )
    except (KeyError, TypeError) as error:
        raise MalformedError(f"{what} is malformed: {error!r}") from None


def requests_for(evidence: Evidence, reading: Reading) -> list[Request]:
    """Give the approved requests for one principal's access to one location, oldest first.

    Raises:
        MalformedError: an attestation does not have the form that `attest access` writes.

    """
    found = evidence.attested(ACCESS_REQUEST)
    return [
        _request(each) for each in found if (each.content.get("location"), each.content.get("principal")) == reading
    ]


def _request(attestation: Attestation) -> Request:
    what = f"the access request in record {attestation.seq}"
    content: Mapping[str, Any] = attestation.content
    try:
        return Request(
            seq=attestation.seq,
            made=attestation.made,
            approved=parse_instant(content["approved"], f"approved of {what}"),
            requested_by=_name(content, "requested_by", what),
            approved_by=_name(content, "approved_by", what),
        )
    except KeyError as error:
        raise MalformedError(f"{what} is malformed: {error} is missing") from None


def _name(content: Mapping[str, Any], role: str, what: str) -> str:
    """Give the name of a person; nobody is not someone else."""
    name = content[role]
    if not isinstance(name, str) or not name.strip():
        raise MalformedError(f"{what} is malformed: {role} names nobody")
    return name.strip()
