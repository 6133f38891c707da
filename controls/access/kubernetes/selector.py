"""Label selectors as the connector records them, of which parts may be about labels that are not recorded."""

from collections.abc import Mapping
from typing import Any

from controls.access.kubernetes.facet import labels, objects, text, texts
from controls.access.kubernetes.role import Selector
from controls.access.truth import Truth


def parse_selector(value: Mapping[str, Any], where: str) -> Selector:
    """Read a selector, `labels` and `expressions`; without both it selects everything.

    Raises:
        MalformedError: it has another form.

    """
    expressions = objects(value, "expressions", where)
    return Selector(
        labels=tuple(sorted(labels(value, "labels", where).items())),
        expressions=tuple(
            (text(e, "key", where), text(e, "operator", where), texts(e, "values", where)) for e in expressions
        ),
    )


def is_empty(selector: Selector) -> bool:
    """Tell whether it selects everything because it requires nothing."""
    return not selector.labels and not selector.expressions


def selects(selector: Selector, known: Mapping[str, str]) -> Truth:
    """Tell whether it selects what has these labels, and perhaps others beside them."""
    about = Selector(
        tuple(label for label in selector.labels if label[0] in known),
        tuple(expression for expression in selector.expressions if expression[0] in known),
    )
    if not about.selects(known):
        return Truth.NO
    return Truth.YES if about == selector else Truth.UNKNOWN
