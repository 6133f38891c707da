"""Calls to Cloud Logging for one project, through google-cloud-logging over gRPC, counted as they are made.

Each call is signed in with the headers of `SignIn`, as the calls over REST are. Handed to gRPC, the credentials would
renew themselves in a thread of gRPC's, without our patience, and a refusal there would look like a lost connection.

The library tries some failures again, for as long as 60 seconds, and never RESOURCE_EXHAUSTED, which is what Cloud
Logging says above its limit of reads a minute; here each call is tried `max_attempts` times, whichever of them it was.

Source: Cloud Logging API reference, google.logging.v2.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import grpc  # type: ignore[import-untyped]
from google.api_core.exceptions import (
    Aborted,
    DeadlineExceeded,
    GoogleAPICallError,
    InternalServerError,
    ResourceExhausted,
    ServiceUnavailable,
)
from google.api_core.retry import Retry
from google.api_core.timeout import ConstantTimeout
from google.cloud.logging_v2.services.config_service_v2 import ConfigServiceV2Client
from google.cloud.logging_v2.services.config_service_v2.transports import ConfigServiceV2GrpcTransport
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcTransport
from google.cloud.logging_v2.services.metrics_service_v2 import MetricsServiceV2Client
from google.cloud.logging_v2.services.metrics_service_v2.transports import MetricsServiceV2GrpcTransport

import collector
from collector.config import GcpProject
from collector.model.canonical import Json
from connectors.calls import CallLog
from connectors.gcp.errors import not_answered
from connectors.gcp.paging import each_page
from connectors.gcp.signin import SignIn

URL = "https://logging.googleapis.com"

MAX_ANSWER = 64 * 1024 * 1024
"""The largest answer that is read, in bytes: a page of 500 audit entries, of 128 KiB each; one may have 512."""

PAGE = 200
"""A project has at most 200 sinks and 100 log buckets."""

_TRANSIENT = (Aborted, DeadlineExceeded, InternalServerError, ResourceExhausted, ServiceUnavailable)

P_co = TypeVar("P_co", covariant=True)


class _Pager(Protocol[P_co]):
    """What the library's list methods return; the first page is in it already."""

    @property
    def pages(self) -> Iterator[P_co]:
        """Yield the pages."""
        ...


class LogService:
    """Cloud Logging as one project's identity sees it. Nothing is connected before the first call.

    What is called is noted in `log`, and where in `asked`.
    """

    def __init__(self, settings: GcpProject, signin: SignIn, log: CallLog, asked: set[str]) -> None:
        self.parent = f"projects/{settings.project}"
        self._settings = settings
        self._signin = signin
        self._log = log
        self._asked = asked
        self._url = settings.logging_url or URL

    @cached_property
    def config(self) -> ConfigServiceV2Client:
        """Sinks, log buckets and exclusions."""
        return ConfigServiceV2Client(transport=ConfigServiceV2GrpcTransport(channel=self._channel))

    @cached_property
    def metrics(self) -> MetricsServiceV2Client:
        """Log-based metrics."""
        return MetricsServiceV2Client(transport=MetricsServiceV2GrpcTransport(channel=self._channel))

    @cached_property
    def entries(self) -> LoggingServiceV2Client:
        """Log entries."""
        return LoggingServiceV2Client(transport=LoggingServiceV2GrpcTransport(channel=self._channel))

    @cached_property
    def _channel(self) -> Any:
        """One connection for all three, under TLS unless the configured URL says otherwise."""
        url = urlsplit(self._url)
        target = f"{url.hostname}:{url.port or (443 if url.scheme == 'https' else 80)}"
        options = (
            ("grpc.max_receive_message_length", MAX_ANSWER),
            ("grpc.primary_user_agent", f"controlproof/{collector.__version__}"),
        )
        if url.scheme == "https":
            return grpc.secure_channel(target, grpc.ssl_channel_credentials(), options)
        return grpc.insecure_channel(target, options)

    def pages(
        self, operation: str, call: Callable[..., _Pager[P_co]], request: Any, page_size: int = PAGE
    ) -> Iterator[P_co]:
        """Read a list page by page to its end.

        Args:
            operation: such as `logging:sinks.list`.
            call: the library's method.
            request: its message, without a page's size and token.
            page_size: how much one answer may hold.

        Raises:
            SourceError: a page did not come, or the pages do not lead to an end.

        """
        stated = _stated(request, page_size)
        request.page_size = page_size

        def ask(token: str) -> Any:
            request.page_token = token
            return self._send(operation, call, request, stated)

        yield from each_page(operation, ask)

    def _send(self, operation: str, call: Callable[..., _Pager[P_co]], request: Any, stated: dict[str, Json]) -> P_co:
        self._signin.renew()
        self._log.note(operation, stated)
        self._asked.add(self._url)
        try:
            pager = call(
                request=request,
                retry=_retries(self._settings.max_attempts),
                timeout=ConstantTimeout(self._settings.read_timeout),  # type: ignore[no-untyped-call]
                metadata=self._signin.metadata(),
            )
        except GoogleAPICallError as error:
            raise not_answered(operation, error, self._signin.token) from None
        return next(pager.pages)

    def close(self) -> None:
        """Close the connection, if there is one."""
        channel = self.__dict__.pop("_channel", None)
        if channel is not None:
            channel.close()


def _stated(request: Any, page_size: int) -> dict[str, Json]:
    """Give what a request asks for, as the provenance states it."""
    asked: dict[str, Json] = type(request).to_dict(request, always_print_fields_with_no_presence=False)
    return {**asked, "page_size": page_size}


def _retries(attempts: int) -> Retry:
    """Try again what may be different in a moment, a fixed number of times and not for a fixed time."""
    left = [attempts]

    def again(error: Exception) -> bool:
        left[0] -= 1
        return left[0] > 0 and isinstance(error, _TRANSIENT)

    return Retry(predicate=again, initial=0.25, multiplier=2, maximum=8, timeout=None)
