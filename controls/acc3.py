"""ACC-3: every principal that can read model weights has a keep decision in the last access review.

The tested population is every (location, reader), every revocation that was decided, and the review itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.model.attestation import ACCESS_REVIEW, KEEP, REVOKE
from collector.model.canonical import Json
from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import UnreadableError
from controls.access.estate import NEEDS, OPTIONAL, Estate, Place
from controls.access.readers import Reader
from controls.access.reading import not_whole, reading_detail, reading_id, take_away, way_in
from controls.access.review import Review, last_review
from controls.access.truth import Truth

_OPEN = "run: controlproof review open --control ACC-3"
_REVIEW = "access review"


@dataclass(frozen=True, slots=True)
class _Case:
    """What every reader is held against."""

    review: Review | None
    as_of: datetime
    grace: timedelta

    def judge(self, uri: str, reader: Reader) -> tuple[Outcome, str]:
        """Give the outcome for a reader, and what to do."""
        who = f"{reader.who} can read {uri}"
        if self.review is None:
            return Outcome.FAIL, f"{who} and was never reviewed: {_OPEN}"
        reading = (uri, reader.principal)
        decision = self.review.decisions.get(reading)
        if decision is None:
            reason = f"{who} and is not in the review of {self.review.day}: {_OPEN}, or {take_away(reader)}"
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
        if self.as_of - since <= self.grace:
            return Outcome.PASS, f"decided revoke on {day}; due within {self.grace.days} days"
        still = f"{who}, although the review of {day} decided revoke"
        if reader.access is Truth.YES:
            return Outcome.FAIL, f"{still}: {take_away(reader)}"
        return Outcome.INCONCLUSIVE, f"{still}, under a condition that is not decided: {way_in(reader)}"


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every reader against the last review, and the review against its rules."""
    if not parameters["weights"]:
        return not_applicable("ACC-3", "no weight locations are declared")
    estate = Estate(evidence, parameters["weights"])
    try:
        review = last_review(evidence, "ACC-3")
    except MalformedError as error:
        return conclude("ACC-3", [Assessment(_REVIEW, Outcome.INCONCLUSIVE, error.message)], estate.missing())
    case = _Case(review, as_of, timedelta(days=parameters["revocation_days"]))
    assessments = [_assess_review(review, parameters, as_of)]
    missing = estate.missing()
    for uri, found in estate.find_anywhere(parameters["weights"]).items():
        assessed = _assess_location(uri, found, estate, case)
        whole = not missing and not any(assessment.id == uri for assessment in assessed)
        assessments += [*assessed, *_no_readers(uri, review, {each.id for each in assessed}, whole=whole)]
    return conclude("ACC-3", assessments, missing)


def _assess_location(uri: str, found: Place | str, estate: Estate, case: _Case) -> list[Assessment]:
    if isinstance(found, str):
        return [Assessment(uri, Outcome.INCONCLUSIVE, found)]
    try:
        assessed = [_assess_reader(uri, reader, estate, case) for reader in estate.readers(found)]
        return [*assessed, *not_whole(uri, estate.unread(found))]
    except (UnreadableError, MalformedError) as error:
        return [Assessment(uri, Outcome.INCONCLUSIVE, f"who can read {uri} cannot be decided: {error}")]


def _assess_reader(uri: str, reader: Reader, estate: Estate, case: _Case) -> Assessment:
    outcome, reason = case.judge(uri, reader)
    decision = case.review.decisions.get((uri, reader.principal)) if case.review else None
    detail: dict[str, Json] = {**reading_detail(uri, reader, estate.chains(reader)), "decision": decision}
    return Assessment(reading_id(uri, reader), outcome, reason, detail)


def _no_readers(uri: str, review: Review | None, present: set[str], *, whole: bool) -> Iterator[Assessment]:
    """Assess the revocations of whom is not among a location's readers; `whole` tells whether those are all."""
    for (location, principal), decision in sorted(review.decisions.items()) if review else ():
        member = f"{uri} <- {principal}"
        if location != uri or decision != REVOKE or member in present:
            continue
        if whole:
            yield Assessment(member, Outcome.PASS, "decided revoke, and has no access any more")
        else:
            reason = f"{principal} was decided revoke; not all that shows who can read {uri} was read"
            yield Assessment(member, Outcome.INCONCLUSIVE, reason)


def _assess_review(review: Review | None, parameters: Parameters, as_of: datetime) -> Assessment:
    if review is None:
        return Assessment(_REVIEW, Outcome.FAIL, f"overdue: no access review is on record: {_OPEN}")
    faults = list(_faults(review, parameters, as_of))
    detail: dict[str, Json] = {
        "made": review.day,
        "record": review.seq,
        "reviewer": review.reviewer,
        "signed": review.signed,
    }
    if not faults:
        return Assessment(_REVIEW, Outcome.PASS, "", detail)
    return Assessment(_REVIEW, Outcome.FAIL, f"the review of {review.day} is {'; '.join(faults)}: {_OPEN}", detail)


def _faults(review: Review, parameters: Parameters, as_of: datetime) -> Iterator[str]:
    most = timedelta(days=parameters["max_review_age_days"])
    if review.age(as_of) > most:
        yield f"overdue: it is {review.age(as_of).days} days old, the most is {most.days}"
    if review.made - review.opened > timedelta(days=parameters["max_packet_age_days"]):
        yield f"stale: it was decided {(review.made - review.opened).days} days after the access was read"
    undecided = _without_decision(review)
    if undecided:
        yield f"partial: {len(undecided)} of {len(review.decisions)} entries have no decision"
    own = [principal for _, principal in review.decisions if review.decided_by_oneself(principal)]
    if own:
        yield f"self-approved: {review.reviewer} decided on {own[0]}"


def _without_decision(review: Review) -> Sequence[str]:
    return [principal for (_, principal), decision in review.decisions.items() if decision not in (KEEP, REVOKE)]


ACC_3 = Control(
    id="ACC-3",
    title="Everyone who can read model weights was reviewed and kept, in time; whoever was revoked has no access left",
    criteria=("CC6.2", "CC6.3"),
    populations=NEEDS,
    optional=OPTIONAL,
    attestations=(ACCESS_REVIEW,),
    test=test,
    defaults={"max_packet_age_days": 14, "max_review_age_days": 92, "revocation_days": 7, "weights": []},
    limits=(
        "Who is meant by a reviewer's name is not verified unless the review is signed. Members of another account, "
        "of an identity provider, of a Google group or domain, and of a role's assumers are reviewed as the entry that "
        "lets them in, not one by one."
    ),
)
