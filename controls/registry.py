"""All controls, in a tuple that a reader can see."""

from collector.model.control import Control
from collector.model.errors import ConfigurationError
from controls.acc2 import ACC_2
from controls.acc5 import ACC_5
from controls.catalogue import CRITERIA

CONTROLS: tuple[Control, ...] = (ACC_2, ACC_5)


def select(name: str) -> tuple[Control, ...]:
    """Give the controls that a control id or a criterion stands for.

    Raises:
        ConfigurationError: there is none; a known criterion without a control says so.

    """
    found = tuple(control for control in CONTROLS if control.answers_to(name))
    if found:
        return found
    if name in CRITERIA:
        raise ConfigurationError(f"no control tests {name} ({CRITERIA[name]}) yet", "see: controlproof controls")
    known = sorted({name for control in CONTROLS for name in (control.id, *control.criteria)})
    raise ConfigurationError(f"there is no control or criterion {name!r}", f"known: {', '.join(known)}")
