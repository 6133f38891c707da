"""SEG-2: every training or fine-tuning job reads one tenant's data, as that tenant's identity, and writes to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.instant import parse_instant
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import Content, Snapshot, UnreadableError
from controls.access.gcp.bucket import is_objects
from controls.access.location import key_in
from controls.access.tenant import Tenant, tenants_of

_TRAINING = "sagemaker.training_jobs"
_PROCESSING = "sagemaker.processing_jobs"
_CUSTOMIZATION = "bedrock.customization_jobs"
_JOBS = (_CUSTOMIZATION, _PROCESSING, _TRAINING)
_KEYS = "kms.keys"
_VERTEX = "jobs of Vertex AI, which may use tenants' data in Cloud Storage, are not read by this version"


@dataclass(frozen=True, slots=True)
class _Facets:
    """Which facets of a kind of job hold what it reads, what it writes, and the keys it writes under."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    keys: tuple[str, ...]


_FACETS: Mapping[str, _Facets] = {
    _TRAINING: _Facets("training job", ("inputs",), ("output", "checkpoint"), ("output_key", "volume_key")),
    _PROCESSING: _Facets("processing job", ("inputs",), ("outputs",), ("output_key", "volume_key")),
    _CUSTOMIZATION: _Facets("customization job", ("training_data", "validation_data"), ("output",), ("key",)),
}


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every job of the last days."""
    tenants = tenants_of(parameters)
    if not tenants:
        return not_applicable("SEG-2", "no tenants are declared")
    since = as_of - timedelta(days=parameters["job_days"])
    missing = _missing(evidence, tenants)
    assessments = [
        _assess(item.content(), snapshot, evidence, tenants)
        for population in _JOBS
        for snapshot in evidence.snapshots(population)
        for item in snapshot
        if not _is_before(item.content(), since)
    ]
    if not assessments and not missing:
        return not_applicable("SEG-2", f"no job was created in the last {parameters['job_days']} days")
    # Only a key that is named by an id or alias needs the list of keys.
    named = any(assessment.outcome is Outcome.INCONCLUSIVE for assessment in assessments)
    return conclude("SEG-2", assessments, [*missing, *(evidence.missing(_KEYS) if named or missing else ())])


def _missing(evidence: Evidence, tenants: Sequence[Tenant]) -> list[str]:
    in_google = [is_objects(uri) for tenant in tenants for uri in tenant.data]
    return [*(() if all(in_google) else evidence.missing(*_JOBS)), *((_VERTEX,) if any(in_google) else ())]


def _is_before(job: Content, since: datetime) -> bool:
    try:
        return parse_instant(job.facet("created"), f"created of {job.item}") < since
    except UnreadableError:
        return False


def _assess(job: Content, snapshot: Snapshot, evidence: Evidence, tenants: Sequence[Tenant]) -> Assessment:
    facets = _FACETS[snapshot.population]
    what = f"{facets.kind} {job.item}"
    try:
        reads, writes = list(_uris(job, facets.inputs)), list(_uris(job, facets.outputs))
        role = job.facet("role")
        owners = [tenant for tenant in tenants if any(tenant.touches(uri) for uri in reads)]
        if not owners:
            # What trains on nobody's data may still act for a tenant or write to one.
            owners = [t for t in tenants if role in t.identities or any(t.touches(uri) for uri in writes)]
        detail = {"inputs": reads, "outputs": writes, "role": role, "tenants": [tenant.name for tenant in owners]}
        keys = [_key_arn(evidence, snapshot.source, name) for name in _uris(job, facets.keys)]
        faults = list(_faults(owners, role, reads, writes))
        faults += _key_faults(owners, keys)
    except UnreadableError as error:
        return Assessment(job.item, Outcome.INCONCLUSIVE, f"whose data {what} used is not known: {error}")
    if faults:
        return Assessment(job.item, Outcome.FAIL, f"{what} {'; it '.join(faults)}", detail)
    if None in keys:
        return Assessment(job.item, Outcome.INCONCLUSIVE, f"a key of {what} is not among the recorded keys", detail)
    return Assessment(job.item, Outcome.PASS, "", detail)


def _uris(job: Content, facets: Sequence[str]) -> Iterator[str]:
    for name in facets:
        value = job.facet(name)
        yield from value if isinstance(value, list) else [value] if value else []


def _faults(owners: Sequence[Tenant], role: str, reads: Sequence[str], writes: Sequence[str]) -> Iterator[str]:
    """Say what is wrong with a job, each in words that follow its name."""
    names = " and ".join(tenant.name for tenant in owners)
    if len(owners) > 1:
        yield f"used the data of {names}: give it one tenant's inputs ({', '.join(reads)})"
        return
    for owner in owners:
        if role not in owner.identities:
            yield f"used {names}'s data as {role}, which is no identity of {names}: run it as one"
        for uri in reads:
            if not owner.holds(uri):
                yield f"read {uri}, which is not {names}'s alone: narrow its input to {', '.join(owner.data)}"
        for uri in writes:
            if not owner.holds(uri):
                yield f"wrote to {uri}, which is not {names}'s: write to {', '.join(owner.data)}"


def _key_faults(owners: Sequence[Tenant], keys: Sequence[str | None]) -> Iterator[str]:
    for owner in owners if len(owners) == 1 else ():
        for key in keys:
            if owner.keys and key is not None and key not in owner.keys:
                yield f"used the key {key}, which is not {owner.name}'s: use {', '.join(owner.keys)}"


def _key_arn(evidence: Evidence, source: str, name: str) -> str | None:
    """Give the ARN of a key that may be named by id or alias; None where it is in no list."""
    if ":key/" in name:
        return name
    found = key_in(evidence, source, name)
    return None if found is None else str(found.facet("arn"))


SEG_2 = Control(
    id="SEG-2",
    title="Every training and fine-tuning job reads one tenant's data, as that tenant's identity, and writes to it",
    criteria=("CC6.1", "C1.1", "P4.1"),
    populations=_JOBS,
    optional=(_KEYS,),
    test=test,
    defaults={"job_days": 92, "tenants": {}},
    limits=(
        "Jobs of SageMaker and Bedrock are tested by their declared inputs and outputs. What code reads by itself "
        "while it runs is bounded by its role, which SEG-1 tests. Jobs that touch no declared tenant pass. Jobs of "
        "Vertex AI are not read: with tenants' data in Cloud Storage the test is inconclusive."
    ),
)
