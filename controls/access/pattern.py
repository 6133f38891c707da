"""`*` and `?` patterns as IAM has them, and the questions that a location's prefix asks of them.

All run in time proportional to pattern times text: evidence is hostile, so no backtracking.
"""

VARIABLE = "${"
"""Begins a policy variable. Its value is only known in a request, so such a pattern is undecided here."""


def matches(pattern: str, text: str) -> bool:
    """Tell whether the whole of `text` matches."""
    return len(pattern) in _advance(pattern, text)


def overlaps(pattern: str, prefix: str) -> bool:
    """Tell whether any text that begins with `prefix` matches."""
    # A state that is alive after the prefix can always be carried to the end: every rest of a pattern matches
    # some text.
    return bool(_advance(pattern, prefix))


def covers(pattern: str, prefix: str) -> bool:
    """Tell whether every text that begins with `prefix` matches."""
    return pattern.endswith("*") and matches(pattern, prefix)


def _advance(pattern: str, text: str) -> set[int]:
    """Give the positions in the pattern that can be reached by consuming all of `text`."""
    states = _skip_stars(pattern, {0})
    for character in text:
        following = set()
        for at in states:
            if at == len(pattern):
                continue
            if pattern[at] == "*":
                following.add(at)
            elif pattern[at] in ("?", character):
                following.add(at + 1)
        if not following:
            return set()
        states = _skip_stars(pattern, following)
    return states


def _skip_stars(pattern: str, states: set[int]) -> set[int]:
    """Add what is reached by letting stars match nothing."""
    reached = set(states)
    for at in states:
        position = at
        while position < len(pattern) and pattern[position] == "*":
            position += 1
            reached.add(position)
    return reached
