"""Who can change what is served: by AWS policies on an endpoint, by a project's policies, by RBAC on a workload."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from controls.access.context import Context
from controls.access.estate import IDENTITIES, Estate
from controls.access.evaluate import Target, evaluate
from controls.access.gcp.access import Access, Asked, access_to
from controls.access.gcp.condition import Request as Requested
from controls.access.gcp.member import is_agent
from controls.access.gcp.project import IAM
from controls.access.gcp.project import ROLES as GOOGLE_ROLES
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
GOOGLE_NEEDS = (IAM, GOOGLE_ROLES)
"""What is needed where something is served on Vertex AI."""

_UPDATE = "sagemaker:UpdateEndpoint"
_RESOURCES: Mapping[str, tuple[str, str]] = {
    "DaemonSet": ("apps", "daemonsets"),
    "Deployment": ("apps", "deployments"),
    "InferenceService": ("serving.kserve.io", "inferenceservices"),
    "Rollout": ("argoproj.io", "rollouts"),
    "StatefulSet": ("apps", "statefulsets"),
}
_VERBS = ("patch", "update")
_VERTEX = "aiplatform.googleapis.com"
_PERMISSIONS = tuple(f"aiplatform.endpoints.{verb}" for verb in ("delete", "deploy", "undeploy", "update"))


@dataclass(frozen=True, slots=True)
class Deployer:
    """One principal that can change a serving, by which path."""

    name: str
    access: Truth
    path: str
    mend: str = ""


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
            return self._in_project(serving)
        return self._in_cluster(serving)

    def unread(self, serving: Serving) -> tuple[str, ...]:
        """Say what of who can change a serving is not known beside those that `of` gives, a sentence each."""
        if not serving.source.startswith("gcp:"):
            return ()
        return tuple(dict.fromkeys(sentence for access in self._accesses(serving) for sentence in access.unread))

    def missing(self, served: Iterable[Serving]) -> list[str]:
        """Say which accounts' and projects' identities cannot be decided, of those that serve something."""
        absent = self._estate.missing(IDENTITIES) if self._evidence.of(IDENTITIES) else []
        if any(serving.source.startswith("gcp:") for serving in served):
            absent += self._evidence.missing(*GOOGLE_NEEDS)
            absent += [f"who can change what is served in {name} is not known: {error}" for name, error in self._broken]
        return absent

    @property
    def _broken(self) -> Iterable[tuple[str, MalformedError]]:
        return self._estate.google.broken.items()

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

    def _in_project(self, serving: Serving) -> Iterator[Deployer]:
        found: dict[str, Deployer] = {}
        for access in self._accesses(serving):
            for member, grants in access.grants.items():
                best = max(grants, key=lambda grant: grant.access)
                known = found.get(member)
                if not is_agent(member) and (known is None or best.access > known.access):
                    found[member] = Deployer(member, best.access, statement_of(best), best.mend)
        yield from (found[member] for member in sorted(found))

    def _accesses(self, serving: Serving) -> Iterator[Access]:
        project = self._estate.google.projects.get(serving.source)
        if project is None:
            name = serving.source.removeprefix("gcp:")
            yield Access({}, (f"the policies of project {name} were not read",))
            return
        read = next(each.finished for each in self._evidence.snapshots(IAM) if each.source == serving.source)
        request = Requested(f"{_VERTEX}/Endpoint", _VERTEX, read)
        for permission in _PERMISSIONS:
            yield access_to(Asked(permission, request), (), project)

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
