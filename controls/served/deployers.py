"""Who can change what is served: by AWS policies on an endpoint, by RBAC on a workload."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from collector.model.evidence import Evidence
from collector.model.snapshot import UnreadableError
from controls.access.context import Context
from controls.access.estate import IDENTITIES, Estate
from controls.access.evaluate import Target, evaluate
from controls.access.kubernetes.rbac import Rbac
from controls.access.kubernetes.request import Request
from controls.access.kubernetes.subject import Subject
from controls.access.pattern import Resources
from controls.access.reading import statement_of
from controls.access.truth import Truth
from controls.served.serving import Serving

ROLES = "kubernetes.roles"
BINDINGS = "kubernetes.bindings"
NEEDS = (IDENTITIES, ROLES, BINDINGS)

_UPDATE = "sagemaker:UpdateEndpoint"
_RESOURCES: Mapping[str, tuple[str, str]] = {
    "DaemonSet": ("apps", "daemonsets"),
    "Deployment": ("apps", "deployments"),
    "InferenceService": ("serving.kserve.io", "inferenceservices"),
    "Rollout": ("argoproj.io", "rollouts"),
    "StatefulSet": ("apps", "statefulsets"),
}
_VERBS = ("patch", "update")
_NOT_READ = {"operation": "getIamPolicy", "class": "not_attempted", "code": "no connector reads it"}


@dataclass(frozen=True, slots=True)
class Deployer:
    """One principal that can change a serving, by which path."""

    name: str
    access: Truth
    path: str


class Deployers:
    """Who can change what, for one set of evidence; policies are read once."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def of(self, serving: Serving) -> Iterator[Deployer]:
        """Yield everyone who can change a serving.

        Raises:
            MalformedError, UnreadableError: a policy, role or binding is not known.

        """
        if serving.source.startswith("aws:"):
            return self._in_account(serving)
        if serving.source.startswith("gcp:"):
            raise UnreadableError(serving.id, "IAM policy", _NOT_READ)
        return self._in_cluster(serving)

    def missing(self) -> list[str]:
        """Say which accounts' identities cannot be decided."""
        return self._estate.missing(IDENTITIES) if self._evidence.of(IDENTITIES) else []

    @cached_property
    def _estate(self) -> Estate:
        return Estate(self._evidence)

    @cached_property
    def _clusters(self) -> Mapping[str, Rbac]:
        bindings = {snapshot.source: snapshot for snapshot in self._evidence.snapshots(BINDINGS)}
        return {
            roles.source: Rbac(roles, bindings[roles.source])
            for roles in self._evidence.snapshots(ROLES)
            if roles.source in bindings
        }

    def _in_account(self, serving: Serving) -> Iterator[Deployer]:
        account = serving.source.removeprefix("aws:")
        target = Target(_UPDATE, Resources(serving.id), account, Context())
        for principal in self._estate.principals:
            if principal.account != account:
                continue
            grants = evaluate(principal, target, ())
            if grants:
                best = max(grants, key=lambda grant: grant.access)
                yield Deployer(principal.arn, best.access, statement_of(best))

    def _in_cluster(self, serving: Serving) -> Iterator[Deployer]:
        rbac = self._clusters.get(serving.source)
        if rbac is None:
            return
        value = serving.content.value
        group, resource = _RESOURCES[value["kind"]]
        for subject in rbac.subjects:
            if _is_cluster_itself(subject):
                continue
            for verb in _VERBS:
                request = Request(verb, resource, group, "", value["namespace"], value["name"])
                paths = rbac.allowed(subject, request)
                if paths:
                    # Members of system:masters need no rule, so there is none to take away.
                    rule = " of ".join(reversed(paths[0].steps[1:])) if paths[0].binding else ""
                    yield Deployer(str(subject), Truth.YES, rule)
                    break


def _is_cluster_itself(subject: Subject) -> bool:
    """Tell whether a subject is a component of the control plane, which carries out what others decided."""
    if subject.kind == "ServiceAccount":
        return subject.namespace == "kube-system"
    return subject.kind == "User" and subject.name.startswith("system:")
