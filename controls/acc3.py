"""ACC-3: every principal that can read model weights has a keep decision in the last access review.

The tested population is every (location, reader), every revocation that was decided, and the review itself.
"""

from collections.abc import Sequence
from datetime import datetime

from collector.model.attestation import ACCESS_REVIEW
from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import UnreadableError
from controls.access.case import REVIEW_DEFAULTS, Case
from controls.access.estate import NEEDS, OPTIONAL, Estate, Place
from controls.access.reading import not_whole


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every reader against the last review, and the review against its rules."""
    if not parameters["weights"]:
        return not_applicable("ACC-3", "no weight locations are declared")
    estate = Estate(evidence, parameters["weights"])
    missing = estate.missing()
    try:
        case = Case.of(evidence, "ACC-3", parameters, as_of)
    except MalformedError as error:
        return conclude("ACC-3", [Assessment("access review", Outcome.INCONCLUSIVE, error.message)], missing)
    assessments = [case.assess_review()]
    for uri, found in estate.find_anywhere(parameters["weights"]).items():
        assessed = _assess_location(uri, found, estate, case)
        whole = not missing and not any(assessment.id == uri for assessment in assessed)
        assessments += [*assessed, *case.assess_gone(uri, {each.id for each in assessed}, whole=whole)]
    return conclude("ACC-3", assessments, missing)


def _assess_location(uri: str, found: Place | str, estate: Estate, case: Case) -> Sequence[Assessment]:
    if isinstance(found, str):
        return [Assessment(uri, Outcome.INCONCLUSIVE, found)]
    try:
        assessed = [case.assess(uri, reader, estate.chains(reader)) for reader in estate.readers(found)]
        return [*assessed, *not_whole(uri, estate.unread(found))]
    except (UnreadableError, MalformedError) as error:
        return [Assessment(uri, Outcome.INCONCLUSIVE, f"who can read {uri} cannot be decided: {error}")]


ACC_3 = Control(
    id="ACC-3",
    title="Everyone who can read model weights was reviewed and kept, in time; whoever was revoked has no access left",
    criteria=("CC6.2", "CC6.3"),
    populations=NEEDS,
    optional=OPTIONAL,
    attestations=(ACCESS_REVIEW,),
    test=test,
    defaults={**REVIEW_DEFAULTS, "weights": []},
    limits=(
        "Who is meant by a reviewer's name is not verified unless the review is signed. Members of another account, "
        "of an identity provider, of a Google group or domain, and of a role's assumers are reviewed as the entry that "
        "lets them in, not one by one."
    ),
)
