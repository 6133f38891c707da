"""One cluster, as whom it is read, and single requests to it: bounded in time, in size and in number.

The official client signs in (kubeconfig, plugins, service account), and holds TLS and proxies. Its own
`call_api` reads error answers whole, whatever their size, so requests go to the connection pool below it.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import orjson
import urllib3
from kubernetes.client import ApiClient
from kubernetes.client import Configuration as ClientConfiguration
from kubernetes.config import ConfigException, load_incluster_config, load_kube_config
from urllib3.exceptions import HTTPError
from yaml import YAMLError

import collector
from collector.config import KubernetesCluster
from collector.model.snapshot import Failure, FailureClass
from connectors.base import SourceError
from connectors.calls import CallLog
from connectors.kubernetes.errors import malformed, refused, unreachable
from connectors.kubernetes.resource import NAMESPACES

MAX_ANSWER = 64 * 1024 * 1024
"""The largest answer that is read, in bytes: a page of 250 large objects is some 10 MB."""

_MAX_ERROR = 64 * 1024
_CHUNK = 64 * 1024
_LONGEST_WAIT = 20
"""Seconds between two tries, whatever the server asks for."""
_PASSING = frozenset((429, 500, 502, 503, 504))
_SIGN_IN = "sign in"
_WHO = "create selfsubjectreviews.authentication.k8s.io"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that came whole."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Cluster:
    """A cluster and the identity that reads it. It is asked who that is once; a refusal is remembered."""

    def __init__(self, settings: KubernetesCluster, clock: Callable[[], datetime]) -> None:
        self.caller = ""
        self.endpoint = f"kubernetes:{settings.name}"
        self._settings = settings
        self._clock = clock
        self._client: ApiClient | None = None
        self._refused: SourceError | None = None
        self._known = False
        self._lock = Lock()

    def check(self, log: CallLog) -> None:
        """Sign in, learn as whom, and compare the cluster with the configured one.

        Raises:
            SourceError: it failed, or another cluster answered. Asked again, it fails alike without a call.

        """
        with self._lock:
            if self._refused is not None:
                raise self._refused
            if self._known:
                return
            try:
                self.caller = self._ask_who(log)
                self._compare(log)
            except SourceError as error:
                self._refused = error
                raise
            self._known = True

    def get(self, path: str, query: Mapping[str, str], accept: str, operation: str, log: CallLog) -> Answer:
        """Read a path, trying again what passes: throttling, failures of the server, and broken connections.

        Raises:
            SourceError: no whole answer came.

        """
        headers = {"Accept": accept}
        return self._patiently(lambda: self._request("GET", path, headers, operation, log, fields=query))

    def _patiently(self, request: Callable[[], Answer]) -> Answer:
        tries = self._settings.max_attempts
        for attempt in range(1, tries + 1):
            try:
                answer = request()
            except SourceError as error:
                if attempt == tries or error.failure.failure_class is not FailureClass.UNREACHABLE:
                    raise
                time.sleep(_pause(attempt, None))
                continue
            if answer.status not in _PASSING or attempt == tries:
                return answer
            time.sleep(_pause(attempt, answer.headers.get("Retry-After")))
        raise AssertionError("max_attempts is at least 1")

    def _request(
        self, method: str, path: str, headers: dict[str, str], operation: str, log: CallLog, **parameters: Any
    ) -> Answer:
        settings = self._settings
        client = self._signed_in()
        timeout = urllib3.Timeout(connect=settings.connect_timeout, read=settings.read_timeout)
        try:
            client.update_params_for_auth(headers, [], ["BearerToken"])
            response = client.rest_client.pool_manager.request(
                method,
                f"{client.configuration.host}{path}",
                headers={"User-Agent": f"controlproof/{collector.__version__}", **headers},
                preload_content=False,
                redirect=False,
                retries=False,
                timeout=timeout,
                **parameters,
            )
            try:
                body = self._body(response, operation)
            finally:
                response.close()
        except (HTTPError, OSError) as error:
            raise SourceError(unreachable(error, operation)) from error
        except ConfigException as error:
            raise SourceError(_no_credentials(error)) from error
        log.answered(response.headers.get("Audit-Id"), response.headers.get("Date"), self._clock())
        return Answer(response.status, body, response.headers)

    def _body(self, response: Any, operation: str) -> bytes:
        """Read an answer to its end, within its size and ten times the patience for one part of it."""
        limit = MAX_ANSWER if response.status == 200 else _MAX_ERROR
        until = time.monotonic() + 10 * self._settings.read_timeout
        body = bytearray()
        while part := response.read1(_CHUNK):
            body += part
            if len(body) > limit:
                raise SourceError(malformed("TooLarge", f"the answer is larger than {limit} bytes", operation))
            if time.monotonic() > until:
                raise SourceError(unreachable(TimeoutError(), operation))
        return bytes(body)

    def _signed_in(self) -> ApiClient:
        if self._client is None:
            configuration = ClientConfiguration()
            try:
                self._load(configuration)
            except (ConfigException, YAMLError, OSError, LookupError, TypeError, ValueError) as error:
                raise SourceError(_no_credentials(error)) from error
            self._client = ApiClient(configuration)
            self.endpoint = configuration.host
        return self._client

    def _load(self, configuration: ClientConfiguration) -> None:
        settings = self._settings
        if settings.in_cluster:
            load_incluster_config(client_configuration=configuration)
            return
        load_kube_config(
            config_file=str(Path(settings.kubeconfig or "").expanduser()),
            context=settings.context,
            client_configuration=configuration,
            persist_config=False,
        )

    def _ask_who(self, log: CallLog) -> str:
        """Ask the server as whom it sees us. The request changes nothing, and every identity may make it.

        Source: Kubernetes API reference, SelfSubjectReview; allowed to `system:authenticated` by `system:basic-user`.

        Raises:
            SourceError: the server does not know us, or gave no answer.

        """
        document = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        log.note(_WHO, {})
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        answer = self._patiently(
            lambda: self._request("POST", path, dict(headers), _WHO, log, body=orjson.dumps(document))
        )
        if answer.status in (403, 404, 405):
            return ""  # an older or stricter cluster: who we are stays unsaid, and what we read stays true
        if answer.status not in (200, 201):
            raise SourceError(refused(answer.status, answer.body, _WHO))
        try:
            return str(orjson.loads(answer.body)["status"]["userInfo"]["username"])
        except (orjson.JSONDecodeError, LookupError, TypeError) as error:
            raise SourceError(malformed("UnexpectedAnswer", "the answer is no SelfSubjectReview", _WHO)) from error

    def _compare(self, log: CallLog) -> None:
        """Compare the uid of the namespace kube-system, which is a cluster's own, with the configured one."""
        wanted = self._settings.cluster_uid
        if wanted is None:
            return
        operation = NAMESPACES.permission
        query = {"fieldSelector": "metadata.name=kube-system"}
        log.note(operation, query)
        answer = self.get(NAMESPACES.path, query, "application/json", operation, log)
        if answer.status != 200:
            raise SourceError(refused(answer.status, answer.body, operation))
        try:
            (namespace,) = orjson.loads(answer.body)["items"]
            found = str(namespace["metadata"]["uid"])
        except (orjson.JSONDecodeError, LookupError, TypeError, ValueError) as error:
            reason = "the answer does not hold the namespace kube-system"
            raise SourceError(malformed("UnexpectedAnswer", reason, operation)) from error
        if found != wanted:
            reason = f"cluster {found} answered, {wanted} is configured"
            raise SourceError(Failure(FailureClass.MISIDENTIFIED, operation, "WrongCluster", reason))


def _no_credentials(error: Exception) -> Failure:
    """Say that signing in failed. The client's messages may quote the kubeconfig, so they stay out."""
    reason = "the kubeconfig or service account cannot be used; try it with kubectl"
    return Failure(FailureClass.DENIED, _SIGN_IN, type(error).__name__, reason)


def _pause(attempt: int, asked: str | None) -> float:
    """Give the seconds to wait after a try: what the server asks for in whole seconds, or twice as long each time."""
    if asked is not None and asked.isascii() and asked.isdigit():
        return min(int(asked), _LONGEST_WAIT)
    return min(0.25 * (1 << attempt), _LONGEST_WAIT)
