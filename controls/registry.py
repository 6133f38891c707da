"""All controls, in a tuple that a reader can see."""

from collector.model.canonical import Json
from collector.model.control import Control
from collector.model.errors import ConfigurationError
from controls.acc1 import ACC_1
from controls.acc2 import ACC_2
from controls.acc3 import ACC_3
from controls.acc4 import ACC_4
from controls.acc5 import ACC_5
from controls.acc6 import ACC_6
from controls.catalogue import CRITERIA
from controls.chg1 import CHG_1
from controls.chg2 import CHG_2
from controls.chg3 import CHG_3
from controls.chg4 import CHG_4
from controls.chg5 import CHG_5
from controls.ops1 import OPS_1
from controls.ops2 import OPS_2
from controls.ops3 import OPS_3
from controls.ops4 import OPS_4
from controls.seg1 import SEG_1
from controls.seg2 import SEG_2
from controls.seg3 import SEG_3
from controls.seg4 import SEG_4

CONTROLS: tuple[Control, ...] = (
    ACC_1,
    ACC_2,
    ACC_3,
    ACC_4,
    ACC_5,
    ACC_6,
    SEG_1,
    SEG_2,
    SEG_3,
    SEG_4,
    CHG_1,
    CHG_2,
    CHG_3,
    CHG_4,
    CHG_5,
    OPS_1,
    OPS_2,
    OPS_3,
    OPS_4,
)


def catalogue() -> dict[str, Json]:
    """Give what every control says of itself, for the `config` record: a bundle's readers have no other source."""
    return {
        control.id: {"criteria": control.criteria, "limits": control.limits, "title": control.title}
        for control in CONTROLS
    }


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
