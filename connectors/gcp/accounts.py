"""`gcp.service_accounts`: every service account of the project, who may use it, and the keys that people hold for it.

Source: IAM REST reference v1, `projects.serviceAccounts` and `projects.serviceAccounts.keys`.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import AwareDatetime, Field, TypeAdapter

from collector.model.canonical import Json
from collector.model.instant import format_instant
from collector.model.snapshot import Failure, FailureClass
from connectors.base import Draft, Population, SourceError
from connectors.gcp.answers import Page
from connectors.gcp.facets import Facets
from connectors.gcp.policies import IAM_HOST, VERSION_QUERY, Answer, policy_of
from connectors.gcp.session import GcpSession

_LIST = "iam:serviceAccounts.list"
_POLICY = "iam:serviceAccounts.getIamPolicy"
_KEYS = "iam:serviceAccounts.keys.list"


class _Account(Answer):
    name: Annotated[str, Field(pattern=r"^projects/[^/]+/serviceAccounts/[^/]+$")]
    project_id: str
    email: Annotated[str, Field(pattern=r"^[A-Za-z0-9.@_-]{3,254}$")]
    unique_id: str = ""
    display_name: str = ""
    disabled: bool = False


class _AccountPage(Page):
    accounts: tuple[_Account, ...] = ()


class _Key(Answer):
    name: str
    valid_after_time: AwareDatetime
    valid_before_time: AwareDatetime | None = None
    key_origin: str = ""
    disabled: bool = False


class _KeyList(Page):
    keys: tuple[_Key, ...] = ()


_ACCOUNTS, _KEY_LIST = TypeAdapter(_AccountPage), TypeAdapter(_KeyList)


def accounts(gcp: GcpSession) -> Iterator[Draft]:
    """Yield every service account.

    Raises:
        SourceError: the list is not whole, or is another project's.

    """
    project = gcp.settings.project
    for page in gcp.listed(_LIST, IAM_HOST, f"v1/projects/{project}/serviceAccounts", _ACCOUNTS):
        for account in page.accounts:
            if account.project_id != project or account.name != f"projects/{project}/serviceAccounts/{account.email}":
                reason = f"{account.name} was listed, those of {project} were asked for"
                raise SourceError(Failure(FailureClass.MISIDENTIFIED, _LIST, "WrongProject", reason))
            yield _draft(gcp, account)


def _draft(gcp: GcpSession, account: _Account) -> Draft:
    found = Facets(
        account.name,
        {
            "disabled": account.disabled,
            "display_name": account.display_name,
            "email": account.email,
            "unique_id": account.unique_id,
        },
    )
    found.read(("policy",), lambda: {"policy": _policy(gcp, account.name)})
    found.read(("keys",), lambda: {"keys": _keys(gcp, account.name)})
    return found.draft


def _policy(gcp: GcpSession, name: str) -> Json:
    return policy_of(gcp, _POLICY, IAM_HOST, f"v1/{name}:getIamPolicy", query=VERSION_QUERY, body={}).recorded


def _keys(gcp: GcpSession, name: str) -> Json:
    """Read the keys that were made for somebody; those that Google keeps and renews itself are nobody's to hold."""
    found = gcp.answer(_KEYS, IAM_HOST, f"v1/{name}/keys", _KEY_LIST, {"keyTypes": "USER_MANAGED"}).keys
    return [
        {
            "created": format_instant(key.valid_after_time),
            "disabled": key.disabled,
            "expires": format_instant(key.valid_before_time) if key.valid_before_time else None,
            "id": key.name.rpartition("/")[2],
            "origin": key.key_origin or None,
        }
        for key in sorted(found, key=lambda key: key.name)
    ]


SERVICE_ACCOUNTS = Population(
    "gcp.service_accounts",
    ("iam.serviceAccountKeys.list", "iam.serviceAccounts.getIamPolicy", "iam.serviceAccounts.list"),
    accounts,
)
