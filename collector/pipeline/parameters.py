"""A test's parameters: its defaults, what the configuration says, and what all tests are told."""

from typing import Any

from collector.config import Configuration
from collector.model.control import Control, Parameters
from collector.model.errors import ConfigurationError

WEIGHTS = "weights"
"""The declared weight locations, which every test of model-weight access gets."""
TENANTS = "tenants"
"""The tenant map, which every test of segregation gets."""
SOURCES = "sources"
"""The ids of all configured sources: what is not configured is not missing."""
SERVING_NAMESPACES = "serving_namespaces"
"""Namespaces in which whatever runs serves models, as `serving` declares them."""
DEPLOYERS = "deployers"
"""Who may change what is served, as `serving` declares them."""
LOGGING_IMAGES = "logging_images"
"""Images that log what models put out, as `serving` declares them."""
SHARED = frozenset((WEIGHTS, TENANTS, SOURCES, SERVING_NAMESPACES, DEPLOYERS, LOGGING_IMAGES))


def parameters_for(control: Control, configuration: Configuration) -> Parameters:
    """Give a control's parameters, checked against its defaults.

    Raises:
        ConfigurationError: an unknown parameter, or a value of another type than the default's; it names the
            place in the configuration.

    """
    configured = dict(configuration.controls.get(control.id, {}))
    for name, value in configured.items():
        place = configuration.place("controls", control.id, name)
        if name not in control.defaults or name in SHARED:
            known = ", ".join(sorted(control.defaults.keys() - SHARED)) or "none"
            raise ConfigurationError(f"{place}: {control.id} has no parameter {name!r}", f"its parameters: {known}")
        expected = control.defaults[name]
        if not _fits(value, expected):
            raise ConfigurationError(
                f"{place}: {name} of {control.id} must be {_kind(expected)}, not {value!r}",
                f"for example: {expected!r}",
            )
    shared: dict[str, Any] = {
        DEPLOYERS: list(configuration.serving.deployers),
        LOGGING_IMAGES: list(configuration.serving.logging_images),
        SERVING_NAMESPACES: list(configuration.serving.namespaces),
        SOURCES: sorted(source.id for source in configuration.sources),
        TENANTS: configuration.tenant_map,
        WEIGHTS: list(configuration.weights),
    }
    told = {name: value for name, value in shared.items() if name in control.defaults}
    return {**control.defaults, **configured, **told}


def check_control_names(configuration: Configuration, known: set[str]) -> None:
    """Refuse parameters or a cadence for a control that does not exist.

    Raises:
        ConfigurationError: naming the place.

    """
    for section, names in (("controls", configuration.controls), ("schedule", configuration.schedule)):
        for name in names:
            if name not in known:
                raise ConfigurationError(
                    f"{configuration.place(section, name)}: there is no control {name!r}",
                    f"controls: {', '.join(sorted(known))}",
                )


def _fits(value: Any, expected: Any) -> bool:
    if isinstance(expected, (list, tuple)):
        return isinstance(value, (list, tuple)) and all(isinstance(member, str) for member in value)
    return type(value) is type(expected)


def _kind(expected: Any) -> str:
    if isinstance(expected, (list, tuple)):
        return "a list of strings"
    return {bool: "true or false", int: "a whole number", str: "a string"}[type(expected)]
