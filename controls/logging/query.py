"""Filters of Cloud Logging, as far as what is known of an entry decides them.

Source: Cloud Logging documentation, "Logging query language". Comparisons of known fields with =, !=, : and LOG_ID, and
AND, OR, NOT and parentheses are decided; all else of the language is undecided, never ignored.
"""

import re
from collections.abc import Mapping

from controls.access.truth import Truth, every, some

MAX_FILTER = 20_000
"""Characters: the most that the documentation allows. `MAX_DEPTH` is how deep parentheses may go here."""
MAX_DEPTH = 40

_TOKEN = re.compile(
    r'\s*(?:(--[^\n]*)|("(?:[^"\\]|\\.)*")|([()])|(!=|=~|!~|>=|<=|=|:|>|<)|([^\s()"=!<>:~,]+)|(.))', re.DOTALL
)
_WORDS = ("AND", "OR", "NOT")

Entry = Mapping[str, str]
"""The fields of an entry that are known, by path; all others are unknown, not absent."""


def matches(query: str, entry: Entry) -> Truth:
    """Tell whether a filter lets an entry through; the empty one lets all through."""
    if len(query) > MAX_FILTER:
        return Truth.UNKNOWN
    try:
        reader = _Reader(_tokens(query), entry)
        return reader.whole()
    except _UnreadError:
        return Truth.UNKNOWN


class _UnreadError(Exception):
    """Something in a filter is not read here."""


def _tokens(query: str) -> list[str]:
    found = []
    for comment, *parts in _TOKEN.findall(query.strip()):
        if not comment:
            found.append(next(part for part in parts if part))
    return found


class _Reader:
    """Reads a filter from left to right: OR binds weaker than AND, which may be left out, and NOT binds strongest.

    Cloud Logging documents that NOT, OR and AND are evaluated in that order; where OR and AND stand on one level
    without parentheses the two readings differ, so that is undecided.
    """

    def __init__(self, tokens: list[str], entry: Entry) -> None:
        self._tokens = tokens
        self._entry = entry
        self._at = 0

    def whole(self) -> Truth:
        """Read all of it."""
        answer = self._level(0)
        if self._at != len(self._tokens):
            raise _UnreadError
        return answer

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            raise _UnreadError
        self._at += 1
        return token

    def _level(self, depth: int) -> Truth:
        if depth > MAX_DEPTH:
            raise _UnreadError
        terms: list[Truth] = []
        joints: set[str] = set()
        while self._peek() not in ("", ")"):
            if terms:
                joint = self._peek().upper() if self._peek() in ("AND", "OR") else "AND"
                if self._peek() in ("AND", "OR"):
                    self._take()
                joints.add(joint)
            terms.append(self._term(depth))
        if len(joints) > 1:
            # Whatever the order: true when all are, false when none is.
            return every(terms) if every(terms) is Truth.YES else min(some(terms), Truth.UNKNOWN)
        return some(terms) if joints == {"OR"} else every(terms)

    def _term(self, depth: int) -> Truth:
        read = self._take()
        if read in ("NOT", "-"):
            return self._term(depth).negate()
        if read.startswith("-"):
            return self._comparison(read[1:]).negate()
        if read == "(":
            answer = self._level(depth + 1)
            if self._take() != ")":
                raise _UnreadError
            return answer
        if read.upper() == "LOG_ID" and self._peek() == "(":
            return self._log_id()
        if read in (*_WORDS, ")"):
            raise _UnreadError
        return self._comparison(read)

    def _log_id(self) -> Truth:
        self._take()
        name = _plain(self._take())
        if self._take() != ")":
            raise _UnreadError
        log = self._entry.get("logName")
        if log is None:
            return Truth.UNKNOWN
        return _truth(log.partition("/logs/")[2].replace("%2F", "/") == name.replace("%2F", "/"))

    def _comparison(self, field: str) -> Truth:
        operator = self._peek()
        if operator not in ("=", "!=", ":", "=~", "!~", ">", "<", ">=", "<="):
            # A word alone is searched for in all fields.
            return Truth.UNKNOWN
        self._take()
        if self._peek() == "(":
            raise _UnreadError
        wanted = _plain(self._take())
        known = self._entry.get(_plain(field))
        if known is None or operator not in ("=", "!=", ":"):
            return Truth.UNKNOWN
        if operator == ":":
            return Truth.YES if wanted == "*" else _truth(wanted.lower() in known.lower())
        # Text is compared without regard to case.
        return _truth((known.lower() == wanted.lower()) is (operator == "="))


def _plain(token: str) -> str:
    if not token.startswith('"'):
        return token
    if len(token) < 2 or not token.endswith('"'):
        raise _UnreadError
    return re.sub(r"\\(.)", r"\1", token[1:-1])


def _truth(answer: bool) -> Truth:
    return Truth.YES if answer else Truth.NO
