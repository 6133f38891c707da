"""How often each control is tested, and which populations each of its windows is expected to hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from collector.config import Configuration
from collector.model.canonical import Json
from collector.model.control import Control
from connectors.base import Source


@dataclass(frozen=True, slots=True)
class Scheduled:
    """One control's cadence, and the populations that its test cannot do without."""

    cadence: timedelta
    populations: tuple[str, ...]


def schedule_of(configuration: Configuration, controls: Iterable[Control]) -> Mapping[str, Scheduled]:
    """Give the schedule of controls by id, as the configuration or else the control says."""
    return {
        control.id: Scheduled(configuration.schedule.get(control.id, control.cadence), control.populations)
        for control in controls
    }


def recorded_schedule(schedule: Mapping[str, Scheduled], sources: Sequence[Source]) -> dict[str, Json]:
    """Give the schedule as a `config` record holds it: each control's cadence in seconds and the subjects it expects.

    A control that no configured source has anything for expects nothing.
    """
    return {
        control: {
            "cadence": int(scheduled.cadence.total_seconds()),
            "subjects": sorted(
                f"{source.id}/{population}"
                for source in sources
                for population in scheduled.populations
                if population in source.populations
            ),
        }
        for control, scheduled in schedule.items()
    }
