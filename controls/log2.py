"""LOG-2: outputs are logged to stores that are encrypted, not public, and kept neither too short nor too long.

The tested population is every store that an inference endpoint logs to, and every endpoint of which no store is known.
"""

from datetime import datetime

from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.result import Result
from controls.logging import retention
from controls.logging.endpoint import DEFAULTS
from controls.logging.keeper import OPTIONAL
from controls.logging.stores import NEEDS, assess_stores


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Assess every store."""
    del as_of  # Settings are judged as recorded; no age matters here.
    return assess_stores("LOG-2", "kept", evidence, parameters)


LOG_2 = Control(
    id="LOG-2",
    title="Outputs are logged to stores that are encrypted, not public, and kept neither too short nor too long",
    criteria=("C1.1", "C1.2", "P4.2"),
    populations=NEEDS,
    optional=OPTIONAL,
    test=test,
    defaults={**DEFAULTS, **retention.DEFAULTS, "customer_keys": False},
    limits=(
        "Settings are tested, not what they did to entries that are there; what is deleted in Cloud Storage can be "
        "restored for as long as its soft delete lasts. Of BigQuery the data set's default expirations are tested: the "
        "expiration of a single table, whether it has partitions, its own key and its own policy are not read. Where "
        "outputs are copied to afterwards is LOG-5's."
    ),
)
