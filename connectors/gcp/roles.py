"""`gcp.roles`: what the roles permit that the project's policies name: predefined, basic and custom ones.

To know which are named, the policies are read again: a population is one reading, and rests on no other. Of a role's
permissions only those of the services below are kept: Google adds others to its basic roles every week.

Source: IAM REST reference v1, `roles`, `projects.roles` and `organizations.roles`.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import TypeAdapter

from collector.model.canonical import JsonObject
from collector.model.snapshot import FailureClass
from connectors.base import Draft, Population, SourceError
from connectors.gcp.accounts import SERVICE_ACCOUNTS
from connectors.gcp.buckets import BUCKETS
from connectors.gcp.datasets import DATASETS
from connectors.gcp.facets import Facets
from connectors.gcp.iam import IAM
from connectors.gcp.keys import KMS_KEYS
from connectors.gcp.log_views import LOG_VIEWS
from connectors.gcp.policies import IAM_HOST, Answer
from connectors.gcp.session import GcpSession
from connectors.rest import malformed

SERVICES = ("aiplatform.", "bigquery.", "cloudkms.", "iam.", "logging.", "resourcemanager.", "storage.")
"""The beginnings of the permissions that are kept."""

_GET = "iam:roles.get"
_NAME = re.compile(r"(?:(?:projects|organizations)/[a-zA-Z0-9.:-]+/)?roles/[a-zA-Z0-9_.]{1,100}")
_NAMING = (IAM, BUCKETS, SERVICE_ACCOUNTS, KMS_KEYS, LOG_VIEWS, DATASETS)
_ENDING = (FailureClass.THROTTLED, FailureClass.UNREACHABLE)


class _Role(Answer):
    name: str
    title: str = ""
    stage: str = ""
    deleted: bool = False
    included_permissions: tuple[str, ...] = ()


_ROLE = TypeAdapter(_Role)


def roles(gcp: GcpSession) -> Iterator[Draft]:
    """Give every role that a policy names which this identity may read.

    Raises:
        SourceError: a call failed in a way in which all others would.

    """
    return (_draft(gcp, name) for name in sorted(set(_named(gcp))))


def _draft(gcp: GcpSession, name: str) -> Draft:
    found = Facets(name, {"name": name})
    found.read(("deleted", "permissions", "stage", "title"), lambda: _described(gcp, name))
    return found.draft


def _named(gcp: GcpSession) -> Iterator[str]:
    for population in _NAMING:
        yield from _named_in(gcp, population.read)


def _named_in(gcp: GcpSession, read: Callable[[Any], Iterator[Draft]]) -> Iterator[str]:
    try:
        for draft in read(gcp):
            for facet in ("policy", "ring_policy"):
                bindings: Any = draft.content.get(facet) or ()
                yield from (binding["role"] for binding in bindings)
    except SourceError as error:
        # That such a policy is refused, its own population says; nobody can say which roles it names.
        if error.failure.failure_class in _ENDING:
            raise


def _described(gcp: GcpSession, name: str) -> JsonObject:
    if not _NAME.fullmatch(name):
        raise malformed(_GET, "UnexpectedName", "a policy names a role in a way that is not documented")
    role = gcp.answer(_GET, IAM_HOST, f"v1/{name}", _ROLE)
    if role.name != name:
        raise malformed(_GET, "WrongRole", f"{role.name} was given, {name} was asked for")
    kept = sorted(each for each in role.included_permissions if each.startswith(SERVICES))
    return {"deleted": role.deleted, "permissions": kept, "stage": role.stage or None, "title": role.title}


ROLES = Population(
    "gcp.roles", tuple(sorted({"iam.roles.get", *(each for named in _NAMING for each in named.permissions)})), roles
)
