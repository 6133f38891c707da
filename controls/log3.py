"""LOG-3: the log of outputs is never silent for longer than allowed while there are invocations.

The tested population is every inference endpoint whose invocations are counted, once for each store that it logs to.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from collector.model.canonical import JsonObject
from collector.model.control import Control, Parameters
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import Content, UnreadableError
from controls.fault import Fault, assess
from controls.logging.bedrock import INVOCATIONS
from controls.logging.endpoint import DEFAULTS, Delivery, InferenceEndpoint
from controls.logging.endpoints import NEEDS as ENDPOINT_NEEDS
from controls.logging.endpoints import endpoints_of
from controls.logging.silence import hours_between, silences
from controls.logging.vertex import COUNTS, LOGGED
from controls.needs import configured, missing

_VOLUMES = "logs.volumes"
_COUNTED = (_VOLUMES, COUNTS, LOGGED)
_NEEDS = (*ENDPOINT_NEEDS, *_COUNTED)
_COUNTERS = (INVOCATIONS, COUNTS)


def test(evidence: Evidence, parameters: Parameters, as_of: datetime) -> Result:
    """Compare invocations with log entries, hour by hour."""
    del as_of  # The hours are those that were read; how old the reading may be is its coverage's matter.
    if not configured(parameters, *_COUNTERS):
        return not_applicable("LOG-3", "no source that counts invocations is configured")
    endpoints = endpoints_of(evidence, parameters)
    counts = _Counts(evidence)
    assessments = [
        assessment
        for endpoint in endpoints.found
        if endpoint.counters is not None
        for assessment in _assess(endpoint, counts, parameters["max_silence_hours"])
    ]
    absent = [*endpoints.absent, *missing(evidence, parameters, *_COUNTED)]
    known = {(endpoint.source, each) for endpoint in endpoints.found for each in endpoint.counters or ()}
    assessments += counts.unknown(known)
    if not assessments and not absent:
        return not_applicable("LOG-3", "nothing is served whose invocations are counted")
    return conclude("LOG-3", assessments, absent)


class _Counts:
    """What was counted, by source and item."""

    def __init__(self, evidence: Evidence) -> None:
        self._invocations = _contents(evidence, *_COUNTERS)
        self._volumes = _contents(evidence, _VOLUMES, LOGGED)

    def invocations(self, endpoint: InferenceEndpoint) -> Sequence[Content]:
        """Give the counts of an endpoint's invocations; one that was not invoked lately has none."""
        found = (self._invocations.get((endpoint.source, counter)) for counter in endpoint.counters or ())
        return [each for each in found if each is not None]

    def volume(self, endpoint: InferenceEndpoint, delivery: Delivery) -> Content | None:
        """Give how much came to a store."""
        return self._volumes.get((endpoint.source, delivery.volume or ""))

    def unknown(self, known: set[tuple[str, str]]) -> Iterator[Assessment]:
        """Say what was invoked and is no endpoint any more: where it logged to is not known."""
        for (source, item), content in sorted(self._invocations.items()):
            total = sum(content.value["hours"].values())
            if (source, item) not in known and total:
                reason = (
                    f"{item} had {total} invocations and is in no list of endpoints: where it logged to is not known"
                )
                yield Assessment(f"{source}/{item}", Outcome.INCONCLUSIVE, reason, {"invocations": total})


def _contents(evidence: Evidence, *populations: str) -> Mapping[tuple[str, str], Content]:
    return {
        (snapshot.source, item.id): item.content()
        for population in populations
        for snapshot in evidence.snapshots(population)
        for item in snapshot
    }


def _assess(endpoint: InferenceEndpoint, counts: _Counts, allowed: int) -> Iterator[Assessment]:
    invoked = counts.invocations(endpoint)
    total = sum(sum(each.value["hours"].values()) for each in invoked)
    if not endpoint.deliveries:
        yield assess(endpoint.id, endpoint.what, _unlogged(endpoint, total), {"invocations": total})
        return
    for delivery in _compared(endpoint):
        member = f"{endpoint.id} -> {delivery.store.id}"
        what = f"{endpoint.what}, which logs to {delivery.store.what},"
        detail: dict[str, Any] = {"invocations": total, "store": delivery.store.id}
        if not total:
            yield assess(member, what, [], detail)
            continue
        volume = counts.volume(endpoint, delivery)
        silent, more = _faults(invoked, volume, allowed)
        yield assess(member, what, silent, {**detail, **more})


def _unlogged(endpoint: InferenceEndpoint, total: int) -> Iterator[Fault]:
    """Judge what logs to no store that is known: silent for sure only where it is known not to log."""
    if total and any(fault.certain for fault in endpoint.faults):
        yield Fault(f"had {total} invocations and logs none of them")
    elif total:
        yield Fault(f"had {total} invocations, and where they are logged is not known", certain=False)


def _compared(endpoint: InferenceEndpoint) -> Sequence[Delivery]:
    """Give the deliveries to compare: where some are counted, the others only take what is too large for those."""
    return [each for each in endpoint.deliveries if each.volume] or endpoint.deliveries[:1]


def _faults(invoked: Sequence[Content], volume: Content | None, allowed: int) -> tuple[Sequence[Fault], JsonObject]:
    if volume is None:
        return [Fault("was invoked, and how much was logged of it was not read", certain=False)], {}
    try:
        entries = volume.facet("hours")
    except UnreadableError as error:
        return [Fault(f"was invoked, and how much was logged of it is not known: {error}", certain=False)], {}
    windows = [each.value["window"] for each in (*invoked, volume)]
    # Two readings may lie on two sides of a full hour: what both have read is compared.
    hours = hours_between(max(each["start"] for each in windows), min(each["end"] for each in windows))
    sums = {hour: sum(each.value["hours"].get(hour, 0) for each in invoked) for hour in hours}
    found = list(silences(hours, sums, entries, allowed))
    if not hours:
        return [Fault("has counts of invocations and of log entries of different days", certain=False)], {}
    said = [Fault(f"was silent {silence}") for silence in found]
    return said, {"entries": sum(entries.values()), "hours": len(hours), "silences": [str(each) for each in found]}


LOG_3 = Control(
    id="LOG-3",
    title="The log of outputs is never silent for longer than allowed while there are invocations",
    criteria=("CC7.2", "CC7.3"),
    populations=_NEEDS,
    test=test,
    defaults={**DEFAULTS, "max_silence_hours": 1},
    limits=(
        "Counts of the last 26 whole hours are compared, hour by hour: that something was logged in an hour, not that "
        "every output was. Of a bucket it is known in which hours files came; a log group counts everything that is "
        "written to it. What workloads of clusters were asked is counted nowhere, so they are not in the population."
    ),
)
