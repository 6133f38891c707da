"""Roles and their rules, matched as the API server matches them.

Source: Kubernetes, pkg/apis/rbac/v1/evaluation_helpers.go and plugin/pkg/auth/authorizer/rbac.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from collector.model.errors import MalformedError
from collector.model.snapshot import Item
from controls.access.kubernetes.facet import content_of, labels, objects, optional_text, text, texts
from controls.access.kubernetes.naming import full_name
from controls.access.kubernetes.request import Act, Request, UrlRequest
from controls.access.kubernetes.selector import Selector, parse_selector

ROLE = "Role"
CLUSTER_ROLE = "ClusterRole"
_ALL = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: every verb on every resource of every group in it, or every verb on every path in it."""

    verbs: frozenset[str]
    groups: frozenset[str]
    resources: frozenset[str]
    names: frozenset[str]
    urls: tuple[str, ...]

    def covers(self, request: Request) -> bool:
        """Tell whether it allows a request, its name aside.

        `*` is every resource and every subresource, `*/scale` that subresource of every resource; `pods/*` is no
        pattern, and means a subresource of that very name.
        """
        return (
            (_ALL in self.verbs or request.verb in self.verbs)
            and (_ALL in self.groups or request.group in self.groups)
            and (
                _ALL in self.resources
                or request.target in self.resources
                or bool(request.subresource and f"*/{request.subresource}" in self.resources)
            )
        )

    def allows_name(self, name: str) -> bool:
        """Tell whether it is about an object: a rule without names is about all, and about requests without a name."""
        return not self.names or name in self.names

    def allows_url(self, request: UrlRequest) -> bool:
        """Tell whether it allows a request for a path; a path may end in `*`."""
        return (_ALL in self.verbs or request.verb in self.verbs) and any(
            url in (_ALL, request.url) or (url.endswith(_ALL) and request.url.startswith(url.rstrip(_ALL)))
            for url in self.urls
        )


@dataclass(frozen=True)
class Role:
    """A role of a namespace, or a cluster role, whose namespace is empty.

    Attributes:
        rules: what it allows. An aggregated role's are filled by a controller of the cluster, and the server goes
            by what is filled in.
        selectors: which cluster roles an aggregated role's rules come from; None when it is not aggregated.

    """

    kind: str
    namespace: str
    name: str
    labels: Mapping[str, str] = field(hash=False)
    rules: tuple[Rule, ...]
    selectors: tuple[Selector, ...] | None = None
    _covering: dict[Act, tuple[tuple[int, Rule], ...]] = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        return full_name(self.kind, self.namespace, self.name)

    @property
    def built_in(self) -> bool:
        """Tell whether the server restores its rules when it starts."""
        return self.labels.get("kubernetes.io/bootstrapping") == "rbac-defaults"

    def covering(self, request: Request) -> tuple[tuple[int, Rule], ...]:
        """Give the rules that allow a request, names aside, each with its number from 1."""
        act = request.act
        if act not in self._covering:
            self._covering[act] = tuple((n, rule) for n, rule in enumerate(self.rules, 1) if rule.covers(request))
        return self._covering[act]

    def allowing(self, request: Request | UrlRequest) -> Iterator[tuple[int, Rule]]:
        """Give the rules that allow a request, each with its number from 1."""
        if isinstance(request, UrlRequest):
            yield from ((n, rule) for n, rule in enumerate(self.rules, 1) if rule.allows_url(request))
        else:
            yield from ((n, rule) for n, rule in self.covering(request) if rule.allows_name(request.name))


def parse_role(item: Item) -> Role:
    """Read an item of `kubernetes.roles`.

    Raises:
        MalformedError: it has another form than a role's.
        UnreadableError: the source did not give one of its facets.

    """
    value, where = content_of(item), item.id
    kind = text(value, "kind", where)
    namespace = optional_text(value, "namespace", where)
    if kind not in (ROLE, CLUSTER_ROLE) or bool(namespace) != (kind == ROLE):
        raise MalformedError(f"{where} is neither a role with a namespace nor a cluster role without one")
    aggregated = value.get("aggregated_from")
    return Role(
        kind=kind,
        namespace=namespace,
        name=text(value, "name", where),
        labels=labels(value, "labels", where),
        rules=tuple(_rule(rule, f"rule {n} of {where}") for n, rule in enumerate(objects(value, "rules", where), 1)),
        selectors=None if aggregated is None else _selectors(value, where),
    )


def _rule(value: Mapping[str, Any], where: str) -> Rule:
    return Rule(
        verbs=frozenset(texts(value, "verbs", where)),
        groups=frozenset(texts(value, "api_groups", where)),
        resources=frozenset(texts(value, "resources", where)),
        names=frozenset(texts(value, "resource_names", where)),
        urls=texts(value, "non_resource_urls", where),
    )


def _selectors(value: Mapping[str, Any], where: str) -> tuple[Selector, ...]:
    return tuple(
        parse_selector(selector, f"a selector of {where}") for selector in objects(value, "aggregated_from", where)
    )
