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
from controls.access.gcp.policy import Binding, DenyRule, Level
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
            permits = project.roles.permits(binding.role, asked.permission)
            members = [member for member in binding.members if not is_gone(member)]
            if permits is Truth.UNKNOWN and members:
                unread.append(
                    f"what {binding.role} permits, which {', '.join(members)} {_has(members)} on {level.name}, "
                    "was not read"
                )
            if permits is not Truth.YES:
                continue
            for member, grant in _given(members, binding, level, asked, project):
                bounded = _within(grant, member, asked, project.denies)
                if bounded.access is not Truth.NO:
                    found.setdefault(member, []).append(bounded)
    return Access({member: tuple(found[member]) for member in sorted(found)}, tuple(dict.fromkeys(unread)))


def _has(members: Sequence[str]) -> str:
    return "has" if len(members) == 1 else "have"


def _given(
    members: Iterable[str], binding: Binding, level: Level, asked: Asked, project: Project
) -> Iterator[tuple[str, Grant]]:
    access = reaches(binding.condition, asked.request) if binding.condition else Truth.YES
    if access is Truth.NO:
        return
    conditions = (binding.condition,) if access is Truth.UNKNOWN else ()
    for member in members:
        mend = f"remove {member} from {binding.role} on {level.name}"
        grant = Grant(access, (level.name, f"role {binding.role}", member), conditions, mend)
        basic = basic_role(member)
        if basic is None or basic[1] not in project.names:
            yield member, grant
            continue
        yield from holders(basic[0], grant, mend, asked, project)


def holders(role: str, grant: Grant, mend: str, asked: Asked, project: Project) -> Iterator[tuple[str, Grant]]:
    """Yield who a convenience member stands for: whoever holds the basic role on the project."""
    for place, level in enumerate(project.levels):
        for binding in level.bindings:
            if binding.role != role:
                continue
            held = reaches(binding.condition, asked.request) if binding.condition else Truth.YES
            for member in binding.members:
                if held is Truth.NO or is_gone(member):
                    continue
                steps = (*grant.steps, f"role {role} on {level.name}", member)
                either = f"{mend}, or {member} from {role} on {level.name}"
                given = Grant(grant.access, steps, grant.conditions, either).limited(held, binding.condition)
                yield member, given if place == 0 else given.limited(Truth.UNKNOWN, _INHERITED)


def _within(grant: Grant, member: str, asked: Asked, denies: Iterable[DenyRule]) -> Grant:
    for rule in denies:
        denies_it = rule.denies(member, asked.permission, asked.request)
        grant = grant.limited(denies_it.negate(), f"{rule.name} does not deny it")
    return grant
