"""ACC-2: nobody outside the allowed accounts and identity providers can read model weights.

The tested population is every (location, reader): so the result also is the list of who can read the weights.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from collector.model.control import Control, Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import UnreadableError
from controls.access.location import Found, find
from controls.access.principal import Principal, account_of, principals_of
from controls.access.public import blocks
from controls.access.readers import Assumer, Reader, readers
from controls.access.truth import Truth

_NEEDS = ("iam.authorization_details", "kms.keys", "s3.buckets")


@dataclass(frozen=True, slots=True)
class _Allowed:
    """Who counts as inside."""

    accounts: frozenset[str]
    providers: frozenset[str]

    def admits(self, kind: str, name: str) -> bool:
        """Tell whether a principal is inside; AWS services act for the account that named them."""
        if kind == "service":
            return True
        if kind == "federated":
            return name in self.providers
        # A canonical user id stands for an account and may be declared like one.
        return name in self.accounts or account_of(name) in self.accounts


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every reader of every declared location."""
    del as_of  # Access is judged as recorded; no age matters here.
    if not parameters["weights"]:
        return not_applicable("ACC-2", "no weight locations are declared")
    missing = evidence.missing(*_NEEDS)
    principals = cache(partial(_principals, evidence))
    assessments: list[Assessment] = []
    for uri, found in find(evidence, parameters["weights"]).items():
        if isinstance(found, str):
            assessments.append(Assessment(uri, Outcome.INCONCLUSIVE, found))
            continue
        allowed = _Allowed(
            frozenset((found.account, *parameters["allowed_accounts"])),
            frozenset(parameters["allowed_identity_providers"]),
        )
        assessments += _assess_location(found, evidence, principals, allowed)
    return conclude("ACC-2", assessments, missing)


def _assess_location(
    found: Found, evidence: Evidence, principals: Callable[[str], Sequence[Principal]], allowed: _Allowed
) -> list[Assessment]:
    uri = found.location.uri
    try:
        listed = readers(found, principals(found.source), evidence)
        assessed = [_assess_reader(uri, reader, allowed) for reader in listed]
        return [*assessed, *_assess_acls(found)]
    except (UnreadableError, MalformedError) as error:
        return [Assessment(uri, Outcome.INCONCLUSIVE, f"who can read {uri} cannot be decided: {error}")]


def _principals(evidence: Evidence, source: str) -> list[Principal]:
    snapshots = (s for s in evidence.snapshots("iam.authorization_details") if s.source == source)
    return [principal for snapshot in snapshots for principal in principals_of(snapshot)]


def _assess_reader(uri: str, reader: Reader, allowed: _Allowed) -> Assessment:
    outcome, reason = _judge(uri, reader, allowed)
    return Assessment(
        id=f"{uri} <- {reader.principal}",
        outcome=outcome,
        reason=reason,
        detail={
            "access": "yes" if reader.access is Truth.YES else "conditional",
            "assumable_by": [_spell(assumer) for assumer in reader.assumers],
            "conditions": sorted({condition for grant in reader.grants for condition in grant.conditions}),
            "kind": reader.kind,
            "location": uri,
            "path": [list(grant.steps) for grant in reader.grants],
            "principal": reader.principal,
        },
    )


def _judge(uri: str, reader: Reader, allowed: _Allowed) -> tuple[Outcome, str]:
    """Give the outcome, and what to change."""
    if not allowed.admits(reader.kind, reader.principal):
        best = max(reader.grants, key=lambda grant: grant.access)
        who = "everyone" if reader.kind == "public" else f"{reader.kind} {reader.principal}"
        where = " of ".join(reversed(best.steps))
        if reader.access is Truth.YES:
            return Outcome.FAIL, f"{who} can read {uri}: remove or narrow {where}, or allow the account in ACC-2"
        conditions = "; ".join(best.conditions)
        reason = f"{who} can read {uri} under a condition that this evidence does not decide ({conditions}): {where}"
        return Outcome.INCONCLUSIVE, reason
    return _judge_assumers(uri, reader, allowed)


def _judge_assumers(uri: str, reader: Reader, allowed: _Allowed) -> tuple[Outcome, str]:
    outside = [assumer for assumer in reader.assumers if not allowed.admits(assumer.kind, assumer.name)]
    if not outside:
        return Outcome.PASS, ""
    certain = [a for a in outside if a.access is Truth.YES and reader.access is Truth.YES]
    worst = certain[0] if certain else outside[0]
    who = "everyone" if worst.kind == "public" else f"{worst.kind} {worst.name}"
    role = reader.principal.rsplit("/", 1)[-1]
    trust = f"{worst.statement} of the role's trust policy"
    if certain:
        mend = f"change {trust}, take the role's access away, or allow the account or provider in ACC-2"
        return Outcome.FAIL, f"{who} can assume role {role}, which can read {uri}: {mend}"
    best = max(reader.grants, key=lambda grant: grant.access)
    conditions = "; ".join(dict.fromkeys((*worst.conditions, *best.conditions)))
    undecided = f"under a condition that this evidence does not decide ({conditions})"
    return Outcome.INCONCLUSIVE, f"{who} can assume role {role}, which can read {uri}, {undecided}: {trust}"


def _spell(assumer: Assumer) -> str:
    conditions = f" if {'; '.join(assumer.conditions)}" if assumer.conditions else ""
    return f"{assumer.kind} {assumer.name} ({assumer.statement} of the trust policy{conditions})"


def _assess_acls(found: Found) -> Iterator[Assessment]:
    """Say where single objects may be public by their own ACL, which no bucket setting shows."""
    if found.bucket.facet("ownership") == "BucketOwnerEnforced" or blocks(found.bucket)["ignore_public_acls"]:
        return
    uri = found.location.uri
    yield Assessment(
        f"{uri} object ACLs",
        Outcome.INCONCLUSIVE,
        f"objects of {uri} may be public by their own ACLs, which are not read: set the object ownership of bucket "
        f"{found.location.bucket} to BucketOwnerEnforced, or block public access",
    )


ACC_2 = Control(
    id="ACC-2",
    title="Nobody outside the allowed accounts and identity providers, and no public principal, can read model weights",
    criteria=("CC6.1", "CC6.3", "C1.1"),
    populations=_NEEDS,
    test=test,
    defaults={"allowed_accounts": [], "allowed_identity_providers": [], "weights": []},
    limits=(
        "Service control policies, VPC endpoint policies, access points and sessions' own policies are not read; "
        "they can only narrow access, except access points, which can widen it. What another account lets its own "
        "principals do is not seen. The root user of the owning account can always give itself access."
    ),
)
