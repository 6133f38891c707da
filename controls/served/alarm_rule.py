"""The rules of composite alarms: expressions over the states of other alarms.

Source: Amazon CloudWatch API Reference, PutCompositeAlarm, AlarmRule.
"""

import re
from collections.abc import Sequence

from controls.access.truth import Truth

_TOKEN = re.compile(
    r"""\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s()"']+))"""
    r"""\s*\)|(?P<word>AND\b|OR\b|NOT\b|TRUE\b|FALSE\b|[()]))\s*"""
)
_Token = tuple[str, str]
"""A state and the alarm it is asked of, or a word and nothing."""


def rings(rule: str, ringing: frozenset[str]) -> Truth:
    """Tell whether a rule holds while exactly the alarms of these names or ARNs are in ALARM and all others are OK.

    It is UNKNOWN for a rule of another form than the documented one.
    """
    try:
        return Truth.YES if _Reader(_tokens(rule), ringing).whole() else Truth.NO
    except (ValueError, RecursionError):
        return Truth.UNKNOWN


def _tokens(rule: str) -> Sequence[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(rule):
        match = _TOKEN.match(rule, at)
        if match is None:
            raise ValueError(f"{rule[at:]!r} is no part of a rule")
        name = next((match[kind] for kind in ("double", "single", "bare") if match[kind] is not None), "")
        found.append((match["state"] or match["word"], name))
        at = match.end()
    return found


class _Reader:
    """Reads a rule from left to right: NOT binds closest, then AND, then OR."""

    def __init__(self, tokens: Sequence[_Token], ringing: frozenset[str]) -> None:
        self._left = list(reversed(tokens))
        self._ringing = ringing

    def whole(self) -> bool:
        value = self._either()
        if self._left:
            raise ValueError("a rule goes on after its end")
        return value

    def _take(self, word: str) -> bool:
        if self._left and self._left[-1][0] == word:
            self._left.pop()
            return True
        return False

    def _either(self) -> bool:
        value = self._both()
        while self._take("OR"):
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._one()
        while self._take("AND"):
            value = self._one() and value
        return value

    def _one(self) -> bool:
        if not self._left:
            raise ValueError("a rule ends before its end")
        word, name = self._left.pop()
        if word == "NOT":
            return not self._one()
        if word == "(":
            value = self._either()
            if not self._take(")"):
                raise ValueError("a parenthesis is not closed")
            return value
        if word in ("ALARM", "OK", "INSUFFICIENT_DATA"):
            return {"ALARM": name in self._ringing, "OK": name not in self._ringing}.get(word, False)
        if word in ("TRUE", "FALSE"):
            return word == "TRUE"
        raise ValueError(f"{word} stands where a condition should")
