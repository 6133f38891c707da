"""Who acts in a cluster: a user, a group or a service account, and the groups that come with being one.

Source: Kubernetes documentation, "Authenticating" (service account tokens, anonymous requests) and "Using RBAC
Authorization" (referring to subjects).
"""

from dataclasses import dataclass, field

from controls.access.kubernetes.naming import full_name

USER = "User"
GROUP = "Group"
SERVICE_ACCOUNT = "ServiceAccount"
KINDS = (USER, GROUP, SERVICE_ACCOUNT)

_ACCOUNT_PREFIX = "system:serviceaccount:"
_ACCOUNTS = "system:serviceaccounts"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A user, a group, or a service account, which alone has a namespace."""

    kind: str
    name: str
    namespace: str = ""
    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        # Subjects are looked up millions of times in a large cluster, and hashed once.
        object.__setattr__(self, "_hash", hash((self.kind, self.name, self.namespace)))

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return full_name(self.kind, self.namespace, self.name)

    @property
    def groups(self) -> tuple[str, ...]:
        """Give the groups that the server puts it in by itself; what an identity provider adds is not recorded.

        Of a group, these are the groups that each of its members is in.
        """
        if self.kind == SERVICE_ACCOUNT:
            return (_ACCOUNTS, f"{_ACCOUNTS}:{self.namespace}", AUTHENTICATED.name)
        if self in (ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED):
            return (UNAUTHENTICATED.name,) if self == ANONYMOUS else ()
        if self.kind == GROUP and self.name.startswith(f"{_ACCOUNTS}:"):
            return (_ACCOUNTS, AUTHENTICATED.name)
        return (AUTHENTICATED.name,)

    def holds(self, account: "Subject") -> bool:
        """Tell whether this is a group that a service account is in because it is one."""
        return self.kind == GROUP and account.kind == SERVICE_ACCOUNT and self.name in account.groups


AUTHENTICATED = Subject(GROUP, "system:authenticated")
UNAUTHENTICATED = Subject(GROUP, "system:unauthenticated")
ANONYMOUS = Subject(USER, "system:anonymous")
ACCOUNTS = Subject(GROUP, _ACCOUNTS)
"""Every service account is in it."""
MASTERS = Subject(GROUP, "system:masters")
"""Its members bypass RBAC: the server asks no binding about them."""


def user(name: str) -> Subject:
    """Give the subject behind a user name: service accounts have one too."""
    if name.startswith(_ACCOUNT_PREFIX):
        namespace, separator, account = name.removeprefix(_ACCOUNT_PREFIX).partition(":")
        if namespace and separator and account:
            return Subject(SERVICE_ACCOUNT, account, namespace)
    return Subject(USER, name)
