"""Declared locations on a cluster's volumes, and everyone who can read them, in the form of the readers of S3."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.snapshot import UnreadableError
from controls.access.evaluate import Grant
from controls.access.kubernetes.cluster import Cluster
from controls.access.kubernetes.holder import Claim, parse_location
from controls.access.kubernetes.subject import GROUP, SERVICE_ACCOUNT, Subject
from controls.access.kubernetes.way import Way
from controls.access.kubernetes.weights import ClusterReader, Weights
from controls.access.readers import Reader
from controls.access.truth import Truth

ROLES = "kubernetes.roles"
BINDINGS = "kubernetes.bindings"
WORKLOADS = "kubernetes.workloads"
CLAIMS = "kubernetes.volume_claims"
NEEDS = (ROLES, BINDINGS, WORKLOADS, CLAIMS)
"""What must be whole for a list of a volume's readers to be whole."""

_KINDS = {SERVICE_ACCOUNT: "service account", GROUP: "group"}


@dataclass(frozen=True, slots=True)
class FoundClaim:
    """A location whose claim is in the evidence, and the cluster that it is in."""

    uri: str
    claim: Claim
    source: str


def is_volume(uri: str) -> bool:
    """Tell whether a location is `pvc://NAMESPACE/CLAIM/path`."""
    return uri.startswith("pvc://")


class Volumes:
    """The clusters of one set of evidence; who can become whom is worked out once for each."""

    def __init__(self, evidence: Evidence) -> None:
        self._clusters: dict[str, Cluster] = {}
        self._weights: dict[str, Weights] = {}
        self.broken: dict[str, MalformedError | UnreadableError] = {}
        read = {name: {s.source: s for s in evidence.snapshots(name)} for name in NEEDS}
        for source in sorted(set.intersection(*(set(snapshots) for snapshots in read.values()))):
            try:
                self._clusters[source] = Cluster(*(read[name][source] for name in NEEDS))
                self._weights[source] = Weights(self._clusters[source])
            except (MalformedError, UnreadableError) as error:
                self.broken[source] = error

    def find(self, uri: str) -> FoundClaim | str:
        """Find a location's claim in the one cluster that has it, or say why it was not found."""
        if parse_location(uri) is None:
            return f"{uri} is no volume claim: write pvc://NAMESPACE/CLAIM"
        answers: Mapping[str, Claim | str] = {source: each.find(uri) for source, each in self._clusters.items()}
        found = [FoundClaim(uri, claim, source) for source, claim in answers.items() if isinstance(claim, Claim)]
        if len(found) == 1:
            return found[0]
        if found:
            return (
                f"{uri} is in {len(found)} clusters, {found[0].source} and {found[1].source}: rename one of the claims"
            )
        return f"the claim of {uri} is in none of the clusters that were read: configure its cluster as a source"

    def readers(self, found: FoundClaim) -> Sequence[Reader]:
        """Give everyone who can read a claim."""
        return tuple(map(_reader, self._weights[found.source].readers(found.claim)))


def _reader(reader: ClusterReader) -> Reader:
    grants = [_grant(way) for way in reader.ways]
    if reader.chain is not None:
        access = Truth.YES if reader.chain.certain else Truth.UNKNOWN
        conditions = () if reader.chain.certain else ("a step on the way is conditional",)
        grants.append(Grant(access, (str(reader.chain),), conditions))
    kind = _KINDS.get(reader.subject.kind, "user")
    return Reader(principal=_name(reader.subject), kind=kind, account="", grants=tuple(grants))


def _grant(way: Way) -> Grant:
    steps = way.paths[0].steps if len(way.paths) == 1 else (way.path,)
    return Grant(Truth.UNKNOWN if way.conditions else Truth.YES, (f"{way.kind}", *steps), way.conditions)


def _name(subject: Subject) -> str:
    """Name a subject as the cluster's own logs do; groups are told apart from users of the same name."""
    if subject.kind == SERVICE_ACCOUNT:
        return f"system:serviceaccount:{subject.namespace}:{subject.name}"
    return f"group:{subject.name}" if subject.kind == GROUP else subject.name
