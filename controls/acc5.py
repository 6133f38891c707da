"""ACC-5: model weights are encrypted under a customer-managed key, versioned, and blocked from public access."""

from collections.abc import Callable
from datetime import datetime

from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import Content, UnreadableError
from controls.access.location import Found, find, key_in
from controls.access.public import blocks

Judgement = tuple[Outcome, str]

_CONFORMS: Judgement = (Outcome.PASS, "")


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess each requirement at each declared location."""
    del as_of  # Settings are judged as recorded; no age matters here.
    if not parameters["weights"]:
        return not_applicable("ACC-5", "no weight locations are declared")
    assessments: list[Assessment] = []
    for uri, found in find(evidence, parameters["weights"]).items():
        if isinstance(found, str):
            assessments.append(Assessment(uri, Outcome.INCONCLUSIVE, found))
            continue
        assessments += [_assess(found, evidence, name, judge) for name, judge in _REQUIREMENTS]
    # The locations are declared, so a list that is short matters only where something is not found in it.
    undecided = any(assessment.outcome is Outcome.INCONCLUSIVE for assessment in assessments)
    return conclude("ACC-5", assessments, evidence.missing("s3.buckets", "kms.keys") if undecided else ())


def _assess(
    found: Found, evidence: Evidence, requirement: str, judge: Callable[[Found, Evidence], Judgement]
) -> Assessment:
    try:
        outcome, reason = judge(found, evidence)
    except UnreadableError as error:
        outcome, reason = Outcome.INCONCLUSIVE, str(error)
    detail = {"bucket": found.location.bucket, "location": found.location.uri, "requirement": requirement}
    return Assessment(f"{found.location.uri} {requirement}", outcome, reason, detail)


def _encryption(found: Found, evidence: Evidence) -> Judgement:
    bucket = found.location.bucket
    encryption = found.bucket.facet("encryption")
    mend = f"set the default encryption of bucket {bucket} to SSE-KMS under a customer-managed key"
    if not encryption:
        return Outcome.FAIL, f"bucket {bucket} has no default encryption: {mend}"
    if not encryption["algorithm"].startswith("aws:kms"):
        return Outcome.FAIL, f"bucket {bucket} encrypts with {encryption['algorithm']}, a key of AWS's own: {mend}"
    if not encryption["key"]:
        return Outcome.FAIL, f"bucket {bucket} encrypts under the AWS-managed key aws/s3: {mend}"
    key = key_in(evidence, found.source, encryption["key"])
    if key is None:
        name = encryption["key"]
        return Outcome.INCONCLUSIVE, f"the key {name} of bucket {bucket} is not among the keys that were read"
    return _judge_key(bucket, key, mend)


def _judge_key(bucket: str, key: Content, mend: str) -> Judgement:
    name = key.facet("arn")
    if key.facet("manager") != "CUSTOMER":
        return Outcome.FAIL, f"bucket {bucket} encrypts under the AWS-managed key {name}: {mend}"
    if key.facet("state") != "Enabled":
        return Outcome.FAIL, f"the key {name} of bucket {bucket} is {key.facet('state')}: enable it, or {mend}"
    return _CONFORMS


def _versioning(found: Found, _evidence: Evidence) -> Judgement:
    status = found.bucket.facet("versioning")
    if status == "Enabled":
        return _CONFORMS
    state = "suspended" if status == "Suspended" else "off"
    return Outcome.FAIL, f"versioning of bucket {found.location.bucket} is {state}: turn it on"


def _public_access(found: Found, _evidence: Evidence) -> Judgement:
    missing = sorted(name for name, blocked in blocks(found.bucket).items() if not blocked)
    if not missing:
        return _CONFORMS
    settings = ", ".join(missing)
    return Outcome.FAIL, f"public access to bucket {found.location.bucket} is not blocked: turn on {settings}"


_REQUIREMENTS = (("encryption", _encryption), ("versioning", _versioning), ("public access", _public_access))

ACC_5 = Control(
    id="ACC-5",
    title="Model weights are encrypted by default under a customer-managed key, versioned, and not open to the public",
    criteria=("CC6.1", "C1.1"),
    populations=("kms.keys", "s3.buckets"),
    test=test,
    defaults={"weights": []},
    limits=(
        "Default encryption says what happens to objects written from now on; what was written before keeps the key "
        "that it was written under, and a writer can name another key."
    ),
)
