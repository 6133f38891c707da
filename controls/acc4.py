"""ACC-4: access to model weights gained since the last review has an approved request by someone else."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from collector.model.attestation import ACCESS_REQUEST, ACCESS_REVIEW
from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import UnreadableError
from controls.access.estate import NEEDS, OPTIONAL, Estate, Place
from controls.access.reading import not_whole, reading_id, take_away
from controls.access.review import Review, last_review, requests_for


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every reader: known to the last review, or with an approved request."""
    del as_of  # What counts is the time since the review, not since any other day.
    if not parameters["weights"]:
        return not_applicable("ACC-4", "no weight locations are declared")
    estate = Estate(evidence, parameters["weights"])
    missing = estate.missing()
    try:
        review = last_review(evidence, "ACC-3")
    except MalformedError as error:
        return conclude("ACC-4", [], [*missing, error.message])
    if review is None:
        return conclude("ACC-4", [], [*missing, "there is no access review since which access could be gained"])
    assessments = [
        assessment
        for uri, found in estate.find_anywhere(parameters["weights"]).items()
        for assessment in _assess_location(uri, found, estate, review, timedelta(days=parameters["request_days"]))
    ]
    return conclude("ACC-4", assessments, missing)


def _assess_location(
    uri: str, found: Place | str, estate: Estate, review: Review, before: timedelta
) -> Iterator[Assessment]:
    if isinstance(found, str):
        yield Assessment(uri, Outcome.INCONCLUSIVE, found)
        return
    try:
        for reader in estate.readers(found):
            reading = (uri, reader.principal)
            detail = {"location": uri, "reader": reader.principal}
            if reading in review.decisions:
                yield Assessment(reading_id(uri, reader), Outcome.PASS, "", detail)
                continue
            who = f"{reader.who} gained access to {uri} since the review of {review.day}"
            mend = f"record who approved it (controlproof attest access), or {take_away(reader)}"
            outcome, reason = _judge(estate.evidence, reading, review.opened - before)
            yield Assessment(reading_id(uri, reader), outcome, f"{who} {reason}: {mend}" if reason else "", detail)
        yield from not_whole(uri, estate.unread(found))
    except (UnreadableError, MalformedError) as error:
        yield Assessment(uri, Outcome.INCONCLUSIVE, f"who can read {uri} cannot be decided: {error}")


def _judge(evidence: Evidence, reading: tuple[str, str], since: datetime) -> tuple[Outcome, str]:
    recent = [request for request in requests_for(evidence, reading) if request.approved >= since]
    # What was not yet approved when it was recorded is no approval, whatever it says.
    requests = [request for request in recent if request.approved <= request.made]
    if any(request.approved_by_another(reading[1]) for request in requests):
        return Outcome.PASS, ""
    if requests:
        return Outcome.FAIL, f"by a request that is self-approved by {requests[-1].approved_by}"
    if recent:
        return Outcome.FAIL, "by a request that was recorded before the time at which it says it was approved"
    return Outcome.FAIL, "without an approved request"


ACC_4 = Control(
    id="ACC-4",
    title="Access to model weights gained since the last review was requested, and approved by someone else",
    criteria=("CC6.2", "CC6.3"),
    populations=NEEDS,
    optional=OPTIONAL,
    attestations=(ACCESS_REQUEST, ACCESS_REVIEW),
    test=test,
    defaults={"request_days": 30, "weights": []},
    limits=(
        "A request counts when it was approved at most request_days before the review's packet was opened, or later. "
        "Access that was gained and lost again between two polls is not seen."
    ),
)
