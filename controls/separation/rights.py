"""By access rules: no binding in a tenant's namespace is a stranger's, and no account of it has rights everywhere."""

from collections.abc import Iterator

from collector.model.result import Assessment
from controls.access.kubernetes.binding import Binding
from controls.access.kubernetes.rbac import Rbac
from controls.access.kubernetes.request import Request
from controls.access.kubernetes.subject import (
    ACCOUNTS,
    ANONYMOUS,
    AUTHENTICATED,
    GROUP,
    SERVICE_ACCOUNT,
    UNAUTHENTICATED,
    Subject,
)
from controls.access.tenant import Tenant
from controls.fault import Fault, assess
from controls.separation.territory import Territory

_EVERYONE = (ACCOUNTS, ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED)
_ACCOUNTS_OF = f"{ACCOUNTS.name}:"
"""The beginning of the name of the group of a namespace's service accounts."""
_RIGHTS = (
    *(Request(verb, "secrets") for verb in ("get", "list", "watch")),
    *(Request(verb, "pods") for verb in ("create", "get", "list", "watch")),
    *(Request(verb, "pods", subresource="exec") for verb in ("create", "get")),
)
"""What no tenant's account may do in all namespaces: read secrets and pods, make pods, run commands in them."""


def assess_rights(territory: Territory, rbac: Rbac) -> Iterator[Assessment]:
    """Assess every role binding in tenants' namespaces, and every service account that has a binding."""
    yield from (_assess_binding(territory, each) for each in rbac.bindings if each.namespace in territory.owned)
    for namespace in territory.owned:
        own = (each for each in rbac.subjects if (each.kind, each.namespace) == (SERVICE_ACCOUNT, namespace))
        together = Subject(GROUP, f"{_ACCOUNTS_OF}{namespace}")
        yield from (_assess_account(territory, namespace, each, rbac) for each in (together, *own))


def _assess_binding(territory: Territory, binding: Binding) -> Assessment:
    owner = territory.owners[binding.namespace]
    faults = [
        Fault(f"gives {binding.role_kind.lower()} {binding.role_name} to {subject}, {why}: take it out")
        for subject in binding.subjects
        if (why := _not_theirs(territory, subject, owner))
    ]
    detail = {"subjects": [str(subject) for subject in binding.subjects], "tenant": owner.name}
    return assess(territory.id(str(binding)), f"{binding} in {owner.name}'s namespace", faults, detail)


def _not_theirs(territory: Territory, subject: Subject, owner: Tenant) -> str:
    """Say why a subject is or holds somebody of another tenant; empty when it does not."""
    if subject in _EVERYONE:
        return "which holds everybody's"
    home = subject.namespace
    if subject.kind == GROUP and subject.name.startswith(_ACCOUNTS_OF):
        home = subject.name.removeprefix(_ACCOUNTS_OF)
    other = territory.stranger(home, owner)
    return f"which is {other.name}'s" if other else ""


def _assess_account(territory: Territory, namespace: str, subject: Subject, rbac: Rbac) -> Assessment:
    found = (path for request in _RIGHTS for path in rbac.allowed(subject, request))
    # What an account has as one of a group is said of all accounts of its namespace.
    paths = [path for path in found if subject.kind == GROUP or path.subject == subject]
    faults = [
        Fault(f"may {path.action} in all namespaces by {path.binding}: bind {path.role} in its own namespace instead")
        for path in paths
    ]
    detail = {"paths": [str(path) for path in paths], "tenant": territory.owners[namespace].name}
    return assess(territory.id(f"{subject} everywhere"), str(subject), faults, detail)
