"""The approval of a change of what is served: what a person hands in, and what of it is refused."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from collector.config import yaml
from collector.config.files import all_problems, decode_utf8, read_bounded
from collector.ledger.bodies import attestation_entry
from collector.ledger.entry import Entry
from collector.model.attestation import CHANGE_APPROVAL
from collector.model.canonical import Json
from collector.model.errors import ConfigurationError, MalformedError
from collector.model.instant import format_instant
from collector.model.person import is_same_person
from collector.review.signature import Signature

MAX_NAMES = 100
MAX_TEXT = 2_000
"""Characters of any one text."""
MAX_SIZE = 1024 * 1024
"""The largest approval that is read, in bytes."""

REQUIRED = ("approved_by", "author", "names", "reason")
OPTIONAL = ("approved", "reference", "serving")
CONTROLS = ("CHG-1", "CHG-4")
"""What an approval is evidence of."""

_EXACT = "name an image by its digest (IMAGE@sha256:…), a model by its version (its ARN, or mlflow:SERVER/NAME/VERSION)"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
# A reference with a host, a folder or a tag (OCI Distribution Specification, "Pulling manifests"); one without any
# could as well be the name of an endpoint configuration.
_IMAGE = re.compile(r"(?=.*[/:])(?:[A-Za-z0-9.-]+:[0-9]+/)?[A-Za-z0-9._/-]+(?::[A-Za-z0-9_.-]+)?")
_MODEL = re.compile(r"(?:models:/|mlflow:[a-z0-9.-]+/).*")
_VERSION = re.compile(r".*[:/][^/]+/[0-9]+")

Place = tuple[str | int, ...]
Spell = Callable[[Place], str]
"""Gives the words for where a value was given, such as `approval.yaml:4: names[1]`."""

_Problem = tuple[Place, str, str]
"""Where, what is wrong, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's approval of exactly named things.

    Attributes:
        approved_by: who approved; `author` is somebody else, who made what was approved.
        names: what was approved, each by a name that cannot come to mean something else, in the order given.
        reason: what the change is for.
        serving: the endpoint or workload that it is for, if it is for one alone.
        reference: where it was approved, such as a ticket.
        approved: when, as the person states it; what counts is when it was recorded.

    """

    approved_by: str
    author: str
    names: tuple[str, ...]
    reason: str
    serving: str | None
    reference: str | None
    approved: datetime | None


def approval_of(given: Mapping[str, Any], now: datetime, what: str, spell: Spell) -> Approval:
    """Make an approval of what was given, in a file or as options.

    Args:
        given: by the names in `REQUIRED` and `OPTIONAL`; an optional one may be None.
        now: no approval is of a later time.
        what: was given, for the error; `spell` names the places in it.
        spell: see there.

    Raises:
        ConfigurationError: all problems at once, each with its place and mend.

    """
    problems = list(_problems(given, now))
    if problems:
        raise all_problems(what, [(f"{spell(place)}: {said}", mend) for place, said, mend in problems])
    texts = {name: text.strip() for name in (*REQUIRED, *OPTIONAL) if isinstance(text := given.get(name), str)}
    return Approval(
        approved_by=texts["approved_by"],
        author=texts["author"],
        names=tuple(dict.fromkeys(name.strip() for name in given["names"])),
        reason=texts["reason"],
        serving=texts.get("serving"),
        reference=texts.get("reference"),
        approved=_instant(texts["approved"]) if "approved" in texts else None,
    )


def read_approval(path: Path, now: datetime) -> tuple[Approval, bytes]:
    """Read an approval from a YAML file, and give its bytes too, which a signature is over.

    Raises:
        ConfigurationError: it cannot be read or is too large, or all its problems at once, each with its line.

    """
    data = read_bounded(path, MAX_SIZE)
    fields = ", ".join(REQUIRED)
    document = yaml.parse(decode_utf8(data, path), str(path), f"it must hold {fields}")
    if not isinstance(document.value, dict):
        raise ConfigurationError(f"{path}:1: not an approval", f"it must be a mapping with {fields}")

    def spell(place: Place) -> str:
        line = document.places.get(place, document.places[()])[0]
        inside = f"{place[0]}[{place[1]}]" if len(place) == 2 else f"{place[0]}"
        return f"{path}:{line}: {inside}"

    return approval_of(document.value, now, str(path), spell), data


def approval_entry(approval: Approval, signature: Signature | None) -> Entry:
    """Write an approval as an attestation."""
    content: dict[str, Json] = {
        "approved": format_instant(approval.approved) if approval.approved else None,
        "approved_by": approval.approved_by,
        "author": approval.author,
        "names": list(approval.names),
        "reason": approval.reason,
        "reference": approval.reference,
        "serving": approval.serving,
        "signature": signature.to_json() if signature else None,
    }
    return attestation_entry(CHANGE_APPROVAL, content, CONTROLS)


def _problems(given: Mapping[str, Any], now: datetime) -> Iterator[_Problem]:
    known = (*REQUIRED, *OPTIONAL)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            yield (name,), "unknown", f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
    for name in (*REQUIRED, *OPTIONAL):
        value = given.get(name)
        if value is None and (name in OPTIONAL or name not in given):
            if name in REQUIRED:
                yield (name,), "is missing", f"add {name}"
        elif name == "names":
            yield from _list_problems(value)
        else:
            yield from _text_problems((name,), value)
    yield from _time_problems(given.get("approved"), now)
    yield from _person_problems(given.get("author"), given.get("approved_by"))


def _text_problems(place: Place, value: Any) -> Iterator[_Problem]:
    if not isinstance(value, str):
        yield place, "must be text", "put it in quotes"
    elif not value.strip():
        yield place, "is empty", "say it, or leave it out" if place[0] in OPTIONAL else "say it"
    elif len(value) > MAX_TEXT:
        yield place, f"is longer than {MAX_TEXT} characters", "shorten it"
    elif not value.strip().isprintable():
        yield place, "holds a control character or a line end", "write it on one line, as it is read"


def _list_problems(value: Any) -> Iterator[_Problem]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        yield ("names",), "must list what is approved", "name at least one thing, each by itself"
        return
    if len(value) > MAX_NAMES:
        yield ("names",), f"lists {len(value)} things, more than {MAX_NAMES}", "approve them in several approvals"
        return
    for number, name in enumerate(value):
        problems = list(_text_problems(("names", number), name))
        yield from problems
        if not problems and not _is_exact(name.strip()):
            yield ("names", number), f"{name.strip()} can come to mean something else later", _EXACT


def _is_exact(name: str) -> bool:
    """Tell whether a name will always mean the same: a tag, an alias or a stage can be moved."""
    if _DIGEST.fullmatch(name):
        return True
    if _MODEL.fullmatch(name):
        return _VERSION.fullmatch(name) is not None
    image, _, digest = name.partition("@")
    if digest.lower().startswith("sha"):
        return bool(image) and _DIGEST.fullmatch(digest) is not None
    return _IMAGE.fullmatch(name) is None


def _time_problems(value: Any, now: datetime) -> Iterator[_Problem]:
    if not isinstance(value, str) or not value.strip():
        return
    stated = _instant(value.strip())
    if stated is None:
        yield ("approved",), "is no time with a time zone", "write it as 2026-11-23T16:10:00Z"
    elif stated > now:
        yield ("approved",), "lies in the future", "record an approval after it was given"


def _instant(text: str) -> datetime | None:
    try:
        stated = datetime.fromisoformat(text)
        return stated if stated.tzinfo is not None and format_instant(stated) else None
    except (ValueError, MalformedError):
        return None


def _person_problems(author: Any, approver: Any) -> Iterator[_Problem]:
    if not isinstance(author, str) or not isinstance(approver, str) or not author.strip():
        return
    first, second = author.strip(), approver.strip()
    if is_same_person(first, second):
        yield ("approved_by",), f"{second} is the author: this would be self-approved", "someone else must approve it"
