"""What a caller asks the API server for."""

from dataclasses import dataclass

Act = tuple[str, str, str, str]
"""Verb, API group, resource and subresource: what a request does, wherever and to whichever object."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request about resources.

    Attributes:
        verb: such as get, create or impersonate.
        resource: the plural, such as pods; `group` is its API group, empty for the core group.
        subresource: such as exec, or empty.
        namespace: empty for the whole cluster.
        name: of the one object, empty where the request names none: every create of a resource itself, and lists
            without the field selector metadata.name.

    """

    verb: str
    resource: str
    group: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def act(self) -> Act:
        """Give what it does, wherever and to whichever object."""
        return self.verb, self.group, self.resource, self.subresource

    @property
    def what(self) -> tuple[str, ...]:
        """Give all of it but where."""
        return *self.act, self.name

    @property
    def target(self) -> str:
        """Give the resource with its subresource, as rules write it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    @property
    def action(self) -> str:
        """Say what it does, wherever it does it."""
        group = f".{self.group}" if self.group else ""
        name = f" {self.name}" if self.name else ""
        return f"{self.verb} {self.target}{group}{name}"

    def __str__(self) -> str:
        return f"{self.action} in {self.namespace}" if self.namespace else self.action


@dataclass(frozen=True, slots=True)
class UrlRequest:
    """A request about a path that is no resource, such as /metrics."""

    verb: str
    url: str
    namespace: str = ""
    """always empty: such a request is in no namespace"""

    @property
    def what(self) -> tuple[str, ...]:
        """Give all of it."""
        return self.verb, self.url

    @property
    def action(self) -> str:
        """Say what it does."""
        return f"{self.verb} {self.url}"
