"""The criteria that controls map to, by id, each with what it asks for in a few words of our own.

All criteria of each framework are here, those that no control tests too: an auditor is to see what is not covered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from collector.model.control import Control
from collector.model.errors import ConfigurationError
from controls.frameworks.eu_ai_act import EU_AI_ACT
from controls.frameworks.gdpr import GDPR
from controls.frameworks.iso42001 import ISO_42001
from controls.frameworks.mapping import MAPPING
from controls.frameworks.nist_ai_rmf import NIST_AI_RMF
from controls.frameworks.soc2 import SOC_2


@dataclass(frozen=True, slots=True)
class Framework:
    """One framework: its name, its source, and its criteria by id."""

    id: str
    name: str
    source: str
    criteria: Mapping[str, str]


FRAMEWORKS: tuple[Framework, ...] = (
    Framework("soc2", "SOC 2", "AICPA Trust Services Criteria, 2017 (points of focus 2022)", SOC_2),
    Framework("iso42001", "ISO/IEC 42001", "ISO/IEC 42001:2023, Annex A", ISO_42001),
    Framework("eu-ai-act", "EU AI Act", "Regulation (EU) 2024/1689", EU_AI_ACT),
    Framework("gdpr", "GDPR, Article 32", "Regulation (EU) 2016/679", GDPR),
    Framework("nist-ai-rmf", "NIST AI RMF", "NIST AI 100-1 (AI RMF 1.0)", NIST_AI_RMF),
)

CRITERIA: Mapping[str, str] = {id_: words for each in FRAMEWORKS for id_, words in each.criteria.items()}


def framework(name: str) -> Framework:
    """Give a framework by its id, whatever its case.

    Raises:
        ConfigurationError: there is none.

    """
    found = next((each for each in FRAMEWORKS if each.id == name.casefold()), None)
    if found is None:
        known = ", ".join(each.id for each in FRAMEWORKS)
        raise ConfigurationError(f"there is no framework {name!r}", f"frameworks: {known}")
    return found


def mapped(control: Control) -> Control:
    """Give a control with the criteria of the other frameworks beside its own of SOC 2."""
    return replace(control, criteria=(*control.criteria, *MAPPING.get(control.id, ())))
