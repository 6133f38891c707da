"""Label selectors, matched as the API server matches them.

Source: Kubernetes documentation, "Labels and Selectors".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collector.model.errors import MalformedError
from controls.access.kubernetes.facet import labels, objects, text, texts
from controls.access.truth import Truth


@dataclass(frozen=True, slots=True)
class Selector:
    """A label selector: all of its requirements must hold."""

    labels: tuple[tuple[str, str], ...]
    expressions: tuple[tuple[str, str, tuple[str, ...]], ...]
    """key, operator (In, NotIn, Exists, DoesNotExist), values"""

    @property
    def is_empty(self) -> bool:
        """Tell whether it requires nothing, and so selects everything."""
        return not self.labels and not self.expressions

    def selects(self, given: Mapping[str, str]) -> bool:
        """Tell whether labels satisfy it."""
        return all(given.get(key) == value for key, value in self.labels) and all(
            _holds(given, key, operator, values) for key, operator, values in self.expressions
        )

    def may_select(self, known: Mapping[str, str]) -> Truth:
        """Tell whether it selects what has these labels, and perhaps others beside them."""
        about = Selector(
            tuple(label for label in self.labels if label[0] in known),
            tuple(expression for expression in self.expressions if expression[0] in known),
        )
        if not about.selects(known):
            return Truth.NO
        return Truth.YES if about == self else Truth.UNKNOWN


def _holds(given: Mapping[str, str], key: str, operator: str, values: tuple[str, ...]) -> bool:
    if operator in ("Exists", "DoesNotExist"):
        return (key in given) == (operator == "Exists")
    return (key in given and given[key] in values) == (operator == "In")


def parse_selector(value: Mapping[str, Any], where: str) -> Selector:
    """Read a selector.

    Raises:
        MalformedError: it has another form than the recorded one.

    """
    # A selector selects everything when it is empty, so one of another form must not be taken for that.
    if value.keys() != {"expressions", "labels"}:
        raise MalformedError(f"{where} is not a label selector")
    return Selector(
        labels=tuple(sorted(labels(value, "labels", where).items())),
        expressions=tuple(_expression(expression, where) for expression in objects(value, "expressions", where)),
    )


def _expression(value: Mapping[str, Any], where: str) -> tuple[str, str, tuple[str, ...]]:
    operator = text(value, "operator", where)
    if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
        raise MalformedError(f"{where} has an unknown operator {operator}")
    return text(value, "key", where), operator, texts(value, "values", where)
