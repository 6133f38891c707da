"""One way to something, out of requests that RBAC allows, with its paths and what a person would change."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import groupby

from controls.access.kubernetes.rbac import Path, Rbac
from controls.access.kubernetes.request import Act, Request
from controls.access.kubernetes.subject import MASTERS, Subject

_SHOWN = 3


class Kind(StrEnum):
    """What a way makes use of."""

    READ = "reads the secret"
    EXEC = "runs commands in its pods"
    ATTACH = "attaches to its pods"
    DEBUG = "adds containers to its pods"
    IMAGE = "changes the image of its pods"
    RUN = "runs pods with it"
    CHANGE = "changes workloads to use it"
    NODE = "commands pods through their node"
    VOLUME = "mounts its volume elsewhere"
    BIND = "binds itself a stronger role"
    ESCALATE = "extends its own role"
    IMPERSONATE = "impersonates"
    ISSUE = "requests tokens"
    MINT = "makes and reads token secrets"
    EVERYTHING = "bypasses RBAC"


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that is part of a way.

    Attributes:
        request: without a name where any object will do.
        about: which names serve where rules single out objects; None for a request that has the name that it needs.
        condition: what must be so besides, and is not recorded; empty when nothing.

    """

    request: Request
    about: Callable[[str], bool] | None = None
    condition: str = ""

    def answer(self, rbac: Rbac, subject: Subject) -> tuple[Path, ...]:
        """Give the paths by which a subject may make the request."""
        paths = rbac.allowed(subject, self.request)
        served = sorted(filter(self.about, rbac.names(subject, self.request))) if self.about else ()
        if not served:
            return paths
        singled = (path for name in served for path in rbac.allowed(subject, replace(self.request, name=name)))
        return tuple({(path.steps[:-1], path.number): path for path in (*singled, *paths)}.values())


Need = tuple[Ask, ...]
"""Requests any one of which will do."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A way that somebody may have: what it makes use of, and the needs that it takes."""

    kind: Kind
    needs: tuple[Need, ...]

    @cached_property
    def acts(self) -> tuple[frozenset[Act], ...]:
        """Give the acts that meet each need."""
        return tuple(frozenset(ask.request.act for ask in need) for need in self.needs)

    def is_within(self, acts: frozenset[Act]) -> bool:
        """Tell whether somebody who is allowed some acts, on whichever objects, may have the way."""
        return not any(needed.isdisjoint(acts) for needed in self.acts)


@dataclass(frozen=True, slots=True)
class Way:
    """A way that a subject has.

    Attributes:
        kind: what it makes use of.
        requests: the requests that are allowed and are part of it.
        met: for each need the bindings and rules that meet it.
        conditions: what must be so besides, in sentences; empty when the way is certain.

    """

    kind: Kind
    requests: tuple[Request, ...]
    met: tuple[tuple[Path, ...], ...]
    conditions: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Give the bindings and rules that allow its requests, each once."""
        return _merged(path for paths in self.met for path in paths)

    @property
    def change(self) -> str:
        """Say what a person would do to close it. To deny one need is enough, the one that fewest rules meet."""
        return _change(min(map(_merged, self.met), key=len))

    @property
    def path(self) -> str:
        """Give all paths in one sentence."""
        return "; ".join(map(str, self.paths))

    def __str__(self) -> str:
        conditions = f" if {'; '.join(self.conditions)}" if self.conditions else ""
        return f"{self.kind}: {self.path}{conditions}"


def way_by(rbac: Rbac, subject: Subject, plan: Plan) -> Way | None:
    """Give the way that a subject has when each need of a plan is met; None when one is not.

    What every member of a group may do is that group's way. It is not repeated for a subject that the server puts
    into the group: at least one path must be the subject's own.
    """
    answers = []
    for need in plan.needs:
        answered = [(ask, paths) for ask in need if (paths := ask.answer(rbac, subject))]
        if not answered:
            return None
        answers.append(answered)
    met = tuple(tuple(path for _, paths in answered for path in paths) for answered in answers)
    if not any(path.subject in (subject, MASTERS) for paths in met for path in paths):
        return None
    conditions = [ask.condition for answered in answers for ask in _surest(ask for ask, _ in answered)]
    return Way(
        kind=plan.kind,
        requests=tuple(ask.request for answered in answers for ask, _ in answered),
        met=met,
        conditions=tuple(dict.fromkeys(filter(None, conditions))),
    )


def _surest(asks: Iterable[Ask]) -> Sequence[Ask]:
    """Give the asks whose conditions count: none when one has none."""
    given = list(asks)
    return given if all(ask.condition for ask in given) else ()


def _merged(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Give each rule once, with all that it allows."""

    def rule(path: Path) -> tuple[str, ...]:
        return (*map(str, (path.subject, path.binding, path.role)), f"{path.number:06}")

    merged = []
    for _, group in groupby(sorted(paths, key=rule), key=rule):
        same = list(group)
        merged.append(replace(same[0], action=", ".join(dict.fromkeys(path.action for path in same))))
    return tuple(merged)


def _change(paths: Sequence[Path]) -> str:
    if any(path.binding is None for path in paths):
        return f"give nobody credentials with the {MASTERS}"
    removals = [f"remove {path.subject} from {path.binding}" for path in paths]
    rules = [_narrowing(path) for path in paths]
    return f"{_listing(removals, ' and ')}, or {_listing(rules, ' and ')}"


def _narrowing(path: Path) -> str:
    if path.origins:
        return f"take {path.action} from clusterrole {', '.join(path.origins)}"
    if path.role is not None and path.role.built_in:
        return f"bind a narrower role than {path.role}"
    return f"take {path.action} from rule {path.number} of {path.role}"


def _listing(sentences: Sequence[str], joint: str) -> str:
    distinct = list(dict.fromkeys(sentences))
    more = len(distinct) - _SHOWN
    return joint.join(distinct[:_SHOWN]) + (f"{joint}{more} more" if more > 0 else "")
