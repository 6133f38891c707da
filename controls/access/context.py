"""What is known of the requests that a question is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from controls.access.pattern import MANY, Variable, parse_template, tokenize
from controls.access.truth import Truth


@dataclass(frozen=True, slots=True)
class Context:
    """The condition keys whose values are known, in lower case.

    Attributes:
        values: the values of each key; none for a key that is known to be absent.
        closed: beginnings of keys of which `values` holds all that there are; the empty text closes all. A key
            that is neither in `values` nor closed is unknown, not absent.

    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    closed: tuple[str, ...] = ()

    def get(self, key: str) -> Sequence[str] | None:
        """Give a key's values, none when it is absent, or None when it is unknown."""
        name = key.lower()
        found = self.values.get(name)
        if found is None and name.startswith(self.closed):
            return ()
        return found

    def joined(self, other: "Context") -> "Context":
        """Give what either knows; this one's word goes first."""
        return Context({**other.values, **self.values}, (*self.closed, *other.closed))


@dataclass(frozen=True, slots=True)
class Resolved:
    """A text with its variables' values in place.

    `known` is UNKNOWN when a variable's value is not known: then the tokens match at least what the text
    would. It is NO when a variable has no value: then the text matches nothing.
    """

    tokens: tuple[str, ...]
    known: Truth


def resolve(text: str, context: Context, *, wild: bool) -> Resolved:
    """Put values in the place of variables. What comes from a value is literal, even a star.

    Args:
        text: as it stands in the policy.
        context: gives the values.
        wild: whether `*` and `?` in the text are wildcards.

    """
    tokens: list[str] = []
    known = Truth.YES
    for part in parse_template(text):
        if isinstance(part, str):
            tokens += tokenize(part) if wild else part
            continue
        values = _values(part, context)
        if values is None or len(values) > 1:
            tokens.append(MANY)
            known = min(known, Truth.UNKNOWN)
        elif values:
            tokens += values[0]
        else:
            known = Truth.NO
    return Resolved(tuple(tokens), known)


def _values(variable: Variable, context: Context) -> Sequence[str] | None:
    values = context.get(variable.key) if variable.key else ()
    if values is not None and not values and variable.default is not None:
        return (variable.default,)
    return values
