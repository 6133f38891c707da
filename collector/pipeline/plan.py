"""The plan that a configuration gives: what is tested, with parameters that were checked before any source is asked."""

from datetime import timedelta

from collector.config import Configuration
from collector.model.control import Control
from collector.pipeline.parameters import check_control_names, parameters_for
from collector.pipeline.places import Limits
from collector.pipeline.run import Plan
from collector.pipeline.schedule import schedule_of
from controls.registry import CONTROLS, catalogue
from controls.source import source_files


def make_plan(configuration: Configuration, controls: tuple[Control, ...] = CONTROLS) -> Plan:
    """Say what to test.

    Raises:
        ConfigurationError: a parameter or cadence of the configuration fits no control.

    """
    check_control_names(configuration, {control.id for control in CONTROLS})
    return Plan(
        controls=controls,
        parameters={control.id: parameters_for(control, configuration) for control in controls},
        configuration={**configuration.recorded(), "catalogue": catalogue()},
        source=source_files(),
        schedule=schedule_of(configuration, CONTROLS),
    )


def limits_of(configuration: Configuration) -> Limits:
    """Say how much is read at once."""
    daemon = configuration.daemon
    return Limits(daemon.sources_at_once, timedelta(seconds=daemon.slow_after))
