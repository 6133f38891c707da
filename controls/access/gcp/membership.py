"""Whether a member of a binding stands for an identity, as far as names say it: who is in a group is not read."""

from collections.abc import Collection

from controls.access.gcp.member import EVERYONE, kind_of
from controls.access.truth import Truth

_POOLS = ("principal://iam.googleapis.com/", "principalSet://iam.googleapis.com/")


def stands_for(member: str, identity: str, groups_of_people: Collection[str] = ()) -> Truth:
    """Tell whether what is given to a member is given to an identity.

    Args:
        member: as bindings name it.
        identity: a service account, or the ARN of a user or role in AWS, which identity pools can let in.
        groups_of_people: groups that have no such identity among their members, as somebody declared.

    """
    if member == identity or member in EVERYONE:
        return Truth.YES
    if not identity.startswith("serviceAccount:"):
        return Truth.UNKNOWN if member.startswith(_POOLS) else Truth.NO
    if kind_of(member) == "group":
        return Truth.NO if {member, member.removeprefix("group:")} & set(groups_of_people) else Truth.UNKNOWN
    unexpanded = kind_of(member) in ("projectOwner", "projectEditor", "projectViewer")
    # Sets of a project, a folder, an organization or a customer may hold service accounts; pools and domains do not.
    is_set = member.startswith("principalSet://") and not member.startswith(_POOLS)
    return Truth.UNKNOWN if unexpanded or is_set else Truth.NO


def open_membership(member: str, identity: str) -> str:
    """Say what is not known."""
    return f"whether {member} stands for {identity} too is not read"
