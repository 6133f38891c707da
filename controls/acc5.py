"""ACC-5: model weights are encrypted under a customer-managed key, versioned, and blocked from public access."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import Content, UnreadableError
from controls.access.gcp.bucket import BUCKETS, ENFORCED, FoundObjects, find_objects, is_objects
from controls.access.gcp.key import KEYS, key_named
from controls.access.location import Found, Location, find, key_in
from controls.access.public import blocks

P = TypeVar("P", Found, FoundObjects)
Judgement = tuple[Outcome, str]

_CONFORMS: Judgement = (Outcome.PASS, "")


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess each requirement at each declared location."""
    del as_of  # Settings are judged as recorded; no age matters here.
    if not parameters["weights"]:
        return not_applicable("ACC-5", "no weight locations are declared")
    uris: Sequence[str] = parameters["weights"]
    in_google = [uri for uri in uris if is_objects(uri)]
    in_s3 = [uri for uri in uris if uri not in in_google]
    assessments: list[Assessment] = []
    for uri, found in find(evidence, in_s3).items():
        if isinstance(found, str):
            assessments.append(Assessment(uri, Outcome.INCONCLUSIVE, found))
            continue
        assessments += [_assess(found.location, name, judge(found, evidence)) for name, judge in _IN_S3]
    missing = _missing(evidence, assessments, "s3.buckets", "kms.keys")
    objects: list[Assessment] = []
    for uri in in_google:
        place = find_objects(evidence, uri)
        if isinstance(place, str):
            objects.append(Assessment(uri, Outcome.INCONCLUSIVE, place))
            continue
        objects += [_assess(place.location, name, judge(place, evidence)) for name, judge in _IN_GOOGLE_CLOUD]
    return conclude("ACC-5", [*assessments, *objects], [*missing, *_missing(evidence, objects, BUCKETS, KEYS)])


def _missing(evidence: Evidence, assessments: Iterable[Assessment], *populations: str) -> Sequence[str]:
    """Say what is missing. Locations are declared, so a short list matters only where something is not in it."""
    undecided = any(assessment.outcome is Outcome.INCONCLUSIVE for assessment in assessments)
    return evidence.missing(*populations) if undecided else ()


def _assess(location: Location, requirement: str, judgement: Judgement) -> Assessment:
    outcome, reason = judgement
    detail = {"bucket": location.bucket, "location": location.uri, "requirement": requirement}
    return Assessment(f"{location.uri} {requirement}", outcome, reason, detail)


def _readable(judge: Callable[[P, Evidence], Judgement]) -> Callable[[P, Evidence], Judgement]:
    """Make what cannot be read of a requirement undecided."""

    def judge_all(found: P, evidence: Evidence) -> Judgement:
        try:
            return judge(found, evidence)
        except UnreadableError as error:
            return Outcome.INCONCLUSIVE, str(error)

    return judge_all


@_readable
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


@_readable
def _versioning(found: Found, _evidence: Evidence) -> Judgement:
    status = found.bucket.facet("versioning")
    if status == "Enabled":
        return _CONFORMS
    state = "suspended" if status == "Suspended" else "off"
    return Outcome.FAIL, f"versioning of bucket {found.location.bucket} is {state}: turn it on"


@_readable
def _public_access(found: Found, _evidence: Evidence) -> Judgement:
    missing = sorted(name for name, blocked in blocks(found.bucket).items() if not blocked)
    if not missing:
        return _CONFORMS
    settings = ", ".join(missing)
    return Outcome.FAIL, f"public access to bucket {found.location.bucket} is not blocked: turn on {settings}"


@_readable
def _customer_key(found: FoundObjects, evidence: Evidence) -> Judgement:
    bucket = found.location.bucket
    name = found.bucket.facet("default_key")
    mend = f"set a key of Cloud KMS as the default of bucket {bucket}"
    if name is None:
        return Outcome.FAIL, f"bucket {bucket} encrypts under a key of Google's own: {mend}"
    key = key_named(evidence, name)
    if key is None:
        return Outcome.INCONCLUSIVE, f"the key {name} of bucket {bucket} is not among the keys that were read"
    if key.facet("state") != "ENABLED":
        return Outcome.FAIL, f"the key {name} of bucket {bucket} is {_state(key)}: enable it, or {mend}"
    return _CONFORMS


def _state(key: Content) -> str:
    return key.facet("state") or "without a primary version"


@_readable
def _versions_kept(found: FoundObjects, _evidence: Evidence) -> Judgement:
    if found.bucket.facet("versioning"):
        return _CONFORMS
    return Outcome.FAIL, f"versioning of bucket {found.location.bucket} is off: turn it on"


@_readable
def _public_access_prevented(found: FoundObjects, _evidence: Evidence) -> Judgement:
    if found.bucket.facet("public_access_prevention") == ENFORCED:
        return _CONFORMS
    return Outcome.FAIL, f"public access to bucket {found.location.bucket} is not prevented: enforce its prevention"


@_readable
def _uniform_access(found: FoundObjects, _evidence: Evidence) -> Judgement:
    if found.bucket.facet("uniform_access"):
        return _CONFORMS
    bucket = found.location.bucket
    return Outcome.FAIL, f"objects of bucket {bucket} have ACLs of their own: turn on uniform bucket-level access"


_IN_S3 = (("encryption", _encryption), ("versioning", _versioning), ("public access", _public_access))
_IN_GOOGLE_CLOUD = (
    ("encryption", _customer_key),
    ("versioning", _versions_kept),
    ("public access", _public_access_prevented),
    ("uniform access", _uniform_access),
)

ACC_5 = Control(
    id="ACC-5",
    title="Model weights are encrypted by default under a customer-managed key, versioned, and not open to the public",
    criteria=("CC6.1", "C1.1"),
    populations=("kms.keys", "s3.buckets"),
    optional=(BUCKETS, KEYS),
    test=test,
    defaults={"weights": []},
    limits=(
        "Default encryption says what happens to objects written from now on; what was written before keeps the key "
        "that it was written under, and a writer can name another key. In Google Cloud the bucket's own settings are "
        "tested: an organization policy that prevents public access to all buckets is not read."
    ),
)
