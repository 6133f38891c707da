"""Network policies: which pods they isolate, and what they let in or out all the same.

Source: Kubernetes documentation, "Network Policies". A pod is isolated in a direction by any policy that selects it
and has that direction among its types; what is allowed is the union of all policies' rules.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from collector.model.errors import MalformedError
from collector.model.snapshot import Item
from controls.access.kubernetes.facet import content_of, objects, text, texts
from controls.access.kubernetes.selector import Selector, parse_selector

INGRESS = "Ingress"
EGRESS = "Egress"

# Where pods have their addresses: private ones (RFC 1918, RFC 6598, RFC 4193).
_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


@dataclass(frozen=True, slots=True)
class Peer:
    """Who may be talked to: pods by namespace and label, or addresses; None stands for what is not said."""

    namespaces: Selector | None
    pods: Selector | None
    block: IPv4Network | IPv6Network | None
    exceptions: tuple[IPv4Network | IPv6Network, ...] = ()

    @property
    def is_every_namespace(self) -> bool:
        """Tell whether it is all pods of all namespaces."""
        return self.namespaces is not None and self.namespaces.is_empty and (self.pods is None or self.pods.is_empty)

    @property
    def is_every_address(self) -> bool:
        """Tell whether it is all addresses, those of pods among them."""
        if self.block is None or self.block.prefixlen:
            return False
        inside = [private for private in _PRIVATE if private.version == self.block.version]
        return not all(any(_holds(exception, private) for exception in self.exceptions) for private in inside)

    def selects(self, namespace: Mapping[str, str]) -> bool:
        """Tell whether it singles out a namespace with these labels."""
        return self.namespaces is not None and not self.namespaces.is_empty and self.namespaces.selects(namespace)


def _holds(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return one.prefixlen <= other.prefixlen and other.network_address in one


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """One policy: `rules` gives the peers of each rule by direction; a rule without peers is about everyone."""

    namespace: str
    name: str
    selects_all: bool
    directions: frozenset[str]
    rules: Mapping[str, Sequence[Sequence[Peer]]]

    def isolates(self, direction: str) -> bool:
        """Tell whether it isolates all pods of its namespace in a direction."""
        return self.selects_all and direction in self.directions

    def opens(self, direction: str, foreign: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
        """Yield whom its rules let through wrongly: everyone, or one of the foreign namespaces, given with labels."""
        for peers in self.rules[direction] if direction in self.directions else ():
            if not peers:
                yield "everyone"
            for peer in peers:
                if peer.is_every_namespace:
                    yield "all pods of all namespaces"
                if peer.is_every_address:
                    yield f"all addresses ({peer.block})"
                yield from (f"namespace {name}" for name, labels in sorted(foreign.items()) if peer.selects(labels))


def parse_network_policy(item: Item) -> NetworkPolicy:
    """Read an item of `kubernetes.network_policies`.

    Raises:
        MalformedError: it has another form than a policy's.
        UnreadableError: the source did not give one of its facets.

    """
    value, where = content_of(item), item.id
    rules = {
        direction: [
            [_peer(peer, where) for peer in objects(rule, "peers", where)]
            for rule in objects(value, direction.lower(), where)
        ]
        for direction in (INGRESS, EGRESS)
    }
    return NetworkPolicy(
        namespace=text(value, "namespace", where),
        name=text(value, "name", where),
        selects_all=parse_selector(value["pod_selector"], where).is_empty,
        directions=frozenset(texts(value, "policy_types", where)),
        rules=rules,
    )


def _peer(value: Mapping[str, Any], where: str) -> Peer:
    selectors = (value["namespace_selector"], value["pod_selector"])
    namespaces, pods = (None if each is None else parse_selector(each, where) for each in selectors)
    block = value["ip_block"]
    if block is None:
        return Peer(namespaces, pods, None)
    try:
        return Peer(namespaces, pods, ip_network(block["cidr"]), tuple(map(ip_network, block["except"])))
    except ValueError as error:
        raise MalformedError(f"a block of addresses of {where} is none: {error}") from None
