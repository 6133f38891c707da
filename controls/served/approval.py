"""Approvals of changes: from attestations, from the registries themselves, and from pull requests."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.model.attestation import CHANGE_APPROVAL, Attestation
from collector.model.control import Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.instant import parse_instant
from collector.model.snapshot import Snapshot, UnreadableError
from controls.served.version import REGISTRIES, ModelVersion, read_versions, spell

PULL_REQUESTS = "github.pull_requests"
PULL_REQUEST_ANNOTATION = "controlproof.io/pull-request"
APPROVAL_ANNOTATION = "controlproof.io/approval"
_BOT = "[bot]"
"""What the names of GitHub's apps end with; no person can have such a name."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's approval of exactly named things.

    Attributes:
        approver: who approved.
        authors: who made what was approved, as far as the approval knows.
        not_before, made: it was given after the first and not after the second; the two are one where that is known.
        names: what it approves: images by digest, model versions by id, configurations by name or digest.
        where: for sentences, such as `record 12`.

    """

    approver: str
    authors: frozenset[str]
    not_before: datetime
    made: datetime
    names: frozenset[str]
    where: str


def approvals_of(evidence: Evidence, parameters: Parameters) -> Sequence[Approval]:
    """Give every approval on record.

    Raises:
        MalformedError: an attestation does not have the form that `attest change` writes.

    """
    return [
        *(_attested(each) for each in evidence.attested(CHANGE_APPROVAL)),
        *_registered(evidence, parameters),
        *_reviewed(evidence),
    ]


def _attested(attestation: Attestation) -> Approval:
    content: Mapping[str, Any] = attestation.content
    try:
        return Approval(
            approver=str(content["approved_by"]),
            authors=frozenset((str(content["author"]),)),
            # What it says of its own time does not count: the record's time cannot be dated back.
            not_before=attestation.made,
            made=attestation.made,
            names=frozenset(str(name) for name in content["names"]),
            where=f"record {attestation.seq}",
        )
    except (KeyError, TypeError) as error:
        raise MalformedError(f"the change approval in record {attestation.seq} is malformed: {error!r}") from None


def _registered(evidence: Evidence, parameters: Parameters) -> Iterator[Approval]:
    """Yield the approvals that registries hold, each from the first snapshot that shows it."""
    for population in REGISTRIES:
        for history in evidence.history(population):
            earlier: Mapping[str, ModelVersion] = {}
            before: Snapshot | None = None
            for snapshot in history:
                now = {v.id: v for v in read_versions(snapshot, parameters) if isinstance(v, ModelVersion)}
                for version in now.values():
                    was = earlier.get(version.id)
                    if version.approved and version.approver and not (was and was.approver == version.approver):
                        yield _registry_approval(version, before, snapshot)
                earlier, before = now, snapshot


def _registry_approval(version: ModelVersion, before: Snapshot | None, seen: Snapshot) -> Approval:
    made, not_before = seen.finished, before.finished if before else seen.finished
    if version.last_modified:
        made = min(made, parse_instant(version.last_modified, f"last_modified of {version.id}"))
        not_before = made
    return Approval(
        approver=version.approver,
        authors=frozenset((version.author,)) if version.author else frozenset(),
        not_before=min(not_before, made),
        made=made,
        names=frozenset((version.id,)),
        where=f"the registry, which has {spell(version)} approved",
    )


def _reviewed(evidence: Evidence) -> Iterator[Approval]:
    """Yield the approving reviews of merged pull requests: those of the very commit that was merged."""
    for snapshot in evidence.snapshots(PULL_REQUESTS):
        for item in snapshot:
            content = item.content()
            try:
                reviews, head, author = content.facet("reviews"), content.facet("head_sha"), content.facet("author")
            except UnreadableError:
                continue
            for review in _standing(reviews, head, content.facet("merged_at")):
                given = parse_instant(review["submitted_at"], f"submitted_at of {item.id}")
                yield Approval(
                    approver=review["reviewer"],
                    authors=frozenset((author,)) - {None},
                    not_before=given,
                    made=given,
                    names=frozenset((item.id,)),
                    where=f"pull request {item.id}",
                )


def _standing(reviews: Sequence[Mapping[str, Any]], head: str, merged_at: str) -> Iterable[Mapping[str, Any]]:
    """Give each person's first approval of the merged commit that they had not withdrawn when it was merged.

    A deleted account names nobody, and a bot's approval is nobody's decision. `reviews` are oldest first.
    """
    standing: dict[str, Mapping[str, Any]] = {}
    for review in reviews:
        reviewer = review["reviewer"]
        if reviewer is None or reviewer.endswith(_BOT):
            continue
        if review["state"] == "APPROVED" and review["commit"] == head:
            standing.setdefault(reviewer, review)
        elif review["state"] == "CHANGES_REQUESTED" and review["submitted_at"] <= merged_at:
            standing.pop(reviewer, None)
    return standing.values()
