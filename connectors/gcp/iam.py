"""`gcp.iam`: the project and everything above it, each with its allow policy, audit configuration and deny policies.

An ancestor that is refused stands in the list all the same, without what was refused: what is inherited from it counts.

Source: Cloud Resource Manager REST reference v3, `projects`, `folders` and `organizations`; IAM REST reference v2.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, TypeAdapter

from collector.model.canonical import Json, JsonObject
from collector.model.snapshot import Failure, FailureClass
from connectors.base import Draft, Population, SourceError
from connectors.gcp.facets import Facets
from connectors.gcp.policies import VERSION, Answer, deny_policies, policy_of
from connectors.gcp.session import GcpSession
from connectors.rest import malformed

HOST = "cloudresourcemanager.googleapis.com"
_GET = "cloudresourcemanager:projects.get"
_PARENT = r"^((folders|organizations)/[0-9]{1,30})?$"
_MAX_LEVELS = 30
"""More than the ten folders that Google Cloud allows above one another."""


class _Project(Answer):
    name: Annotated[str, Field(pattern=r"^projects/[0-9]{1,30}$")]
    project_id: str
    parent: Annotated[str, Field(pattern=_PARENT)] = ""
    display_name: str = ""


class _Ancestor(Answer):
    name: str
    parent: Annotated[str, Field(pattern=_PARENT)] = ""
    display_name: str = ""


_PROJECT, _ANCESTOR = TypeAdapter(_Project), TypeAdapter(_Ancestor)


def iam(gcp: GcpSession) -> Iterator[Draft]:
    """Yield the project, and then every ancestor that is known, up to the organization.

    Raises:
        SourceError: the project was not given, or another one was.

    """
    project = gcp.answer(_GET, HOST, f"v3/projects/{gcp.settings.project}", _PROJECT)
    if project.project_id != gcp.settings.project:
        reason = f"the project {project.project_id} was given, {gcp.settings.project} was asked for"
        raise SourceError(Failure(FailureClass.MISIDENTIFIED, _GET, "WrongProject", reason))
    found = Facets(
        project.name,
        {
            "display_name": project.display_name,
            "name": project.name,
            "parent": project.parent or None,
            "project": project.project_id,
            "type": "project",
        },
    )
    yield _with_policies(gcp, found)
    parent, levels = project.parent, 0
    while parent:
        levels += 1
        if levels > _MAX_LEVELS:
            raise malformed(_GET, "TooManyLevels", f"the project has more than {_MAX_LEVELS} levels above it")
        above = _ancestor(gcp, parent)
        yield _with_policies(gcp, above)
        known = above.content.get("parent")
        parent = known if isinstance(known, str) else ""


def _ancestor(gcp: GcpSession, name: str) -> Facets:
    collection = name.partition("/")[0]
    found = Facets(name, {"name": name, "type": collection.removesuffix("s")})

    def described() -> JsonObject:
        operation = f"cloudresourcemanager:{collection}.get"
        told = gcp.answer(operation, HOST, f"v3/{name}", _ANCESTOR)
        if told.name != name:
            reason = f"{told.name} was given, {name} was asked for"
            raise SourceError(Failure(FailureClass.MISIDENTIFIED, operation, "WrongResource", reason))
        return {"display_name": told.display_name, "parent": told.parent or None}

    if collection == "organizations":
        # Nothing is above it, whether it may be described or not.
        found.content["parent"] = None
        found.read(("display_name",), lambda: {"display_name": described()["display_name"]})
    else:
        found.read(("display_name", "parent"), described)
    return found


def _with_policies(gcp: GcpSession, found: Facets) -> Draft:
    def allowed() -> dict[str, Json]:
        operation = f"cloudresourcemanager:{found.item.partition('/')[0]}.getIamPolicy"
        policy = policy_of(gcp, operation, HOST, f"v3/{found.item}:getIamPolicy", body=dict(VERSION))
        return {"audit": policy.audit, "policy": policy.recorded}

    found.read(("audit", "policy"), allowed)
    found.read(("deny",), lambda: {"deny": deny_policies(gcp, found.item)})
    return found.draft


IAM = Population(
    "gcp.iam",
    (
        "iam.denypolicies.get",
        "iam.denypolicies.list",
        "resourcemanager.folders.get",
        "resourcemanager.folders.getIamPolicy",
        "resourcemanager.organizations.get",
        "resourcemanager.organizations.getIamPolicy",
        "resourcemanager.projects.get",
        "resourcemanager.projects.getIamPolicy",
    ),
    iam,
)
