"""Who has a permission: by every binding of every level whose role has it, less what deny rules take away.

Allow policies are a union over the levels. A deny rule wins over all of them.

Source: IAM documentation, "Policy inheritance", "Deny policies" and "Basic roles"; Cloud Storage documentation,
"IAM roles for Cloud Storage" (convenience values).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from controls.access.evaluate import Grant
from controls.access.gcp.condition import Request, reaches
from controls.access.gcp.member import basic_role, is_gone
from controls.access.gcp.policy import DenyRule, Level
from controls.access.gcp.project import Project
from controls.access.truth import Truth

_INHERITED = "whether a basic role that is inherited counts here is not documented"


@dataclass(frozen=True, slots=True)
class Asked:
    """A permission, and what it is wanted on."""

    permission: str
    request: Request


@dataclass(frozen=True, slots=True)
class Access:
    """Every member that has a permission, with its grants; `unread` says what is not known of it, a sentence each."""

    grants: Mapping[str, tuple[Grant, ...]]
    unread: tuple[str, ...]


def access_to(asked: Asked, own: Sequence[Level], project: Project) -> Access:
    """Give who has a permission on something of a project.

    Args:
        asked: the permission.
        own: the policies of the thing itself and of what it lies in, below the project.
        project: whose levels it inherits.

    """
    found: dict[str, list[Grant]] = {}
    unread = list(project.unread)
    for level in (*own, *project.levels):
        for binding in level.bindings:
            members = [member for member in binding.members if not is_gone(member)]
            held = reaches(binding.condition, asked.request) if binding.condition else Truth.YES
            if not members or held is Truth.NO:
                continue
            permits = project.roles.permits(binding.role, asked.permission)
            if permits is Truth.UNKNOWN:
                has = f"{', '.join(members)} {'has' if len(members) == 1 else 'have'}"
                unread.append(f"what {binding.role} permits, which {has} on {level.name}, was not read")
            if permits is not Truth.YES:
                continue
            conditions = (binding.condition,) if held is Truth.UNKNOWN else ()
            for member in members:
                mend = f"remove {member} from {binding.role} on {level.name}"
                grant = Grant(held, (level.name, f"role {binding.role}", member), conditions, mend)
                for holder, given in holders(grant, member, asked, project):
                    bounded = _within(given, holder, asked, project.denies)
                    if bounded.access is not Truth.NO:
                        found.setdefault(holder, []).append(bounded)
    return Access({member: tuple(found[member]) for member in sorted(found)}, tuple(dict.fromkeys(unread)))


def union(*accesses: Access) -> Access:
    """Give who has any of several accesses, each grant once."""
    grants: dict[str, list[Grant]] = {}
    for access in accesses:
        for member, given in access.grants.items():
            grants.setdefault(member, []).extend(given)
    unread = dict.fromkeys(sentence for access in accesses for sentence in access.unread)
    return Access({member: tuple(dict.fromkeys(grants[member])) for member in sorted(grants)}, tuple(unread))


def holders(grant: Grant, member: str, asked: Asked, project: Project) -> Iterator[tuple[str, Grant]]:
    """Yield who a member stands for: itself, or whoever holds the basic role that a convenience member names."""
    basic = basic_role(member)
    if basic is None or basic[1] not in project.names or not project.levels:
        yield member, grant
        return
    role = basic[0]
    for level in project.levels:
        for binding in level.bindings:
            held = reaches(binding.condition, asked.request) if binding.condition else Truth.YES
            for holder in binding.members if binding.role == role and held is not Truth.NO else ():
                if is_gone(holder):
                    continue
                steps = (*grant.steps, f"role {role} on {level.name}", holder)
                either = f"{grant.mend}, or {holder} from {role} on {level.name}"
                given = Grant(grant.access, steps, grant.conditions, either).limited(held, binding.condition)
                own = level.name == f"project {project.id}"
                yield holder, given if own else given.limited(Truth.UNKNOWN, _INHERITED)


def _within(grant: Grant, member: str, asked: Asked, denies: Iterable[DenyRule]) -> Grant:
    for rule in denies:
        denies_it = rule.denies(member, asked.permission, asked.request)
        grant = grant.limited(denies_it.negate(), f"{rule.name} does not deny it")
    return grant
