"""All controls, in a tuple that a reader can see."""

import difflib

from collector.model.control import Control
from collector.model.errors import ConfigurationError
from controls.acc1 import ACC_1
from controls.acc2 import ACC_2
from controls.acc3 import ACC_3
from controls.acc4 import ACC_4
from controls.acc5 import ACC_5
from controls.acc6 import ACC_6
from controls.catalogue import CRITERIA, mapped
from controls.chg1 import CHG_1
from controls.chg2 import CHG_2
from controls.chg3 import CHG_3
from controls.chg4 import CHG_4
from controls.chg5 import CHG_5
from controls.log1 import LOG_1
from controls.log2 import LOG_2
from controls.log3 import LOG_3
from controls.log4 import LOG_4
from controls.log5 import LOG_5
from controls.ops1 import OPS_1
from controls.ops2 import OPS_2
from controls.ops3 import OPS_3
from controls.ops4 import OPS_4
from controls.seg1 import SEG_1
from controls.seg2 import SEG_2
from controls.seg3 import SEG_3
from controls.seg4 import SEG_4
from controls.ven1 import VEN_1
from controls.ven2 import VEN_2
from controls.ven3 import VEN_3
from controls.ven4 import VEN_4
from controls.ven5 import VEN_5
from controls.ven6 import VEN_6

_ALL: tuple[Control, ...] = (
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
    LOG_1,
    LOG_2,
    LOG_3,
    LOG_4,
    LOG_5,
    OPS_1,
    OPS_2,
    OPS_3,
    OPS_4,
    VEN_1,
    VEN_2,
    VEN_3,
    VEN_4,
    VEN_5,
    VEN_6,
)

CONTROLS: tuple[Control, ...] = tuple(map(mapped, _ALL))
"""Each with the criteria of all frameworks that it maps to."""


def select(name: str) -> tuple[Control, ...]:
    """Give the controls that a control id or a criterion of any framework stands for, whatever its case.

    Raises:
        ConfigurationError: there is none; a known criterion without a control says so.

    """
    found = tuple(control for control in CONTROLS if control.answers_to(name))
    if found:
        return found
    criterion = next((known for known in CRITERIA if known.casefold() == name.casefold()), None)
    if criterion:
        raise ConfigurationError(f"no control tests {criterion} ({CRITERIA[criterion]})", "see: controlproof controls")
    known = [*(control.id for control in CONTROLS), *CRITERIA]
    near = difflib.get_close_matches(name.upper(), known, 5)
    mend = f"did you mean {' or '.join(near)}?" if near else "see: controlproof controls --framework soc2"
    raise ConfigurationError(f"there is no control or criterion {name!r}", mend)
