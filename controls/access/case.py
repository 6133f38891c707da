"""The case of everyone who can read something: each, and the review itself, against the rules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from collector.model.attestation import KEEP, REVOKE
from collector.model.canonical import Json
from collector.model.control import Parameters
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment
from controls.access.reachability import Chain
from controls.access.readers import Reader
from controls.access.reading import reading_detail, reading_id, take_away, way_in
from controls.access.review import Review, last_review
from controls.access.truth import Truth

REVIEW_DEFAULTS: Mapping[str, Any] = {"max_packet_age_days": 14, "max_review_age_days": 92, "revocation_days": 7}
"""The parameters of a control whose readers are reviewed."""

_REVIEW = "access review"


@dataclass(frozen=True, slots=True)
class Case:
    """What every reader of one control is held against."""

    control: str
    review: Review | None
    parameters: Parameters
    as_of: datetime

    @classmethod
    def of(cls, evidence: Evidence, control: str, parameters: Parameters, as_of: datetime) -> "Case":
        """Find the last review of a control's readers.

        Raises:
            MalformedError: an attestation does not have the form that `review submit` writes.

        """
        return cls(control, last_review(evidence, control), parameters, as_of)

    def assess(self, uri: str, reader: Reader, chains: Iterable[Chain] = ()) -> Assessment:
        """Assess one reader of one location."""
        outcome, reason = self._judge(uri, reader)
        decision = self.review.decisions.get((uri, reader.principal)) if self.review else None
        detail: dict[str, Json] = {**reading_detail(uri, reader, chains), "decision": decision}
        return Assessment(reading_id(uri, reader), outcome, reason, detail)

    def assess_gone(self, uri: str, present: AbstractSet[str], *, whole: bool) -> Iterator[Assessment]:
        """Assess the revocations of whom is not among a location's readers; `whole` tells whether those are all."""
        for (location, principal), decision in sorted(self.review.decisions.items()) if self.review else ():
            member = f"{uri} <- {principal}"
            if location != uri or decision != REVOKE or member in present:
                continue
            if whole:
                yield Assessment(member, Outcome.PASS, "decided revoke, and has no access any more")
            else:
                reason = f"{principal} was decided revoke; not all that shows who can read {uri} was read"
                yield Assessment(member, Outcome.INCONCLUSIVE, reason)

    def assess_review(self) -> Assessment:
        """Assess the review itself: in time, whole, and by somebody else."""
        review = self.review
        if review is None:
            return Assessment(_REVIEW, Outcome.FAIL, f"overdue: no access review is on record: {self._mend}")
        faults = list(self._faults(review))
        detail: dict[str, Json] = {
            "made": review.day,
            "record": review.seq,
            "reviewer": review.reviewer,
            "signed": review.signed,
        }
        if not faults:
            return Assessment(_REVIEW, Outcome.PASS, "", detail)
        reason = f"the review of {review.day} is {'; '.join(faults)}: {self._mend}"
        return Assessment(_REVIEW, Outcome.FAIL, reason, detail)

    @property
    def _mend(self) -> str:
        return f"run: controlproof review open --control {self.control}"

    def _judge(self, uri: str, reader: Reader) -> tuple[Outcome, str]:
        """Give the outcome for a reader, and what to do."""
        who = f"{reader.who} can read {uri}"
        if self.review is None:
            return Outcome.FAIL, f"{who} and was never reviewed: {self._mend}"
        reading = (uri, reader.principal)
        decision = self.review.decisions.get(reading)
        if decision is None:
            reason = f"{who} and is not in the review of {self.review.day}: {self._mend}, or {take_away(reader)}"
            return Outcome.FAIL, reason
        if decision == REVOKE:
            return self._judge_revoked(who, reader, self.review.revoked[reading])
        if decision != KEEP:
            return Outcome.FAIL, f"{who} and the review of {self.review.day} is partial: it decides nothing on this"
        if self.review.decided_by_oneself(reader.principal):
            return Outcome.FAIL, f"{who} and the keep decision is self-approved by {self.review.reviewer}"
        return Outcome.PASS, ""

    def _judge_revoked(self, who: str, reader: Reader, since: datetime) -> tuple[Outcome, str]:
        day = since.date().isoformat()
        grace = timedelta(days=self.parameters["revocation_days"])
        if self.as_of - since <= grace:
            return Outcome.PASS, f"decided revoke on {day}; due within {grace.days} days"
        still = f"{who}, although the review of {day} decided revoke"
        if reader.access is Truth.YES:
            return Outcome.FAIL, f"{still}: {take_away(reader)}"
        return Outcome.INCONCLUSIVE, f"{still}, under a condition that is not decided: {way_in(reader)}"

    def _faults(self, review: Review) -> Iterator[str]:
        most = timedelta(days=self.parameters["max_review_age_days"])
        if review.age(self.as_of) > most:
            yield f"overdue: it is {review.age(self.as_of).days} days old, the most is {most.days}"
        if review.made - review.opened > timedelta(days=self.parameters["max_packet_age_days"]):
            yield f"stale: it was decided {(review.made - review.opened).days} days after the access was read"
        undecided = _without_decision(review)
        if undecided:
            yield f"partial: {len(undecided)} of {len(review.decisions)} entries have no decision"
        own = [principal for _, principal in review.decisions if review.decided_by_oneself(principal)]
        if own:
            yield f"self-approved: {review.reviewer} decided on {own[0]}"


def _without_decision(review: Review) -> Sequence[str]:
    return [principal for (_, principal), decision in review.decisions.items() if decision not in (KEEP, REVOKE)]
