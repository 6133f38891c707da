"""Who is whom: a person is named by an ARN or an address here, and by a part of it there."""

from collections.abc import Iterator
from typing import NamedTuple

_ADDRESSED = ("serviceaccount:", "user:")


class _Named(NamedTuple):
    """What a name says of a person; None where it says nothing."""

    account: str | None
    kind: str | None
    name: str

    def agrees(self, other: "_Named") -> bool:
        accounts, kinds = {self.account, other.account} - {None}, {self.kind, other.kind} - {None}
        return self.name == other.name and len(accounts) < 2 and len(kinds) < 2


def is_same_person(one: str, other: str) -> bool:
    """Tell whether two names can be one person's: an ARN, the last part of one, a session of a role, or an address.

    Google Cloud names people by address (`user:ml@acme.example`, `serviceAccount:…`): the same address, and a bare name
    that is all of it before the @, can be the same person's.

    Names are compared without case, as IAM compares them. A bare name can be anyone's whose ARN ends in it; what is
    not said counts as equal, so that nobody approves their own access by leaving something out. Two sessions of one
    role are two people, but each of them has what the role has.
    """
    first, second = one.strip().casefold(), other.strip().casefold()
    if first == second:
        return True
    if ":assumed-role/" in first and ":assumed-role/" in second:
        return False
    return any(mine.agrees(theirs) for mine in _named(first) for theirs in _named(second))


def _named(text: str) -> Iterator[_Named]:
    for prefix in _ADDRESSED:
        if text.startswith(prefix):
            address = text.removeprefix(prefix)
            name, _, domain = address.rpartition("@")
            yield _Named(None, None, address)
            yield _Named(domain, prefix, name or address)
            return
    parts = text.split(":", 5)
    kind, slash, path = parts[-1].partition("/")
    if parts[0] != "arn" or len(parts) < 6 or not slash:
        yield _Named(None, None, text)
        return
    account, names = parts[4], path.split("/")
    if kind == "assumed-role":
        yield _Named(account, "role", names[0])
        yield _Named(account, "session", names[-1])
    else:
        yield _Named(account, kind, names[-1])
