"""`*` and `?` patterns with policy variables as IAM has them, and the questions that a resource asks of them.

All run in time proportional to pattern times text: evidence is hostile, so no backtracking.

Source: AWS IAM User Guide, "IAM JSON policy elements: Resource" and "IAM policy elements: Variables and tags".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

MANY = "**"
ONE = "??"
"""Two tokens of patterns. All other tokens are single characters, so no text can be taken for them."""

_WILD = {"*": MANY, "?": ONE}
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_ESCAPES = frozenset(("*", "?", "$"))

Tokens = Sequence[str]


@dataclass(frozen=True, slots=True)
class Variable:
    """A policy variable: the key that gives its value, and the default where the key is absent."""

    key: str
    default: str | None


@lru_cache(maxsize=1 << 16)
def tokenize(text: str) -> tuple[str, ...]:
    """Give the tokens of a pattern without variables."""
    return tuple(_WILD.get(character, character) for character in text)


@lru_cache(maxsize=1 << 14)
def parse_template(text: str) -> tuple[str | Variable, ...]:
    """Cut a text into its literal parts, which may hold wildcards, and its variables; `${*}` is one character.

    An escaped character comes as a Variable without key whose default is that character.
    """
    parts: list[str | Variable] = []
    at = 0
    for found in _VARIABLE.finditer(text):
        if found.start() > at:
            parts.append(text[at : found.start()])
        parts.append(_variable(found.group(1)))
        at = found.end()
    if at < len(text):
        parts.append(text[at:])
    return tuple(parts)


def _variable(inside: str) -> Variable:
    if inside in _ESCAPES:
        return Variable("", inside)
    key, separator, rest = inside.partition(",")
    default = rest.strip().strip("'") if separator else None
    return Variable(key.strip().lower(), default)


def matches(pattern: str, text: str) -> bool:
    """Tell whether the whole of `text` matches."""
    return tokens_match(tokenize(pattern), text)


def tokens_match(tokens: Tokens, text: str) -> bool:
    """Tell whether the whole of `text` matches tokens."""
    return len(tokens) in _advance(tokens, text)


@dataclass(frozen=True, slots=True)
class Resources:
    """What a question is about: the one resource of an ARN, or all whose ARN begins with it."""

    arn: str
    prefix: bool = False

    def touches(self, tokens: Tokens) -> bool:
        """Tell whether a pattern matches any of them."""
        if not _may_begin(tokens, self.arn):
            return False
        # A state that is alive after the prefix can always be carried to the end: every rest of a pattern
        # matches some text.
        states = _advance(tokens, self.arn)
        return bool(states) if self.prefix else len(tokens) in states

    def within(self, tokens: Tokens) -> bool:
        """Tell whether a pattern matches all of them."""
        if not _may_begin(tokens, self.arn):
            return False
        if self.prefix and (not tokens or tokens[-1] != MANY):
            return False
        return tokens_match(tokens, self.arn)


@lru_cache(maxsize=1 << 17)
def touches(pattern: str, resources: Resources) -> bool:
    """Answer `Resources.touches` for a pattern without variables, once."""
    return resources.touches(tokenize(pattern))


@lru_cache(maxsize=1 << 17)
def within(pattern: str, resources: Resources) -> bool:
    """Answer `Resources.within` for a pattern without variables, once."""
    return resources.within(tokenize(pattern))


def _may_begin(tokens: Tokens, text: str) -> bool:
    """Compare the literal beginning, which settles nearly every pattern that is about something else."""
    for token, character in zip(tokens, text, strict=False):
        if len(token) > 1:
            return True
        if token != character:
            return False
    return True


def _advance(tokens: Tokens, text: str) -> set[int]:
    """Give the positions in the pattern that can be reached by consuming all of `text`."""
    end = len(tokens)
    states = _skip_stars(tokens, {0})
    for character in text:
        following = set()
        for at in states:
            if at == end:
                continue
            token = tokens[at]
            if token == MANY:
                following.add(at)
            elif token in (ONE, character):
                following.add(at + 1)
        if not following:
            return set()
        states = _skip_stars(tokens, following)
    return states


def _skip_stars(tokens: Tokens, states: set[int]) -> set[int]:
    """Add what is reached by letting stars match nothing."""
    reached = set(states)
    for at in states:
        position = at
        while position < len(tokens) and tokens[position] == MANY:
            position += 1
            reached.add(position)
    return reached
