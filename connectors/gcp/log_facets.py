"""Parts that the populations of Cloud Logging share: times, names of one's own project, and messages read safely."""

import re
from collections.abc import Callable
from datetime import UTC
from typing import Any, TypeVar

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from collector.model.canonical import Json
from collector.model.instant import format_instant
from collector.model.snapshot import Failure, FailureClass
from connectors.base import SourceError
from connectors.documented import written
from connectors.gcp.session import GcpSession
from connectors.rest import malformed

_OWNER = re.compile(r"projects/([^/]+)(?:/.*)?", re.DOTALL)

A = TypeVar("A")


def moment(stamp: Any) -> str | None:
    """Give a protobuf time, None where it is not set: old and built-in things have none."""
    if stamp.seconds == 0 and stamp.nanos == 0:
        return None
    return format_instant(stamp.ToDatetime(tzinfo=UTC))


def read(operation: str, write: Callable[[Any], A], message: Any) -> A:
    """Give what `write` makes of a message.

    Raises:
        SourceError: it has not the documented form.

    """
    try:
        return written(operation, write, message)
    except DecodeError:
        raise malformed(operation, "UnexpectedAnswer", "the answer is no such message") from None


def check_own(gcp: GcpSession, operation: str, name: str) -> None:
    """Make sure that a listed thing is of the project that was asked, which names spell by its id or its number.

    Raises:
        SourceError: it is of another, or has no such name.

    """
    found = _OWNER.fullmatch(name)
    if found is None:
        raise malformed(operation, "UnexpectedAnswer", "a name does not begin with a project")
    if found[1] != gcp.settings.project and not found[1].isdecimal():
        reason = f"{name} was listed, projects/{gcp.settings.project} was asked for"
        raise SourceError(Failure(FailureClass.MISIDENTIFIED, operation, "WrongProject", reason))


def local_name(thing: Any) -> str:
    """Give the name of what lists spell without the project.

    Raises:
        ValueError: it has none, or one that would be another's below the project.

    """
    name = str(thing.name)
    if not name or name.startswith(("projects/", "folders/", "organizations/", "billingAccounts/")):
        raise ValueError("no name within the project")
    return name


def exclusion(each: Any) -> Json:
    """Write an exclusion, of a sink or of the project: what it leaves out."""
    return {"disabled": each.disabled, "filter": each.filter, "name": each.name}
