"""LOG-4: what is logged of outputs is locked against deletion.

The tested population is every store that an inference endpoint logs to, and every endpoint of which no store is known.
"""

from datetime import datetime

from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.result import Result
from controls.logging.bucket import LOCK_DEFAULTS
from controls.logging.endpoint import DEFAULTS
from controls.logging.keeper import OPTIONAL
from controls.logging.stores import NEEDS, assess_stores


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every store."""
    del as_of  # Settings are judged as recorded; no age matters here.
    return assess_stores("LOG-4", "locked", evidence, parameters)


LOG_4 = Control(
    id="LOG-4",
    title="What is logged of outputs is locked against deletion",
    criteria=("CC7.2", "CC7.3"),
    populations=NEEDS,
    optional=OPTIONAL,
    test=test,
    defaults={**DEFAULTS, **LOCK_DEFAULTS},
    limits=(
        "Whoever may turn off the deletion protection of a log group, shorten its retention, or bypass Object Lock in "
        "governance mode can still delete: that shows in CloudTrail, not here. A default retention locks what was "
        "written since it was set. BigQuery has no lock, so what is logged there deviates, whoever may delete it. "
        "Holds of single objects in Cloud Storage are not read."
    ),
)
