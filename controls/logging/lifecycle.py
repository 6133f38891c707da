"""For how long the lifecycle rules of a bucket in Cloud Storage let an object live.

All conditions of a rule have to hold. In a versioned bucket the deletion of a live object leaves a noncurrent version,
which a rule must delete in turn; one whose only condition is the age does both.

Source: Cloud Storage documentation, "Object Lifecycle Management" (actions and conditions).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collector.model.errors import MalformedError

_SUPERSEDED = frozenset(("daysSinceNoncurrentTime", "noncurrentTimeBefore", "numNewerVersions"))
"""Conditions that no live object meets."""

_READ = frozenset(("age", "daysSinceNoncurrentTime", "isLive", "matchesPrefix"))


@dataclass(frozen=True, slots=True)
class Deletion:
    """A rule that deletes what lies in a folder, or some of it.

    Attributes:
        age: in days, None where it does not count.
        live: whether it is for live objects alone, or for versions that are no more; None for both.
        since: days for which a version has not been live, None where they do not count.
        narrowing: the names of its other conditions, which hold for some objects only.

    """

    age: int | None
    live: bool | None
    since: int | None
    narrowing: tuple[str, ...]

    @property
    def ends_live(self) -> bool:
        """Tell whether live objects can meet it."""
        return self.live is not False and self.since is None and not _SUPERSEDED.intersection(self.narrowing)


def deletions(rules: Any, folder: str, where: str) -> Sequence[Deletion]:
    """Read the rules that delete something of a folder.

    Raises:
        MalformedError: they have another form than the documented one.

    """
    try:
        return tuple(_deletions(rules, folder))
    except (KeyError, TypeError, AttributeError) as error:
        raise MalformedError(f"the lifecycle of {where} is malformed: {error!r}") from None


def days_kept(rules: Sequence[Deletion], *, versioned: bool) -> int | None:
    """Give after how many days every object is deleted, the first rule that does it counting; None for never."""
    whole = [rule for rule in rules if not rule.narrowing]
    ends = min((rule.age or 0 for rule in whole if rule.ends_live), default=None)
    if ends is None or not versioned:
        return ends
    at_once = [rule.age or 0 for rule in whole if rule.ends_live and rule.live is None]
    in_turn = [
        max(rule.age or 0, ends + (rule.since or 0))
        for rule in whole
        if rule.live is not True and not (rule.ends_live and rule.live is None)
    ]
    return min((*at_once, *in_turn), default=None)


def _deletions(rules: Sequence[Mapping[str, Any]], folder: str) -> Iterator[Deletion]:
    for rule in rules:
        condition = rule["condition"]
        prefixes = condition.get("matchesPrefix") or [""]
        if rule["action"]["type"] != "Delete" or not any(_meet(folder, prefix) for prefix in prefixes):
            continue
        narrowing = set(condition) - _READ
        if not any(folder.startswith(prefix) for prefix in prefixes):
            narrowing.add("matchesPrefix")
        yield Deletion(
            age=_days(condition.get("age")),
            live=condition.get("isLive"),
            since=_days(condition.get("daysSinceNoncurrentTime")),
            narrowing=tuple(sorted(narrowing)),
        )


def _meet(folder: str, prefix: str) -> bool:
    return folder.startswith(prefix) or prefix.startswith(folder)


def _days(value: Any) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise TypeError("a number of days is none")
    return value
