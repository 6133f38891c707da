"""`logs.inspection`: kinds of personal data in a sample of log events, for whoever asks for it in the configuration.

Source: Amazon CloudWatch Logs API Reference (FilterLogEvents). Of an event only kinds and counts are kept: its text is
neither recorded, nor logged, nor part of any error. Where a data protection policy masks, masked text is what is seen,
since the collector has no logs:Unmask.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from collector.model.canonical import Json
from connectors.aws.facets import draft
from connectors.aws.hours import Window
from connectors.aws.invocation_logging import ACTION, logging_of
from connectors.aws.session import AwsSession
from connectors.base import Draft, Population
from connectors.personal_data import kinds

_BACK = timedelta(hours=24)

# When everything is logged, botocore's parsers log whole answers: here, that would be what was said.
logging.getLogger("botocore.parsers").setLevel(logging.INFO)


def inspection(aws: AwsSession) -> Iterator[Draft]:
    """Yield each log group that outputs go to, with the kinds of data that were found in its sample.

    The sample is one page: at most as many events of the last day as the configuration asks for.
    """
    groups = sorted({str(name) for name in (logging_of(aws)["group"], *aws.settings.log_groups) if name})
    yield from aws.each(lambda group: _inspected(aws, group), groups)


def _inspected(aws: AwsSession, group: str) -> Draft:
    item = f"{aws.region}/{group}"
    window = Window.before(aws.now())
    since = int((window.end - _BACK).timestamp() * 1000)

    def read() -> Json:
        return aws.call(
            "logs",
            "filter_log_events",
            _counted,
            logGroupName=group,
            startTime=since,
            limit=aws.settings.inspect_log_events,
        )

    sample = aws.facet(item, "sample", read)
    return draft(item, {"group": group, "region": aws.region}, {"sample": sample})


def _counted(answer: Mapping[str, Any]) -> Json:
    found: Counter[str] = Counter()
    for event in answer["events"]:
        found.update(kinds(event["message"]))
    return {"events": len(answer["events"]), "found": dict(sorted(found.items()))}


INSPECTION = Population("logs.inspection", (ACTION, "logs:FilterLogEvents"), inspection, regional=True, on_request=True)
