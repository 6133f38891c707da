"""The SDK, set up for hundreds of sessions in one process: what it makes for each of them and need not is shared.

By itself, each session reads the descriptions of services again, megabytes each, and each client gets a class of its
own with a method for every operation of its service, which only a collection of garbage gives back.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import wraps
from threading import RLock
from typing import Any
from urllib.request import getproxies

import botocore.client
import botocore.session
from botocore.errorfactory import ClientExceptionsFactory
from botocore.handlers import json_decode_policies
from botocore.loaders import Loader
from botocore.utils import parse_timestamp


def sdk_session(profile: str | None) -> botocore.session.Session:
    """Make a session of the SDK, with credentials of its own and without what is shared."""
    session = botocore.session.Session(profile=profile)
    session.register_component("data_loader", _DESCRIPTIONS)
    session.register_component("exceptions_factory", _EXCEPTIONS)
    # Of all policies that AWS has, those that nobody uses are skipped before they are decoded.
    decode: Any = json_decode_policies
    session.unregister("after-call.iam", decode)
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_timestamp)
    return session


def proxies() -> dict[str, str] | None:
    """Give no proxies where the environment names none, else None: the SDK then sees which are for an endpoint."""
    return None if getproxies() else {}


def _timestamp(value: Any) -> datetime:
    """Parse a time. Most have the one form that Python itself parses, some hundred times faster than the SDK would."""
    if isinstance(value, str) and value.endswith("Z"):
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    parsed: datetime = parse_timestamp(value)
    return parsed


class _Descriptions(Loader):
    """The SDK's descriptions of services, read once for all sessions."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = RLock()

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        """Give one, to one thread at a time: it is completed in place when it is first asked for."""
        with self.lock:
            return super().load_service_model(service_name, type_name, api_version)


_DESCRIPTIONS = _Descriptions()
_EXCEPTIONS = ClientExceptionsFactory()


def _once(make: Callable[..., Any]) -> Callable[..., Any]:
    """Have sessions of this module share what a method makes of a service; nobody changes it once it is made."""
    made: dict[tuple[Any, ...], Any] = {}

    @wraps(make)
    def shared(creator: Any, *asked: Any, **named: Any) -> Any:
        if named or getattr(creator, "_loader", None) is not _DESCRIPTIONS:
            return make(creator, *asked, **named)
        with _DESCRIPTIONS.lock:
            if asked not in made:
                made[asked] = make(creator, *asked)
            return made[asked]

    return shared


# The SDK has no public place for this. Where a version of it lacks these, each client has its own, as by default.
_CREATOR: Any = botocore.client.ClientCreator
for _name in ("_load_service_model", "_create_client_class"):
    if hasattr(_CREATOR, _name):
        setattr(_CREATOR, _name, _once(getattr(_CREATOR, _name)))
