"""Principals as bindings name them: whose they are, and which deny rules mean them.

Source: IAM documentation, "Principal identifiers"; IAM REST reference v2, `DenyRule`.
"""

import re
from collections.abc import Collection, Sequence

from controls.access.truth import Truth, every, some

EVERYONE = ("allUsers", "allAuthenticatedUsers")
"""Anybody, and anybody who signed in to Google; both are public."""

_KINDS = ("user", "group", "domain", "serviceAccount", "projectOwner", "projectEditor", "projectViewer")
_BASIC = {"projectOwner": "roles/owner", "projectEditor": "roles/editor", "projectViewer": "roles/viewer"}
_DENIED_ALL = "principalSet://goog/public:all"
_SERVICE_ACCOUNT = "principal://iam.googleapis.com/projects/-/serviceAccounts/"
_POOL = re.compile(
    r"principal(?:Set)?://iam\.googleapis\.com/(.*/workloadIdentityPools/[^/]+|.*/workforcePools/[^/]+)/.*"
)
_POOL_PROJECT = re.compile(r"projects/([0-9]+)/locations/[^/]+/workloadIdentityPools/[^/]+")
_PROJECT_SET = re.compile(r"principalSet://cloudresourcemanager\.googleapis\.com/projects/([0-9]+)/.*")
_EMAILS = (
    re.compile(r"[a-z0-9-]+@([a-z][a-z0-9-]{4,28}[a-z0-9])\.iam\.gserviceaccount\.com"),
    re.compile(r"([a-z][a-z0-9-]{4,28}[a-z0-9])@appspot\.gserviceaccount\.com"),
    re.compile(r"([0-9]+)-compute@developer\.gserviceaccount\.com"),
    re.compile(r"([0-9]+)@cloudservices\.gserviceaccount\.com"),
    re.compile(r"([a-z][a-z0-9-]{4,28}[a-z0-9])\.svc\.id\.goog\[[^\]]+\]"),
)
_AGENT = re.compile(r"service-([0-9]+)@([a-z0-9-]+)\.iam\.gserviceaccount\.com")
# Named one by one: anyone may call an account of their own project `service-` and somebody's number.
_AGENTS = frozenset(
    (
        "cloudcomposer-accounts",
        "compute-system",
        "container-engine-robot",
        "dataflow-service-producer-prod",
        "dataproc-accounts",
        "gcp-sa-aiplatform",
        "gcp-sa-aiplatform-cc",
        "gcp-sa-aiplatform-re",
        "gcp-sa-artifactregistry",
        "gcp-sa-bigquerydatatransfer",
        "gcp-sa-cloudbuild",
        "gcp-sa-logging",
        "gcp-sa-pubsub",
        "gcp-sa-vertex-mm",
        "gcp-sa-vertex-op",
        "gcp-sa-vertex-tune",
        "gs-project-accounts",
        "serverless-robot-prod",
    )
)
"""The projects of Google's own in which its services' identities are, of services that handle objects or models."""


def kind_of(member: str) -> str:
    """Give a member's kind as bindings spell it; `public` for everyone, `principal` for identities of pools."""
    if member in EVERYONE:
        return "public"
    kind = member.partition(":")[0]
    return kind if kind in _KINDS else "principal"


def is_gone(member: str) -> bool:
    """Tell whether a member was deleted: it has no access, and whoever takes its name gets none."""
    return member.startswith("deleted:")


def is_agent(member: str) -> bool:
    """Tell whether a member is the identity of a service of Google's, which acts for the project that uses it."""
    return member.startswith("serviceAccount:") and _served_by(member.partition(":")[2]) is not None


def _served_by(email: str) -> str | None:
    """Give the number of the project that one of Google's service identities acts for; None for any other."""
    found = _AGENT.fullmatch(email)
    return found[1] if found and found[2] in _AGENTS else None


def basic_role(member: str) -> tuple[str, str] | None:
    """Give the basic role and the project whose holders a convenience member such as `projectViewer:p` stands for."""
    kind, _, project = member.partition(":")
    return (_BASIC[kind], project) if kind in _BASIC else None


def domain_of(member: str) -> str | None:
    """Give the domain of a user, group or domain; None for all others."""
    kind, _, name = member.partition(":")
    if kind == "domain":
        return name.lower()
    return name.rpartition("@")[2].lower() if kind in ("user", "group") and "@" in name else None


def project_of(member: str) -> str | None:
    """Give the id or number of the project that a member belongs to; None where its name does not say."""
    kind, _, name = member.partition(":")
    if kind == "serviceAccount":
        found = next((match for form in _EMAILS if (match := form.fullmatch(name))), None)
        return _served_by(name) or (found[1] if found else None)
    if kind in _BASIC:
        return name
    pool = pool_of(member)
    match = _POOL_PROJECT.fullmatch(pool) if pool else _PROJECT_SET.fullmatch(member)
    return match[1] if match else None


def pool_of(member: str) -> str | None:
    """Give the identity pool of a federated identity: `projects/1/locations/global/workloadIdentityPools/github`."""
    found = _POOL.fullmatch(member)
    return found[1] if found else None


def denied(member: str, principals: Sequence[str], exceptions: Collection[str]) -> Truth:
    """Tell whether a deny rule means all that a member stands for. Who is in a group is not known."""
    own = _deny_form(member)
    named = some(_names(member, own, each) for each in principals)
    excepted = some(_excepts(member, own, each) for each in exceptions)
    return every((named, excepted.negate()))


def _names(member: str, own: str, principal: str) -> Truth:
    if principal in (own, _DENIED_ALL):
        return Truth.YES
    if principal.startswith(("principal://", "deleted:")):
        return Truth.NO
    # A set may hold a single identity; all of a group or domain only by what is larger than both.
    single = kind_of(member) in ("user", "serviceAccount", "principal")
    whole = principal.startswith("principalSet://goog/cloudIdentityCustomerId/")
    return Truth.UNKNOWN if single or whole else Truth.NO


def _excepts(member: str, own: str, principal: str) -> Truth:
    if principal in (own, _DENIED_ALL):
        return Truth.YES
    single = kind_of(member) in ("user", "serviceAccount", "principal")
    if principal.startswith("deleted:") or (single and principal.startswith("principal://")):
        return Truth.NO
    return Truth.UNKNOWN


def _deny_form(member: str) -> str:
    kind, _, name = member.partition(":")
    forms = {
        "user": f"principal://goog/subject/{name}",
        "group": f"principalSet://goog/group/{name}",
        "serviceAccount": f"{_SERVICE_ACCOUNT}{name}",
    }
    return forms.get(kind, member)
