"""Calls to AWS, counted as they are made: who asked, what was asked, which answers came."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from datetime import datetime
from threading import Lock, local
from typing import Any, TypeVar
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, RefreshableCredentials
from botocore.exceptions import ClientError

import collector
from collector.config import AwsAccount
from collector.model.canonical import Json, encode
from collector.model.snapshot import Failure, FailureClass, Provenance
from connectors.aws.answers import Trail, check_lists, check_root
from connectors.aws.errors import classify, error_code
from connectors.aws.sdk import proxies, sdk_session
from connectors.base import SourceError
from connectors.calls import CallLog
from connectors.documented import NOT_DOCUMENTED, entries, unexpected, written

CONCURRENCY = 8
"""Calls under way at once to one account."""

_WINDOW = 4 * CONCURRENCY
_OF_ONE = (
    "Bucket",
    "KeyId",
    "MetricDataQueries",
    "ModelPackageGroupName",
    "ParentId",
    "Prefix",
    "TargetId",
    "guardrailIdentifier",
    "logGroupName",
    "resourceArn",
)
"""Parameters that name one member: the provenance counts such calls together."""

_ASSUME = "sts:AssumeRole"

A = TypeVar("A")
B = TypeVar("B")


class AwsSession:
    """One account, one identity, one reading. Make a new one for each population."""

    def __init__(self, settings: AwsAccount, clock: Callable[[], datetime], identity: "Identity") -> None:
        self.settings = settings
        self.identity = identity
        self.log = CallLog()
        self._clock = clock
        self.region = settings.region

    def within(self, region: str) -> "AwsSession":
        """Give the same reading, whose calls go to another region and are counted with the others."""
        if region == self.region:
            return self
        other = copy(self)
        other.region = region
        return other

    def now(self) -> datetime:
        """Give the time by the collector's clock."""
        return self._clock()

    def provenance(self) -> Provenance:
        """Say how the population was read."""
        return Provenance(
            connector=f"aws/{collector.__version__}",
            caller=self.identity.caller,
            endpoint=self.settings.endpoint_url or f"aws:{','.join(self.settings.regions)}",
            operations=self.log.operations(),
            first_request=self.log.first_request,
            last_request=self.log.last_request,
            clock_skew=self.log.clock_skew,
        )

    def call(self, service: str, operation: str, write: Callable[[Mapping[str, Any]], A], **parameters: Any) -> A:
        """Make one call and give what `write` makes of the answer.

        Raises:
            SourceError: the source did not answer it, or not in the documented form.

        """
        client = self._client(service)
        name = _operation_name(client, service, operation)
        method = getattr(client, operation)
        self._note(name, {})
        try:
            answer = method(**parameters)
        except Exception as error:
            raise _source_error(error, name) from error
        return written(name, write, answer)

    def pages(
        self,
        service: str,
        operation: str,
        page_size: int | None,
        write: Callable[[Mapping[str, Any]], Iterable[A]],
        **parameters: Any,
    ) -> Iterator[A]:
        """Read a list to its end, page by page, and yield what `write` makes of each.

        Args:
            service: the SDK's name of it, as is `operation`.
            page_size: the largest that AWS allows, or None where it takes no size.
            write: gives the entries of a page.
            parameters: what the operation takes.

        Raises:
            SourceError: a page did not come or has not the documented form, or the pages do not lead to an end.

        """
        client = self._client(service)
        name = _operation_name(client, service, operation)
        stated = {key: value for key, value in parameters.items() if key not in _OF_ONE}
        paginator = client.get_paginator(operation)
        pages = iter(paginator.paginate(**parameters, PaginationConfig={"PageSize": page_size}))
        trail = Trail(name)
        while True:
            self._note(name, stated)
            try:
                page = next(pages, None)
            except Exception as error:
                raise _source_error(error, name) from error
            if page is None:
                self._unnote(name, stated)
                return trail.end()
            check_lists(page, paginator.result_keys, name)
            yield from entries(name, write, page)
            trail.follow(page)

    def _note(self, name: str, stated: Mapping[str, Json]) -> None:
        """Count a call that this thread is about to send, and let its answer be counted here."""
        self.log.note(name, stated)
        _calling.session = self

    def answered(self, http_response: Any, parsed: Any) -> None:
        """Keep what the answer says of itself."""
        request = (parsed.get("ResponseMetadata") or {}).get("RequestId") if isinstance(parsed, dict) else None
        self.log.answered(request, http_response.headers.get("Date"), self._clock())

    def _unnote(self, name: str, stated: Mapping[str, Json]) -> None:
        """Take back the count of a call that was not made, because the page before was the last."""
        with self.log.lock:
            self.log.calls[name, encode(stated)] -= 1

    def facet(
        self, item: str, facet: str, read: Callable[[], A], absent: frozenset[str] = frozenset()
    ) -> A | Failure | None:
        """Read one part of an item: its value, None for the codes that mean "there is none", or the failure."""
        try:
            return read()
        except SourceError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and error_code(cause) in absent:
                return None
            return replace(error.failure, item=item, facet=facet)

    def each(self, function: Callable[[A], B], values: Iterable[A]) -> Iterator[B]:
        """Apply a function to values, some at a time, results in order; at most a window of them is held.

        Raises:
            SourceError: the values ended in it; what came before it was still given.

        """
        fault: list[SourceError] = []
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            pending: deque[Future[B]] = deque()
            try:
                for value in _until_fault(values, fault):
                    pending.append(pool.submit(function, value))
                    if len(pending) >= _WINDOW:
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                for future in pending:
                    future.cancel()
        if fault:
            raise fault[0]

    def _client(self, service: str) -> Any:
        return self.identity.client(service, self.region)


_calling = local()
"""Holds, by thread, the session whose call is under way: sessions share clients, and a thread makes one at a time."""


def _after_call(http_response: Any, parsed: Any, **_: Any) -> None:
    session: AwsSession = _calling.session
    session.answered(http_response, parsed)


class AssumedRole(CredentialProvider):
    """Credentials of a role, assumed again before they expire: a large account can take longer to read."""

    METHOD = "assume-role"

    def __init__(self, assume: Callable[[], dict[str, str]]) -> None:
        super().__init__()
        self._assume = assume

    def load(self) -> RefreshableCredentials:
        """Assume the role now; botocore calls again when less than some minutes are left."""
        return RefreshableCredentials.create_from_metadata(self._assume(), self._assume, self.METHOD)


class Identity:
    """As whom an account is read. It is asked once, and found to be of the configured account, or not at all."""

    def __init__(self, settings: AwsAccount) -> None:
        self.caller = ""
        self._settings = settings
        self._session: botocore.session.Session | None = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._refused: SourceError | None = None
        self._known = False
        # botocore's clients are thread-safe, making them is not.
        self._lock = Lock()

    def check(self) -> None:
        """Sign in and compare the account.

        Raises:
            SourceError: it failed, or another account answered. Asked again, it fails alike without a call.

        """
        if self._refused is not None:
            raise self._refused
        if self._known:
            return
        operation = "sts:GetCallerIdentity"
        try:
            answer = self._signed_in("sts", self._settings.region).get_caller_identity()
            account, self.caller = written(operation, lambda a: (str(a["Account"]), str(a["Arn"])), answer)
        except Exception as error:
            self._refused = _source_error(error, operation)
            raise self._refused from error
        if account != self._settings.account:
            reason = f"account {account} answered, {self._settings.account} is configured"
            self._refused = SourceError(Failure(FailureClass.MISIDENTIFIED, operation, "WrongAccount", reason))
            raise self._refused
        self._known = True

    def client(self, service: str, region: str) -> Any:
        """Give a client with this identity: bounded retries, bounded patience, read-only use."""
        at = (service, region)
        with self._lock:
            if at not in self._clients:
                client = self._signed_in(*at)
                client.meta.events.register("after-call", _after_call)
                self._clients[at] = client
            return self._clients[at]

    def _signed_in(self, service: str, region: str) -> Any:
        if self._session is None:
            self._session = self._sign_in()
        return self._make(self._session, service, region)

    def _sign_in(self) -> botocore.session.Session:
        settings = self._settings
        try:
            session = sdk_session(settings.profile)
            if settings.role_arn is None:
                return session
            sts = self._make(session, "sts", settings.region)
        except Exception as error:
            raise _source_error(error, _ASSUME) from error
        assumed = sdk_session(settings.profile)
        provider = AssumedRole(lambda: self._assume(sts))
        assumed.register_component("credential_provider", CredentialResolver([provider]))
        return assumed

    def _assume(self, sts: Any) -> dict[str, str]:
        settings = self._settings
        external = {"ExternalId": settings.external_id} if settings.external_id else {}
        try:
            answer = sts.assume_role(RoleArn=settings.role_arn, RoleSessionName="controlproof", **external)
        except Exception as error:
            raise _source_error(error, _ASSUME) from error
        return written(_ASSUME, _credentials, answer)

    def _make(self, session: botocore.session.Session, service: str, region: str) -> Any:
        settings = self._settings
        config = Config(
            retries={"mode": "adaptive", "total_max_attempts": settings.max_attempts},
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.read_timeout,
            max_pool_connections=CONCURRENCY,
            proxies=proxies(),
            user_agent_extra=f"controlproof/{collector.__version__}",
            s3={"addressing_style": "path"} if settings.endpoint_url else {},
        )
        make: Any = session.create_client
        client = make(service, region_name=region, endpoint_url=settings.endpoint_url, config=config)
        client.meta.events.register("before-parse", check_root)
        if service == "s3control" and _is_bare(settings.endpoint_url):
            client.meta.events.register("before-sign.s3-control", self._remove_account_from_host)
        return client

    def _remove_account_from_host(self, request: Any, **_: Any) -> None:
        """Undo that S3 Control puts the account id before the host name: a bare host has no such names below it."""
        request.url = request.url.replace(f"//{self._settings.account}.", "//", 1)


def _is_bare(endpoint_url: str | None) -> bool:
    """Tell whether an endpoint's host is an address or a single label, such as 127.0.0.1 or localhost."""
    host = urlsplit(endpoint_url or "https://amazonaws.com").hostname or ""
    return "." not in host or ":" in host or host.replace(".", "").isdigit()


def _operation_name(client: Any, service: str, operation: str) -> str:
    return f"{service}:{client.meta.method_to_api_mapping[operation]}"


def _source_error(error: Exception, operation: str) -> SourceError:
    """Turn an exception of the SDK into the failure it means; one of our own goes on as it is."""
    if isinstance(error, SourceError):
        return error
    failure = classify(error, operation)
    if failure is None and isinstance(error, NOT_DOCUMENTED):
        # botocore's parsers raise these on answers that are not what they expect.
        failure = unexpected(operation, error)
    if failure is None:
        raise error
    return SourceError(failure)


def _credentials(answer: Mapping[str, Any]) -> dict[str, str]:
    given = answer["Credentials"]
    return {
        "access_key": given["AccessKeyId"],
        "secret_key": given["SecretAccessKey"],
        "token": given["SessionToken"],
        "expiry_time": given["Expiration"].isoformat(),
    }


def _until_fault(values: Iterable[A], fault: list[SourceError]) -> Iterator[A]:
    try:
        yield from values
    except SourceError as error:
        fault.append(error)
