"""The test of everything that outputs are logged to: one question, asked of each store."""

from typing import Literal

from collector.model.control import Parameters
from collector.model.errors import MalformedError
from collector.model.evidence import Evidence
from collector.model.outcome import Outcome
from collector.model.result import Assessment, Result, conclude, not_applicable
from collector.model.snapshot import UnreadableError
from controls.fault import assess
from controls.logging.endpoints import NEEDS as ENDPOINT_NEEDS
from controls.logging.endpoints import endpoints_of
from controls.logging.keeper import NEEDS as KEEPER_NEEDS
from controls.logging.keeper import keeper_of
from controls.logging.store import LogStore
from controls.needs import configured, missing

NEEDS = (*ENDPOINT_NEEDS, *KEEPER_NEEDS)

Question = Literal["kept", "locked"]


def assess_stores(control: str, question: Question, evidence: Evidence, parameters: Parameters) -> Result:
    """Ask one question of every store, in the name of a control."""
    if not configured(parameters, *ENDPOINT_NEEDS):
        return not_applicable(control, "no source that serves models is configured")
    endpoints = endpoints_of(evidence, parameters)
    if not endpoints.any:
        return not_applicable(control, "nothing is served")
    assessments = [
        *(_assess(store, users, question, evidence, parameters) for store, users in endpoints.stores().items()),
        *endpoints.unnamed(),
    ]
    return conclude(control, assessments, [*endpoints.absent, *missing(evidence, parameters, *KEEPER_NEEDS)])


def _assess(
    store: LogStore, users: list[str], question: Question, evidence: Evidence, parameters: Parameters
) -> Assessment:
    keeper = keeper_of(store, evidence)
    if isinstance(keeper, str):
        return Assessment(store.id, Outcome.INCONCLUSIVE, keeper, {"endpoints": list(users)})
    try:
        faults = list(keeper.kept(parameters) if question == "kept" else keeper.locked(parameters))
        return assess(store.id, store.what, faults, {**keeper.detail(), "endpoints": list(users)})
    except (MalformedError, UnreadableError) as error:
        return Assessment(store.id, Outcome.INCONCLUSIVE, f"how {store.what} is kept is not known: {error}")
